"""A board behind a pseudo-terminal: U-Boot's prompt, loadx, crc32, booti, then the kernel's stream.

What was received is kept and checked as U-Boot does; the stream is the stand-in for QEMU's. After it the
board is reset if the kernel was told to, and waits for ever if not.
"""

from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import threading
import time
import tty
import zlib
from collections.abc import Mapping
from pathlib import Path

from xmodem import XMODEM

BANNER = "\r\nU-Boot 2024.04\r\nModel: scripted\r\nHit any key to stop autoboot:  2 "
PROMPT = "u-boot=> "


class Board(threading.Thread):
    """`device` is the port to talk to. Runs until `close`."""

    def __init__(self, emulator: Path, environment: Mapping[str, str], damage: bool = False) -> None:
        super().__init__(daemon=True)
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.device = os.ttyname(self._slave)
        self._emulator = emulator
        self._environment = dict(environment)
        self._damage = damage
        self._closed = False
        self._memory: dict[int, bytes] = {}
        self._words = ""
        self.boots: list[tuple[str, dict[int, bytes]]] = []
        """The words and the memory of each start of a kernel."""

    def close(self) -> None:
        self._closed = True
        self.join(10)
        os.close(self._master)
        os.close(self._slave)

    def run(self) -> None:
        while not self._closed:
            self._say(BANNER)
            self._read_key()
            self._say(f"\r\n{PROMPT}")
            line = ""
            while not self._closed:
                key = self._read_key()
                if key == b"\x03":
                    line = ""
                    self._say(f"<INTERRUPT>\r\n{PROMPT}")
                elif key == b"\r":
                    self._say("\r\n")
                    if self._obey(line):
                        break
                    self._say(PROMPT)
                    line = ""
                else:
                    line += key.decode("ascii", "replace")
                    self._say(key.decode("ascii", "replace"))

    def _obey(self, line: str) -> bool:
        """Does what a command says; True if the board was reset after it."""
        name, _, rest = line.partition(" ")
        if name == "loadx":
            self._receive(int(rest, 16))
        elif name == "crc32":
            address, size = (int(word, 16) for word in rest.split())
            sum_ = zlib.crc32(self._memory[address][:size])
            self._say(f"crc32 for {address:08x} ... {address + size - 1:08x} ==> {sum_:08x}\r\n")
        elif name == "setenv":
            found = re.fullmatch(r"bootargs '(.*)'", rest)
            assert found
            self._words = found[1]
        elif name == "booti":
            return self._boot()
        elif name:
            self._say(f"Unknown command '{name}' - try 'help'\r\n")
        return False

    def _receive(self, address: int) -> None:
        self._say(f"## Ready for binary (xmodem) download to 0x{address:08X} at 115200 bps...\r\n")
        received = io.BytesIO()
        XMODEM(self._get, self._put).recv(received, quiet=True, delay=0)
        data = received.getvalue()
        if self._damage:
            data = data[:7] + bytes([data[7] ^ 1]) + data[8:]
        self._memory[address] = data
        self._say(f"## Total Size      = 0x{len(data):08x} = {len(data)} Bytes\r\n")

    def _boot(self) -> bool:
        self.boots.append((self._words, dict(self._memory)))
        self._say("   Loading Device Tree to 00000000bcb2d000 ... OK\r\nStarting kernel ...\r\n")
        argv = [str(self._emulator), "-kernel", "x-none/i", "-smp", "1", "-append", self._words]
        stream = subprocess.run(argv, env=self._environment, capture_output=True, check=True).stdout
        for at in range(0, len(stream), 512):
            os.write(self._master, stream[at : at + 512])
            time.sleep(0.001)
        while "reset=1" not in self._words.split() and not self._closed:
            time.sleep(0.1)
        return True

    def _say(self, text: str) -> None:
        os.write(self._master, text.encode())

    def _read_key(self) -> bytes:
        return self._get(1, 1e9) or b""

    def _get(self, size: int, timeout: float = 1) -> bytes | None:
        until = time.monotonic() + timeout
        data = b""
        while len(data) < size and time.monotonic() < until and not self._closed:
            if select.select([self._master], [], [], 0.1)[0]:
                data += os.read(self._master, size - len(data))
        return data or None

    def _put(self, data: bytes, timeout: float = 1) -> int:
        del timeout
        return os.write(self._master, data)
