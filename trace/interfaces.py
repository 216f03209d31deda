"""Which messages the interface files declare, by the number that trace events carry.

That number is interface << 8 | message. Interfaces count from 1 in the order of their names, messages
(`call` and `oneway`) from 0 in the order of their file. Only names are read here, with the standard library
alone, because the build needs them before any package is there; what the rest of a file must be like is
checked by the generator of stubs. What is not understood is an error, or numbers and names could part.
"""

from __future__ import annotations

import re
from pathlib import Path

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "interfaces"
SUFFIX = ".rpc"
FIRST = 1
"""Of the interfaces' numbers: no message has number 0."""
LIMIT = 256
"""Each number is a byte of the message's."""

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_WHOLE = re.compile(r"\s*interface\s+([a-z][a-z0-9_]*)\s*\{([^{}]*)\}\s*\Z")
_MESSAGE = re.compile(r"(?:call|oneway)\s+([a-z][a-z0-9_]*)\s*\([^()]*\)\s*(?:fails\s+[A-Z0-9_,\s]+)?\Z")
_CONSTANT = re.compile(r"const\s+[a-z0-9]+\s+[A-Za-z_]\w*\s*=\s*\S[^=()]*\Z")


class InterfaceError(Exception):
    """An interface file cannot be read; the message names file and line."""


def messages(folder: Path = DEFAULT_FOLDER) -> dict[int, str]:
    """The name (`interface.message`) of each message, by number, in order. No folder: no messages."""
    found: dict[int, str] = {}
    paths = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stem)
    if FIRST + len(paths) > LIMIT:
        raise InterfaceError(f"{folder}: has {len(paths)} interfaces; there can be {LIMIT - FIRST}.")
    for number, path in enumerate(paths, FIRST):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InterfaceError(f"{path}: cannot be read: {error}.") from error
        for at, name in enumerate(names(text, str(path), path.name.removesuffix(SUFFIX))):
            found[number << 8 | at] = name
    return found


def names(text: str, source: str, interface: str) -> list[str]:
    """The messages of one file, in order; `interface` is what the file's name promises."""
    plain = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n") or " ", text)
    whole = _WHOLE.match(plain)
    if whole is None:
        raise InterfaceError(f'{source}:1: is not "interface NAME {{ ... }}" and nothing else.')
    if whole[1] != interface:
        line = _line(plain, whole.start(1))
        raise InterfaceError(f"{source}:{line}: the interface {whole[1]} must be in a file of its name.")
    found: list[str] = []
    at = whole.start(2)
    for statement in whole[2].split(";"):
        line = _line(plain, at + len(statement) - len(statement.lstrip()))
        at += len(statement) + 1
        ended = at <= whole.end(2)
        _take(found, statement.strip(), ended, f"{source}:{line}")
    if len(found) > LIMIT:
        raise InterfaceError(f"{source}:1: has {len(found)} messages; there can be {LIMIT}.")
    return [f"{interface}.{name}" for name in found]


def _take(found: list[str], statement: str, ended: bool, where: str) -> None:
    """One statement without its semicolon; only the last may be empty, behind the last semicolon."""
    if not statement and not ended:
        return
    message = _MESSAGE.match(statement)
    if not ended or (message is None and not _CONSTANT.match(statement)):
        raise InterfaceError(
            f'{where}: expected "call NAME(...);", "oneway NAME(...);" or "const TYPE NAME = VALUE;".'
        )
    if message is not None:
        if message[1] in found:
            raise InterfaceError(f"{where}: the message {message[1]} is declared twice.")
        found.append(message[1])


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
