"""Processes: starting, ending and finding out, who may what, and that nothing is left of them.

Options in the environment: PROCESSES_COUNT processes come and go (20 000 for docs/processes.md), at random
from PROCESSES_SEED on.
"""

from __future__ import annotations

import os
import re

import pytest

from tools.command.machine import Run, boot

COUNT = int(os.environ.get("PROCESSES_COUNT", "800"))
SEED = int(os.environ.get("PROCESSES_SEED", "1"))

TO_MAIN_LIMIT, TO_END_LIMIT = 250_000, 350_000
"""Instructions from the call that starts a process."""


def processes(words: str, **options: object) -> Run:
    return boot("imx8mp", f"mode=test test=processes services=1 {words}", smp=1, **options)


def costs(run: Run) -> dict[str, dict[str, int]]:
    """What a process costs, by when that was measured, and by what of it."""
    found = re.findall(r"processes: (\w+): to_main=(\d+) to_start=(\d+) to_end=(\d+)", run.console)
    return {when: {"main": int(main), "end": int(end)} for when, main, _, end in found}


@pytest.mark.parametrize("slice_us", [10000, 150])
def test_every_call(slice_us: int) -> None:
    run = processes(f"slice_us={slice_us}")
    assert run.ok, run.why
    assert "WRONG" not in run.console
    assert run.console.count("forkbomb: was refused") == 3


def test_every_call_in_a_debug_build_with_tracing() -> None:
    run = processes("", trace="all", debug=True)
    assert run.ok, run.why


def test_nothing_is_left_of_many() -> None:
    """Short slices: so those that spin take no time, and the others are killed in the middle of something."""
    run = processes(f"how=churn calls={COUNT} seed={SEED} slice_us=300")
    assert run.ok, run.why
    assert f"processes: {COUNT} came and went" in run.console
    first, last = costs(run)["first"], costs(run)["last"]
    assert last["main"] <= 1.05 * first["main"] <= TO_MAIN_LIMIT
    assert last["end"] <= 1.05 * first["end"] <= TO_END_LIMIT


def test_a_process_costs_the_same_however_many_there_are() -> None:
    run = processes("how=crowd calls=200")
    assert run.ok, run.why
    alone, crowded = costs(run)["alone"], costs(run)["crowded"]
    assert crowded["main"] <= 1.25 * alone["main"]
    assert crowded["end"] <= 1.25 * alone["end"]


def test_forkbomb_meets_its_limit() -> None:
    run = processes("how=bomb calls=200", limit=300)
    assert run.ok, run.why
    assert "processes: 200 at a time, and not one more" in run.console
