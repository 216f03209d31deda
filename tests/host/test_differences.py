"""Verdicts, flags and sentences of single comparisons, and their figures against other ways to get them."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import pytest
import synthetic_results
from scipy import stats as reference

from analysis import doubts, evidence, intervals, rank_test, views
from analysis.compare import Variant
from analysis.differences import Difference, Verdict, differences, holm
from analysis.merge import merged
from analysis.series import Series
from tools.command import compare_table, results

UNSTABLE = "failed: the overhead of a measurement is not stable: quartiles 70, 90 and 100 cycles"
Samples = list[float]


def frame(samples: Samples, mode: str = "icount", status: str = "ok", **more: Any) -> dict[str, Any]:
    bench = results.row("lmp.one_way", {"words": 4}, more.pop("unit", "cycles"), samples, status=status)
    content = synthetic_results.frame([bench])
    clock = {**content["clock"], "cycle_is": "instruction" if mode == "icount" else "cycle"}
    return {**content, "mode": mode, "clock": clock, **more}


def variant(name: str, *runs: dict[str, Any]) -> Variant:
    return Variant({"alloc": name}, merged(runs), "", tuple(runs))


def judged(*variants: Variant) -> Difference:
    (row,) = differences(variants)
    found = row.differences[1]
    assert found is not None
    return found


def noise(seed: int, middle: float = 1000, n: int = 100) -> Samples:
    return [float(value) for value in np.round(np.random.default_rng(seed).normal(middle, 50, n))]


# Verdicts.


@pytest.mark.parametrize(
    ("one", "other", "verdict", "words"),
    [
        ([5, 5], [5, 5], Verdict.EXACTLY_EQUAL, "exactly equal"),
        ([5, 6, 7], [5, 6, 7], Verdict.EXACTLY_EQUAL, "exactly equal"),
        ([5], [6, 6], Verdict.EXACTLY_DIFFERENT, "20 % more, exactly, worse"),
        ([1000, 1000], [999, 999], Verdict.EXACTLY_DIFFERENT, "0.1 % less, exactly, better"),
        ([0, 0], [3, 3], Verdict.EXACTLY_DIFFERENT, "more, by no ratio"),
        (noise(1), noise(2), Verdict.NOT_DISTINGUISHED, "not distinguished from no difference (p = "),
        (noise(1), noise(2, 1300), Verdict.DIFFERENT, "more (95 % interval: "),
        (noise(1, n=3), noise(2, 1300, n=3), Verdict.TOO_FEW, "too few samples: 3 against 3"),
    ],
)
def test_verdicts_and_their_sentences(one: Samples, other: Samples, verdict: Verdict, words: str) -> None:
    found = judged(variant("buddy", frame(one)), variant("rbtree", frame(other)))
    assert found.verdict is verdict and words in found.sentence
    assert "cycles" not in found.sentence and found.sentence.startswith("lmp.one_way [words=4]: ")
    exact = verdict in (Verdict.EXACTLY_EQUAL, Verdict.EXACTLY_DIFFERENT)
    assert exact == (found.p is None and found.interval is None) or verdict is Verdict.TOO_FEW


def test_what_failed_is_not_compared() -> None:
    broken = variant("rbtree", frame([], status="failed: no memory"))
    found = judged(variant("buddy", frame([5])), broken)
    assert found.verdict is Verdict.NOT_COMPARABLE and "no memory" in found.sentence
    nothing = Variant({"alloc": "rbtree"}, None, "it did not build")
    assert judged(variant("buddy", frame([5])), nothing).verdict is Verdict.NOT_COMPARABLE


def test_instructions_are_not_compared_with_cycles() -> None:
    found = judged(variant("buddy", frame([5])), variant("rbtree", frame([500], "realtime")))
    assert found.verdict is Verdict.NOT_COMPARABLE and found.ratio is None
    assert "different mode: buddy icount, rbtree realtime" in found.flags


def test_the_baseline_is_the_one_that_is_asked_for() -> None:
    variants = [variant(name, frame([cost])) for name, cost in (("buddy", 4), ("rbtree", 5), ("k", 10))]
    (row,) = differences(variants, {"alloc": "rbtree"})
    assert row.baseline == 1 and row.differences[1] is None
    assert [d.ratio for d in row.differences if d] == [0.8, 2.0]
    assert row.best == {0: True}


def test_equal_medians_do_not_hide_a_difference() -> None:
    """Most samples are alike, and a fifth of them got slower: ranks tell it, the medians do not."""
    one, other = [100.0] * 500 + [200.0] * 10, [100.0] * 400 + [200.0] * 110
    order = np.random.default_rng(1).permutation(510)
    sides = [variant(n, frame([s[i] for i in order])) for n, s in (("buddy", one), ("rbtree", other))]
    found = judged(*sides)
    assert found.verdict is Verdict.DIFFERENT and found.ratio == 1 and found.larger
    assert "medians equal" in found.sentence


# Flags.


def test_conditions_that_differ_are_flagged() -> None:
    other = frame([5], git={"rev": "fedcba987654", "dirty": True}, platform="virt", cores=4)
    other["versions"] = {"qemu": "11", "cc": "gcc 13"}
    other["trace"] = {"events": 5, "dropped": 7, "bytes": 9}
    variants = [variant("buddy", frame([5])), variant("rbtree", other)]
    flags = " ".join(judged(*variants).flags)
    for part in (
        "different commit: buddy 0123456789ab, rbtree fedcba987654",
        "different platform",
        "different cores",
        "different compiler: buddy gcc 12, rbtree gcc 13",
        "different QEMU",
        "rbtree was built from a tree with changes",
        "7 trace events of rbtree were dropped",
    ):
        assert part in flags
    assert doubts.of_variants(variants, 0) == list(judged(*variants).flags)
    assert judged(variant("buddy", frame([5])), variant("rbtree", frame([5]))).flags == ()


def test_a_boot_of_another_compiler_among_the_others_is_flagged() -> None:
    odd = frame([5], versions={"qemu": "10.0.2", "cc": "gcc 13"})
    flags = " ".join(judged(variant("buddy", frame([5])), variant("rbtree", frame([5]), odd)).flags)
    assert "the boots of rbtree differ in compiler: gcc 12, gcc 13" in flags


def boots(seed: int, count: int, middle: float = 1000) -> list[dict[str, Any]]:
    generator = np.random.default_rng(seed)
    return [
        frame(noise(seed * 100 + at, middle * np.exp(generator.normal(0, 0.02))), "realtime")
        for at in range(count)
    ]


def test_boots_with_an_unstable_overhead_are_left_out_and_told() -> None:
    runs = boots(1, 5)
    runs[2]["benches"][0]["status"] = UNSTABLE
    runs[2]["benches"][0]["samples"] = [9_000_000.0] * 100
    found = judged(variant("buddy", *runs), variant("rbtree", *boots(2, 5)))
    assert found.verdict is Verdict.NOT_DISTINGUISHED
    assert "unstable overhead in 1 of 5 boots of buddy, left out" in found.flags
    for run in runs:
        run["benches"][0]["status"] = UNSTABLE
    found = judged(variant("buddy", *runs), variant("rbtree", *boots(2, 5)))
    assert found.verdict is Verdict.NOT_COMPARABLE and "not stable" in found.sentence


def test_samples_that_were_not_kept_and_neighbours_that_are_alike_are_flagged() -> None:
    drift = [float(1000 + at // 10) for at in range(500)]
    content = frame(drift)
    content["benches"][0]["stats"]["n"] = 90_000
    flags = " ".join(judged(variant("buddy", content), variant("rbtree", frame(noise(1)))).flags)
    assert "kept 500 of 90000 samples" in flags and "neighbouring samples are alike: 500 are worth" in flags


def test_boots_that_repeat_add_nothing_in_icount() -> None:
    once = judged(variant("buddy", frame(noise(1))), variant("rbtree", frame(noise(2))))
    often = judged(variant("buddy", *[frame(noise(1))] * 9), variant("rbtree", *[frame(noise(2))] * 9))
    assert (once.p, once.interval) == (often.p, often.interval)


def test_doubts_are_told_below_the_table_and_only_special_ones_in_it() -> None:
    dirty = frame([6], git={"rev": "0123456789ab", "dirty": True})
    variants = [variant("buddy", frame([5])), variant("rbtree", dirty)]
    text = compare_table.lines(views.views(variants)[0], "instruction")
    assert "=1.2" in text[0] and "!" not in text[0]
    assert text[2:] == ["! rbtree was built from a tree with changes"]
    few = [variant("buddy", frame([5, 6, 7])), variant("rbtree", frame([6, 7, 8]))]
    text = compare_table.lines(views.views(few)[0], "instruction")
    assert "?!" in text[0] and text[2] == "! too few samples: 3 against 3 (lmp.one_way [words=4])"


# The figures under them.


def test_holm_against_a_case_worked_out_by_hand() -> None:
    assert holm([0.01, 0.02, 0.03, 0.5], 4) == pytest.approx([0.04, 0.06, 0.06, 0.5])
    assert holm([0.01, 0.011], 100) == pytest.approx([1.0, 1.0])
    assert holm([0.0001, 0.001], 100) == pytest.approx([0.01, 0.099])


def test_more_comparisons_make_each_count_less() -> None:
    """Nine benches without any difference beside one that alone would be called different."""

    def several(seed: int, others: int) -> Variant:
        benches = [results.row("lmp.one_way", {}, "cycles", noise(seed, 1000 + 20 * (seed - 1), 100))]
        for at in range(others):
            benches.append(results.row(f"lmp.b{at}", {}, "cycles", noise(seed * 1000 + at)))
        return variant(str(seed), synthetic_results.frame(benches))

    alone, among = (differences([several(1, n), several(2, n)])[0].differences[1] for n in (0, 60))
    assert alone and among and alone.p == among.p and alone.adjusted_p == alone.p
    assert among.p is not None and among.adjusted_p == pytest.approx(61 * among.p)
    assert alone.verdict is Verdict.DIFFERENT and among.verdict is Verdict.NOT_DISTINGUISHED


@pytest.mark.parametrize("seed", range(6))
def test_the_exact_test_agrees_with_another(seed: int) -> None:
    generator = np.random.default_rng(seed)
    one, other = generator.normal(0, 1, 9), generator.normal(0.7, 1, 7)
    ours = rank_test.compare(Series(one), Series(other))
    assert ours.p == pytest.approx(reference.mannwhitneyu(one, other, method="exact").pvalue)
    tied = [generator.integers(0, 4, n).astype(float) for n in (5, 6)]
    ranks = reference.rankdata(np.concatenate(tied))
    sums = np.array([ranks[list(chosen)].sum() for chosen in itertools.combinations(range(11), 5)])
    far = np.abs(sums - 5 * ranks.mean()) >= abs(ranks[:5].sum() - 5 * ranks.mean()) - 1e-9
    assert rank_test.compare(Series(tied[0]), Series(tied[1])).p == pytest.approx(far.mean())


def test_the_approximate_test_agrees_with_another_where_samples_are_independent() -> None:
    generator = np.random.default_rng(1)
    one, other = generator.normal(0, 1, 300), generator.normal(0.2, 1, 400)
    ours = rank_test.compare(Series(one), Series(other), independent=True).p
    theirs = reference.mannwhitneyu(one, other, method="asymptotic").pvalue
    assert ours == pytest.approx(theirs, rel=0.3)
    assert evidence.cliff(Series(one), Series(other)) == pytest.approx(
        1 - 2 * reference.mannwhitneyu(one, other).statistic / (300 * 400)
    )


def test_the_interval_agrees_with_a_bootstrap_that_draws_every_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Series, "dependence", 1.0)
    generator = np.random.default_rng(3)
    one, other = generator.gamma(4, 100, 301), generator.gamma(4, 120, 401)
    found = intervals.ratio_interval([Series(one)], [Series(other)])
    drawn = [np.median(generator.choice(s, (4000, len(s))), axis=1) for s in (one, other)]
    assert found == pytest.approx(np.quantile(drawn[1] / drawn[0], [0.025, 0.975]), rel=0.015)
    assert intervals.ratio_interval([Series(one)], [Series(other)]) == found


def test_samples_are_worth_what_they_tell() -> None:
    generator = np.random.default_rng(4)
    independent = [Series(generator.normal(0, 1, 1000)).worth for _ in range(50)]
    doubled = [Series(np.repeat(generator.normal(0, 1, 250), 4)).worth for _ in range(50)]
    assert 600 < np.mean(independent) <= 1000
    assert 120 < np.mean(doubled) < 260
    assert Series(np.arange(1000.0)).worth < 10 and Series([7.0] * 1000).worth == 1000


def test_the_same_results_give_the_same_judgement() -> None:
    variants = [variant("buddy", frame(noise(1))), variant("rbtree", frame(noise(2, 1010)))]
    assert judged(*variants) == judged(*copy.deepcopy(variants))
