"""Starting processes: what it costs, and that its parts make the whole."""

from __future__ import annotations

import statistics

import pytest

from analysis.spawn_plots import PHASES
from tools.command.machine import Run, boot

TO_MAIN_LIMIT, TO_END_LIMIT = 180_000, 260_000
"""Instructions of the library's part, for `hello`; the process server has its own on top of it."""
FOOTPRINT_LIMIT = 384 << 10
"""Bytes, without what the process has not used of its RAM."""
WAY = {"source": "module", "core": "0"}


@pytest.fixture(scope="module")
def run() -> Run:
    return boot("imx8mp", "mode=bench suites=spawn", smp=1)


def median(run: Run, name: str, **params: str) -> float:
    (row,) = [
        row for row in run.benches if row.name == f"spawn.{name}" and params.items() <= row.params.items()
    ]
    assert row.status == "ok"
    return statistics.median(row.samples)


def test_phases_add_up_to_the_whole(run: Run) -> None:
    assert run.ok, run.why
    total = median(run, "total", **WAY)
    assert sum(median(run, phase, **WAY) for phase in PHASES) == pytest.approx(total, rel=0.05)


def test_limits(run: Run) -> None:
    assert 0 < median(run, "total", **WAY) <= TO_MAIN_LIMIT
    assert median(run, "total", **WAY) < median(run, "exit", **WAY) <= TO_END_LIMIT


def test_footprint_is_all_that_a_process_is_made_of(run: Run) -> None:
    kinds = {
        row.params["kind"]: statistics.median(row.samples)
        for row in run.benches
        if row.name == "spawn.footprint" and row.params.items() >= WAY.items()
    }
    total = kinds.pop("total")
    assert sum(kinds.values()) == total
    assert {"pages", "page_tables", "capabilities"} <= kinds.keys()
    assert total - kinds["unused"] <= FOOTPRINT_LIMIT


def test_first_spawn_costs_what_the_last_does(run: Run) -> None:
    """Samples of one row differ by what the kernel does now and then, such as a timer's interrupt."""
    (row,) = [row for row in run.benches if row.name == "spawn.exit"]
    assert max(row.samples) <= 1.05 * min(row.samples)
