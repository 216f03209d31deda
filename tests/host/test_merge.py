"""Boots of one build put together: samples after each other, and no failure lost."""

from __future__ import annotations

import synthetic_results

from analysis import merge, schema
from tools.command import results


def frame(*benches: dict) -> dict:
    return synthetic_results.frame(list(benches))


def row(*samples: float, status: str = "ok", name: str = "lmp.one_way") -> dict:
    return results.row(name, {"words": 4}, "cycles", samples, status=status)


def test_samples_come_after_each_other_and_figures_are_of_all() -> None:
    together = merge.merged([frame(row(10, 12)), frame(row(30, 11))])
    (bench,) = together["benches"]
    assert bench["samples"] == [10, 12, 30, 11]
    assert (bench["stats"]["n"], bench["stats"]["median"], bench["stats"]["max"]) == (4, 11.5, 30)
    assert together["trace"] == {"events": 20, "dropped": 0, "bytes": 2000}
    assert schema.problems(together) == []


def test_what_repeats_bit_for_bit_counts_once() -> None:
    together = merge.merged([frame(row(10, 12))] * 5)
    assert together["benches"][0]["stats"] == row(10, 12)["stats"]


def test_no_failure_is_lost() -> None:
    whole = frame(row(10), row(5, name="lmp.round_trip"))
    part = frame(row(11, status="failed: it broke"))
    one, other = merge.merged([whole, part])["benches"]
    assert one["status"] == "failed: it broke" and one["samples"] == [10, 11]
    assert other["status"] == "failed: it ran in 1 of 2 boots"


def test_many_samples_stay_within_what_a_file_may_hold() -> None:
    boots = [frame(row(*range(boot, 3000 + boot))) for boot in range(3)]
    (bench,) = merge.merged(boots)["benches"]
    assert len(bench["samples"]) == 4096 and bench["stats"]["n"] == 9000
    assert schema.problems(merge.merged(boots)) == []
