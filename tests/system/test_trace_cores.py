"""The trace of several cores: one clock, and arrows between them."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from tools.command.machine import boot
from trace import checker, clocks, flows, perfetto_writer
from trace.items import Records

REMOTE = "mode=test test=remote services=1 calls=1"
PARKING = "mode=test test=parking services=1"


@pytest.mark.parametrize(
    ("append", "mode"),
    [(REMOTE, "icount"), pytest.param(REMOTE, "realtime", marks=pytest.mark.alone), (PARKING, "icount")],
)
def test_no_message_arrives_before_it_was_sent(append: str, mode: str) -> None:
    """Every receipt from another core has its send, which lies before it."""
    run = boot("imx8mp", append, smp=4, mode=mode, trace="all", timeout=120)
    assert run.ok, run.why
    recording = run.recording
    assert recording.report.sentences() == []
    declaration = recording.declaration
    cycle_hz, counter_hz = recording.hello_number("cycle_hz"), recording.hello_number("counter_hz")
    alignment = clocks.align(declaration, recording.cores, cycle_hz, counter_hz)
    assert alignment.problems == []
    crossings = flows.crossings(declaration, alignment.applied(recording.cores), 0)
    assert all(crossing.sent <= crossing.received for crossing in crossings)

    point = declaration.by_name("ump.receive")
    receipts: Counter[int] = Counter()
    for core, entries in recording.cores.items():
        for entry in entries:
            for _, number, word in entry.records if isinstance(entry, Records) else ():
                if number == point.number and point.decode(word)["core"] != core:
                    receipts[core] += 1
    assert set(receipts) == {0, 1, 2, 3}
    assert len(crossings) == receipts.total()

    out = io.BytesIO()
    assert perfetto_writer.write(recording, out, mode) == []
    found = checker.check(out.getvalue())
    assert found.problems == []
    assert found.summary.lost == 0
    assert found.summary.flows >= len(crossings)
