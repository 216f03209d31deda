"""Samples of one bench in one boot, in the order in which they were taken, and how much they are worth.

Samples that follow each other are often alike: a slow phase of the host, or a structure that fills up, lasts
for many of them. A thousand such samples tell less than a thousand independent ones, and a test that does
not know it gives false alarms. The worth is measured by batch means (B. Schmeiser, Batch Size Effects in the
Analysis of Simulation Output, 1982): were the samples independent, means of batches would vary as little as
theory says; if they vary `dependence` times as much, n samples are worth n / dependence.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.stats import rankdata

BATCHES = 20
FEWEST_FOR_BATCHES = 2 * BATCHES
"""With fewer samples nothing can be said about their dependence, and they are taken for independent."""


class Series:
    """The samples, and what tests and intervals need of them, each worked out once."""

    def __init__(self, samples: Sequence[float]) -> None:
        self.values = np.asarray(samples, dtype=np.float64)

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def ordered(self) -> np.ndarray:
        return np.sort(self.values)

    @property
    def low(self) -> float:
        return float(self.ordered[0])

    @property
    def high(self) -> float:
        return float(self.ordered[-1])

    @property
    def constant(self) -> bool:
        return self.low == self.high

    @cached_property
    def median(self) -> float:
        return float(np.median(self.ordered))

    @cached_property
    def dependence(self) -> float:
        """How many samples are worth one independent sample, 1 or more."""
        if self.constant or len(self) < FEWEST_FOR_BATCHES:
            return 1.0
        return dependence(rankdata(self.values))

    @property
    def worth(self) -> float:
        """The number of independent samples that would tell as much."""
        return max(len(self) / self.dependence, 1.0)


def dependence(values: np.ndarray) -> float:
    """How much more means of batches vary than those of independent values would; never less than 1.

    If neighbouring batches are still alike, the factor is raised by what that adds.
    """
    length = len(values) // BATCHES
    spread = float(values.var(ddof=1))
    if spread == 0.0:
        return 1.0
    means = values[: length * BATCHES].reshape(BATCHES, length).mean(axis=1)
    apart = means - means.mean()
    square = float(apart @ apart)
    if square == 0.0:
        return 1.0
    factor = length * square / (BATCHES - 1) / spread
    alike = min(max(float(apart[1:] @ apart[:-1]) / square, 0.0), 0.9)
    return max(factor * (1 + alike) / (1 - alike), 1.0)
