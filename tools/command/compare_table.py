"""The table at the end of a comparison: a bench a line, a variant a column."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.compare import Row, Variant, axes_text, good, winners
from analysis.load import display_unit
from tools.command.table import aligned, figure

EXPLANATION = (
    "Medians. * the best of its line, certainly: samples without variance, or intervals of the means that "
    "lie apart; ~ the best, but not certainly; no mark: no difference."
)


def table(variants: Sequence[Variant], rows: Sequence[Row], cycle_is: str) -> str:
    """What is missing says why: `failed`, or `-` for a bench that this variant does not have."""
    lines = [[f"bench, by {axes_text(variants)}", "unit", *(variant.label for variant in variants)]]
    for row in rows:
        best = winners(row)
        cells = [_cell(variants[at], row, at, best) for at in range(len(variants))]
        lines.append([row.label, display_unit(row.unit, cycle_is) or "-", *cells])
    return aligned(lines, [False, False] + [True] * len(variants))


def _cell(variant: Variant, row: Row, at: int, best: dict[int, bool]) -> str:
    mark = " " if at not in best else "*" if best[at] else "~"
    bench = row.benches[at]
    if good(bench):
        return f"{figure(row.medians[at])} {mark}"
    failed = bench is not None or variant.failure
    return "failed  " if failed else "-  "
