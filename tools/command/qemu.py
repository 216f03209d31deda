"""QEMU's command line for each platform and mode."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.command import shell
from tools.command.build import Image
from tools.command.packages import QEMU
from tools.command.say import ROOT

MEMORY, MEMORY_OF_MANY = "1G", "2G"
FEW_CORES = 8
"""Of more, the kernels, memory servers and trace rings need more memory."""
ICOUNT = ["-icount", "shift=0,sleep=off"]
REALTIME = ["-accel", "tcg,thread=multi"]


@dataclass(frozen=True)
class Target:
    """The machine to boot on."""

    platform: str = "imx8mp"
    smp: int = 4
    mode: str = "icount"
    cpu: str = "cortex-a53"
    extra: Sequence[str] = ()
    """Further QEMU options, such as drives and networks."""


def command(target: Target, image: Image, append: str) -> list[str]:
    """The whole command line, with paths relative to the tree: it goes into results files."""
    argv = [QEMU]
    if target.platform == "imx8mp":
        argv += ["-M", "imx8mp-evk"]
        serial = ["-serial", "null", "-serial", "stdio"]  # the board's console is its second UART
    else:
        argv += ["-M", "virt,gic-version=3", "-cpu", target.cpu]
        # No network card unless a test adds one: its boot ROM is a package of its own.
        serial = ["-serial", "stdio", "-nic", "none"]
    memory = MEMORY if target.smp <= FEW_CORES else MEMORY_OF_MANY
    argv += ["-smp", str(target.smp), "-m", memory, "-kernel", relative(image.kernel)]
    if image.device_tree:
        argv += ["-dtb", relative(image.device_tree)]
    argv += ["-append", append, *serial, "-display", "none", "-monitor", "none", "-no-reboot"]
    argv += ICOUNT if target.mode == "icount" else REALTIME
    return argv + list(target.extra)


def relative(path: Path) -> str:
    return os.path.relpath(path, ROOT)


def version() -> str:
    """QEMU's version as a number with dots, or "unknown"."""
    found = re.search(r"version ([\d.]+)", shell.first_line([QEMU, "--version"]))
    return found[1] if found else "unknown"


def compiler_version() -> str:
    """The cross compiler's version line, or "unknown"."""
    return shell.first_line(["aarch64-linux-gnu-gcc", "--version"]) or "unknown"
