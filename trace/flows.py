"""Finds both ends of every flow, before anything is written.

An arrow needs two ends. Where one was lost or never came, the other is a plain instant that says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from trace.declaration import Declaration
from trace.items import Records, RecordsLost

Place = tuple[int, int]
"""(core, position among the core's decoded records)"""


def flow_key(point_subsystem: str, sender_core: int, flow: int) -> tuple[str, int, int]:
    return point_subsystem, sender_core, flow


def match(declaration: Declaration, cores: Mapping[int, Sequence[Records | RecordsLost]]) -> dict[Place, int]:
    """The flow id of each record that is one of two ends. A number that is used again gets a new id."""
    outs: dict[tuple[str, int, int], list[tuple[int, Place]]] = defaultdict(list)
    ins: dict[tuple[str, int, int], list[tuple[int, Place]]] = defaultdict(list)
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
    identities: dict[Place, int] = {}
    subsystems = {name: number for number, name in enumerate(declaration.subsystems)}
    for key, senders in outs.items():
        base = subsystems[key[0]] << 57 | (key[1] + 1 & 0xFF) << 48 | key[2] << 16
        _pair(base, sorted(senders), sorted(ins.get(key, [])), identities)
    return identities


def _pair(
    base: int,
    senders: list[tuple[int, Place]],
    receivers: list[tuple[int, Place]],
    identities: dict[Place, int],
) -> None:
    """Pairs each send with the first receipt after it, and before the next send with the same number.

    An id is made of subsystem, sender's core, flow number, and how often the number was used before.
    """
    at = 0
    for use, (time, place) in enumerate(senders):
        limit = senders[use + 1][0] if use + 1 < len(senders) else None
        while at < len(receivers) and receivers[at][0] < time:
            at += 1
        if at == len(receivers) or (limit is not None and receivers[at][0] > limit):
            continue
        identities[place] = identities[receivers[at][1]] = base | use & 0xFFFF
        at += 1
