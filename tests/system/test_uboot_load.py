"""The real U-Boot loads over a serial port and starts images one after the other, as for a comparison."""

from __future__ import annotations

import os
import re
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.command import board
from tools.command.build import Configuration, Image, build
from tools.command.machine import follow_board
from tools.command.packages import QEMU
from tools.command.say import UserError
from tools.command.uboot import UBoot
from tools.command.wire import SerialWire

UBOOT = Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")
DEVICE_TREE_AT = 0x40000000
"""Where QEMU's virt machine leaves its device tree for firmware."""
FILE_AT = 0x4C000000

pytestmark = pytest.mark.skipif(not UBOOT.exists(), reason="u-boot-qemu is not installed")


@pytest.fixture(scope="module")
def image() -> Image:
    return build(Configuration("virt", "none", False, {}))


@pytest.fixture
def device(image: Image) -> Iterator[str]:
    """A virt machine with U-Boot, its serial port on a pseudo-terminal.

    The image is in its memory, for six megabytes take the emulated serial port minutes.
    """
    argv = [QEMU, "-M", "virt,gic-version=3", "-cpu", "cortex-a53", "-smp", "2", "-m", "1G", "-nic", "none"]
    argv += ["-bios", str(UBOOT), "-serial", "pty", "-display", "none", "-monitor", "none"]
    argv += ["-device", f"loader,file={image.kernel},addr={board.KERNEL_ADDRESS:#x},force-raw=on"]
    machine = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert machine.stdout and select.select([machine.stdout], [], [], 20)[0]
        found = re.search(r"/dev/pts/\d+", machine.stdout.readline())
        assert found
        # Its UART hears nothing any more if it gets a character before U-Boot has set it up.
        terminal = os.open(found[0], os.O_RDONLY | os.O_NOCTTY)
        assert select.select([terminal], [], [], 20)[0]
        yield found[0]
        os.close(terminal)
    finally:
        machine.kill()
        machine.wait()


def test_files_are_loaded_and_images_started_one_after_the_other(
    device: str, image: Image, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)) * 33 + b"CCC")
    for suite in ("syscall", "lmp"):
        wire = SerialWire(device, 115200)
        loader = UBoot(wire, device)
        loader.catch(60)
        loader.load(file, FILE_AT)
        assert "41 42 43 44" in loader.command(f"md.b {FILE_AT + 0x41:#x} 4")
        if suite == "syscall":
            with pytest.raises(UserError, match="does not know the command 'frobnicate'"):
                loader.command("frobnicate")
        words = f"mode=bench suites={suite} samples=50 {board.RESET_WORD}"
        loader.start(board.KERNEL_ADDRESS, DEVICE_TREE_AT, words)
        run = follow_board(wire, image, [device], timeout=60)
        assert run.ok, run.why
        assert {row.suite for row in run.benches} == {suite}
