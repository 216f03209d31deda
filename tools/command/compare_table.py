"""The table at the end of a comparison: a bench a line, a variant a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.compare import Variant, axes_text, good
from analysis.differences import Difference, RowDifferences, Verdict, baseline_place, differences, doubts
from analysis.load import display_unit
from tools.command.table import aligned, figure

EXPLANATION = (
    "Medians; beside them the ratio to {baseline}: exact after '=', else with its 95 % interval. * the best "
    "of its line, certainly: it differs from every other, exactly or after correction for all comparisons "
    "made here; ~ the best median, but not certainly; no mark in a line: equal. ? too little was measured to "
    "tell: more samples or boots (--repeat) would. ! a doubt, said below. docs/statistics.md explains them."
)
DOUBTS_SHOWN = 12


def lines(variants: Sequence[Variant], cycle_is: str, baseline: Mapping[str, str] | None = None) -> list[str]:
    """The table, what its marks mean, and the doubts, ready to print."""
    judged = differences(variants, baseline)
    base = baseline_place(variants, baseline)
    general = doubts(variants, base)
    explanation = EXPLANATION.format(baseline=variants[base].label)
    return [table(variants, judged, cycle_is, general), explanation, *notes(judged, general)]


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
    """The doubts about whole variants, then every other once, with the number of benches that it is about."""
    benches: dict[str, list[str]] = {}
    for row in judged:
        flags = [flag for difference in row.differences if difference for flag in difference.flags]
        for flag in dict.fromkeys(flags):
            if flag not in general:
                benches.setdefault(flag, []).append(row.row.label)
    ordered = sorted(benches.items(), key=lambda item: -len(item[1]))
    said = [
        f"! {flag} ({labels[0] if len(labels) == 1 else f'{len(labels)} benches'})"
        for flag, labels in ordered[:DOUBTS_SHOWN]
    ]
    more = len(ordered) - DOUBTS_SHOWN
    said += [f"! and {more} more such notes"] if more > 0 else []
    return [f"! {flag}" for flag in general] + said


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
