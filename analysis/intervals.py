"""The ratio of two medians, with a bootstrap interval.

The median of a resample needs no resample: of n draws from the samples the median is where the middle one
of n uniform numbers falls in their order, and the middle one of n uniform numbers has a beta distribution. A
draw costs one random number. Samples that depend on each other count as what they are worth (series.py).

With several boots whole boots are drawn: what varies within a boot is in its median already (Davison and
Hinkley, Bootstrap Methods and their Application, section 3.8). A side's figure is then the geometric mean of
its boots' medians.

Bootstrap intervals are too narrow where there are few independent things. For samples the percentiles are
widened as T. Hesterberg advises (What Teachers Should Know about the Bootstrap, 2015: expanded percentiles);
percentiles of three or four boots can only be those boots, so there the deviations are stretched by the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from analysis.series import Series
from analysis.statistics import SEED

DRAWS = 4000
TINY = 1e-30
"""Medians have a ratio only above this: 0 has none, and what is left of a subtraction may be as good as 0."""
LEVEL = 0.95

Side = Sequence[Series]
"""The boots of one bench in one variant."""


def ratio(first: Side, second: Side) -> float | None:
    """How large the second is, the first being 1; None if either is not above zero."""
    low, high = (middle(side) for side in (first, second))
    return high / low if low is not None and high is not None else None


def middle(side: Side) -> float | None:
    """The median, or the geometric mean of the boots' medians; None where these have no ratio."""
    if any(boot.median <= TINY for boot in side):
        return None
    return side[0].median if len(side) == 1 else exp(float(np.mean([log(b.median) for b in side])))


def ratio_interval(first: Side, second: Side, level: float = LEVEL) -> tuple[float, float] | None:
    """The interval of `ratio`; the same samples always give the same. None if a draw was not above zero."""
    point = ratio(first, second)
    if point is None:
        return None
    generator = np.random.default_rng(SEED)
    draws = [_draws(side, generator) for side in (first, second)]
    if min(float(drawn.min()) for drawn in draws) <= TINY:
        return None
    logarithms = np.log(draws[1]) - np.log(draws[0])
    if max(len(first), len(second)) == 1:
        tail = _tail(min(int(side[0].worth) for side in (first, second)), level)
        low, high = np.quantile(logarithms, [tail, 1 - tail])
    else:
        low, high = log(point) + _stretch(first, second, level) * np.quantile(
            logarithms - log(point), [(1 - level) / 2, (1 + level) / 2]
        )
    return min(exp(low), point), max(exp(high), point)


def paired(first: Series, second: Series) -> tuple[float, float, float] | None:
    """The median of how large each sample is, the one at the same place of the other side being 1, and its
    interval; None where a sample is not above zero or the sides are not equally long.

    It is for runs that repeat: there the samples at one place are of the same operation.
    """
    if len(first) != len(second) or min(first.low, second.low) <= TINY:
        return None
    ratios = Series(second.values / first.values)
    draws = _medians(ratios, np.random.default_rng(SEED))
    tail = _tail(int(ratios.worth), LEVEL)
    low, high = np.quantile(draws, [tail, 1 - tail])
    return ratios.median, float(low), float(high)


def _draws(side: Side, generator: np.random.Generator) -> np.ndarray:
    if len(side) == 1:
        return _medians(side[0], generator)
    medians = np.array([boot.median for boot in side])
    if medians.min() <= TINY:
        return medians
    logarithms = np.log(medians)
    centre = float(logarithms.mean())
    picks = generator.integers(0, len(side), size=(DRAWS, len(side)))
    drawn = logarithms[picks].mean(axis=1) - centre
    return np.exp(centre + drawn * sqrt(len(side) / (len(side) - 1)))


def _medians(boot: Series, generator: np.random.Generator) -> np.ndarray:
    """Medians of resamples of one boot."""
    if boot.constant:
        return np.full(DRAWS, boot.low)
    half = (boot.worth + 1) / 2
    places = generator.beta(half, half, DRAWS) * len(boot) - 0.5
    return np.interp(places, np.arange(len(boot)), boot.ordered)


def _tail(independent: int, level: float) -> float:
    """The share to leave out at either end, with so many independent samples on the smaller side."""
    if independent < 2:
        return 0.0
    wide = sqrt(independent / (independent - 1)) * float(student.ppf((1 + level) / 2, independent - 1))
    return float(norm.sf(wide))


def _stretch(first: Side, second: Side, level: float) -> float:
    """How much farther Student's distribution reaches than the normal one, for so many boots."""
    errors = [spread(side) / len(side) for side in (first, second)]
    if sum(errors) == 0:
        return 1.0
    freedom = welch_freedom(errors, [len(first), len(second)])
    return float(student.ppf((1 + level) / 2, freedom) / norm.ppf((1 + level) / 2))


def spread(side: Side) -> float:
    """The variance of the logarithms of the boots' medians; 0 for one boot."""
    return float(np.var([log(boot.median) for boot in side], ddof=1)) if len(side) > 1 else 0.0


def welch_freedom(errors: Sequence[float], boots: Sequence[int]) -> float:
    """Degrees of freedom of a difference of two means with these squared standard errors (Welch)."""
    each = sum(error**2 / (count - 1) for error, count in zip(errors, boots, strict=True) if count > 1)
    return sum(errors) ** 2 / each if each else 1.0
