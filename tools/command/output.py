"""The output folder: files appear in it whole and together, or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from tools.command.say import file_error, shown

WHOLE_SET = ("results.json", "trace.pftrace", "console.log")
"""A run replaces all of these, so that what lies together in the folder is of one run."""


class OutputFolder:
    """Stages files beside their final names; `commit` gives them those names.

    Until then, whatever goes wrong leaves the results of earlier runs as they were.
    """

    def __init__(self, path: Path, whole_set: Sequence[str] = WHOLE_SET) -> None:
        self.path = path
        self._whole_set = whole_set
        self._staged: list[tuple[Path, Path]] = []
        try:
            path.mkdir(parents=True, exist_ok=True)
            probe = path / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise file_error(error, f"preparing the output folder {shown(path)}") from error

    def stage(self, name: str, write: Callable[[IO[bytes]], object]) -> Path:
        """Writes a file under a temporary name, down to the disk; gives that name."""
        final = self.path / name
        if any(final == other for _, other in self._staged):
            raise ValueError(f"{name} is written twice")
        temporary = final.with_name(f".{final.name}.new")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            self._staged.append((temporary, final))
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self.discard()
            raise file_error(error, f"writing {shown(final)}") from error
        return temporary

    def stage_bytes(self, name: str, data: bytes) -> Path:
        return self.stage(name, lambda file: file.write(data))

    def commit_files(self) -> None:
        """Everything staged takes its final name; what else is there stays."""
        try:
            for temporary, final in self._staged:
                temporary.replace(final)
        except OSError as error:
            raise file_error(error, f"writing {shown(self.path)}") from error
        self._staged.clear()

    def commit(self) -> None:
        """Everything staged takes its final name; what is left of an earlier run goes."""
        kept = {final for _, final in self._staged}
        self.commit_files()
        try:
            for name in self._whole_set:
                if self.path / name not in kept:
                    (self.path / name).unlink(missing_ok=True)
            plots = self.path / "plots"
            for old in plots.iterdir() if plots.is_dir() else []:
                if old.suffix in (".png", ".svg") and old not in kept:
                    old.unlink()
        except OSError as error:
            raise file_error(error, f"writing {shown(self.path)}") from error

    def discard(self) -> None:
        for temporary, _ in self._staged:
            with contextlib.suppress(OSError):
                temporary.unlink()
        self._staged.clear()
