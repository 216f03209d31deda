"""A real board: has U-Boot load and start an image, or tells the user what to type, and listens."""

from __future__ import annotations

import argparse

from tools.command.build import Image
from tools.command.machine import Keyboard, Run, Watch, boot_board, follow_board
from tools.command.say import Progress, note, shown
from tools.command.uboot import UBoot
from tools.command.wire import SerialWire

KERNEL_ADDRESS = 0x48000000
TREE_ADDRESS = 0x43000000
FIRST_FRAME_SECONDS = 600.0
"""A person must load the image first."""
RESET_WORD = "reset=1"
"""Has the kernel start the board again at its end, so that U-Boot is there for the next image."""


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


def load_and_listen(
    options: argparse.Namespace, image: Image, append: str, progress: Progress, watch: Watch
) -> Run:
    """Has U-Boot load the image over the serial port and start it, then follows the stream to its end.

    The board is reset then. A person is needed at most once, to switch it on.
    """
    device, baud = options.serial
    wire = SerialWire(device, baud)
    try:
        loader = UBoot(wire, device)
        loader.catch(options.timeout or FIRST_FRAME_SECONDS, progress.update)
        loader.load(image.kernel, KERNEL_ADDRESS, progress.update)
        if image.device_tree:
            loader.load(image.device_tree, TREE_ADDRESS, progress.update)
        tree = TREE_ADDRESS if image.device_tree else None
        loader.start(KERNEL_ADDRESS, tree, f"{append} {RESET_WORD}")
    except BaseException:
        wire.close()
        raise
    patience = options.timeout or 120.0
    return follow_board(wire, image, [device, str(baud)], timeout=patience, watch=watch)
