"""./lantern run: boots to the shell on this terminal."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import termios
from collections.abc import Iterator

from tools.command import board, symbols
from tools.command.build import Configuration, Image, build
from tools.command.machine import Ending, Keyboard, boot_image
from tools.command.qemu import Target
from tools.command.say import note
from trace.items import Damage, Item, Problem, Text


class Terminal(Keyboard):
    """Standard input, key by key if it is a terminal. Ctrl-C stays this command's."""

    def __init__(self) -> None:
        self.fd = sys.stdin.fileno() if sys.stdin else os.open(os.devnull, os.O_RDONLY)
        self.interactive = os.isatty(self.fd)

    def read(self) -> bytes | None:
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            return None
        # Return on a terminal sends a carriage return; what comes from a file should look the same.
        return data.replace(b"\n", b"\r") if data else None

    @contextlib.contextmanager
    def raw(self) -> Iterator[None]:
        """No echo and no line editing here: both are the shell's. The terminal is put back in any case."""
        if not self.interactive:
            yield
            return
        before = termios.tcgetattr(self.fd)
        mode = termios.tcgetattr(self.fd)
        mode[0] &= ~(termios.ICRNL | termios.INLCR | termios.IXON)
        mode[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self.fd, termios.TCSADRAIN, mode)
        try:
            yield
        finally:
            termios.tcsetattr(self.fd, termios.TCSADRAIN, before)


class Screen:
    """Shows console text as it comes, and explains a fault's backtrace under its line."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._line = ""

    def watch(self, items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Text):
                self._show(item.text)
            elif isinstance(item, Problem):
                note(item.text)
            elif isinstance(item, Damage):
                note(f"{item.size} damaged bytes arrived.")

    def _show(self, text: str) -> None:
        while "\n" in text:
            head, _, text = text.partition("\n")
            line = (self._line + head).rstrip("\r")
            self._put(head + "\n")
            for explanation in symbols.explain_line(self._image, line):
                self._put(explanation + "\n")
            self._line = ""
        self._line += text
        self._put(text)

    @staticmethod
    def _put(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def run(options: argparse.Namespace) -> int:
    image = build(Configuration(options.platform, "none", options.debug, options.variant))
    append = f"mode=run {options.append}".strip()
    terminal = Terminal()
    screen = Screen(image)
    if terminal.interactive:
        note("Ctrl-C ends the machine.")
    try:
        with terminal.raw():
            if options.serial:
                done = board.listen(options, image, append, None, screen.watch, terminal)
            else:
                target = Target(options.platform, options.smp, options.mode, options.cpu)
                done = boot_image(
                    image,
                    target,
                    append,
                    timeout=options.timeout or 120.0,
                    watch=screen.watch,
                    keyboard=terminal,
                )
    except KeyboardInterrupt:
        print(flush=True)
        note("the machine was ended.")
        return 0
    if done.ok or done.ending is Ending.INPUT:
        return 0
    if done.recording.panic:
        for line in symbols.explain_panic(image, done.recording.panic.values):
            note(line)
    note(done.why)
    return 1
