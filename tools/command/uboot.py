"""Talks to U-Boot over a serial port: gets its prompt, loads files by XMODEM, starts a kernel.

What is used is in U-Boot by default: `loadx`, `crc32`, `setenv`, `booti`. The text on the way is shown to
nobody; error messages have the last of it.
"""

from __future__ import annotations

import io
import logging
import re
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from tools.command.say import UserError, file_error, shown
from tools.command.wire import Wire

INTERRUPT = b"\x03"
"""Ends the countdown before the automatic boot, and a line that was begun."""
PROMPT = re.compile(r"(?:^|[\r\n])[\w-]*=> ?$")
ANSWER_SECONDS = 20.0
BLOCK_SECONDS = 10.0
POKE_SECONDS = 0.5
BLOCK_BYTES = 1024
RETRIES = 16
SAID_BYTES = 1 << 14

Tell = Callable[[str], None]


class UBoot:
    """U-Boot at the other end of a wire."""

    def __init__(self, wire: Wire, name: str) -> None:
        self._wire = wire
        self._name = name
        self._said = ""

    def catch(self, seconds: float, tell: Tell = lambda text: None) -> None:
        """Waits for up to `seconds` until U-Boot has its prompt and nothing on its line.

        It listens before it speaks: some UARTs (QEMU's PL011 is one) that get a character between reset and
        their set-up hear nothing afterwards, and a board that has just been reset says something soon.
        """
        until = time.monotonic() + seconds
        self._said = ""
        while time.monotonic() < until:
            tell("waiting for U-Boot: switch the board on, or reset it")
            if self._hear_prompt(POKE_SECONDS):
                self._settle()
                return
            self._wire.write(INTERRUPT)
        raise UserError(f"U-Boot on {self._name} did not answer within {seconds:g} seconds{self._last()}.")

    def command(self, text: str, seconds: float = ANSWER_SECONDS) -> str:
        """Gives a command at the prompt, and returns what it said; one that is unknown is an error."""
        self._send(text)
        if not self._hear_prompt(seconds):
            raise UserError(f"U-Boot on {self._name} did not end {text.split()[0]!r}{self._last()}.")
        if "Unknown command" in self._said:
            raise UserError(f"U-Boot on {self._name} does not know the command {text.split()[0]!r}.")
        return self._said.replace("\r", "").partition("\n")[2]

    def load(self, path: Path, address: int, tell: Tell = lambda text: None) -> None:
        """Puts a file into the board's memory, and has U-Boot check it."""
        from xmodem import XMODEM

        logging.getLogger("xmodem.XMODEM").disabled = True
        try:
            data = path.read_bytes()
        except OSError as error:
            raise file_error(error, f"reading {shown(path)}") from error
        self._send(f"loadx {address:#x}")
        # The line before the transfer can hold the letter that starts it, as a digit of the address.
        if not self._hear(ANSWER_SECONDS, lambda: "bps..." in self._said or "Unknown command" in self._said):
            raise UserError(f"U-Boot on {self._name} did not begin to receive{self._last()}.")
        if "Unknown command" in self._said:
            raise UserError(f"U-Boot on {self._name} does not know the command 'loadx'.")
        blocks = -(-len(data) // BLOCK_BYTES)

        def count(number: int, good: int, bad: int) -> None:
            del good, bad
            tell(f"loading {path.name}: {number * BLOCK_BYTES // 1024} of {blocks} KiB")

        line = _BlockLine(self._wire, self._said.partition("bps...")[2])
        sender = XMODEM(line.get, line.put, mode="xmodem1k")
        if not sender.send(
            io.BytesIO(data), retry=RETRIES, timeout=BLOCK_SECONDS, quiet=True, callback=count
        ):
            raise UserError(f"Loading {path.name} onto the board failed: U-Boot stopped receiving.")
        self._said = line.after
        if not PROMPT.search(self._said) and not self._hear_prompt(ANSWER_SECONDS):
            raise UserError(f"U-Boot on {self._name} did not end the loading of {path.name}{self._last()}.")
        self._check(path, data, address)

    def start(self, kernel: int, tree: int | None, words: str) -> None:
        """Starts the kernel that was loaded; what comes then is the kernel's."""
        self.command(f"setenv bootargs '{words}'")
        where = "-" if tree is None else f"{tree:#x}"
        self._wire.write(f"booti {kernel:#x} - {where}\r".encode())

    def _check(self, path: Path, data: bytes, address: int) -> None:
        said = self.command(f"crc32 {address:#x} {len(data):#x}", ANSWER_SECONDS)
        found = re.search(r"==> ([0-9a-f]{8})", said)
        if not found:
            raise UserError(f"U-Boot on {self._name} did not tell the checksum of {path.name}{self._last()}.")
        if int(found[1], 16) != zlib.crc32(data):
            raise UserError(f"What the board received of {path.name} is damaged: its checksum is wrong.")

    def _send(self, text: str) -> None:
        self._said = ""
        self._wire.write(f"{text}\r".encode())

    def _settle(self) -> None:
        """Lets the answers to all that was sent pass."""
        while self._hear(POKE_SECONDS / 2, lambda: True):
            pass
        self._send("")
        if not self._hear_prompt(ANSWER_SECONDS):
            raise UserError(
                f"U-Boot on {self._name} has its prompt, but does not answer what is sent: reset the board, "
                "and look at the line from here to it."
            )

    def _hear_prompt(self, seconds: float) -> bool:
        return self._hear(seconds, lambda: PROMPT.search(self._said) is not None)

    def _hear(self, seconds: float, enough: Callable[[], bool]) -> bool:
        """Reads until what was said since the last command is enough."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            data, _ = self._wire.read(min(left, POKE_SECONDS))
            if data is None:
                raise UserError(f"The serial port {self._name} has gone.")
            self._said = (self._said + data.decode("utf-8", "replace"))[-SAID_BYTES:]
            if data and enough():
                return True
        return False

    def _last(self) -> str:
        lines = [line.strip() for line in self._said.splitlines() if line.strip()]
        return f"; the last it said was: {lines[-1]}" if lines else "; it said nothing"


class _BlockLine:
    """The wire as the transfer protocol sees it: single characters in, blocks out."""

    def __init__(self, wire: Wire, heard: str) -> None:
        self._wire = wire
        self._pending = heard.encode()
        self._begun = False

    @property
    def after(self) -> str:
        """What came after the transfer's last character."""
        return self._pending.decode("utf-8", "replace")

    def get(self, size: int, timeout: float = BLOCK_SECONDS) -> bytes | None:
        until = time.monotonic() + timeout
        while True:
            # The receiver may have asked for the start more than once; only the first time means something.
            if self._begun:
                self._pending = self._pending.lstrip(b"C")
            else:
                self._pending = self._pending.lstrip(b"\r\n")
            if len(self._pending) >= size:
                taken, self._pending = self._pending[:size], self._pending[size:]
                return taken
            left = until - time.monotonic()
            if left <= 0:
                return None
            data, _ = self._wire.read(left)
            if data is None:
                raise UserError("The serial port has gone in the middle of a transfer.")
            self._pending += data

    def put(self, data: bytes, timeout: float = BLOCK_SECONDS) -> int:
        del timeout
        self._begun = True
        self._wire.write(bytes(data))
        return len(data)
