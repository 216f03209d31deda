"""Reads a Perfetto trace back: slices, instants and arrows with the names of their tracks.

Only what a picture of a short time needs; trace/checker.py is for whether a trace is sound.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import DecodeError
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket, TrackDescriptor, TrackEvent


class TraceError(Exception):
    """A trace cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class Event:
    """One event on a track; times are nanoseconds."""

    time: int
    track: int
    name: str
    category: str


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
    """A trace in memory, read in one go."""

    def __init__(self, data: bytes) -> None:
        trace = Trace()
        try:
            trace.ParseFromString(data)
        except DecodeError as error:
            raise TraceError("it is not a Perfetto trace") from error
        self.tracks: dict[int, str] = {}
        """What a track is called: threads with their process's number."""
        self.processes: set[int] = set()
        """The tracks that belong to a domain's threads."""
        self.slices: list[Slice] = []
        """Every slice that has both ends, as they end."""
        self._instants: list[Event] = []
        self._turns: list[Turn] = []
        self._leaving: dict[int, Event] = {}
        self._arriving: dict[int, Event] = {}
        self._threads: dict[int, int] = {}
        self._open: dict[int, list[Event]] = {}
        self._running: dict[int, tuple[int, int]] = {}
        self._read(trace)

    def window(self, begin: int, end: int) -> Window:
        """What happened from `begin` to `end`, with slices and turns that reach beyond; arrows lie within."""
        found = Window(begin, end)
        found.slices += (one for one in self.slices if one.begin < end and one.end > begin)
        found.instants += (event for event in self._instants if begin <= event.time <= end)
        found.turns += (turn for turn in self._turns if turn.begin < end and turn.end > begin)
        for flow, sent in self._leaving.items():
            received = self._arriving.get(flow)
            if received is not None and sent.time >= begin and received.time <= end:
                found.arrows.append(Arrow(sent.time, sent.track, received.time, received.track))
        return found

    def _read(self, trace: Trace) -> None:
        sequences: dict[int, Names] = {}
        for packet in trace.packet:
            if packet.HasField("track_event"):
                names = sequences.setdefault(packet.trusted_packet_sequence_id, Names())
                names.take(packet)
                self._event(packet, names)
            elif packet.HasField("track_descriptor"):
                sequences.setdefault(packet.trusted_packet_sequence_id, Names()).take(packet)
                self._describe(packet.track_descriptor)
            elif packet.HasField("generic_kernel_task_state_event"):
                self._switch(packet.generic_kernel_task_state_event, packet.timestamp)
            else:
                sequences.setdefault(packet.trusted_packet_sequence_id, Names()).take(packet)

    def _describe(self, track: TrackDescriptor) -> None:
        if track.HasField("thread"):
            self._threads[track.thread.tid] = track.uuid
            self.tracks[track.uuid] = f"{track.thread.thread_name} ({track.thread.pid})"
            self.processes.add(track.uuid)
        elif not track.HasField("process"):
            self.tracks[track.uuid] = track.name

    def _event(self, packet: TracePacket, names: Names) -> None:
        message = packet.track_event
        event = Event(
            packet.timestamp,
            message.track_uuid if message.HasField("track_uuid") else names.default_track,
            names.events.get(message.name_iid, message.name),
            names.categories.get(message.category_iids[0], "") if message.category_iids else "",
        )
        for flow in message.flow_ids:
            self._leaving[flow] = event
        for flow in message.terminating_flow_ids:
            self._arriving[flow] = event
        if message.type == TrackEvent.TYPE_SLICE_BEGIN:
            self._open.setdefault(event.track, []).append(event)
        elif message.type == TrackEvent.TYPE_SLICE_END:
            stack = self._open.get(event.track)
            if stack:
                begun = stack.pop()
                self.slices.append(
                    Slice(begun.name, begun.category, event.track, begun.time, event.time, len(stack))
                )
        elif message.type == TrackEvent.TYPE_INSTANT:
            self._instants.append(event)

    def _switch(self, state: TaskState, time: int) -> None:
        """Who ran when; the last turn of a core has no end and is left out."""
        old = self._running.get(state.cpu)
        runs = state.state == TaskState.TASK_STATE_RUNNING
        if old is not None and (runs or old[0] == state.tid):
            self._turns.append(Turn(state.cpu, self._threads.get(old[0], 0), old[1], time))
            del self._running[state.cpu]
        if runs:
            self._running[state.cpu] = state.tid, time


class Names:
    """What a sequence of packets has said of itself: interned names and its own track."""

    def __init__(self) -> None:
        self.events: dict[int, str] = {}
        self.categories: dict[int, str] = {}
        self.default_track = 0

    def take(self, packet: TracePacket) -> None:
        """To be called with each packet before it is looked at."""
        if packet.sequence_flags & TracePacket.SEQ_INCREMENTAL_STATE_CLEARED:
            self.events, self.categories = {}, {}
        if packet.HasField("trace_packet_defaults"):
            self.default_track = packet.trace_packet_defaults.track_event_defaults.track_uuid
        if packet.HasField("interned_data"):
            self.events.update((entry.iid, entry.name) for entry in packet.interned_data.event_names)
            self.categories.update((entry.iid, entry.name) for entry in packet.interned_data.event_categories)


def read(path: Path) -> Reading:
    """Raises TraceError with the file's name."""
    try:
        return Reading(path.read_bytes())
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        raise TraceError(f"{path} cannot be read: {why}.") from error
    except TraceError as error:
        raise TraceError(f"{path} cannot be read: {error}.") from error
