"""What a report says, apart from how it is written: sections of sentences, tables and figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MEANING = {
    "icount": (
        "Figures in instructions are counts of executed instructions: an emulator ran one instruction in "
        "each nanosecond of virtual time. They repeat exactly, and say which of two ways executes less on "
        "the same machine. They are not time and not cycles: the emulator models no caches, no DRAM and no "
        "pipeline, so a way that executes less can still be the slower one on a board. What is in "
        "nanoseconds was counted in the same virtual time."
    ),
    "realtime": (
        "Figures of the mode realtime are times of the emulator on its host. They show what waits for what "
        "between cores. They are not what a board needs, and they change with the load of the host."
    ),
    "board": "Figures of the mode board were measured on a real machine, in its own cycles.",
}
"""What a figure of a mode means and does not mean."""


@dataclass(frozen=True)
class Cell:
    """A text in a table with what it is: `best`, `maybe` (best, but not certainly), `failed`, `missing`."""

    text: str
    kind: str = ""


@dataclass
class Table:
    """Rows of cells, or of plain texts; `numeric` columns stand right."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    numeric: Sequence[bool]
    note: str = ""
    is_folded: bool = False
    """Long ones are folded away until a reader opens them."""

    @property
    def cells(self) -> list[list[Cell]]:
        return [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in self.rows]


@dataclass(frozen=True)
class Figure:
    """A plot: its place beside the report, what it shows for those who do not see it, and the picture."""

    name: str
    text: str
    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Link:
    """To a file beside the report."""

    text: str
    target: str
    note: str = ""


@dataclass
class Section:
    anchor: str
    title: str
    sentences: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    """A list of sentences."""
    commands: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    parts: list[Section] = field(default_factory=list)
    is_warning: bool = False


@dataclass
class Report:
    title: str
    meaning: list[str]
    sections: list[Section]


Progress = Callable[[str], None]
Files = list[tuple[Path, bytes]]
