"""Cost against a number: which benches of a suite form lines over one numeric parameter.

Benches of one name belong to one line if they differ in nothing but the values of that parameter. A line has
at least three points; fewer say nothing about how cost grows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

POINTS_LEAST = 3
SAID = {"mapped": "other pages that are mapped", "size": "size (bytes)", "words": "words (8 bytes)"}
"""Parameters whose name alone does not say what an axis counts."""

SIZES = ("bytes",)
"""Parameters that are sizes in bytes: over them, costs are drawn on two logarithmic axes."""

Bench = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One bench over one parameter; `rest` are the parameters that stay the same."""

    name: str
    parameter: str
    rest: tuple[tuple[str, Any], ...]
    unit: str
    benches: tuple[Bench, ...]

    @property
    def label(self) -> str:
        rest = ", ".join(f"{key}={value}" for key, value in self.rest)
        return f"{self.name}, {rest}" if rest else self.name

    @property
    def values(self) -> list[float]:
        return [float(bench["params"][self.parameter]) for bench in self.benches]


def parameter_text(parameter: str) -> str:
    """What an axis over this parameter counts."""
    return SAID.get(parameter, parameter)


def is_size(parameter: str) -> bool:
    return parameter in SIZES


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def lines(benches: Sequence[Bench], least: int = POINTS_LEAST) -> list[Line]:
    """Every line of at least `least` points, in the order of the results; points in that of the parameter."""
    groups: dict[tuple[Any, ...], list[Bench]] = {}
    for bench in benches:
        if not bench["samples"]:
            continue
        for parameter, value in bench["params"].items():
            if _is_number(value):
                rest = tuple((key, other) for key, other in bench["params"].items() if key != parameter)
                key = (bench["name"], parameter, rest, bench["unit"])
                groups.setdefault(key, []).append(bench)
    found = []
    for (name, parameter, rest, unit), members in groups.items():
        points = sorted(members, key=lambda bench: bench["params"][parameter])
        if len({bench["params"][parameter] for bench in points}) >= least:
            found.append(Line(name, parameter, rest, unit, tuple(points)))
    return found


def by_figure(found: Sequence[Line]) -> dict[tuple[str, str], list[Line]]:
    """Lines that can share axes: the same parameter and unit."""
    figures: dict[tuple[str, str], list[Line]] = {}
    for line in found:
        figures.setdefault((line.parameter, line.unit), []).append(line)
    return figures
