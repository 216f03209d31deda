"""Starting processes: what it costs, and that its parts make the whole."""

from __future__ import annotations

import statistics

import pytest

from analysis.spawn_plots import PHASES
from tools.command.machine import Run, boot

LIMITS = {"library": (100_000, 140_000), "proc": (250_000, 350_000)}
"""Instructions for `hello`, to its main() and to the last of it."""
FOOTPRINT_LIMIT = 384 << 10
"""Bytes, without what the process has not used of its RAM."""
WAY = {"source": "module", "core": "0"}
both = pytest.mark.parametrize("by", LIMITS)


@pytest.fixture(scope="module")
def run() -> Run:
    return boot("imx8mp", "mode=bench suites=spawn", smp=1)


def medians(run: Run, by: str) -> dict[str, float]:
    rows = [row for row in run.benches if row.params == {**WAY, "by": by}]
    assert [row.label for row in rows if row.status != "ok"] == []
    return {row.name.partition(".")[2]: statistics.median(row.samples) for row in rows}


@both
def test_phases_add_up_to_the_whole(run: Run, by: str) -> None:
    assert run.ok, run.why
    figures = medians(run, by)
    phases = [figures[phase] for phase in PHASES if phase in figures]
    assert len(phases) == (len(PHASES) if by == "proc" else len(PHASES) - 2)
    assert sum(phases) == pytest.approx(figures["total"], rel=0.05)


@both
def test_limits(run: Run, by: str) -> None:
    to_main, to_end = LIMITS[by]
    figures = medians(run, by)
    assert 0 < figures["total"] <= to_main
    assert figures["total"] < figures["exit"] <= to_end


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


@both
def test_first_spawn_costs_what_the_last_does(run: Run, by: str) -> None:
    (row,) = [row for row in run.benches if row.name == "spawn.exit" and row.params["by"] == by]
    assert max(row.samples) <= 1.05 * min(row.samples)
