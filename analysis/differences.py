"""Which differences between variants are real: a verdict for each row of a comparison and each variant.

`differences` looks at all rows together, because chance has as many tries as there are comparisons: p-values
are corrected by Holm's method over all rows and pairs of variants. docs/statistics.md says what each figure
means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from analysis import conditions, verdict_text
from analysis.compare import Bench, Row, Variant, boots_of_rows, good, leaders, match, more_is_better
from analysis.evidence import Evidence, weigh
from analysis.merge import is_unstable
from analysis.series import Series

LEVEL = 0.05
"""How often at most a whole comparison may call anything different if nothing is."""


class Verdict(Enum):
    """What may be said; the value is how tables say it."""

    EXACTLY_EQUAL = "exactly equal"
    EXACTLY_DIFFERENT = "exactly different"
    DIFFERENT = "different"
    NOT_DISTINGUISHED = "not distinguished"
    TOO_FEW = "too few samples"
    NOT_COMPARABLE = "not comparable"


@dataclass
class Difference:
    """One bench in two variants."""

    baseline: int
    """The place of the variant that is compared with."""
    other: int
    """The place of the variant that is judged."""
    medians: tuple[float, float] | None = None
    """The baseline's and its own; of several boots the geometric means of theirs."""
    ratio: float | None = None
    """Its median, the baseline's being 1; None where that has no meaning, as with a median of 0."""
    interval: tuple[float, float] | None = None
    """The 95 % confidence interval of the ratio; None where the comparison is exact."""
    p: float | None = None
    adjusted_p: float | None = None
    effect: float | None = None
    """Cliff's delta, from -1 to 1: above 0 if its samples tend to be larger."""
    verdict: Verdict = Verdict.NOT_COMPARABLE
    sentence: str = ""
    flags: tuple[str, ...] = ()
    least_p: float = 0.0
    repeats: bool = False
    """Both were measured in the mode icount, in which a run repeats bit for bit."""

    @property
    def certain(self) -> bool:
        return self.verdict in (Verdict.DIFFERENT, Verdict.EXACTLY_DIFFERENT)

    @property
    def larger(self) -> bool | None:
        """Whether its figures are larger; None if that is not certain, or medians and ranks do not agree."""
        if not self.certain or not self.effect:
            return None
        if self.ratio is not None and (self.ratio - 1) * self.effect < 0:
            return None
        return self.effect > 0


@dataclass
class RowDifferences:
    """One bench of a comparison, judged."""

    row: Row
    baseline: int
    differences: list[Difference | None]
    """At each variant's place how it differs from the baseline; None at the baseline's own."""
    best: dict[int, bool] = field(default_factory=dict)
    """The variants with the best median, and whether that is certain; empty where all are equal."""
    pairs: dict[tuple[int, int], Difference] = field(default_factory=dict, repr=False)


def baseline_place(variants: Sequence[Variant], choice: Mapping[str, str] | None) -> int:
    """Where the baseline is: the variant of this choice, else the first that has results."""
    for at, variant in enumerate(variants):
        if choice and all(variant.choice.get(axis) == value for axis, value in choice.items()):
            return at
    return next((at for at, variant in enumerate(variants) if variant.results), 0)


def differences(
    variants: Sequence[Variant], baseline_choice: Mapping[str, str] | None = None, together: int = 1
) -> list[RowDifferences]:
    """Judges every row of a comparison, in the order of `match`, against the baseline, and finds the best.

    `together` is the number of such comparisons that are made at once, for the correction of p-values.
    """
    base = baseline_place(variants, baseline_choice)
    rows = match(variants)
    judge = _Judge(variants, boots_of_rows(variants, rows))
    judged = []
    for number, row in enumerate(rows):
        wanted = [(base, at) for at in range(len(variants)) if at != base]
        leading, others = leaders(row)
        wanted += [(min(one, other), max(one, other)) for one in leading for other in others]
        pairs = {pair: judge.pair(number, row, *pair, base in pair) for pair in dict.fromkeys(wanted)}
        against = [pairs.get((base, at)) for at in range(len(variants))]
        judged.append(RowDifferences(row, base, against, pairs=pairs))
        judge.count(row)
    every = [difference for row in judged for difference in row.pairs.values()]
    _settle(every, max(judge.family, 1) * together)
    for row in judged:
        row.best = _best(row)
        for pair in row.pairs.values():
            labels = variants[pair.baseline].label, variants[pair.other].label
            pair.sentence = verdict_text.sentence(pair, row.row, labels, judge.cycle_is)
    return judged


class _Judge:
    """Gathers the evidence for pairs; Series are shared between the pairs of a row."""

    def __init__(self, variants: Sequence[Variant], boots: list[list[list[Bench]]]) -> None:
        self._variants = variants
        self._boots = boots
        self._conditions = [conditions.of(variant) for variant in variants]
        self._sides: dict[tuple[int, int], list[Series]] = {}
        self._said: dict[tuple[int, int], list[str]] = {}
        self.family = 0
        """How many comparisons chance has a try at: all pairs of all rows that have samples that vary."""
        with_results = [variant.results for variant in variants if variant.results]
        self.cycle_is = with_results[0]["clock"]["cycle_is"] if with_results else "cycle"

    def count(self, row: Row) -> None:
        varying = [b for b in row.benches if good(b) and b["stats"]["min"] != b["stats"]["max"]]
        there = sum(good(bench) for bench in row.benches)
        self.family += len(varying) * (there - len(varying)) + len(varying) * (len(varying) - 1) // 2

    def pair(self, number: int, row: Row, base: int, other: int, with_interval: bool) -> Difference:
        found = Difference(base, other)
        flags = self._between(base, other)
        sides = [self._side(number, row, at) for at in (base, other)]
        for at in (base, other):
            flags = flags + row_flags(self._variants[at].label, self._boots[number][at])
        results = [self._variants[at].results for at in (base, other)]
        if not all(sides) or not all(results):
            found.flags = tuple(flags)
            return found
        if not conditions.same_meaning(*results):  # type: ignore[arg-type]
            found.flags = ("a cycle is not the same in both modes", *flags)
            return found
        exact = all(result["mode"] == "icount" for result in results)  # type: ignore[index]
        evidence = weigh(*sides, exact, with_interval)
        _take(found, evidence)
        found.repeats = exact
        overheads = {boot["overhead"] for at in (base, other) for boot in self._boots[number][at]}
        if len(overheads) > 1 and not exact:
            evidence.flags.append(f"overheads from {min(overheads):g} to {max(overheads):g} were subtracted")
        found.flags = tuple(evidence.flags + flags)
        return found

    def _side(self, number: int, row: Row, at: int) -> list[Series]:
        """The boots of a bench that can be judged: empty if it failed in one of them."""
        place = number, at
        if place not in self._sides:
            boots = self._boots[number][at]
            failed = any(b["status"] != "ok" and not is_unstable(b) for b in boots)
            sound = [boot for boot in boots if good(boot)]
            there = good(row.benches[at]) and not failed
            self._sides[place] = [Series(boot["samples"]) for boot in sound] if there else []
        return self._sides[place]

    def _between(self, base: int, other: int) -> list[str]:
        if (base, other) not in self._said:
            labels = [self._variants[at].label for at in (base, other)]
            pair = self._conditions[base], self._conditions[other]
            self._said[base, other] = conditions.differing(*pair, labels)
        return self._said[base, other]


def row_flags(label: str, boots: Sequence[Bench]) -> list[str]:
    """What must be known of one bench of one variant before its figures are believed."""
    flags = []
    unstable = sum(is_unstable(boot) for boot in boots)
    if unstable:
        flags.append(f"unstable overhead in {unstable} of {len(boots)} boots of {label}, left out")
    for boot in boots:
        if boot["stats"]["n"] > len(boot["samples"]) > 0:
            flags.append(f"{label} kept {len(boot['samples'])} of {boot['stats']['n']} samples")
            break
    return flags


def _take(found: Difference, evidence: Evidence) -> None:
    found.medians = evidence.medians
    found.ratio, found.interval, found.effect = evidence.ratio, evidence.interval, evidence.effect
    found.p, found.least_p = evidence.p, evidence.least_p
    if evidence.equal:
        found.verdict = Verdict.EXACTLY_EQUAL
    elif evidence.apart:
        found.verdict = Verdict.EXACTLY_DIFFERENT
    else:
        found.verdict = Verdict.TOO_FEW


def _settle(every: Sequence[Difference], family: int) -> None:
    """Corrects the p-values of all pairs together, and gives those that rest on one their verdict."""
    tested = sorted((d for d in every if d.p is not None), key=lambda difference: difference.p or 0.0)
    adjusted = holm([difference.p or 0.0 for difference in tested], family)
    for place, (difference, p) in enumerate(zip(tested, adjusted, strict=True)):
        difference.adjusted_p = p
        tries = max(family - place, 1)
        if p <= LEVEL:
            difference.verdict = Verdict.DIFFERENT
        elif difference.least_p * tries > LEVEL:
            difference.verdict = Verdict.TOO_FEW
            if difference.least_p <= LEVEL:
                difference.flags = (f"too few samples for {family} comparisons", *difference.flags)
        else:
            difference.verdict = Verdict.NOT_DISTINGUISHED


def holm(ordered: Sequence[float], family: int) -> list[float]:
    """Holm's adjusted p-values of p-values in rising order, out of a family of at least as many."""
    adjusted, highest = [], 0.0
    for place, p in enumerate(ordered):
        highest = max(highest, min(p * max(family - place, 1), 1.0))
        adjusted.append(highest)
    return adjusted


def _best(judged: RowDifferences) -> dict[int, bool]:
    leading, others = leaders(judged.row)
    wants_larger = more_is_better(judged.row.unit)
    certain = {}
    for one in leading:
        verdicts = []
        for other in others:
            pair = judged.pairs[min(one, other), max(one, other)]
            larger = pair.larger if pair.other == one else None if pair.larger is None else not pair.larger
            verdicts.append(larger is wants_larger)
        certain[one] = all(verdicts)
    return certain
