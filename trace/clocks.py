"""One clock for all cores.

Each core counts its own cycles, from its own start; the counter stands still while a core is parked. At the
start, and when it comes back, a record of CLOCK_POINT reads its cycle counter together with the system
counter, which all cores share. That gives the distance of what follows, a stretch, to the first core's clock,
to a tick of the system counter. A tick may be longer than a message takes, so messages do the rest: no
receipt may lie before its send. The distances that the counters say are changed by as much as this rule
needs. If no distances keep it the clocks run apart, and that is said.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from trace import flows
from trace.declaration import Declaration
from trace.items import Records, RecordsLost

CLOCK_POINT = "boot.clock"
SLACK_TICKS = 8
"""How far apart, in ticks of the system counter, two ends of a flow may be seen whose number comes again."""

Entries = Sequence[Records | RecordsLost]
Cores = Mapping[int, Entries]
Stretch = tuple[int, int]
"""(core, number)"""


@dataclass
class CoreClock:
    """One core's stretches: at which of its records each begins, and what to add to the cycles in it."""

    begins: list[int]
    offsets: list[int]

    def stretch(self, position: int) -> int:
        return bisect.bisect_right(self.begins, position) - 1


@dataclass
class Alignment:
    """What to add to each core's cycles; nothing for a core that is not there."""

    clocks: dict[int, CoreClock] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def offset(self, core: int) -> int:
        """Of the core's first stretch."""
        return self.clocks[core].offsets[0] if core in self.clocks else 0

    def applied(self, cores: Cores) -> dict[int, Entries]:
        return {core: _shifted(entries, self.clocks.get(core)) for core, entries in cores.items()}

    def stretch(self, place: flows.Place) -> Stretch:
        return place[0], self.clocks[place[0]].stretch(place[1])


def align(declaration: Declaration, cores: Cores, cycle_hz: int, counter_hz: int) -> Alignment:
    """Finds every core's distance to the first one's clock."""
    alignment = Alignment()
    spoke = {core: cores[core] for core in sorted(cores) if any(isinstance(e, Records) for e in cores[core])}
    if len(spoke) < 2:
        return alignment
    _by_counters(alignment, declaration, spoke, cycle_hz, counter_hz)
    ticks = SLACK_TICKS * cycle_hz // counter_hz if counter_hz else 0
    _by_messages(alignment, flows.crossings(declaration, alignment.applied(cores), ticks))
    return alignment


def _by_counters(
    alignment: Alignment, declaration: Declaration, cores: Cores, cycle_hz: int, counter_hz: int
) -> None:
    readings = {core: list(_readings(declaration, entries)) for core, entries in cores.items()}
    first = min(cores)
    for core, found in readings.items():
        clock = alignment.clocks[core] = CoreClock([0], [0])
        if core == first:
            continue
        if not found or not readings[first] or not counter_hz:
            alignment.problems.append(f"The clock of core {core} is not aligned: a reading of it was lost.")
            continue
        _, cycles, counter = readings[first][0]
        offsets = [cycles + (ticks - counter) * cycle_hz // counter_hz - when for _, when, ticks in found]
        clock.begins = [0, *(position for position, _, _ in found[1:])]
        clock.offsets = offsets


def _by_messages(alignment: Alignment, crossings: Sequence[flows.Crossing]) -> None:
    """Shortest paths: each pair of stretches may be moved towards each other by its quickest message."""
    quickest: dict[tuple[Stretch, Stretch], int] = {}
    for crossing in crossings:
        pair = alignment.stretch(crossing.send), alignment.stretch(crossing.receipt)
        took = crossing.received - crossing.sent
        quickest[pair] = min(quickest.get(pair, took), took)
    shift = {(core, at): 0 for core, clock in alignment.clocks.items() for at in range(len(clock.offsets))}
    for _ in range(len(shift) + 1):
        changed = False
        for (sender, receiver), took in quickest.items():
            if shift[sender] > shift[receiver] + took:
                shift[sender] = shift[receiver] + took
                changed = True
        if not changed:
            break
    else:
        alignment.problems.append(
            "The clocks of the cores run apart: at any distance some message arrives before it was sent."
        )
        return
    origin = shift[min(shift)]
    for (core, at), moved in shift.items():
        alignment.clocks[core].offsets[at] += moved - origin


def _readings(declaration: Declaration, entries: Entries) -> Iterator[tuple[int, int, int]]:
    """Every reading of both counters: the record's position, cycles, ticks."""
    if CLOCK_POINT not in declaration:
        return
    point = declaration.by_name(CLOCK_POINT)
    position = 0
    for entry in entries:
        for time, number, word in entry.records if isinstance(entry, Records) else ():
            if number == point.number:
                yield position, time, point.decode(word)["counter"]
            position += 1


def _shifted(entries: Entries, clock: CoreClock | None) -> Entries:
    if clock is None or not any(clock.offsets):
        return entries
    moved: list[Records | RecordsLost] = []
    position = stretch = 0
    for entry in entries:
        if isinstance(entry, RecordsLost):
            moved.append(entry)
            continue
        records: list[tuple[int, int, int]] = []
        for time, number, word in entry.records:
            if stretch + 1 < len(clock.begins) and position == clock.begins[stretch + 1]:
                stretch += 1
            records.append((time + clock.offsets[stretch], number, word))
            position += 1
        moved.append(Records(entry.core, records))
    return moved
