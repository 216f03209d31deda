"""The table at the end of a comparison: a bench a line, a variant a column."""

from __future__ import annotations

from collections.abc import Sequence

from analysis import doubts
from analysis.compare import Variant, axes_text, good
from analysis.differences import Difference, RowDifferences, Verdict
from analysis.load import display_unit
from analysis.views import View
from tools.command.table import aligned, figure

EXPLANATION = (
    "Medians; beside them the ratio to {baseline}: exact after '=', else with its 95 % interval. * the best "
    "of its line, certainly: it differs from every other, exactly or after correction for all comparisons "
    "made here; ~ the best median, but not certainly; no mark in a line: equal. ? too little was measured to "
    "tell: more samples or boots (--repeat) would. ! a doubt, said below. docs/statistics.md explains them."
)
DOUBTS_SHOWN = 12


def lines(view: View, cycle_is: str) -> list[str]:
    """The table, what its marks mean, and the doubts, ready to print."""
    general = doubts.of_variants(view.variants, view.baseline)
    heading = [f"{view.title}. {view.note}".rstrip()] if view.fixed else []
    explanation = EXPLANATION.format(baseline=view.variants[view.baseline].label)
    shown = table(view.variants, view.rows, cycle_is, general)
    return [*heading, shown, explanation, *notes(view.rows, general)]


def table(
    variants: Sequence[Variant],
    judged: Sequence[RowDifferences],
    cycle_is: str,
    general: Sequence[str] = (),
) -> str:
    """What is missing says why: `failed`, or `-` for a bench that this variant does not have.

    `general` are doubts about whole variants: they are not marked at each figure.
    """
    rows = [[f"bench, by {axes_text(variants)}", "unit", *(variant.label for variant in variants)]]
    for row in judged:
        cells = [_cell(variants[at], row, at, general) for at in range(len(variants))]
        rows.append([row.row.label, display_unit(row.row.unit, cycle_is) or "-", *cells])
    return aligned(rows, [False, False] + [True] * len(variants))


def notes(judged: Sequence[RowDifferences], general: Sequence[str]) -> list[str]:
    """The doubts about whole variants, then those about rows."""
    found = doubts.of_rows(judged, general)
    more = len(found) - DOUBTS_SHOWN
    rest = [f"and {more} more such notes"] if more > 0 else []
    return [f"! {text}" for text in [*general, *found[:DOUBTS_SHOWN], *rest]]


def _cell(variant: Variant, judged: RowDifferences, at: int, general: Sequence[str]) -> str:
    bench = judged.row.benches[at]
    if not good(bench):
        return "failed  " if bench is not None or variant.failure else "-  "
    mark = " " if at not in judged.best else "*" if judged.best[at] else "~"
    difference = judged.differences[at]
    beside = _beside(difference, general) if difference else ""
    return f"{figure(judged.row.medians[at])}{beside} {mark}"


def _beside(difference: Difference, general: Sequence[str]) -> str:
    """The ratio, how sure it is, and whether there is a doubt."""
    doubt = "!" if set(difference.flags) - set(general) else ""
    few = "?" if difference.verdict is Verdict.TOO_FEW else ""
    if difference.ratio is None:
        return f" {few}{doubt}".rstrip()
    if difference.interval is None:
        return f" ={difference.ratio:.3g}{few}{doubt}"
    low, high = difference.interval
    return f" {difference.ratio:.3g} [{low:.3g}, {high:.3g}]{few}{doubt}"
