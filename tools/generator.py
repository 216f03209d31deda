"""What the generators share: writing a file whole, and ending with a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Whole or not at all, so that a build that is interrupted leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def run(name: str, work: Callable[[], None], refusal: type[Exception]) -> int:
    """Does the work; `refusal` is what it raises about its input. Returns the exit status."""
    try:
        work()
    except refusal as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{name}: {error.filename} cannot be read or written: {error.strerror}.", file=sys.stderr)
        return 1
    return 0
