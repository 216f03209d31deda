"""Finds both ends of every flow, before anything is written.

An arrow needs two ends. Where one was lost or never came, the other is a plain instant that says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trace.declaration import Declaration
from trace.items import Records, RecordsLost

Cores = Mapping[int, Sequence[Records | RecordsLost]]
Place = tuple[int, int]
"""(core, position among the core's decoded records)"""


def flow_key(point_subsystem: str, sender_core: int, flow: int) -> tuple[str, int, int]:
    return point_subsystem, sender_core, flow


Ends = dict[tuple[str, int, int], list[tuple[int, Place]]]
"""By flow key, when and where one kind of ends stands."""


@dataclass(frozen=True)
class Crossing:
    """A flow from one core to another, each end by its core's clock."""

    send: Place
    sent: int
    receipt: Place
    received: int


def match(declaration: Declaration, cores: Cores) -> dict[Place, int]:
    """The flow id of each record that is one of two ends. A number that is used again gets a new id."""
    outs, ins = _ends(declaration, cores)
    identities: dict[Place, int] = {}
    subsystems = {name: number for number, name in enumerate(declaration.subsystems)}
    for key, senders in outs.items():
        base = subsystems[key[0]] << 57 | (key[1] + 1 & 0xFF) << 48 | key[2] << 16
        for use, (_, place), (_, receipt) in _pairs(senders, ins.get(key, [])):
            identities[place] = identities[receipt] = base | use & 0xFFFF
    return identities


def crossings(declaration: Declaration, cores: Cores, slack: int) -> list[Crossing]:
    """The flows between cores, whose clocks may be apart by `slack` cycles; by more if a number came once."""
    outs, ins = _ends(declaration, cores)
    found = []
    for key, senders in outs.items():
        receivers = [end for end in ins.get(key, []) if end[1][0] != key[1]]
        once = len(senders) == len(receivers) == 1
        pairs = [(0, senders[0], receivers[0])] if once else _pairs(senders, receivers, slack)
        found += [Crossing(send, sent, receipt, received) for _, (sent, send), (received, receipt) in pairs]
    return found


def _ends(declaration: Declaration, cores: Cores) -> tuple[Ends, Ends]:
    """The sends and the receipts."""
    outs: Ends = defaultdict(list)
    ins: Ends = defaultdict(list)
    points = {point.number: point for point in declaration.points if point.kind.startswith("flow_")}
    for core, entries in cores.items():
        position = 0
        for entry in entries:
            if isinstance(entry, RecordsLost):
                continue
            for time, number, word in entry.records:
                point = points.get(number)
                if point is not None:
                    values = point.decode(word)
                    outward = point.kind == "flow_out"
                    # A receiver on another core names the sender's core, where the number is unique.
                    sender = core if outward else values.get("core", core)
                    key = flow_key(point.subsystem, sender, values["flow"])
                    (outs if outward else ins)[key].append((time, (core, position)))
                position += 1
    return outs, ins


def _pairs(
    senders: list[tuple[int, Place]], receivers: list[tuple[int, Place]], slack: int = 0
) -> Iterator[tuple[int, tuple[int, Place], tuple[int, Place]]]:
    """Pairs each send with the first receipt after it, and before the next send with the same number.

    Gives how often the number was used before, the send, and the receipt, which may be early by `slack`.
    """
    senders, receivers = sorted(senders), sorted(receivers)
    at = 0
    for use, sender in enumerate(senders):
        limit = senders[use + 1][0] - slack if use + 1 < len(senders) else None
        while at < len(receivers) and receivers[at][0] < sender[0] - slack:
            at += 1
        if at == len(receivers) or (limit is not None and receivers[at][0] > max(limit, sender[0])):
            continue
        yield use, sender, receivers[at]
        at += 1
