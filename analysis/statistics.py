"""Statistics of a bench's samples.

Percentiles are numpy's (linear between samples). `ci95` is the 95 % confidence interval of the mean, by
bootstrap percentiles with a fixed seed: the same samples always give the same figures. Samples that are all
equal, as instruction counts often are, give exact figures and an interval of no width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

KEPT_SAMPLES = 4096
RESAMPLES = 1000
SEED = 20_200_520
_CHUNK = 1 << 21

Number = int | float
Stats = dict[str, Number | None | list[Number]]
FIGURES = ("min", "median", "mean", "stddev", "p90", "p99", "max")


def summarise(samples: Sequence[Number], count: int | None = None) -> Stats:
    """The `stats` of a bench; `count` is the true number of samples where fewer were kept."""
    if not len(samples):
        return {"n": 0, **dict.fromkeys(FIGURES), "ci95": None}
    values = np.asarray(samples, dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    if low == high:
        figures = [plain(samples[0])] * 3 + [0] + [plain(samples[0])] * 3
        interval: list[Number] = [plain(samples[0])] * 2
    else:
        median, p90, p99 = (float(v) for v in np.percentile(values, [50, 90, 99]))
        deviation = float(values.std(ddof=1))
        figures = [plain(v) for v in (low, median, float(values.mean()), deviation, p90, p99, high)]
        interval = [plain(v) for v in mean_interval(values)]
    return {"n": count or len(values), **dict(zip(FIGURES, figures, strict=True)), "ci95": interval}


def mean_interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % confidence interval of the mean, by bootstrap."""
    generator = np.random.default_rng(SEED)
    rows = max(1, _CHUNK // len(values))
    means: list[np.ndarray] = []
    for start in range(0, RESAMPLES, rows):
        picks = generator.integers(0, len(values), size=(min(rows, RESAMPLES - start), len(values)))
        means.append(values[picks].mean(axis=1))
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def median_interval(samples: Sequence[Number]) -> tuple[float, float]:
    """The interval that holds the median with at least 95 % confidence, whatever the distribution.

    How many samples lie below the median is binomial, so the interval lies between two of the ordered
    samples. Fewer than six have no such two: theirs is from the least to the greatest.
    """
    ordered = np.sort(np.asarray(samples, dtype=np.float64))
    if ordered[0] == ordered[-1]:
        return float(ordered[0]), float(ordered[0])
    below = int(binom.ppf(0.025, len(ordered), 0.5))
    low = max(below - 1, 0)
    return float(ordered[low]), float(ordered[len(ordered) - 1 - low])


def plain(value: Number) -> Number:
    """A number as JSON shows it best: whole ones without a fraction."""
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def reservoir(samples: Sequence[Number], limit: int = KEPT_SAMPLES) -> list[Number]:
    """At most `limit` of the samples, in their order, each as likely as any other."""
    if len(samples) <= limit:
        return list(samples)
    generator = np.random.default_rng(SEED)
    kept = np.sort(generator.choice(len(samples), size=limit, replace=False))
    return [samples[int(index)] for index in kept]
