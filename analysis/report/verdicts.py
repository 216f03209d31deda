"""What a comparison found, as tables: who won, where, and by how much."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis import doubts, slices
from analysis.compare import Variant, axes_text
from analysis.differences import Difference, RowDifferences, Verdict
from analysis.load import display_unit, suite_of
from analysis.report.content import Cell, Section, Table
from analysis.report.numbers import number
from analysis.views import View

LARGEST_SHOWN = 20
WINNERS = "In how many rows each variant is the best"
WINNERS_NOTE = "Several variants can be the best of a row together. “equal”: all have the same median."
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
    """How often each wins: a suite a line; of many variants, a variant a line, the best first."""
    suites: dict[str, list[RowDifferences]] = {}
    for row in rows:
        suites.setdefault(suite_of({"name": row.row.name}), []).append(row)
    counts = [_count(len(variants), found) for found in suites.values()]
    cells = [_count_cells(column) for column in counts]
    names = ["rows", *(variant.label for variant in variants), "not certain", "equal"]
    if len(variants) <= slices.TOGETHER_LIMIT:
        lines = [[suite, *column] for suite, column in zip(suites, cells, strict=True)]
        return Table(WINNERS, ["suite", *names], lines, [False, *(True for _ in names)], WINNERS_NOTE)
    totals = [sum(line) for line in zip(*counts, strict=True)]
    first, *wins, certain, equal = range(len(names))
    order = [*sorted(wins, key=lambda at: -totals[at]), certain, equal, first]
    lines = [[names[at], *(column[at] for column in cells), str(totals[at])] for at in order]
    head = [axes_text(variants), *suites, "all suites"]
    return Table(WINNERS, head, lines, [False, *(True for _ in head[1:])], WINNERS_NOTE)


def _count(variants: int, rows: Sequence[RowDifferences]) -> list[int]:
    """Of a suite: its rows, those that each variant wins, those without a certain winner, those all equal."""
    wins = [sum(1 for row in rows if row.best.get(at)) for at in range(variants)]
    likely = sum(1 for row in rows if row.best and not any(row.best.values()))
    equal = sum(1 for row in rows if not row.best)
    return [len(rows), *wins, likely, equal]


def _count_cells(counts: Sequence[int]) -> list[Cell]:
    """As _count() gives them, with the most wins marked."""
    rows, *wins, likely, equal = counts
    most = max(wins)
    marked = [Cell(str(won), "most" if won == most and most else "") for won in wins]
    return [Cell(str(rows)), *marked, Cell(str(likely)), Cell(str(equal))]


def _first(place: int, places: Iterable[int]) -> list[int]:
    return [place, *(at for at in places if at != place)]


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
        reference = medians[row.baseline]
        difference = row.differences[best]
        lines.append(
            [
                row.row.label,
                display_unit(row.row.unit, cycle_is),
                number(reference),
                Cell(slices.naming(variants, _first(best, row.best)), "best" if row.best[best] else "maybe"),
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


def full_table(view: View) -> Table:
    """The rows of a view with all its variants."""
    variants, rows = view.variants, view.rows
    cycle_is = _cycle_is(variants)
    lines = [
        [
            row.row.label,
            display_unit(row.row.unit, cycle_is) or "-",
            *(_cell(variants[at], row, at) for at in range(len(variants))),
        ]
        for row in rows
    ]
    labels = [
        variant.label + (" (baseline)" if at == view.baseline else "") for at, variant in enumerate(variants)
    ]
    numeric = [False, False, *(True for _ in variants)]
    note = f"{view.note} {MARKS}".lstrip()
    return Table(view.title, ["row", "unit", *labels], lines, numeric, note, is_folded=True)


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


def doubts_text(rows: Sequence[RowDifferences], general: Sequence[str]) -> list[str]:
    """What speaks against figures, as sentences: of whole variants, then of rows."""
    return [f"{_capital(text)}." for text in [*general, *doubts.of_rows(rows, general)]]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
