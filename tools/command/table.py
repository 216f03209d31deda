"""The table at the end of a bench run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.load import display_unit

HEADINGS = ("bench", "params", "unit", "n", "median", "mean", "p99", "overhead", "status")
RIGHT = {"n", "median", "mean", "p99", "overhead"}


def figure(value: Any) -> str:
    """A number, short enough for a column and exact where it is whole."""
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"


def table(benches: Sequence[Mapping[str, Any]], cycle_is: str) -> str:
    """All benches, one a line."""
    rows = [list(HEADINGS)]
    for bench in benches:
        stats = bench["stats"]
        rows.append(
            [
                bench["name"],
                ",".join(f"{key}={value}" for key, value in bench["params"].items()) or "-",
                display_unit(bench["unit"], cycle_is) or "-",
                figure(stats["n"]),
                figure(stats["median"]),
                figure(stats["mean"]),
                figure(stats["p99"]),
                figure(bench["overhead"]),
                bench["status"],
            ]
        )
    return aligned(rows, [heading in RIGHT for heading in HEADINGS])


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    """Columns as wide as they must be, the first row underlined as their headings."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(right))]
    lines = []
    for row in rows:
        cells = [
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    last = len(rows[0][-1]) if not right[-1] else widths[-1]
    lines.insert(1, "  ".join("-" * width for width in [*widths[:-1], last]))
    return "\n".join(lines)
