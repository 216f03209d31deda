"""What a comparison found, as tables: who won, where, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis import compare
from analysis.compare import Row, Variant, more_is_better
from analysis.load import display_unit, suite_of
from analysis.report.content import Cell, Section, Table
from analysis.report.numbers import number
from analysis.report.sources import Source

LARGEST_SHOWN = 20
MARKS = "Bold and *: the best of its row, certainly. ~: the best, but not certainly. No mark: no difference."


@dataclass(frozen=True)
class Judged:
    """A variant against the baseline in one row; more than 1 is dearer, or more where more is better."""

    ratio: float
    interval: tuple[float, float] | None
    """Where the ratio lies with 95 % confidence; None where samples have no variance."""
    is_certain: bool
    """It differs beyond doubt."""
    note: str = ""


@dataclass
class JudgedRow:
    row: Row
    judged: dict[int, Judged] = field(default_factory=dict)
    """By the place of the variant; the baseline and what cannot be compared are not in it."""

    @property
    def best(self) -> dict[int, bool]:
        """The best variants, and whether that is certain."""
        return compare.winners(self.row)

    @property
    def change(self) -> float:
        """How far the best and the worst are apart, as a ratio of at least 1."""
        medians = [abs(float(median)) for median in self.row.medians if median is not None]
        if not medians or not min(medians):
            return 1.0
        return max(medians) / min(medians)


def judge(variants: Sequence[Variant], baseline: int) -> list[JudgedRow]:
    """Every row of the variants, each against the one at place `baseline`."""
    found = []
    for row in compare.match(variants):
        judged = JudgedRow(row)
        medians = row.medians
        reference = medians[baseline]
        for at, median in enumerate(medians):
            if at != baseline and median is not None and reference:
                certain = compare.certainly_apart(row, at, baseline)
                judged.judged[at] = Judged(float(median) / float(reference), None, certain)
        found.append(judged)
    return found


def baseline_of(source: Source) -> int:
    """The place of the baseline among the variants with results; the first if it is not there."""
    wanted = source.plan.baseline if source.plan else {}
    for at, variant in enumerate(source.with_results):
        if all(variant.choice.get(axis, value) == value for axis, value in wanted.items()):
            return at
    return 0


def add_summary(section: Section, source: Source, rows: Sequence[JudgedRow], baseline: int) -> None:
    """The short answer: how many rows differ, who wins how often, and where it matters most."""
    variants = source.with_results
    equal = sum(1 for row in rows if not row.best)
    section.sentences.append(
        f"{len(rows):,} rows, {len(variants)} variants; the baseline is {variants[baseline].label}. "
        f"{equal:,} rows have the same median in all variants."
    )
    section.tables.append(_winners(variants, rows))
    section.tables.append(_largest(variants, rows, baseline, source.cycle_is))


def _winners(variants: Sequence[Variant], rows: Sequence[JudgedRow]) -> Table:
    suites: dict[str, list[JudgedRow]] = {}
    for row in rows:
        suites.setdefault(suite_of({"name": row.row.name}), []).append(row)
    lines: list[list[str]] = []
    for suite, members in suites.items():
        certain = [sum(1 for row in members if row.best.get(at)) for at in range(len(variants))]
        likely = sum(1 for row in members if row.best and not any(row.best.values()))
        equal = sum(1 for row in members if not row.best)
        lines.append([suite, str(len(members)), *map(str, certain), str(likely), str(equal)])
    head = ["suite", "rows", *(variant.label for variant in variants), "not certain", "equal"]
    numeric = [False] + [True] * (len(head) - 1)
    return Table("In how many rows each variant is the best", head, lines, numeric)


def _largest(variants: Sequence[Variant], rows: Sequence[JudgedRow], baseline: int, cycle_is: str) -> Table:
    differing = sorted((row for row in rows if row.best), key=lambda row: -row.change)
    lines = []
    for row in differing[:LARGEST_SHOWN]:
        medians = row.row.medians
        best = next(iter(row.best))
        reference = medians[baseline]
        lines.append(
            [
                row.row.label,
                display_unit(row.row.unit, cycle_is),
                "-" if reference is None else number(reference),
                Cell(variants[best].label, "best" if row.best[best] else "maybe"),
                number(medians[best]),
                "-" if best == baseline or best not in row.judged else ratio_text(row.judged[best]),
                f"{row.change:.2f}",
            ]
        )
    head = ["row", "unit", "baseline", "best", "its median", "by the baseline", "worst by best"]
    shown = min(LARGEST_SHOWN, len(differing))
    note = f"The {shown} largest of {len(differing):,} rows that differ." if differing else "No row differs."
    return Table("Largest differences", head, lines, [False, False, True, False, True, True, True], note)


def full_table(variants: Sequence[Variant], rows: Sequence[JudgedRow], baseline: int, cycle_is: str) -> Table:
    """Every row with every variant."""
    lines = [
        [
            row.row.label,
            display_unit(row.row.unit, cycle_is) or "-",
            *(_cell(variants[at], row, at) for at in range(len(variants))),
        ]
        for row in rows
    ]
    labels = [
        variant.label + (" (baseline)" if at == baseline else "") for at, variant in enumerate(variants)
    ]
    numeric = [False, False, *(True for _ in variants)]
    note = f"Medians, in brackets by the baseline. {MARKS}"
    return Table("Every row", ["row", "unit", *labels], lines, numeric, note, is_folded=True)


def _cell(variant: Variant, row: JudgedRow, at: int) -> Cell:
    bench, median = row.row.benches[at], row.row.medians[at]
    if median is None:
        is_failed = bench is not None or bool(variant.failure)
        return Cell("failed", "failed") if is_failed else Cell("-", "missing")
    text = number(median)
    if at in row.judged and row.judged[at].ratio != 1:
        text += f" ({ratio_text(row.judged[at])})"
    return Cell(text, {True: "best", False: "maybe"}.get(row.best.get(at), ""))  # type: ignore[arg-type]


def ratio_text(judged: Judged) -> str:
    """A ratio, with its interval if it has one."""
    text = f"{judged.ratio:.3g}" if judged.ratio < 100 else f"{judged.ratio:,.0f}"
    if judged.interval:
        text += f" [{judged.interval[0]:.3g}, {judged.interval[1]:.3g}]"
    return f"{text} x"


def better_text(unit: str) -> str:
    return "more is better" if more_is_better(unit) else "less is better"
