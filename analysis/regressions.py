"""Did anything get worse between two results folders? What `./lantern compare --against` rests on.

A row got worse if its difference is certain (analysis/differences.py) and even the near end of its interval
is worse by more than the tolerance. Where runs repeat (icount) the samples at one place are of the same
operation, and a row also got worse if these, each compared with its own, are worse by so much. What is worse
follows from the unit: less throughput, more of anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from analysis import conditions, intervals, verdict_text
from analysis.compare import Bench, Row, Variant, good, more_is_better
from analysis.differences import Difference, Verdict, differences
from analysis.series import Series

OLD, NEW = "old", "new"
DERIVED = ("trace.overhead",)
"""Differences of medians of other rows, often near zero: their ratio says nothing."""
TOLERANCES = {"icount": 2.0, "realtime": 10.0, "board": 5.0}
"""Percent, for each mode; docs/statistics.md has what they rest on."""


class Outcome(Enum):
    """What became of a row; the value is how the summary says it."""

    WORSE = "worse"
    BETTER = "better"
    WITHIN = "different within the tolerance"
    ALIKE = "not different"
    MISSING = "missing"
    FAILED = "failed"
    FAILS_AS_BEFORE = "failed in both"
    ADDED = "new"
    NOT_JUDGED = "not judged"


ALARMS = (Outcome.WORSE, Outcome.MISSING, Outcome.FAILED)


@dataclass(frozen=True)
class Change:
    """One row."""

    outcome: Outcome
    name: str
    sentence: str
    factor: float | None = None
    """How much worse at least, 1 being equal: the near end of the interval; None without a ratio."""


@dataclass
class Comparison:
    """Everything that was found between two folders."""

    changes: list[Change] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def of(self, outcome: Outcome) -> list[Change]:
        return [change for change in self.changes if change.outcome is outcome]

    @property
    def alarms(self) -> list[Change]:
        """What must be looked at, the worst rows first."""
        worst = sorted(self.of(Outcome.WORSE), key=lambda change: -(change.factor or float("inf")))
        return worst + self.of(Outcome.MISSING) + self.of(Outcome.FAILED)

    @property
    def judged(self) -> bool:
        """Whether anything could be judged at all."""
        silent = (Outcome.NOT_JUDGED, Outcome.ADDED, Outcome.FAILS_AS_BEFORE)
        return any(change.outcome not in silent for change in self.changes)


def compare(
    old: Sequence[Variant],
    new: Sequence[Variant],
    tolerance: float,
    of_suite: Mapping[str, float] | None = None,
) -> Comparison:
    """Compares each variant of the old results with the one of the same choice in the new.

    Tolerances are in percent; `of_suite` has those of suites that differ from the rest. Variants that only
    the new results have are not looked at; what is not there any more is missing.
    """
    found = Comparison()
    later = {tuple(sorted(variant.choice.items())): variant for variant in new}
    for before in old:
        after = later.get(tuple(sorted(before.choice.items())))
        if after is None or after.results is None:
            why = f": {after.failure}" if after is not None and after.failure else "."
            name = before.label or "results"
            found.changes.append(Change(Outcome.MISSING, name, f"{name}: missing in the new results{why}"))
        elif before.results is not None:
            _pair(found, before, after, len(old), lambda suite: (of_suite or {}).get(suite, tolerance))
    return found


def _pair(found: Comparison, before: Variant, after: Variant, together: int, tolerance_of: Any) -> None:
    sides = [
        Variant({"results": f"{age} ({commit(variant)})"}, variant.results, runs=variant.runs)
        for age, variant in ((OLD, before), (NEW, after))
    ]
    said = conditions.differing(*(conditions.of(side) for side in sides), (OLD, NEW))
    said = [sentence for sentence in said if not sentence.startswith("different commit")]
    said += other_strategies(before, after)
    found.doubts += [doubt for doubt in said if doubt not in found.doubts]
    for judged in differences(sides, sides[0].choice, together):
        difference = judged.differences[1]
        if judged.row.name in DERIVED or difference is None:
            continue
        change = _change(judged.row, difference, tolerance_of(judged.row.name.partition(".")[0]))
        where = f"{before.label}: " if before.choice else ""
        found.changes.append(
            Change(change.outcome, where + change.name, where + change.sentence, change.factor)
        )


def commit(variant: Variant) -> str:
    """Which state of the tree a variant was built from."""
    states = {
        f"{run['git']['rev']}{' with changes' if run['git']['dirty'] else ''}": True for run in variant.runs
    }
    return ", ".join(states)


def other_strategies(before: Variant, after: Variant) -> list[str]:
    """Build-time choices that are not the same: then it is no wonder that figures are not."""
    assert before.results is not None and after.results is not None
    old, new = before.results["variant"], after.results["variant"]
    return [
        f"different {axis}: {OLD} {old.get(axis, 'none')}, {NEW} {new.get(axis, 'none')}"
        for axis in {**old, **new}
        if old.get(axis) != new.get(axis)
    ]


def _change(row: Row, difference: Difference, tolerance: float) -> Change:
    old, new = row.benches
    label = row.label
    if not good(new):
        if old is None:
            return Change(Outcome.ADDED, label, f"{label}: new, and {_status(new)}.")
        if not good(old):
            return Change(Outcome.FAILS_AS_BEFORE, label, f"{label}: {_status(new)}, as it was before.")
        if new is None:
            return Change(Outcome.MISSING, label, f"{label}: missing in the new results.")
        return Change(Outcome.FAILED, label, f"{label}: {_status(new)}.")
    if not good(old):
        return Change(Outcome.ADDED, label, f"{label}: {'new' if old is None else 'it failed before'}.")
    wants_more, limit = more_is_better(row.unit), 1 + tolerance / 100
    factor = _factor(difference.ratio, difference.interval, wants_more)
    outcome = _outcome(difference, row, factor, limit)
    said = difference.sentence.removesuffix(".")
    if outcome in (Outcome.WITHIN, Outcome.ALIKE) and difference.repeats:
        each = intervals.paired(*(Series(bench["samples"]) for bench in (old, new) if bench))
        own = _factor(each[0], each[1:], wants_more) if each else None
        if each and own and (own > limit or own < 1 / limit):
            outcome, factor = Outcome.WORSE if own > limit else Outcome.BETTER, own
            low, high = (verdict_text.change(bound, None) for bound in each[1:])
            said += f"; but each repetition against its own before: {low} to {high}, {outcome.value}"
    limits = f" (tolerance {tolerance:g} %)" if outcome is Outcome.WORSE else ""
    return Change(outcome, label, f"{said}{limits}.", factor)


def _status(bench: Bench | None) -> str:
    return "missing" if bench is None else str(bench["status"]).rstrip(".")


def _factor(ratio: float | None, interval: tuple[float, float] | None, wants_more: bool) -> float | None:
    """How much worse it is at the near end of its interval; below 1 how much better at the near end."""
    if ratio is None:
        return None
    low, high = interval or (ratio, ratio)
    if wants_more:
        low, high = 1 / high, 1 / low
    return low if low > 1 else high if high < 1 else 1.0


def _outcome(difference: Difference, row: Row, factor: float | None, limit: float) -> Outcome:
    if difference.verdict is Verdict.NOT_COMPARABLE:
        return Outcome.NOT_JUDGED
    few = difference.verdict is Verdict.TOO_FEW
    if few and not difference.repeats:
        return Outcome.NOT_JUDGED
    if factor is None:
        return _without_ratio(difference, row)
    # Few samples that repeat bit for bit are what they are, and the interval of so few is wide.
    if not difference.certain and not few:
        return Outcome.ALIKE
    if difference.certain and difference.larger is None:
        return Outcome.WITHIN
    if factor > limit:
        return Outcome.WORSE
    if factor < 1 / limit:
        return Outcome.BETTER
    return Outcome.WITHIN if difference.certain else Outcome.ALIKE


def _without_ratio(difference: Difference, row: Row) -> Outcome:
    """One of the medians is not above zero: any certain rise or fall counts."""
    if not difference.certain or difference.medians is None:
        return Outcome.ALIKE
    old, new = difference.medians
    if old == new or difference.larger is None:
        return Outcome.WITHIN
    return Outcome.WORSE if (new > old) is not more_is_better(row.unit) else Outcome.BETTER
