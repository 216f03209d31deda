"""How the command speaks: one sentence for an error, a live line for progress. Standard library only."""

from __future__ import annotations

import errno
import shutil
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TextIO

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
QUIET_SECONDS = 5.0
"""Without a terminal, a progress line that only counts is repeated no more often than this."""


class UserError(Exception):
    """Something a user can meet; the message is one clear sentence, printed as it stands."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.status = status


def file_error(error: OSError, doing: str) -> UserError:
    """The sentence for a failing file operation; `doing` is like 'writing results/latest/results.json'."""
    reasons = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EROFS: "the file system is read-only",
        errno.EACCES: "permission is denied",
        errno.EPERM: "permission is denied",
        errno.ENOENT: "there is no such file or folder",
        errno.ENOTDIR: "a part of its path is not a folder",
        errno.EISDIR: "it is a folder",
        errno.EMFILE: "too many files are open",
    }
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return UserError(f"{doing[0].upper()}{doing[1:]} failed: {reason}.")


def shown(path: Path | str) -> str:
    """A path as a user would type it: relative to the current folder where that is shorter."""
    path = Path(path)
    try:
        relative = path.resolve().relative_to(Path.cwd())
    except (ValueError, OSError):
        return str(path)
    return str(relative) if str(relative) != "." else str(path)


def info(text: str) -> None:
    """A plain line for the user, on standard output."""
    print(text, flush=True)


def note(text: str) -> None:
    """A line about what is being done; standard error, so that it never mixes with results."""
    print(f"lantern: {text}", file=sys.stderr, flush=True)


class Progress:
    """One line that changes in place on a terminal; elsewhere a line for each stage and, rarely, for counts.

    Use as a context manager, so that the line is gone before anything else is printed.
    """

    def __init__(self, stage: str, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._stage = stage
        self._last = 0.0
        self._last_text = ""
        self._drawn = False

    def __enter__(self) -> Progress:
        self._draw(self._stage)
        self._last = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def stage(self, stage: str) -> None:
        if stage != self._stage:
            self._stage = stage
            self._draw(stage)

    def update(self, detail: str) -> None:
        """A step within the stage."""
        now = time.monotonic()
        if now - self._last < (0.1 if self._terminal else QUIET_SECONDS) or detail == self._last_text:
            return
        self._last, self._last_text = now, detail
        self._draw(f"{self._stage}: {detail}")

    def clear(self) -> None:
        if self._terminal and self._drawn:
            self._write("\r\x1b[K")
            self._drawn = False

    def _draw(self, text: str) -> None:
        line = f"lantern: {text}"
        if self._terminal:
            width = max(shutil.get_terminal_size().columns - 1, 20)
            self._write(f"\r\x1b[K{line[:width]}")
            self._drawn = True
        else:
            self._write(f"{line}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
