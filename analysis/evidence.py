"""What the samples of two variants say about one bench: the figures that a verdict rests on.

Three cases, by what would be different if everything were run again:

- Instruction counts (mode icount) come out the same again. Where samples do not vary the comparison is
  exact and has no p. Where they vary, they vary with what the bench does at each repetition, and p is about
  that: could so much lie between two such series by the choice of repetitions alone?
- With several boots in the other modes the boots are what is independent: how far do their medians lie apart,
  measured by how much boots of the same build differ (Welch's t test on logarithms)?
- One boot, or two, cannot show that, and there is no p: samples of one boot are alike in what the boot
  brought, and differ from those of any other boot (docs/statistics.md has the measurement).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log, sqrt

import numpy as np
from scipy.stats import t as student

from analysis import intervals, rank_test
from analysis.intervals import Side
from analysis.series import Series

FEWEST_SAMPLES = 4
"""Fewer on one side show nothing at the usual level: 3 against 3 lie apart by chance in one of 10 cases."""
FEWEST_BOOTS = 3
WORTH_LITTLE = 0.1
"""Samples that are worth less than this share of their number are flagged."""


@dataclass
class Evidence:
    """About the second of two sides, with the first as the reference."""

    equal: bool = False
    """Exact: the same samples in the same order."""
    apart: bool = False
    """Exact: neither side varies, and they are not the same."""
    medians: tuple[float, float] = (0.0, 0.0)
    """Of several boots the geometric mean of their medians, if that has a meaning."""
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    effect: float = 0.0
    """Cliff's delta: above 0 if the second tends to be larger."""
    p: float | None = None
    least_p: float = 0.0
    flags: list[str] = field(default_factory=list)


def weigh(first: Side, second: Side, exact: bool, with_interval: bool = True) -> Evidence:
    """Compares two sides, each a boot or several; `exact` says that a run repeats bit for bit."""
    if exact:
        first, second = distinct(first), distinct(second)
    one, other = together(first), together(second)
    found = Evidence(ratio=intervals.ratio(first, second))
    found.effect = cliff(one, other)
    found.medians = centre(first), centre(second)
    varies = not (one.constant and other.constant)
    if exact:
        found.equal = np.array_equal(one.values, other.values) or (not varies and one.low == other.low)
        found.apart = not varies and not found.equal
    if found.equal or found.apart:
        return found
    if with_interval:
        found.interval = intervals.ratio_interval(first, second)
    if exact:
        _by_samples(found, one, other)
        found.flags += [flag for series in (one, other) for flag in dependence_flags(series)]
    else:
        _by_boots(found, first, second)
    return found


def distinct(side: Side) -> list[Series]:
    """Boots that repeat one another bit for bit are one."""
    kept: list[Series] = []
    for boot in side:
        if not any(np.array_equal(boot.values, other.values) for other in kept):
            kept.append(boot)
    return kept


def together(side: Side) -> Series:
    return side[0] if len(side) == 1 else Series(np.concatenate([boot.values for boot in side]))


def centre(side: Side) -> float:
    middle = intervals.middle(side)
    return together(side).median if middle is None else middle


def cliff(one: Series, other: Series) -> float:
    """How much more often a sample of `other` is above one of `one` than below it."""
    below = np.searchsorted(one.ordered, other.ordered, side="left").sum()
    not_above = np.searchsorted(one.ordered, other.ordered, side="right").sum()
    return float(below + not_above) / (len(one) * len(other)) - 1


def _by_samples(found: Evidence, one: Series, other: Series) -> None:
    if min(len(one), len(other)) < FEWEST_SAMPLES:
        found.least_p = 1.0
        found.flags.append(f"too few samples: {len(one)} against {len(other)}")
        return
    # Sides that do not overlap will be apart again, however neighbours depend on each other: a run repeats.
    apart = one.high < other.low or other.high < one.low
    test = rank_test.compare(one, other, independent=apart)
    found.p, found.least_p = test.p, test.least_p


def _by_boots(found: Evidence, first: Side, second: Side) -> None:
    if min(len(first), len(second)) < FEWEST_BOOTS:
        found.least_p = 1.0
        boots = f"{len(first)} against {len(second)}"
        found.flags.append(
            f"too few boots ({boots}): what differs from boot to boot is not in the interval; "
            f"--repeat {FEWEST_BOOTS} or more"
        )
        return
    found.p = welch([first, second])


def welch(sides: Sequence[Side]) -> float:
    """The p of Welch's t test between the boots' medians: of their logarithms, if they have any."""
    logarithms = all(boot.median > intervals.TINY for side in sides for boot in side)
    means, errors = [], []
    for side in sides:
        medians = np.array([log(boot.median) if logarithms else boot.median for boot in side])
        grain = np.mean([resolution(boot) / (boot.median if logarithms else 1.0) for boot in side])
        means.append(float(medians.mean()))
        errors.append((float(medians.var(ddof=1)) + float(grain) ** 2 / 12) / len(side))
    freedom = intervals.welch_freedom(errors, [len(side) for side in sides])
    return 2 * float(student.sf(abs(means[1] - means[0]) / sqrt(sum(errors)), freedom))


def dependence_flags(series: Series) -> list[str]:
    if series.worth >= WORTH_LITTLE * len(series):
        return []
    return [f"neighbouring samples are alike: {len(series)} are worth {series.worth:.0f} independent ones"]


def resolution(boot: Series) -> float:
    """The smallest step between samples: medians cannot be known more finely, even if boots agree on them."""
    steps = np.diff(boot.ordered)
    steps = steps[steps > 0]
    return float(steps.min()) if len(steps) else 1.0
