"""The image as it is, started by U-Boot's booti, as on the real board."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.command.build import Configuration, build
from tools.command.machine import Run, Session
from tools.command.packages import QEMU
from tools.command.wire import QemuWire
from trace.declaration import load
from trace.recording import Recording

UBOOT = Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")
IMAGE_AT = "0x48000000"
DEVICE_TREE_AT = "0x40000000"
"""Where QEMU's virt machine leaves its device tree for firmware."""


@pytest.mark.skipif(not UBOOT.exists(), reason="u-boot-qemu is not installed")
def test_booti_starts_the_unchanged_image() -> None:
    image = build(Configuration("virt", "none", False, {}))
    argv = [QEMU, "-M", "virt,gic-version=3", "-cpu", "cortex-a53", "-smp", "2", "-m", "1G", "-nic", "none"]
    argv += ["-bios", str(UBOOT), "-serial", "stdio", "-display", "none", "-monitor", "none", "-no-reboot"]
    argv += ["-device", f"loader,file={image.kernel},addr={IMAGE_AT},force-raw=on"]
    session = Session(QemuWire(argv), Run(Recording(load()), image, argv, timeout=30))
    session.configure(
        script=[
            ("Hit any key", "\n"),
            ("=> ", "setenv bootargs mode=bench suites=syscall samples=50\n"),
            ("=> ", f"booti {IMAGE_AT} - {DEVICE_TREE_AT}\n"),
        ]
    )
    run = session.talk()
    assert run.ok, run.why
    assert "Starting kernel" in run.console
    assert [row.label for row in run.benches if row.suite == "syscall"]
