"""How a variant looks on every figure: by colour, and without colour by its marker, dashes and hatch."""

from __future__ import annotations

from dataclasses import dataclass

from analysis import figures

HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx")


@dataclass(frozen=True)
class Look:
    """How a variant is drawn: by marker and hatch it can be told without its colour too."""

    colour: str
    marker: str
    dashes: str
    hatch: str


def look(at: int) -> Look:
    """Of the variant at this place."""
    turn = at // len(figures.LINE_COLOURS)
    return Look(
        figures.LINE_COLOURS[at % len(figures.LINE_COLOURS)],
        figures.LINE_MARKERS[at % len(figures.LINE_MARKERS)],
        figures.DASHES[turn % len(figures.DASHES)],
        HATCHES[at % len(HATCHES)],
    )
