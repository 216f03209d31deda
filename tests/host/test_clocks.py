"""One clock for all cores: from readings of both counters, and from messages."""

from __future__ import annotations

import random

import pytest
from perfetto_traces import written
from scenario import DECLARATION, Scenario, start

from trace import checker, clocks, flows
from trace.items import Records

CYCLE_HZ, COUNTER_HZ = 1_000_000_000, 8_000_000
TICK = CYCLE_HZ // COUNTER_HZ
Event = tuple[int, int, int]


class Machine:
    """Cores whose cycle counters started at different times; `now` is the time that nobody knows."""

    def __init__(self, seed: int, cores: int, reading_error: int = 0) -> None:
        self.rng = random.Random(seed)
        self.started = [0, *(self.rng.randrange(1000, 10_000_000) for _ in range(cores - 1))]
        self.now = 20_000_000
        self.records: list[list[Event]] = [[] for _ in range(cores)]
        self.flow = 0
        for core in range(cores):
            edge = self.now // TICK
            self.now = edge * TICK + self.rng.randrange(reading_error + 1)
            self.event(core, "boot.clock", counter=edge)
            self.now += self.rng.randrange(1000)

    def event(self, on: int, name: str, **values: int) -> None:
        point = DECLARATION.by_name(name)
        record = self.now - self.started[on], point.number, point.encode(values)
        self.records[on].append(record)

    def message(self, sender: int, receiver: int, takes: int) -> None:
        self.flow += 1
        self.event(sender, "ump.send", flow=self.flow, words=7)
        self.now += takes
        self.event(receiver, "ump.receive", flow=self.flow, core=sender)
        self.now += self.rng.randrange(5, 100)

    @property
    def cores(self) -> dict[int, list[Records]]:
        return {core: [Records(core, records)] for core, records in enumerate(self.records)}

    def align(self) -> clocks.Alignment:
        return clocks.align(DECLARATION, self.cores, CYCLE_HZ, COUNTER_HZ)


def early(machine: Machine, alignment: clocks.Alignment) -> int:
    """Messages that arrive before they were sent."""
    found = flows.crossings(DECLARATION, alignment.applied(machine.cores), 8 * TICK)
    assert len(found) == machine.flow
    return sum(crossing.received < crossing.sent for crossing in found)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("cores", [2, 4, 16])
def test_no_message_arrives_before_it_was_sent(seed: int, cores: int) -> None:
    machine = Machine(seed, cores, reading_error=2 * TICK)
    for _ in range(300):
        sender, receiver = machine.rng.sample(range(cores), 2)
        machine.message(sender, receiver, machine.rng.randrange(10, 400))
    alignment = machine.align()
    assert alignment.problems == []
    assert early(machine, alignment) == 0
    for core, started in enumerate(machine.started):
        assert abs(alignment.offset(core) - started) <= 4 * TICK


def test_readings_alone_would_not_do() -> None:
    machine = Machine(3, 2, reading_error=2 * TICK)
    for turn in range(50):
        machine.message(turn % 2, 1 - turn % 2, 10)
    by_readings = clocks.Alignment()
    clocks._by_counters(by_readings, DECLARATION, machine.cores, CYCLE_HZ, COUNTER_HZ)
    assert early(machine, by_readings) > 0
    assert early(machine, machine.align()) == 0


def test_a_core_that_was_parked_comes_back_on_the_same_clock() -> None:
    machine = Machine(7, 3)
    for _ in range(3):
        for turn in range(40):
            machine.message(turn % 3, (turn + 1) % 3, 20)
        machine.now += 50_000_000
        machine.started[1] += 49_000_000  # its counter stood still
        edge = machine.now // TICK
        machine.now = edge * TICK + 30
        machine.event(1, "boot.clock", counter=edge)
        machine.now += 500
    machine.message(0, 1, 20)
    alignment = machine.align()
    assert alignment.problems == []
    assert early(machine, alignment) == 0
    assert len(alignment.clocks[1].offsets) == 4
    assert abs(alignment.clocks[1].offsets[-1] - machine.started[1]) <= 4 * TICK


def test_a_reading_that_was_interrupted_is_mended_by_messages() -> None:
    machine = Machine(9, 2, reading_error=100_000)
    for turn in range(100):
        machine.message(turn % 2, 1 - turn % 2, 30)
    alignment = machine.align()
    assert early(machine, alignment) == 0
    assert abs(alignment.offset(1) - machine.started[1]) <= 30


def test_clocks_that_run_apart_are_told() -> None:
    machine = Machine(5, 2)
    for _ in range(20):
        machine.message(0, 1, 10)
        machine.message(1, 0, 10)
        machine.started[1] += 25  # the second clock loses time
    assert "run apart" in machine.align().problems[0]


def test_a_lost_reading_is_told() -> None:
    machine = Machine(5, 2)
    machine.message(0, 1, 10)
    del machine.records[1][0]
    assert machine.align().problems == ["The clock of core 1 is not aligned: a reading of it was lost."]


def test_one_core_needs_nothing() -> None:
    assert Machine(1, 1).align() == clocks.Alignment()


def test_arrows_cross_cores_in_the_written_trace() -> None:
    """Core 1 started 5000 cycles late, so its own times lie before those of what it answers."""
    scenario: Scenario = start(cores=2, late=5000)
    for flow in range(1, 20):
        scenario.event(0, "ump.send", after=100, flow=flow, words=1)
        scenario.receive(1, flow, sender=0)
    for core in range(2):
        scenario.flush(core)
    scenario.writer.end()
    found = checker.check(written(scenario.bytes))
    assert found.problems == []
    assert found.summary.flows == 19
