"""Cores: started, woken, parked and resumed, before there are monitors; what happens when one fails."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tools.command.machine import Ending, Run, boot
from trace.declaration import load
from trace.items import Item, Records

WAKE_INSTRUCTIONS = 130
RECEIPT_INSTRUCTIONS = 330


def assert_all_came(run: Run, cores: int) -> None:
    assert run.ok, run.why
    came = re.findall(rf"^cores: init on core (\d+) of {cores},", run.console, re.MULTILINE)
    assert [int(core) for core in came] == list(range(1, cores))
    assert "FAILED" not in run.console


@pytest.mark.parametrize(
    ("platform", "cores"), [("imx8mp", 1), ("imx8mp", 2), ("imx8mp", 4), ("virt", 8), ("virt", 16)]
)
def test_all_cores_come_and_can_be_parked(platform: str, cores: int) -> None:
    """The idle time of all cores together costs what that of the one that sleeps does."""
    run = boot(platform, "mode=test test=cores calls=500", smp=cores)
    assert_all_came(run, cores)
    idle = re.search(r"(\d+) instructions on all cores", run.console)
    assert idle
    assert int(idle[1]) < 1300


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("mode", ["icount", "realtime"])
def test_no_wake_is_lost(mode: str, seed: int) -> None:
    """Tokens go around, and a core that was not woken does not look for them: one wake lost, and all stop."""
    run = boot("imx8mp", f"mode=test test=cores calls=20000 seed={seed}", smp=4, mode=mode, timeout=60)
    assert_all_came(run, 4)
    assert run.console.count("cores: 20000 hops") == 2


def test_no_wake_is_lost_between_sixteen_cores() -> None:
    run = boot("virt", "mode=test test=cores calls=10000 seed=7", smp=16, mode="realtime", timeout=60)
    assert_all_came(run, 16)


def test_without_the_fast_path() -> None:
    run = boot("imx8mp", "mode=test test=cores seed=4", smp=4, variant={"fastpath": "off"})
    assert_all_came(run, 4)


def test_in_a_debug_build() -> None:
    """Each kernel checks its capabilities."""
    assert_all_came(boot("imx8mp", "mode=test test=cores seed=6", smp=4, debug=True), 4)


def test_from_el2_on_virt() -> None:
    """The firmware is called by SMC there, and cores come at EL2."""
    extra = ["-M", "virt,gic-version=3,virtualization=on"]
    assert_all_came(boot("virt", "mode=test test=cores seed=5", smp=4, extra=extra), 4)


def test_two_runs_are_the_same() -> None:
    """In icount mode, to the instruction: the costs and the idle time are printed."""
    first, second = (boot("imx8mp", "mode=test test=cores seed=9", smp=4) for _ in range(2))
    assert_all_came(first, 4)
    assert first.console == second.console


def test_what_a_wake_costs() -> None:
    run = boot("imx8mp", "mode=test test=cores calls=10", smp=2)
    wake = re.search(r"a wake costs (\d+)", run.console)
    receipt = re.search(r"its receipt (\d+)", run.console)
    assert wake and receipt
    assert int(wake[1]) <= WAKE_INSTRUCTIONS
    assert int(receipt[1]) <= RECEIPT_INSTRUCTIONS


@pytest.mark.parametrize("fails", [1, 3])
def test_the_others_do_without_a_core_that_does_not_come(fails: int) -> None:
    run = boot("imx8mp", f"mode=test test=cores core_fails={fails}", smp=4)
    assert run.ok, run.why
    assert f"cores: core {fails} does not come" in run.console
    assert run.console.count("cores: init on core") == 2


@pytest.mark.parametrize("mode", ["icount", "realtime"])
def test_a_panic_of_another_core_ends_the_run_and_says_which(mode: str) -> None:
    run = boot("imx8mp", "mode=test test=cores core_panics=3", smp=4, mode=mode)
    assert run.ending is Ending.PANIC
    assert "panicked on core 3" in run.why
    assert "fail_if_asked" in run.annotated_console
    assert run.recording.report.frames_lost == 0
    assert run.recording.report.damaged_chunks == 0


def test_the_trace_has_all_cores() -> None:
    """Each core has a ring, and the first one reads all: nothing is lost, and each tells both its clocks."""
    numbers = {point.name: point.number for point in load().points}
    seen: Counter[tuple[int, int]] = Counter()

    def count(items: list[Item]) -> None:
        for item in items:
            if isinstance(item, Records):
                seen.update((item.core, event) for _, event, _ in item.records)

    run = boot("imx8mp", "mode=test test=cores calls=2000", smp=4, trace="all", watch=count)
    assert_all_came(run, 4)
    report = run.recording.report
    assert not report.problems
    assert not report.records_lost
    assert not report.ring_full
    for core in range(4):
        assert seen[core, numbers["boot.entry"]] == 1
        assert seen[core, numbers["boot.clock"]] == (1 if core == 0 else 3)  # also after it was parked, twice
        assert seen[core, numbers["core.wake"]] > 100
        assert seen[core, numbers["core.woken"]] > 10
        assert seen[core, numbers["core.park"]] == (0 if core == 0 else 2)
        begun, ended = (seen[core, numbers[f"dispatch.interrupt_{end}"]] for end in ("begin", "end"))
        assert begun == ended
