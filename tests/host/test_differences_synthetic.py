"""Verdicts on made-up samples whose truth is known, over 1 000 seeds each.

The stated level is 5 %: of comparisons in which nothing differs at most so many may be called different.
Over 1 000 seeds chance may exceed that, so a count fails the test if a right level would give it less often
than once in a thousand runs (binomial bound). Detection is held to the share stated at each case, likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import binom

from analysis.compare import Variant
from analysis.differences import LEVEL, Difference, Verdict, differences

SEEDS = 1000
UNLIKELY = 0.001
MOST_ALARMS = int(binom.ppf(1 - UNLIKELY, SEEDS, LEVEL))
N = 200

Samples = Sequence[float]
Maker = Callable[[np.random.Generator], tuple[list[Samples], list[Samples]]]
CERTAIN = {Verdict.DIFFERENT, Verdict.EXACTLY_DIFFERENT}


def least(share: float) -> int:
    """The fewest hits of 1 000 that go with at least this share."""
    return int(binom.ppf(UNLIKELY, SEEDS, share))


def bench(samples: Samples, name: str = "a.b") -> dict[str, Any]:
    """As far as verdicts read it; the statistics of files would take most of this test's time."""
    values = [float(sample) for sample in samples]
    stats = {
        "n": len(values),
        "min": min(values),
        "max": max(values),
        "median": float(np.median(values)),
    }
    params: dict[str, Any] = {}
    return {
        "name": name,
        "params": params,
        "unit": "cycles",
        "samples": values,
        "overhead": 0,
        "stats": stats,
        "status": "ok",
    }


def variant(name: str, boots: Sequence[Sequence[dict[str, Any]]], mode: str) -> Variant:
    frames = [
        {
            "git": {"rev": "0123456789ab", "dirty": False},
            "platform": "imx8mp",
            "mode": mode,
            "cores": 1,
            "cpu": "cortex-a53",
            "clock": {"cycle_is": "instruction" if mode == "icount" else "cycle"},
            "variant": {},
            "versions": {"qemu": "10", "cc": "gcc"},
            "trace": {"events": 0, "dropped": 0, "bytes": 0},
            "benches": list(benches),
        }
        for benches in boots
    ]
    return Variant({"axis": name}, frames[0], "", tuple(frames))


def judge(first: list[Samples], second: list[Samples]) -> Difference:
    """Two variants with one bench; several boots are of the mode realtime."""
    mode = "icount" if len(first) == len(second) == 1 else "realtime"
    sides = [
        variant(name, [[bench(s)] for s in boots], mode) for name, boots in (("x", first), ("y", second))
    ]
    (row,) = differences(sides)
    difference = row.differences[1]
    assert difference is not None
    return difference


@cache
def verdicts(maker: Maker) -> tuple[Difference, ...]:
    return tuple(judge(*maker(np.random.default_rng(seed))) for seed in range(SEEDS))


def noise(
    generator: np.random.Generator, middle: float = 1000.0, deviation: float = 50.0, n: int = N
) -> Samples:
    return generator.normal(middle, deviation, n)


def bimodal(generator: np.random.Generator, factor: float = 1.0, share: float = 0.4) -> Samples:
    """Two ways through the bench, one three times as long as the other."""
    slow = generator.random(N) < share
    return factor * (np.where(slow, 3000, 1000) + generator.normal(0, 20, N))


def with_outlier(samples: Samples) -> Samples:
    """One sample that a timer interrupted."""
    changed = np.array(samples)
    changed[len(changed) // 3] *= 50
    return changed


def following(generator: np.random.Generator, middle: float = 1000.0) -> Samples:
    """Each sample is 0.9 of what the one before it was off, as in slow phases of a host."""
    return middle + lfilter([1], [1, -0.9], generator.normal(0, 10, 1500))[500:]


def boots(generator: np.random.Generator, middle: float = 1000.0, count: int = 5) -> list[Samples]:
    """Boots that differ by 2 % among themselves, which no sample inside of one can show."""
    return [noise(generator, middle * np.exp(generator.normal(0, 0.02)), 10) for _ in range(count)]


def equal(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return [noise(g)], [noise(g)]


def equal_whole_numbers(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return [np.round(noise(g, 100, 1))], [np.round(noise(g, 100, 1))]


def equal_ten(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return [noise(g, n=10)], [noise(g, n=10)]


def equal_three(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return [noise(g, n=3)], [noise(g, n=3)]


def far_three(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    """So far apart that they do not meet, but three and three would not in one of ten cases anyway."""
    return [noise(g, n=3)], [noise(g, 2000, n=3)]


def equal_bimodal(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return [bimodal(g)], [bimodal(g)]


def outlier_in_one(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return [noise(g)], [with_outlier(noise(g))]


def unequal_spread(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    """The same middle, ten times the spread, and fewer samples on the wide side."""
    return [noise(g, deviation=10, n=400)], [noise(g, deviation=100, n=80)]


def equal_following(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return [following(g)], [following(g)]


def equal_boots(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return boots(g), boots(g)


def equal_three_boots(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
    return boots(g, count=3), boots(g, count=3)


NOTHING_DIFFERS = (
    equal,
    equal_whole_numbers,
    equal_ten,
    equal_three,
    equal_bimodal,
    outlier_in_one,
    unequal_spread,
    equal_following,
    equal_boots,
    equal_three_boots,
)


@pytest.mark.parametrize("maker", NOTHING_DIFFERS, ids=lambda maker: maker.__name__)
def test_false_alarms_stay_at_the_stated_level(maker: Maker) -> None:
    alarms = sum(found.verdict in CERTAIN for found in verdicts(maker))
    assert alarms <= MOST_ALARMS


@pytest.mark.parametrize("maker", NOTHING_DIFFERS, ids=lambda maker: maker.__name__)
def test_intervals_hold_the_truth_as_often_as_they_say(maker: Maker) -> None:
    hits = sum(f.interval is not None and f.interval[0] <= 1 <= f.interval[1] for f in verdicts(maker))
    # Of three samples no interval can do better than the three: 1 - 2 / 2**3 on each side.
    assert hits >= least(0.5 if maker is equal_three else 0.95 if maker is not unequal_spread else 0.94)


def slower(name: str, factor: float, *sides: Callable[[np.random.Generator, float], list[Samples]]) -> Maker:
    def maker(g: np.random.Generator) -> tuple[list[Samples], list[Samples]]:
        return sides[0](g, 1.0), sides[0](g, factor)

    maker.__name__ = name
    return maker


DIFFERENT = (
    # name, factor, samples of a side at a factor, share that must be detected
    ("one_percent", 1.01, lambda g, f: [noise(g, 1000 * f, 20, n=1000)], 0.99),
    ("twenty_percent", 1.2, lambda g, f: [noise(g, 1000 * f)], 1.0),
    ("twenty_percent_of_ten", 1.2, lambda g, f: [noise(g, 1000 * f, n=10)], 0.99),
    ("twenty_percent_faster", 0.8, lambda g, f: [noise(g, 1000 * f)], 1.0),
    ("bimodal_twenty_percent", 1.2, lambda g, f: [bimodal(g, f)], 0.99),
    ("one_outlier_twenty_percent", 1.2, lambda g, f: [with_outlier(noise(g, 1000 * f))], 1.0),
    ("following_twenty_percent", 1.2, lambda g, f: [following(g, 1000 * f)], 1.0),
    ("boots_twenty_percent", 1.2, lambda g, f: boots(g, 1000 * f), 0.99),
)


@pytest.mark.parametrize(
    ("name", "factor", "side", "share"), DIFFERENT, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_differs_is_found_with_its_size(name: str, factor: float, side: Any, share: float) -> None:
    found = verdicts(slower(name, factor, side))
    right = [f for f in found if f.verdict in CERTAIN and f.larger is (factor > 1)]
    wrong = [f for f in found if f.larger is not None and f.larger is not (factor > 1)]
    assert len(right) >= least(share) and not wrong
    varying = [f for f in found if f.interval is not None]
    held = sum(f.interval[0] <= factor <= f.interval[1] for f in varying if f.interval)
    assert held >= binom.ppf(UNLIKELY, len(varying), 0.95)
    assert np.median([f.ratio for f in found if f.ratio]) == pytest.approx(factor, rel=0.01)


def test_three_samples_are_too_few_even_for_what_differs() -> None:
    found = verdicts(far_three)
    assert {f.verdict for f in found} == {Verdict.TOO_FEW}
    assert all(any("too few" in flag for flag in f.flags) and f.interval for f in found)


def test_one_boot_is_too_few_where_boots_differ() -> None:
    """Its samples would tell it from every other boot, whatever the strategies."""
    generator = np.random.default_rng(1)
    for count in (1, 2):
        sides = [boots(generator, middle, count) for middle in (1000, 1500)]
        found = differences(
            [variant(n, [[bench(s)] for s in side], "realtime") for n, side in zip("xy", sides, strict=True)]
        )[0].differences[1]
        assert found is not None and found.verdict is Verdict.TOO_FEW and found.p is None
        assert found.interval is not None and "--repeat" in " ".join(found.flags)


def test_a_whole_comparison_keeps_the_level() -> None:
    """Four variants with 10 benches, none different: at most 5 % of such comparisons may call any one so."""
    comparisons, alarms = 200, 0
    for seed in range(comparisons):
        generator = np.random.default_rng(seed)
        sides = [
            variant(name, [[bench(noise(generator, n=60), f"a.b{row}") for row in range(10)]], "icount")
            for name in "wxyz"
        ]
        alarms += any(pair.certain for row in differences(sides) for pair in row.pairs.values())
    assert alarms <= binom.ppf(1 - UNLIKELY, comparisons, LEVEL)
