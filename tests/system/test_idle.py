"""A machine with nothing to do: no instructions, and no interrupts but the timers that somebody asked for."""

from __future__ import annotations

import re

import pytest

from tools.command.machine import Run, boot
from trace import clocks
from trace.items import Records

COMMAND = "mode=test test=idle"
SLEEP_SECONDS = 2
LIMIT = 2000
"""What the domain that sleeps needs before and after."""
TRACED_LIMIT = 20000
"""With the sending of the records of that."""
TIMER = 27


def executed(run: Run) -> int:
    assert run.ok, run.why
    return int(re.search(r"idle: (\d+) instructions", run.console)[1])


@pytest.mark.parametrize("cores", [1, 4])
def test_it_executes_nothing(cores: int) -> None:
    """The counter counts every core's instructions."""
    run = boot("imx8mp", COMMAND, smp=cores)
    assert 0 < executed(run) <= LIMIT


def test_it_takes_no_interrupt_but_the_timer_that_was_asked_for() -> None:
    run = boot("imx8mp", COMMAND, smp=4, trace="all")
    assert executed(run) <= TRACED_LIMIT
    recording = run.recording
    cycle_hz, counter_hz = recording.hello_number("cycle_hz"), recording.hello_number("counter_hz")
    alignment = clocks.align(recording.declaration, recording.cores, cycle_hz, counter_hz)
    assert alignment.problems == []
    records = {
        core: [record for entry in entries if isinstance(entry, Records) for record in entry.records]
        for core, entries in alignment.applied(recording.cores).items()
    }
    first = records[0]
    gap, at = max((first[index + 1][0] - first[index][0], index) for index in range(len(first) - 1))
    assert gap >= 0.99 * SLEEP_SECONDS * cycle_hz
    slept, woke = first[at][0], first[at + 1][0]
    interrupt = recording.declaration.by_name("dispatch.interrupt_begin")
    assert first[at + 1][1] == interrupt.number
    assert interrupt.decode(first[at + 1][2])["number"] == TIMER
    for core, other in records.items():
        assert not [record for record in other if slept < record[0] < woke], f"core {core} did something"
