"""A strict checker of Perfetto traces.

The viewer forgives almost everything, so that a broken trace looks like a strange but good one. This does
not: every packet must parse with no unknown field, every begin must have its end, tracks must be described
before use, flows must have both ends, time must not go back within a sequence, interned ids must be known, a
thread must not be said to run twice, and a loss that is flagged must be counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import DecodeError
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import TracePacket, TrackEvent

from trace.summary import Summary

PROBLEMS_KEPT = 100
PACKET_TAG = 0x0A
PROGRESS_PACKETS = 20_000
CLEARED, NEEDS = 1, 2


@dataclass
class SequenceState:
    """What a sequence has said so far."""

    time: int = 0
    cleared: bool = False
    default_track: int | None = None
    names: dict[str, dict[int, str]] = field(default_factory=dict)
    dropped: bool = False


@dataclass
class TrackState:
    name: str
    counter: bool = False
    open: list[tuple[str, int, str]] = field(default_factory=list)
    """The open slices: name, begin and category."""
    time: int = 0


class Checker:
    """Fed with packets in order; `finish` looks at what must hold at the end."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.count = 0
        self.summary = Summary()
        self._packet = 0
        self._sequences: dict[int, SequenceState] = {}
        self._tracks: dict[int, TrackState] = {}
        self._flow_begins: dict[int, int] = {}
        self._flow_ends: dict[int, int] = {}
        self._threads: dict[int, str] = {}
        self._thread_processes: dict[int, int] = {}
        self._running: dict[int, int] = {}
        self._on_core: dict[int, int] = {}
        self._stats: dict[int, int] | None = None

    def _say(self, what: str) -> None:
        self.count += 1
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(f"packet {self._packet}: {what}.")

    def packet(self, data: bytes) -> None:
        self._packet += 1
        packet = TracePacket()
        try:
            packet.ParseFromString(data)
        except DecodeError:
            self._say("does not parse")
            return
        size = packet.ByteSize()
        packet.DiscardUnknownFields()
        if packet.ByteSize() != size:
            self._say("has a field that the format does not know")
        state = self._sequence(packet)
        if state is None:
            return
        if packet.HasField("track_descriptor"):
            self._describe(packet)
        if packet.HasField("track_event"):
            self._event(packet, state)
        if packet.HasField("generic_kernel_process_tree"):
            for thread in packet.generic_kernel_process_tree.threads:
                self._threads[thread.tid] = thread.comm
        if packet.HasField("generic_kernel_task_state_event"):
            self._task_state(packet)
        if packet.HasField("trace_stats"):
            self._trace_stats(packet)

    def _sequence(self, packet: TracePacket) -> SequenceState | None:
        identity = packet.trusted_packet_sequence_id
        if not identity:
            self._say("belongs to no sequence")
            return None
        state = self._sequences.get(identity)
        if state is None:
            state = self._sequences[identity] = SequenceState()
            if not packet.first_packet_on_sequence:
                self._say(f"is the first of sequence {identity} and does not say so")
        elif packet.first_packet_on_sequence:
            self._say(f"says that it is the first of sequence {identity}, and is not")
        if packet.previous_packet_dropped:
            state.dropped = True
            if not packet.sequence_flags & CLEARED:
                self._say("comes after a gap and does not clear the sequence's state")
        if packet.sequence_flags & CLEARED:
            state.cleared = True
            state.names = {}
            state.default_track = None
        if packet.sequence_flags & NEEDS and not state.cleared:
            self._say(f"needs a state that sequence {identity} never set")
        if packet.HasField("trace_packet_defaults"):
            defaults = packet.trace_packet_defaults
            if defaults.track_event_defaults.HasField("track_uuid"):
                state.default_track = defaults.track_event_defaults.track_uuid
        for table in ("event_names", "event_categories", "debug_annotation_names"):
            for entry in getattr(packet.interned_data, table) if packet.HasField("interned_data") else ():
                known = state.names.setdefault(table, {})
                if known.get(entry.iid, entry.name) != entry.name:
                    self._say(f"gives the interned id {entry.iid} of {table} a second meaning")
                known[entry.iid] = entry.name
        if packet.HasField("timestamp"):
            if packet.timestamp < state.time:
                self._say(f"goes back in time by {state.time - packet.timestamp} ns on sequence {identity}")
            state.time = max(state.time, packet.timestamp)
        return state

    def _describe(self, packet: TracePacket) -> None:
        track = packet.track_descriptor
        if not track.HasField("uuid"):
            self._say("describes a track without an id")
            return
        if track.HasField("parent_uuid") and track.parent_uuid and track.parent_uuid not in self._tracks:
            self._say(f"describes track {track.uuid} before its parent {track.parent_uuid}")
        if track.uuid in self._tracks:
            self._say(f"describes track {track.uuid} a second time")
        name = track.name or track.process.process_name or track.thread.thread_name
        self._tracks.setdefault(track.uuid, TrackState(name, track.HasField("counter")))
        if track.HasField("process"):
            self.summary.processes[track.process.pid] = track.process.process_name
        elif track.HasField("thread"):
            self._describe_thread(track.thread.pid, track.thread.tid)

    def _describe_thread(self, pid: int, tid: int) -> None:
        if pid not in self.summary.processes:
            self._say(f"describes thread {tid} before its process {pid}")
        if tid in self._thread_processes:
            self._say(f"describes thread {tid} a second time")
        self._thread_processes[tid] = pid
        self.summary.threads[pid] = self.summary.threads.get(pid, 0) + 1

    def _known(self, state: SequenceState, table: str, iid: int) -> str:
        name = state.names.get(table, {}).get(iid)
        if name is None:
            self._say(f"uses the unknown interned id {iid} of {table}")
        return name or f"(unknown {iid})"

    def _event(self, packet: TracePacket, state: SequenceState) -> None:
        event = packet.track_event
        if not packet.HasField("timestamp"):
            self._say("holds an event without a time")
        uuid = event.track_uuid if event.HasField("track_uuid") else state.default_track
        track = self._tracks.get(uuid) if uuid is not None else None
        if track is None:
            self._say(f"uses the track {uuid}, which was not described before")
            track = self._tracks.setdefault(uuid or 0, TrackState("(not described)"))
        if packet.timestamp < track.time:
            self._say(f"goes back in time on the track {track.name!r}")
        track.time = max(track.time, packet.timestamp)
        name = event.name
        if event.HasField("name_iid"):
            name = self._known(state, "event_names", event.name_iid)
        categories = [*event.categories]
        categories += [self._known(state, "event_categories", iid) for iid in event.category_iids]
        for annotation in event.debug_annotations:
            if annotation.HasField("name_iid"):
                self._known(state, "debug_annotation_names", annotation.name_iid)
            elif not annotation.name:
                self._say("has an argument without a name")
        self._typed(packet, track, name, categories[0] if categories else "")
        for flow in event.flow_ids:
            self._flow(self._flow_begins, flow, "begins", packet.timestamp)
        for flow in event.terminating_flow_ids:
            self._flow(self._flow_ends, flow, "ends", packet.timestamp)

    def _flow(self, table: dict[int, int], flow: int, what: str, time: int) -> None:
        if flow in table:
            self._say(f"{what} the flow {flow:#x} a second time")
        table[flow] = time

    def _typed(self, packet: TracePacket, track: TrackState, name: str, category: str) -> None:
        """The rules of each type of event."""
        kind, time = packet.track_event.type, packet.timestamp
        event = packet.track_event
        if (kind == TrackEvent.TYPE_COUNTER) != track.counter:
            self._say(f"puts the wrong kind of event on the track {track.name!r}")
        if kind == TrackEvent.TYPE_SLICE_BEGIN:
            track.open.append((name, time, category))
        elif kind == TrackEvent.TYPE_SLICE_END:
            if not track.open:
                self._say(f"ends a slice on {track.name!r}, where none is open")
            else:
                begun_name, begun, category = track.open.pop()
                self.summary.slice(begun_name, track.name, begun, time, category)
        elif kind == TrackEvent.TYPE_COUNTER:
            if not (event.HasField("counter_value") or event.HasField("double_counter_value")):
                self._say(f"sets the counter {track.name!r} to no value")
        elif kind != TrackEvent.TYPE_INSTANT:
            self._say(f"holds an event of the unknown type {kind}")
        if kind in (TrackEvent.TYPE_SLICE_BEGIN, TrackEvent.TYPE_INSTANT) and not name:
            self._say("holds an event without a name")
        if kind != TrackEvent.TYPE_SLICE_END:
            self.summary.event(category or track.name.partition(".")[0], name, time, track.name)
        else:
            self.summary.moment(time)

    def _task_state(self, packet: TracePacket) -> None:
        event, time = packet.generic_kernel_task_state_event, packet.timestamp
        tid, core = event.tid, event.cpu
        self.summary.switch(time)
        if tid not in self._threads:
            self._say(f"schedules the thread {tid}, which the process tree does not have")
        if event.state == TaskState.TASK_STATE_RUNNING:
            if tid in self._running:
                self._say(f"says that thread {tid} runs, which runs already on core {self._running[tid]}")
            if core in self._on_core:
                self._say(f"says that thread {tid} runs on core {core}, where {self._on_core[core]} runs")
            self._running[tid] = core
            self._on_core[core] = tid
        elif tid in self._running:
            if self._running[tid] != core:
                self._say(f"stops thread {tid} on core {core}; it runs on core {self._running[tid]}")
            self._on_core.pop(self._running.pop(tid), None)

    def _trace_stats(self, packet: TracePacket) -> None:
        stats = packet.trace_stats
        self._stats = {}
        for writer in stats.writer_stats:
            if writer.buffer >= len(stats.buffer_stats):
                self._say(f"maps sequence {writer.sequence_id} to buffer {writer.buffer}, which is missing")
                continue
            self._stats[writer.sequence_id] = stats.buffer_stats[writer.buffer].trace_writer_packet_loss
        self.summary.lost = sum(buffer.trace_writer_packet_loss for buffer in stats.buffer_stats)

    def finish(self) -> None:
        """What can only be seen when everything has been read."""
        if not self._packet:
            self._say("is missing: the trace is empty")
        for track in self._tracks.values():
            for name, begun, _ in track.open:
                self._say(f"is the last, and {name!r} on {track.name!r}, begun at {begun} ns, has no end")
        for flow in self._flow_begins.keys() ^ self._flow_ends.keys():
            other = "end" if flow in self._flow_begins else "begin"
            self._say(f"is the last, and the flow {flow:#x} has no {other}")
        for flow in self._flow_begins.keys() & self._flow_ends.keys():
            if self._flow_ends[flow] < self._flow_begins[flow]:
                self._say(f"is the last, and the flow {flow:#x} ends before it begins")
        for identity, state in self._sequences.items():
            counted = (self._stats or {}).get(identity, 0)
            if state.dropped and not counted:
                self._say(f"is the last, and the gap in sequence {identity} is not in the statistics")
        self.summary.flows = len(self._flow_begins.keys() & self._flow_ends.keys())
        self.summary.packets = self._packet


def split(data: bytes) -> Iterator[bytes]:
    """The packets of a trace file. Raises ValueError where it is cut or holds anything else."""
    at, size = 0, len(data)
    while at < size:
        if data[at] != PACKET_TAG:
            raise ValueError(f"byte {at} begins no packet")
        at += 1
        length = shift = 0
        while True:
            if at >= size or shift > 35:
                raise ValueError("the last packet is cut short")
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if at + length > size:
            raise ValueError("the last packet is cut short")
        yield data[at : at + length]
        at += length


def check(data: bytes, progress: Callable[[str], None] = lambda text: None) -> Checker:
    """Checks a whole trace; look at `problems` and `summary`."""
    checker = Checker()
    try:
        for packet in split(data):
            checker.packet(packet)
            if checker._packet % PROGRESS_PACKETS == 0:
                progress(f"{checker._packet} packets")
    except ValueError as error:
        checker.count += 1
        checker.problems.append(f"packet {checker._packet + 1}: {error}.")
    checker.finish()
    return checker


def check_file(path: Path) -> Checker:
    return check(path.read_bytes())
