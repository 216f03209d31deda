"""Runs other programs with their output watched. Standard library only."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.command.say import UserError, file_error


@dataclass(frozen=True)
class Outcome:
    status: int
    output: str


def stream(
    argv: Sequence[str],
    line: Callable[[str], None] = lambda text: None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
    keep: int = 4000,
    pass_fds: Sequence[int] = (),
) -> Outcome:
    """Runs `argv`, giving each line of its output to `line` as it comes; keeps the last `keep` lines.

    Standard output and error come together, and go into the file `log` if there is one. The program inherits
    the descriptors `pass_fds`.
    """
    kept: deque[str] = deque(maxlen=keep)
    try:
        log_file = log.open("w", encoding="utf-8") if log else None
    except OSError as error:
        raise file_error(error, f"writing {log}") from error
    try:
        with subprocess.Popen(
            list(argv),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            text=True,
            errors="replace",
            pass_fds=tuple(pass_fds),
        ) as process:
            assert process.stdout is not None
            try:
                for text in process.stdout:
                    kept.append(text)
                    line(text.rstrip("\n"))
                    if log_file:
                        log_file.write(text)
            except BaseException:
                process.terminate()
                raise
        return Outcome(process.returncode, "".join(kept))
    except FileNotFoundError as error:
        raise missing(argv[0]) from error
    except PermissionError as error:
        raise UserError(f"{argv[0]} cannot be run: permission is denied.") from error
    except OSError as error:
        raise file_error(error, f"running {argv[0]}") from error
    finally:
        if log_file:
            try:
                log_file.close()
            except OSError as error:
                raise file_error(error, f"writing {log}") from error


def missing(program: str) -> UserError:
    return UserError(f"{Path(program).name} is not installed: run ./lantern setup.")


def first_line(argv: Sequence[str]) -> str:
    """The first line that a program prints, or "" if it cannot be run."""
    try:
        done = subprocess.run(
            list(argv), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).strip().partition("\n")[0] if done.returncode == 0 else ""
