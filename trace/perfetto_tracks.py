"""The tracks of a Perfetto trace: cores, and domains as processes with their threads; counters of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import (
    CounterDescriptor,
    TrackDescriptor,
)
from perfetto.trace_builder.proto_builder import TracePacket

from trace.declaration import Point
from trace.items import Domain
from trace.perfetto_sequence import Sequence
from trace.running import MAIN_THREAD, NO_THREAD, THREAD_NOT_KNOWN

MACHINE = 1
CORE_BASE = 1000
UNKNOWN_BASE = 2000
PROCESS_BASE = 1 << 32
THREAD_BASE = 2 << 32
COUNTER_BASE = 3 << 32
DOMAIN_COUNTER_BASE = 1 << 48
TID_BASE = 1_000_000
"""Threads are numbered far from processes: describing process N makes a main thread N in the viewer."""
LOST_PID_BASE = 500_000
"""Process numbers for dispatchers whose DOMAIN frame did not arrive."""

_UNITS = {
    "bytes": CounterDescriptor.UNIT_SIZE_BYTES,
    "ns": CounterDescriptor.UNIT_TIME_NS,
    "count": CounterDescriptor.UNIT_COUNT,
}


@dataclass(frozen=True)
class Dispatcher:
    """A dispatcher and the domain it belongs to."""

    number: int
    name: str
    pid: int
    core: int | None

    @property
    def process_track(self) -> int:
        return PROCESS_BASE + self.pid


@dataclass(frozen=True)
class Thread:
    """A thread of a dispatcher, or what stands for one: `number` is as trace/running.py says."""

    dispatcher: Dispatcher
    number: int
    tid: int

    @property
    def name(self) -> str:
        """The main thread has the domain's name, so that the cores' tracks read as what runs there."""
        domain = self.dispatcher.name
        endings = {MAIN_THREAD: "", NO_THREAD: ": no thread", THREAD_NOT_KNOWN: ": thread not known"}
        return domain + endings.get(self.number, f" thread {self.number}")

    @property
    def track(self) -> int:
        return THREAD_BASE + self.tid


def dispatchers(domains: dict[int, Domain], mentioned: Iterable[int]) -> dict[int, Dispatcher]:
    """Every dispatcher that a DOMAIN frame or a record names; 0 is idle and none."""
    found = {
        number: Dispatcher(number, domain.name, domain.pid, domain.core)
        for number, domain in sorted(domains.items())
        if number
    }
    for number in sorted(set(mentioned) - found.keys() - {0}):
        found[number] = Dispatcher(number, f"dispatcher {number} (name lost)", LOST_PID_BASE + number, None)
    return found


def core_track(core: int) -> int:
    return CORE_BASE + core


def unknown_track(core: int) -> int:
    return UNKNOWN_BASE + core


def counter_track(core: int, point: Point) -> int:
    return COUNTER_BASE + core * 0x10000 + point.number


def domain_counter_track(dispatcher: Dispatcher, point: Point) -> int:
    return DOMAIN_COUNTER_BASE + dispatcher.number * 0x10000 + point.number


class Tracks:
    """Describes tracks on one sequence, before anything uses them."""

    def __init__(self, sequence: Sequence) -> None:
        self._sequence = sequence
        self._described: set[int] = set()
        self._threads: dict[tuple[int, int], Thread] = {}

    def _new(self, uuid: int) -> TracePacket | None:
        if uuid in self._described:
            return None
        self._described.add(uuid)
        packet = self._sequence.packet()
        packet.track_descriptor.uuid = uuid
        return packet

    def machine(self, cores: Iterable[int]) -> None:
        packet = self._new(MACHINE)
        if packet is not None:
            packet.track_descriptor.name = "Machine"
            packet.track_descriptor.child_ordering = TrackDescriptor.EXPLICIT
            self._sequence.write(packet)
        for core in cores:
            self._child(core_track(core), MACHINE, f"core {core}", core)

    def _child(self, uuid: int, parent: int, name: str, rank: int) -> None:
        packet = self._new(uuid)
        if packet is None:
            return
        track = packet.track_descriptor
        track.parent_uuid, track.name, track.sibling_order_rank = parent, name, rank
        track.child_ordering = TrackDescriptor.EXPLICIT
        track.sibling_merge_behavior = TrackDescriptor.SIBLING_MERGE_BEHAVIOR_NONE
        self._sequence.write(packet)

    def unknown(self, core: int) -> None:
        """Where domain events stand after a loss, until it is known again which domain runs."""
        self._child(unknown_track(core), core_track(core), f"core {core}: domain not known", 1000)

    def counter(self, core: int, point: Point) -> int:
        """A counter of a core; a domain's comes here while it is not known which domain runs."""
        uuid = counter_track(core, point)
        where = f"core {core}" + (": domain not known" if point.track == "domain" else "")
        self._counter(uuid, core_track(core), f"{point.name} ({where})", point)
        return uuid

    def domain_counter(self, dispatcher: Dispatcher, point: Point) -> int:
        uuid = domain_counter_track(dispatcher, point)
        self._counter(uuid, dispatcher.process_track, point.name, point)
        return uuid

    def _counter(self, uuid: int, parent: int, name: str, point: Point) -> None:
        packet = self._new(uuid)
        if packet is None:
            return
        value = point.arguments[0]
        track = packet.track_descriptor
        track.parent_uuid, track.name = parent, name
        track.sibling_order_rank = point.number
        track.sibling_merge_behavior = TrackDescriptor.SIBLING_MERGE_BEHAVIOR_NONE
        track.description = point.text
        if value.unit in _UNITS:
            track.counter.unit = _UNITS[value.unit]
        elif value.unit:
            track.counter.unit_name = value.unit
        track.counter.y_axis_share_key = point.name
        self._sequence.write(packet)

    def dispatcher(self, dispatcher: Dispatcher) -> None:
        packet = self._new(dispatcher.process_track)
        if packet is not None:
            process = packet.track_descriptor.process
            process.pid, process.process_name = dispatcher.pid, dispatcher.name
            if dispatcher.core is not None:
                process.process_labels.append(f"core {dispatcher.core}")
            self._sequence.write(packet)
        self.thread(dispatcher, MAIN_THREAD)

    def thread(self, dispatcher: Dispatcher, number: int) -> Thread:
        """A thread, described when it is first asked for; always the same object for the same thread.

        Numbers in the viewer follow that order: those that the system gives are unique in a domain only.
        """
        key = dispatcher.number, number
        found = self._threads.get(key)
        if found is None:
            found = self._threads[key] = Thread(dispatcher, number, TID_BASE + len(self._threads))
            packet = self._new(found.track)
            assert packet is not None
            thread = packet.track_descriptor.thread
            thread.pid, thread.tid, thread.thread_name = dispatcher.pid, found.tid, found.name
            self._sequence.write(packet)
        return found

    @property
    def threads(self) -> list[Thread]:
        """Every thread that was asked for."""
        return list(self._threads.values())

    def threads_of(self, dispatcher: int) -> list[Thread]:
        return [thread for thread in self._threads.values() if thread.dispatcher.number == dispatcher]
