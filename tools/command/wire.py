"""The two ways to a machine's console: QEMU's standard input and output, or a serial port."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from tools.command import shell
from tools.command.say import ROOT, UserError

READ_SIZE = 1 << 16
_PR_SET_PDEATHSIG = 1


class Wire(Protocol):
    """A console. `read` gives b"" when there is nothing yet, and None when nothing will come any more."""

    ends_by_itself: bool

    def read(self, seconds: float, also: Sequence[int] = ()) -> tuple[bytes | None, list[int]]:
        """Waits for up to `seconds`; also says which of the descriptors `also` have input."""
        ...

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


def _die_with_parent() -> None:
    """In the child: whatever ends this command ends the machine too."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def _interrupt_deferred() -> Iterator[None]:
    """Ctrl-C during a fork would be raised, and lost, in some library's hook; here it comes right after."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pending.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pending:
        raise KeyboardInterrupt


class QemuWire:
    """A running QEMU. It has its own session, so that Ctrl-C reaches this command and not the machine."""

    ends_by_itself = True

    def __init__(self, argv: Sequence[str]) -> None:
        try:
            with _interrupt_deferred():
                self._process = subprocess.Popen(
                    list(argv),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                    preexec_fn=_die_with_parent,
                    cwd=ROOT,
                    bufsize=0,
                )
        except FileNotFoundError as error:
            raise shell.missing(argv[0]) from error
        except OSError as error:
            raise UserError(f"{argv[0]} cannot be started: {error.strerror}.") from error
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        self._err = self._process.stderr.fileno()
        self._errors = bytearray()
        self._open = {self._out, self._err}

    def read(self, seconds: float, also: Sequence[int] = ()) -> tuple[bytes | None, list[int]]:
        if self._out not in self._open:
            return None, []
        ready, _, _ = select.select([*self._open, *also], [], [], seconds)
        if self._err in ready:
            self._read_errors()
        data: bytes = b""
        if self._out in ready:
            data = os.read(self._out, READ_SIZE)
            if not data:
                self._open.discard(self._out)
                return None, []
        return data, [fd for fd in also if fd in ready]

    def _read_errors(self) -> None:
        data = os.read(self._err, READ_SIZE)
        self._errors += data
        if not data:
            self._open.discard(self._err)

    def write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._in, data) :]
        except OSError:
            pass  # it has ended; the next read tells

    def close(self, patience: float = 0.0) -> int:
        """Ends QEMU, if it does not end within `patience` seconds, gives its status (negative: a signal)."""
        try:
            status = self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        while self._err in self._open and select.select([self._err], [], [], 0)[0]:
            self._read_errors()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe and not pipe.closed:
                pipe.close()
        self._open.clear()
        return status

    @property
    def complaint(self) -> str:
        """What QEMU itself last said on standard error."""
        lines = self._errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].removeprefix("qemu-system-aarch64: ") if lines else ""


class SerialWire:
    """A board on a serial port."""

    ends_by_itself = False

    def __init__(self, device: str, baud: int) -> None:
        import serial  # only where a board is used, so that QEMU runs need no serial library

        self.device = device
        try:
            self._port = serial.Serial(device, baud, timeout=0, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as error:
            number = getattr(error, "errno", None)
            reason = os.strerror(number).lower() if number else "it is not a usable serial port"
            raise UserError(f"The serial port {device} cannot be opened at {baud} baud: {reason}.") from error
        self._fd = self._port.fileno()

    def read(self, seconds: float, also: Sequence[int] = ()) -> tuple[bytes | None, list[int]]:
        ready, _, _ = select.select([self._fd, *also], [], [], seconds)
        data = b""
        if self._fd in ready:
            try:
                data = os.read(self._fd, READ_SIZE)
            except BlockingIOError:
                data = b""
            except OSError:
                return None, []
            else:
                if not data:
                    return None, []
        return data, [fd for fd in also if fd in ready]

    def write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (OSError, ValueError) as error:
            raise UserError(f"Writing to the serial port {self.device} failed: it has gone.") from error

    def close(self) -> None:
        self._port.close()
