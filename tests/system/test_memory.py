"""The memory manager with every value of the axis `alloc`, in every domain of the system."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.command.machine import Run, boot
from tools.command.say import ROOT
from tools.record_allocations import events_of, operations
from trace.benches import BenchRow

STRATEGIES = sorted(path.stem for path in (ROOT / "lib/mm/strategy").glob("*.c"))

LOGARITHMIC = ("buddy", "rbtree")
A_DOMAIN_PAGES = 256
"""Less than any domain is made of, and more than init takes for itself at once."""


def test_menu() -> None:
    assert STRATEGIES == ["best_fit", "buddy", "first_fit", "rbtree", "worst_fit"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_suites(strategy: str) -> None:
    run = boot("imx8mp", "mode=bench suites=mm,caps", smp=1, variant={"alloc": strategy})
    assert run.ok, run.why
    assert [row.label for row in run.benches if row.status != "ok"] == []
    assert f"alloc={strategy}" in run.recording.hello["variant"]
    rows = [row for row in run.benches if row.suite == "mm"]
    assert {row.name for row in rows} == {"mm.alloc", "mm.free", "mm.fragmentation"}
    assert all(f"strategy={strategy}" in row.label for row in rows)
    for row in rows:
        if row.name == "mm.fragmentation":
            assert all(0 <= value <= 1000 for value in row.samples), row.label
    if strategy in LOGARITHMIC:
        for name in ("mm.alloc", "mm.free"):
            few, many = (cost(rows, name, blocks) for blocks in (1_000, 1_000_000))
            assert 0 < many <= 2.5 * few, name


def cost(rows: Sequence[BenchRow], name: str, blocks: int) -> float:
    """The median at a number of blocks that do not touch each other."""
    wanted = {"pattern": "scattered", "blocks": str(blocks)}
    (row,) = (row for row in rows if row.name == name and wanted.items() <= row.params.items())
    return statistics.median(row.samples)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("test", ["spawn", "memory"])
def test_domains(strategy: str, test: str) -> None:
    run = boot("imx8mp", f"mode=test test={test}", smp=1, variant={"alloc": strategy})
    assert run.ok, run.why


def test_boot_can_be_recorded(traced_run: Run) -> None:
    """The trace tells every allocation of init, and of each free which allocation it is of."""
    done = operations(events_of(traced_run.recording, "init"))
    allocations = [operation for operation in done if operation.freed is None]
    assert allocations and all(operation.pages > 0 for operation in allocations)
    domains = {number for number, operation in enumerate(allocations) if operation.pages >= A_DOMAIN_PAGES}
    freed = {operation.freed for operation in done}
    assert len(domains) > 5 and domains <= freed  # They end, and are taken back.


def test_unknown_strategy_prints_the_menu(tmp_path: Path) -> None:
    configure = ["cmake", "--preset", "imx8mp", "-B", str(tmp_path), "-DVARIANT=alloc=next_fit"]
    outcome = subprocess.run(configure, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode != 0
    for strategy in STRATEGIES:
        assert strategy in outcome.stderr
