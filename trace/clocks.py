"""One clock for all cores.

Each core counts its own cycles, from its own start. A core's first record of CLOCK_POINT reads its cycle
counter together with the system counter, which all cores share: that gives its distance to the first core,
to a tick of the system counter. A tick may be longer than a message takes, so messages do the rest: no
receipt may lie before its send. The distances that the counters say are changed by as much as this rule
needs. If no distances keep it the clocks run apart, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trace import flows
from trace.declaration import Declaration
from trace.items import Records, RecordsLost

CLOCK_POINT = "boot.clock"
SLACK_TICKS = 8
"""How far apart, in ticks of the system counter, two readings that belong together may be."""

Entries = Sequence[Records | RecordsLost]
Cores = Mapping[int, Entries]


@dataclass
class Alignment:
    """What to add to each core's cycles; nothing for a core that is not there."""

    offsets: dict[int, int] = field(default_factory=dict)
    corrections: dict[int, int] = field(default_factory=dict)
    """How much of the offset messages asked for."""
    problems: list[str] = field(default_factory=list)

    def applied(self, cores: Cores) -> dict[int, Entries]:
        return {core: _shifted(entries, self.offsets.get(core, 0)) for core, entries in cores.items()}


def align(
    declaration: Declaration, cores: Mapping[int, Entries], cycle_hz: int, counter_hz: int
) -> Alignment:
    """Finds every core's distance to the first one's clock."""
    alignment = Alignment()
    with_records = sorted(
        core for core, entries in cores.items() if any(isinstance(e, Records) for e in entries)
    )
    if len(with_records) < 2:
        return alignment
    _by_counters(alignment, declaration, {core: cores[core] for core in with_records}, cycle_hz, counter_hz)
    ticks = SLACK_TICKS * cycle_hz // counter_hz if counter_hz else 0
    _by_messages(alignment, flows.crossings(declaration, alignment.applied(cores), ticks))
    return alignment


def _by_counters(
    alignment: Alignment,
    declaration: Declaration,
    cores: Mapping[int, Entries],
    cycle_hz: int,
    counter_hz: int,
) -> None:
    readings = {core: _reading(declaration, entries) for core, entries in cores.items()}
    first = min(cores)
    reference = readings[first]
    for core, reading in readings.items():
        if core == first:
            alignment.offsets[core] = 0
        elif reading is None or reference is None or not counter_hz:
            alignment.problems.append(f"The clock of core {core} is not aligned: a reading of it was lost.")
            alignment.offsets[core] = 0
        else:
            apart = (reading[1] - reference[1]) * cycle_hz // counter_hz
            alignment.offsets[core] = reference[0] + apart - reading[0]


def _by_messages(alignment: Alignment, crossings: Sequence[flows.Crossing]) -> None:
    """Shortest paths: each pair of cores may be moved towards each other by its quickest message."""
    slacks: dict[tuple[int, int], int] = {}
    for crossing in crossings:
        pair = crossing.sender, crossing.receiver
        slacks[pair] = min(
            slacks.get(pair, crossing.received - crossing.sent), crossing.received - crossing.sent
        )
    shift = dict.fromkeys(alignment.offsets, 0)
    for _ in range(len(shift) + 1):
        changed = False
        for (sender, receiver), slack in slacks.items():
            if shift[sender] > shift[receiver] + slack:
                shift[sender] = shift[receiver] + slack
                changed = True
        if not changed:
            break
    else:
        alignment.problems.append(
            "The clocks of the cores run apart: at any distance some message arrives before it was sent."
        )
        return
    first = min(shift)
    for core, moved in shift.items():
        alignment.corrections[core] = moved - shift[first]
        alignment.offsets[core] += moved - shift[first]


def _reading(declaration: Declaration, entries: Entries) -> tuple[int, int] | None:
    """The first reading of both counters: cycles, ticks."""
    if CLOCK_POINT not in declaration:
        return None
    point = declaration.by_name(CLOCK_POINT)
    for entry in entries:
        for time, number, word in entry.records if isinstance(entry, Records) else ():
            if number == point.number:
                return time, point.decode(word)["counter"]
    return None


def _shifted(entries: Entries, offset: int) -> Entries:
    if offset == 0:
        return entries
    return [
        Records(entry.core, [(time + offset, number, word) for time, number, word in entry.records])
        if isinstance(entry, Records)
        else entry
        for entry in entries
    ]
