"""What a report says, apart from how it is written: sections of sentences, tables and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEANING = {
    "icount": (
        "Figures in instructions are counts of executed instructions: an emulator ran one instruction in each "
        "nanosecond of virtual time. They repeat exactly, and say which of two ways executes less on the same "
        "machine. They are not time and not cycles: the emulator models no caches, no DRAM and no pipeline, so "
        "a way that executes less can still be the slower one on a board."
    ),
    "realtime": (
        "Figures of the mode realtime are times of the emulator on its host. They show what waits for what "
        "between cores. They are not what a board needs, and they change with the load of the host."
    ),
    "board": "Figures of the mode board were measured on a real machine, in its own cycles.",
}
"""What a figure of a mode means and does not mean."""


@dataclass
class Table:
    """Rows of texts; `numeric` columns stand right."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    note: str = ""
    is_long: bool = False
    """Folded away until a reader opens it."""


@dataclass
class Figure:
    """A plot: where it lies beside the report, and its bytes."""

    name: str
    text: str
    """What it shows, for those who do not see it."""
    png: bytes


@dataclass
class Section:
    anchor: str
    title: str
    sentences: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    parts: list[Section] = field(default_factory=list)


@dataclass
class Report:
    title: str
    meaning: list[str]
    warnings: list[str]
    sections: list[Section]


Results = Mapping[str, Any]
Progress = Callable[[str], None]
Files = list[tuple[Path, bytes]]
