"""What a comparison found, as tables: who won, where, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.compare import Variant
from analysis.differences import Difference, RowDifferences, Verdict
from analysis.load import display_unit, suite_of
from analysis.report.content import Cell, Section, Table
from analysis.report.numbers import number

LARGEST_SHOWN = 20
MARKS = (
    "Medians; in brackets the ratio to the baseline: exact, or with its 95 % interval. * the best of its "
    "row, certainly: it differs from every other variant, exactly or after the correction for all "
    "comparisons of this table. ~ the best, but not certainly. No mark: no difference. ? too little was "
    "measured to tell."
)


def add_summary(section: Section, variants: Sequence[Variant], rows: Sequence[RowDifferences]) -> None:
    """The short answer: how many rows differ, who wins how often, and where it matters most."""
    cycle_is = _cycle_is(variants)
    equal = sum(1 for row in rows if not row.best)
    certain = sum(1 for row in rows if any(row.best.values()))
    baseline = variants[rows[0].baseline].label if rows else "none"
    likely = len(rows) - equal - certain
    section.sentences.append(
        f"{len(rows):,} rows, {len(variants)} variants; the baseline is {baseline}. {certain:,} rows have a "
        f"certain winner, {equal:,} have the same median in all variants, and in {likely:,} the best median "
        "is not certain to be the best."
    )
    section.tables.append(_winners(variants, rows))
    section.tables.append(_largest(variants, rows, cycle_is))


def _cycle_is(variants: Sequence[Variant]) -> str:
    return next((v.results["clock"]["cycle_is"] for v in variants if v.results), "cycle")


def _winners(variants: Sequence[Variant], rows: Sequence[RowDifferences]) -> Table:
    suites: dict[str, list[RowDifferences]] = {}
    for row in rows:
        suites.setdefault(suite_of({"name": row.row.name}), []).append(row)
    lines: list[list[Cell | str]] = []
    for suite, members in suites.items():
        wins = [sum(1 for row in members if row.best.get(at)) for at in range(len(variants))]
        most = max(wins)
        certain = [Cell(str(won), "most" if won == most and most else "") for won in wins]
        likely = sum(1 for row in members if row.best and not any(row.best.values()))
        equal = sum(1 for row in members if not row.best)
        lines.append([suite, str(len(members)), *certain, str(likely), str(equal)])
    head = ["suite", "rows", *(variant.label for variant in variants), "not certain", "equal"]
    numeric = [False] + [True] * (len(head) - 1)
    note = "Several variants can be the best of a row together. “equal”: all have the same median."
    return Table("In how many rows each variant is the best", head, lines, numeric, note)


def _change(row: RowDifferences) -> float:
    """How far the best and the worst median are apart, as a ratio of at least 1."""
    medians = [abs(float(median)) for median in row.row.medians if median is not None]
    return max(medians) / min(medians) if medians and min(medians) else 1.0


def _largest(variants: Sequence[Variant], rows: Sequence[RowDifferences], cycle_is: str) -> Table:
    differing = sorted((row for row in rows if row.best), key=lambda row: -_change(row))
    lines: list[list[Cell | str]] = []
    for row in differing[:LARGEST_SHOWN]:
        medians = row.row.medians
        best = row.baseline if row.baseline in row.best else next(iter(row.best))
        others = f" and {len(row.best) - 1} more" if len(row.best) > 1 else ""
        reference = medians[row.baseline]
        difference = row.differences[best]
        lines.append(
            [
                row.row.label,
                display_unit(row.row.unit, cycle_is),
                number(reference),
                Cell(variants[best].label + others, "best" if row.best[best] else "maybe"),
                number(medians[best]),
                "the baseline" if best == row.baseline else _ratio_text(difference) or "-",
                f"{_change(row):.2f}",
            ]
        )
    head = ["row", "unit", "baseline", "best", "its median", "ratio to the baseline", "worst / best"]
    shown = min(LARGEST_SHOWN, len(differing))
    note = f"The {shown} largest of {len(differing):,} rows that differ." if differing else "No row differs."
    numeric = [False, False, True, False, True, True, True]
    return Table("Largest differences", head, lines, numeric, note)


def full_table(variants: Sequence[Variant], rows: Sequence[RowDifferences]) -> Table:
    """Every row with every variant."""
    cycle_is = _cycle_is(variants)
    lines = [
        [
            row.row.label,
            display_unit(row.row.unit, cycle_is) or "-",
            *(_cell(variants[at], row, at) for at in range(len(variants))),
        ]
        for row in rows
    ]
    base = rows[0].baseline if rows else -1
    labels = [variant.label + (" (baseline)" if at == base else "") for at, variant in enumerate(variants)]
    numeric = [False, False, *(True for _ in variants)]
    return Table("Every row", ["row", "unit", *labels], lines, numeric, MARKS, is_folded=True)


def _cell(variant: Variant, row: RowDifferences, at: int) -> Cell:
    bench, median = row.row.benches[at], row.row.medians[at]
    if median is None:
        is_failed = bench is not None or bool(variant.failure)
        return Cell("failed", "failed") if is_failed else Cell("-", "missing")
    text = number(median)
    difference = row.differences[at]
    if difference is not None and difference.verdict is not Verdict.EXACTLY_EQUAL:
        ratio = _ratio_text(difference)
        text += f" ({ratio})" if ratio else ""
        text += " ?" if difference.verdict is Verdict.TOO_FEW else ""
    return Cell(text, {True: "best", False: "maybe", None: ""}[row.best.get(at)])


def _ratio_text(difference: Difference | None) -> str:
    """A ratio, with its interval if it has one; empty if there is none."""
    if difference is None or difference.ratio is None:
        return ""
    text = f"{difference.ratio:.3g}" if difference.ratio < 100 else f"{difference.ratio:,.0f}"
    if difference.interval:
        text += f" [{difference.interval[0]:.3g}, {difference.interval[1]:.3g}]"
    return text


def doubts(rows: Sequence[RowDifferences], general: Sequence[str]) -> list[str]:
    """What speaks against figures: of whole variants, then of single rows with how many they are."""
    benches: dict[str, list[str]] = {}
    for row in rows:
        for flag in dict.fromkeys(flag for one in row.differences if one for flag in one.flags):
            if flag not in general:
                benches.setdefault(flag, []).append(row.row.label)
    ordered = sorted(benches.items(), key=lambda item: -len(item[1]))
    said = [
        f"{_capital(flag)} ({labels[0] if len(labels) == 1 else f'{len(labels)} rows'})."
        for flag, labels in ordered
    ]
    return [f"{_capital(flag)}." for flag in general] + said


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
