"""Does one bench tend to take longer than another? The Mann-Whitney test, made safe for benches.

The figure is Cliff's delta: how much more often a sample of the one is above one of the other than below it,
from -1 (always below) over 0 to 1 (always above).

Few samples are tested exactly, over all ways to deal them out to two sides, with ties as they are. Many are
tested by Student's approximation; there the variance is the larger of that under equal distributions (Mann
and Whitney) and that under unequal ones (Brunner and Munzel), and each side counts as many samples as it is
worth (series.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt

import numpy as np
from scipy.stats import rankdata
from scipy.stats import t as student

from analysis.series import BATCHES, FEWEST_FOR_BATCHES, Series

EXACT_TOGETHER = 40
"""Up to so many samples on both sides together the test is exact."""


@dataclass(frozen=True)
class RankTest:
    delta: float
    """Cliff's delta of the second to the first: above 0 if the second tends to be larger."""
    p: float
    """How often samples without any difference would lie so far apart or farther."""
    least_p: float
    """The p that these numbers of samples give if every sample of one is below every one of the other."""


def compare(first: Series, second: Series, independent: bool = False) -> RankTest:
    """`independent` takes each sample for what it counts, whatever its neighbours are."""
    n, m = len(first), len(second)
    ranks = rankdata(np.concatenate([first.values, second.values]))
    delta = 2 * (float(ranks[n:].mean()) - (m + 1) / 2) / n - 1
    if n + m <= EXACT_TOGETHER:
        return RankTest(delta, exact_p(ranks, n), 2 / comb(n + m, n))
    worth = (float(n), float(m)) if independent else (first.worth, second.worth)
    freedom = n + m - 2 if independent else _freedom(first) + _freedom(second)
    return RankTest(delta, *_approximate(first, second, ranks, delta, worth, freedom))


def exact_p(ranks: np.ndarray, n: int) -> float:
    """How many of all choices of n ranks have a sum as far from the middle as the first n have.

    Counts subsets by size and sum, one rank after the other; ranks are doubled, so that ties have whole ones.
    """
    twice = np.rint(2 * ranks).astype(np.int64)
    total = int(twice.sum())
    ways = np.zeros((n + 1, total + 1))
    ways[0, 0] = 1
    for rank in twice:
        ways[1:, rank:] += ways[:-1, : total + 1 - rank]
    sums = np.arange(total + 1)
    middle = n * total / len(twice)
    far = np.abs(sums - middle) >= abs(float(twice[:n].sum()) - middle) - 1e-9
    return min(float(ways[n, far].sum() / ways[n].sum()), 1.0)


def _approximate(
    first: Series,
    second: Series,
    ranks: np.ndarray,
    delta: float,
    worth: tuple[float, float],
    freedom: int,
) -> tuple[float, float]:
    """p, and the least p."""
    n, m = len(first), len(second)
    both = n + m
    pooled = float(ranks.var(ddof=1)) / both**2
    equal = pooled * (1 / worth[0] + 1 / worth[1])
    below = (ranks[:n] - rankdata(first.values)) / m
    above = (ranks[n:] - rankdata(second.values)) / n
    unequal = float(below.var(ddof=1)) / worth[0] + float(above.var(ddof=1)) / worth[1]
    error = sqrt(max(equal, unequal))
    p = 2 * float(student.sf(abs(delta) / 2 / error, freedom)) if error else 1.0
    apart = sqrt((both + 1) / 12 / both * (1 / worth[0] + 1 / worth[1]))
    return min(p, 1.0), min(2 * float(student.sf(0.5 / apart, freedom)), 1.0)


def _freedom(series: Series) -> int:
    """Degrees of freedom of the variance: where it rests on batches there are no more than these."""
    return (BATCHES if len(series) >= FEWEST_FOR_BATCHES else len(series)) - 1
