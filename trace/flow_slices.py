"""Puts arrows on the slices that they belong to, where their own events lie outside.

A service learns what it is asked when it has the message, and may answer when its handler has returned: the
receipt lies before the slice of the handled message, the send of the answer behind it. The viewer joins what
an arrow's events stand on, so both are taken over by the slice: the arrow of the last receipt on the thread
ends at its begin, that of the next send on the thread starts at its end. The caller's send and receipt lie
inside its slice, and stay where they are: an arrow that begins at a slice is drawn from the slice's end.

Points say with `arrows` that their slices take over arrows, and of which subsystem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from trace import running
from trace.declaration import Declaration, Point
from trace.flows import Place
from trace.items import Records, RecordsLost

Entries = Sequence[Records | RecordsLost]
Key = tuple[int, int, str]
"""Dispatcher, thread, and the subsystem of the arrows."""
LATER = "later"
"""An argument of an end: not 0 if the answer will come from elsewhere."""


@dataclass
class Moves:
    """What was found in all cores' records."""

    requests: dict[Place, Place] = field(default_factory=dict)
    """By the place of a receipt, that of the begin which takes it over."""
    answers: dict[Place, tuple[Place, Place]] = field(default_factory=dict)
    """By the place of a send, that of the end which takes it over, and that of the receipt of its slice."""
    dispatchers: dict[Place, int] = field(default_factory=dict)
    """Whose events the flows' ends are."""


def attach(
    declaration: Declaration, cores: Mapping[int, Entries], flows: Mapping[Place, int], threads_recorded: bool
) -> dict[Place, int | None]:
    """The flow ids of `flows` by the places where arrows are drawn; None where one was taken over."""
    if not any(point.arrows for point in declaration.points):
        return dict(flows)
    moves = Moves()
    for core, entries in cores.items():
        _CoreWalk(moves, core, running.Running(threads_recorded)).walk(declaration, entries)
    attached: dict[Place, int | None] = dict(flows)
    ends: dict[int, list[Place]] = {}
    for place, identity in flows.items():
        ends.setdefault(identity, []).append(place)
    for send, (slice_end, receipt) in moves.answers.items():
        if _answers(moves, flows, ends, send, receipt):
            attached[slice_end], attached[send] = attached[send], None
    for receipt, slice_begin in moves.requests.items():
        if receipt in flows:
            attached[slice_begin], attached[receipt] = attached[receipt], None
    return attached


def _answers(
    moves: Moves, flows: Mapping[Place, int], ends: Mapping[int, list[Place]], send: Place, receipt: Place
) -> bool:
    """True if what was sent went to the domain that the request came from."""
    if send not in flows or receipt not in flows:
        return False
    asked = {moves.dispatchers.get(place) for place in ends[flows[receipt]] if place != receipt}
    told = {moves.dispatchers.get(place) for place in ends[flows[send]] if place != send}
    return asked == told and None not in asked


class _CoreWalk:
    """Follows the threads of one core."""

    def __init__(self, moves: Moves, core: int, current: running.Running) -> None:
        self._moves = moves
        self._core = core
        self._running = current
        self._received: dict[Key, Place] = {}
        self._serving: dict[Key, list[Place | None]] = {}
        self._served: dict[Key, tuple[Place, Place]] = {}

    def walk(self, declaration: Declaration, entries: Entries) -> None:
        taking = {point.subsystem: point.arrows for point in declaration.points if point.arrows}
        for place, point, word in self._points(declaration, entries):
            if point.name == running.SWITCH:
                self._running.switch_thread(point.decode(word)["to"])
            elif point.name == "dispatch.switch":
                self._running.switch_dispatcher(point.decode(word)["dispatcher"])
            elif point.name == "dispatch.end":
                self._end(point.decode(word)["dispatcher"])
            elif self._running.dispatcher and point.track == "domain":
                dispatcher = self._running.dispatcher
                arrows = point.subsystem if point.kind.startswith("flow_") else taking.get(point.subsystem)
                if arrows is not None:
                    key = dispatcher, self._running.thread(dispatcher), arrows
                    self._domain_event(key, place, point, word)

    def _end(self, dispatcher: int) -> None:
        self._running.end(dispatcher)
        for table in (self._received, self._serving, self._served):
            for key in [key for key in table if key[0] == dispatcher]:
                del table[key]

    def _points(self, declaration: Declaration, entries: Entries) -> Iterator[tuple[Place, Point, int]]:
        position = 0
        for entry in entries:
            if isinstance(entry, RecordsLost):
                self._running.lost()
                for table in (self._received, self._serving, self._served):
                    table.clear()
                continue
            for _, number, word in entry.records:
                point = declaration.by_number(number)
                assert point is not None  # the decoder gives declared numbers only
                yield (self._core, position), point, word
                position += 1

    def _domain_event(self, key: Key, place: Place, point: Point, word: int) -> None:
        if point.kind == "flow_in":
            self._moves.dispatchers[place] = key[0]
            self._received[key] = place
        elif point.kind == "flow_out":
            self._moves.dispatchers[place] = key[0]
            if key in self._served:
                self._moves.answers[place] = self._served.pop(key)
        elif point.kind == "begin":
            receipt = self._received.pop(key, None)
            self._served.pop(key, None)
            if point.arrows:
                self._serving.setdefault(key, []).append(receipt)
                if receipt is not None:
                    self._moves.requests[receipt] = place
        elif point.kind == "end" and point.arrows and self._serving.get(key):
            receipt = self._serving[key].pop()
            if receipt is not None and not point.decode(word).get(LATER):
                self._served[key] = place, receipt
