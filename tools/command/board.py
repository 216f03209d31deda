"""A real board: tells the user what to type, and listens."""

from __future__ import annotations

import argparse

from tools.command.build import Image
from tools.command.machine import Keyboard, Run, Watch, boot_board
from tools.command.say import Progress, note, shown

KERNEL_ADDRESS = 0x48000000
TREE_ADDRESS = 0x43000000
FIRST_FRAME_SECONDS = 600.0
"""A person must load the image first."""


def instructions(image: Image, append: str) -> list[str]:
    """What to type at U-Boot's prompt."""
    lines = [
        f"load on the board with U-Boot: {shown(image.kernel)}"
        + (f" and {shown(image.device_tree)}" if image.device_tree else "")
        + ", for example from a card:",
        f"    fatload mmc 1:1 {KERNEL_ADDRESS:#x} {image.kernel.name}",
    ]
    tree = "-"
    if image.device_tree:
        lines.append(f"    fatload mmc 1:1 {TREE_ADDRESS:#x} {image.device_tree.name}")
        tree = f"{TREE_ADDRESS:#x}"
    lines.append(f"    setenv bootargs '{append}'")
    lines.append(f"    booti {KERNEL_ADDRESS:#x} - {tree}")
    return lines


def listen(
    options: argparse.Namespace,
    image: Image,
    append: str,
    progress: Progress | None,
    watch: Watch,
    keyboard: Keyboard | None = None,
) -> Run:
    """Waits for the board's stream on the serial port and follows it to its end."""
    device, baud = options.serial
    if progress:
        progress.clear()
    for line in instructions(image, append):
        note(line)
    note(f"listening on {device} at {baud} baud; Ctrl-C ends it.")
    return boot_board(
        device,
        baud,
        image,
        timeout=options.timeout or 120.0,
        first_timeout=options.timeout or FIRST_FRAME_SECONDS,
        watch=watch,
        keyboard=keyboard,
    )
