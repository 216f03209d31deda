"""One core's records as Perfetto events: slices, instants, counters, flows, and the marks of losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import TrackEvent

from trace import running, schedule
from trace.benches import BenchRow
from trace.declaration import Declaration, Point
from trace.flows import Place
from trace.items import Records, RecordsLost
from trace.perfetto_sequence import Annotations
from trace.perfetto_sequence import Sequence as PacketSequence
from trace.perfetto_tracks import Dispatcher, Thread, Tracks, core_track, unknown_track

BEGIN, END = TrackEvent.TYPE_SLICE_BEGIN, TrackEvent.TYPE_SLICE_END
INSTANT = TrackEvent.TYPE_INSTANT
WAIT = "sync.wait"


@dataclass(frozen=True)
class Boot:
    """What all cores of one boot share."""

    declaration: Declaration
    cycle_hz: int
    dispatchers: Mapping[int, Dispatcher]
    flows: Mapping[Place, int | None]
    """None where a slice has taken the arrow over."""
    benches: Mapping[int, BenchRow]
    threads_recorded: bool = False

    def nanoseconds(self, cycles: int) -> int:
        return cycles * 1_000_000_000 // self.cycle_hz


@dataclass(frozen=True)
class Open:
    """A slice that is open: its name, and what its begin has shown."""

    name: str
    values: Mapping[str, int]


class CoreWriter:
    """Writes one core's sequence."""

    def __init__(self, boot: Boot, core: int, sequence: PacketSequence, tracks: Tracks) -> None:
        self._boot = boot
        self._core = core
        self._sequence = sequence
        self._tracks = tracks
        self._open: dict[int, list[Open]] = {}
        self._running = running.Running(boot.threads_recorded)
        self._thread: Thread | None = None
        """The thread that the core runs, as far as it is known."""
        self._position = 0
        self._time = 0
        self.first: int | None = None
        """When its first record was made, in nanoseconds; None without any."""
        self.schedule = schedule.CoreSchedule(core)
        self.lost = 0

    def write(self, entries: Sequence[Records | RecordsLost], progress: Callable[[str], None]) -> None:
        """Everything of this core, in order; what is open at the end is closed at the last time."""
        total = sum(len(entry.records) for entry in entries if isinstance(entry, Records))
        for entry in entries:
            if isinstance(entry, RecordsLost):
                self._gap(entry)
                continue
            progress(f"core {self._core}, {self._position} of {total} events")
            for time, number, word in entry.records:
                point = self._boot.declaration.by_number(number)
                assert point is not None  # the decoder gives declared numbers only
                self._time = max(self._time, time)
                if self.first is None:
                    self.first = self._boot.nanoseconds(self._time)
                self._record(self._boot.nanoseconds(self._time), point, word)
                self._position += 1
        self._close_all()
        self.schedule.finish(self._boot.nanoseconds(self._time))

    @property
    def last(self) -> int:
        """When its last record was made, in nanoseconds."""
        return self._boot.nanoseconds(self._time)

    def _gap(self, entry: RecordsLost) -> None:
        """After a gap nothing is known: not which domain and thread run, nor which slices are open."""
        time = self._boot.nanoseconds(self._time)
        self._close_all()
        self.schedule.stop(time, schedule.RUNNABLE)
        self._running.lost()
        self._thread = None
        self.lost += entry.count
        self._sequence.lost()
        arguments = Annotations().add("events", entry.count).add("reason", entry.reason)
        name = f"lost {entry.count} events"
        self._sequence.event(time, INSTANT, core_track(self._core), name, "loss", arguments)

    def _close_all(self) -> None:
        for track in list(self._open):
            self._close(track)

    def _close(self, track: int) -> None:
        for _ in self._open.pop(track, ()):
            self._sequence.event(self._boot.nanoseconds(self._time), END, track)

    def _track(self, point: Point) -> int:
        if point.track == "kernel":
            return core_track(self._core)
        if self._thread is not None:
            return self._thread.track
        self._tracks.unknown(self._core)
        return unknown_track(self._core)

    def _counter_track(self, point: Point) -> int:
        if point.track == "domain" and self._thread is not None:
            return self._tracks.domain_counter(self._thread.dispatcher, point)
        return self._tracks.counter(self._core, point)

    def _record(self, time: int, point: Point, word: int) -> None:
        values = point.decode(word)
        if point.kind == "counter":
            self._sequence.counter(time, self._counter_track(point), values[point.arguments[0].name])
            return
        track = self._track(point)
        if point.kind == "end":
            self._end(time, track, point, values)
        else:
            self._start(time, track, point, values)
        self._follow(time, point, values)

    def _start(self, time: int, track: int, point: Point, values: Mapping[str, int]) -> None:
        """A begin, an instant, or one end of a flow."""
        arguments = self._arguments(point, values)
        place = self._core, self._position
        identity = self._boot.flows.get(place)
        outward = point.kind == "flow_out"
        name = point.shown_name(values)
        if point.kind == "begin":
            self._open.setdefault(track, []).append(Open(name, values))
        elif point.kind.startswith("flow_") and place not in self._boot.flows:
            missing = "receipt" if outward else "send"
            arguments.add("other end", f"its {missing} is not in this trace")
        self._sequence.event(
            time,
            BEGIN if point.kind == "begin" else INSTANT,
            track,
            name,
            point.subsystem,
            arguments,
            flow=identity if outward else None,
            ends_flow=None if outward else identity,
        )

    def _end(self, time: int, track: int, point: Point, values: Mapping[str, int]) -> None:
        """Closes down to the slice that this end belongs to; an end whose begin was lost is an instant.

        It shows what its begin has not shown.
        """
        slices = self._open.get(track, [])
        name = point.shown_name(values)
        flow = self._boot.flows.get((self._core, self._position))
        if name not in (opened.name for opened in slices):
            arguments = self._arguments(point, values).add("begin", "its begin is not in this trace")
            self._sequence.event(time, INSTANT, track, name, point.subsystem, arguments, flow=flow)
            return
        while (opened := slices.pop()).name != name:
            self._sequence.event(time, END, track)
        arguments = self._arguments(point, values, opened.values)
        self._sequence.event(time, END, track, arguments=arguments, flow=flow)

    def _arguments(
        self, point: Point, values: Mapping[str, int], shown: Mapping[str, int] | None = None
    ) -> Annotations:
        """Without what is in the slice's name, or was `shown` with the same value."""
        arguments = Annotations()
        for argument in point.arguments:
            value = values[argument.name]
            if (shown and shown.get(argument.name) == value) or (
                argument in point.naming and value in argument.words
            ):
                continue
            arguments.add(argument.label, argument.shown(value), argument.hexadecimal)
        if "dispatcher" in values:
            dispatcher = self._boot.dispatchers.get(values["dispatcher"])
            arguments.add("domain", dispatcher.name if dispatcher else "idle")
        if "bench" in values and values["bench"] in self._boot.benches:
            arguments.add("name", self._boot.benches[values["bench"]].label)
        return arguments

    def _follow(self, time: int, point: Point, values: Mapping[str, int]) -> None:
        """Keeps track of which dispatcher runs, and which of its threads."""
        if point.name == running.SWITCH:
            self._switch_thread(time, values["to"])
        elif point.name == "dispatch.switch":
            self._running.switch_dispatcher(values["dispatcher"])
            self._thread = self._current()
            runnable = bool(values["previous_runnable"])
            self.schedule.run(time, self._thread, schedule.RUNNABLE if runnable else schedule.SLEEPING)
        elif point.name == "dispatch.end":
            self._running.end(values["dispatcher"])
            threads = self._tracks.threads_of(values["dispatcher"])
            for thread in threads:
                self._close(thread.track)
            self.schedule.end(time, threads)

    def _switch_thread(self, time: int, to: int) -> None:
        """A thread that waits for another one, or leaves the dispatcher with nobody to run, sleeps."""
        before = self._thread
        self._running.switch_thread(to)
        self._thread = self._current()
        if before is not None and self._thread is not None:
            waits = to == running.NO_THREAD or self._waits(before)
            self.schedule.give_up(time, self._thread, waits or before.number < running.MAIN_THREAD)

    def _waits(self, thread: Thread) -> bool:
        return any(opened.name == WAIT for opened in self._open.get(thread.track, ()))

    def _current(self) -> Thread | None:
        dispatcher = self._boot.dispatchers.get(self._running.dispatcher or 0)
        if dispatcher is None:
            return None
        return self._tracks.thread(dispatcher, self._running.thread(dispatcher.number))


def mentioned(declaration: Declaration, entries: Sequence[Records | RecordsLost]) -> set[int]:
    """The dispatchers that a core's records name."""
    points = {p.number: p for p in declaration.points if any(a.name == "dispatcher" for a in p.arguments)}
    return {
        points[number].decode(word)["dispatcher"]
        for entry in entries
        if isinstance(entry, Records)
        for _, number, word in entry.records
        if number in points
    }
