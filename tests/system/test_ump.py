"""Channels between two cores: every way of use, with every way of waiting."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import pytest

from tools.command.machine import Run, boot
from trace.declaration import load
from trace.items import RecordsLost

ROOT = Path(__file__).resolve().parents[2]
WAYS = sorted(path.stem for path in (ROOT / "lib/ump/wait").glob("*.c"))
EXCHANGES = 8


def assert_exchanged(run: Run, cores: int) -> None:
    """Each other core has exchanged messages with the first, in all ways."""
    assert run.ok, run.why
    for core in range(1, cores):
        assert len(re.findall(rf"ump: core {core}: .* cycles: ok", run.console)) == EXCHANGES


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_messages_between_two_cores(way: str, seed: int) -> None:
    command = f"mode=test test=cores how=ump calls=5000 seed={seed}"
    assert_exchanged(boot("imx8mp", command, smp=2, timeout=60, variant={"ump": way}), 2)


def test_the_first_core_and_each_other() -> None:
    assert_exchanged(boot("imx8mp", "mode=test test=cores how=ump calls=1000 seed=3", smp=4, timeout=60), 4)


@pytest.mark.alone
@pytest.mark.parametrize("way", WAYS)
def test_real_cores(way: str) -> None:
    """Cores of the host at once: orders of memory and moments of sleep that turns never make."""
    command = "mode=test test=cores how=ump calls=20000 seed=4"
    assert_exchanged(boot("imx8mp", command, smp=2, timeout=120, mode="realtime", variant={"ump": way}), 2)


def test_both_sides_name_each_message_alike() -> None:
    """Each receipt in the trace has the flow number of a send of the core that it names."""
    run = boot("imx8mp", "mode=bench suites=ump samples=10", smp=2, timeout=120, trace="all")
    assert run.ok, run.why
    points = {point.number: point for point in load().points if point.subsystem == "ump"}
    sent: set[tuple[int, int]] = set()
    received: set[tuple[int, int]] = set()
    for core, entries in run.recording.cores.items():
        assert not any(isinstance(entry, RecordsLost) for entry in entries)
        for _, number, word in (record for entry in entries for record in entry.records):
            if number in points and points[number].kind.startswith("flow_"):
                values = points[number].decode(word)
                if points[number].kind == "flow_out":
                    sent.add((core, values["flow"]))
                else:
                    received.add((values["core"], values["flow"]))
    assert {core for core, _ in received} == {0, 1}
    assert received <= sent


def median(run: Run, label: str) -> float:
    return next(statistics.median(row.samples) for row in run.benches if row.label == label)


def test_costs() -> None:
    """The bounds that hold for any change; the figures are in docs/ump.md."""
    run = boot("imx8mp", "mode=bench suites=ump", smp=2, timeout=120, variant={"ump": "polled"})
    assert run.ok, run.why
    assert median(run, "ump.send[notify=polled,words=7]") <= 30
    assert median(run, "ump.receive[notify=polled,words=7]") <= 40
    assert median(run, "ump.poll[notify=polled]") <= 5
    assert median(run, "ump.round_trip[notify=polled,cores=0-1,words=7]") <= 160
    assert median(run, "ump.bytes[notify=polled,cores=0-1,bytes=1048576]") <= 1.2 * (1 << 20)
