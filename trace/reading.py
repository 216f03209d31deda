"""Reads a Perfetto trace back: slices, instants and arrows with the names of their tracks.

Only what a picture of a short time needs; trace/checker.py is for whether a trace is sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import DecodeError
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent


class TraceError(Exception):
    """A trace cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class Event:
    """One event on a track; times are nanoseconds."""

    time: int
    kind: int
    """TrackEvent's TYPE_SLICE_BEGIN, TYPE_SLICE_END or TYPE_INSTANT."""
    track: int
    name: str
    category: str
    begins: tuple[int, ...] = ()
    """Flows that leave here."""
    ends: tuple[int, ...] = ()


@dataclass
class Slice:
    name: str
    category: str
    track: int
    begin: int
    end: int
    depth: int
    """How many other slices of the track it lies in."""

    @property
    def length(self) -> int:
        return self.end - self.begin


@dataclass(frozen=True)
class Arrow:
    """A message from one track to another."""

    begin: int
    sender: int
    end: int
    receiver: int


@dataclass(frozen=True)
class Turn:
    """A time in which one thread ran on a core."""

    core: int
    track: int
    begin: int
    end: int


@dataclass
class Window:
    """Everything that happened between two times."""

    begin: int
    end: int
    slices: list[Slice] = field(default_factory=list)
    instants: list[Event] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)


class Reading:
    """A trace in memory."""

    def __init__(self, data: bytes) -> None:
        self._trace = Trace()
        try:
            self._trace.ParseFromString(data)
        except DecodeError as error:
            raise TraceError("it is not a Perfetto trace") from error
        self.tracks: dict[int, str] = {}
        """What a track is called: threads with their process's number."""
        self.processes: set[int] = set()
        """The tracks that belong to a domain."""
        self._threads: dict[int, int] = {}
        self._parents: dict[int, int] = {}
        names: dict[int, str] = {}
        for packet in self._trace.packet:
            if packet.HasField("track_descriptor"):
                self._describe(packet.track_descriptor, names)

    def _describe(self, track: object, names: dict[int, str]) -> None:
        if track.HasField("process"):
            names[track.process.pid] = track.process.process_name
        if track.HasField("thread"):
            self._threads[track.thread.tid] = track.uuid
            thread = track.thread.thread_name
            self.tracks[track.uuid] = f"{thread} ({track.thread.pid})"
            self.processes.add(track.uuid)
        elif not track.HasField("process"):
            self.tracks[track.uuid] = track.name
        if track.HasField("parent_uuid"):
            self._parents[track.uuid] = track.parent_uuid

    def events(self) -> Iterator[Event]:
        """Every event on a track, in the order of the file: sequences one behind the other."""
        defaults: dict[int, int] = {}
        tables: dict[int, tuple[dict[int, str], dict[int, str]]] = {}
        for packet in self._trace.packet:
            sequence = packet.trusted_packet_sequence_id
            if packet.sequence_flags & 1:
                tables[sequence] = {}, {}
            names, categories = tables.setdefault(sequence, ({}, {}))
            if packet.HasField("trace_packet_defaults"):
                defaults[sequence] = packet.trace_packet_defaults.track_event_defaults.track_uuid
            if packet.HasField("interned_data"):
                names.update((entry.iid, entry.name) for entry in packet.interned_data.event_names)
                categories.update((entry.iid, entry.name) for entry in packet.interned_data.event_categories)
            if not packet.HasField("track_event"):
                continue
            event = packet.track_event
            yield Event(
                packet.timestamp,
                event.type,
                event.track_uuid if event.HasField("track_uuid") else defaults.get(sequence, 0),
                names.get(event.name_iid, event.name),
                categories.get(event.category_iids[0], "") if event.category_iids else "",
                tuple(event.flow_ids),
                tuple(event.terminating_flow_ids),
            )

    def slices(self) -> Iterator[Slice]:
        """Every slice that has both ends, as they end."""
        open_slices: dict[int, list[Event]] = {}
        for event in self.events():
            stack = open_slices.setdefault(event.track, [])
            if event.kind == TrackEvent.TYPE_SLICE_BEGIN:
                stack.append(event)
            elif event.kind == TrackEvent.TYPE_SLICE_END and stack:
                begun = stack.pop()
                yield Slice(begun.name, begun.category, event.track, begun.time, event.time, len(stack))

    def window(self, begin: int, end: int) -> Window:
        """What happened from `begin` to `end`; slices that reach beyond are cut there."""
        found = Window(begin, end)
        for one in self.slices():
            if one.begin < end and one.end > begin:
                found.slices.append(one)
        leaving: dict[int, Event] = {}
        arriving: dict[int, Event] = {}
        for event in self.events():
            for flow in event.begins:
                leaving[flow] = event
            for flow in event.ends:
                arriving[flow] = event
            if event.kind == TrackEvent.TYPE_INSTANT and begin <= event.time <= end:
                found.instants.append(event)
        for flow, sent in leaving.items():
            received = arriving.get(flow)
            if received is not None and sent.time >= begin and received.time <= end:
                found.arrows.append(Arrow(sent.time, sent.track, received.time, received.track))
        found.turns += (turn for turn in self._turns() if turn.begin < end and turn.end > begin)
        return found

    def _turns(self) -> Iterator[Turn]:
        """Who ran when; the last turn of a core has no end and is left out."""
        running: dict[int, tuple[int, int]] = {}
        for packet in self._trace.packet:
            if not packet.HasField("generic_kernel_task_state_event"):
                continue
            state = packet.generic_kernel_task_state_event
            old = running.get(state.cpu)
            runs = state.state == TaskState.TASK_STATE_RUNNING
            if old is not None and (runs or old[0] == state.tid):
                yield Turn(state.cpu, self._threads.get(old[0], 0), old[1], packet.timestamp)
                del running[state.cpu]
            if runs:
                running[state.cpu] = state.tid, packet.timestamp


def read(path: Path) -> Reading:
    """Raises TraceError with the file's name."""
    try:
        return Reading(path.read_bytes())
    except OSError as error:
        raise TraceError(
            f"{path} cannot be read: {(error.strerror or 'no reason given').lower()}."
        ) from error
    except TraceError as error:
        raise TraceError(f"{path} cannot be read: {error}.") from error
