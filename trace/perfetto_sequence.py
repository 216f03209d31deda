"""One packet sequence of a Perfetto trace: time order, interned names, what is repeated after a loss."""

from __future__ import annotations

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import TrackEvent as TrackEventMessage
from perfetto.trace_builder.proto_builder import StreamingTraceProtoBuilder, TracePacket

CLEARED_AND_NEEDS = 3
NEEDS = 2

Value = int | str | float


class Annotations:
    """Arguments of an event, by kind of display: (name, value, shown in base 16)."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Value, bool]] = []

    def add(self, name: str, value: Value, hexadecimal: bool = False) -> Annotations:
        self.entries.append((name, value, hexadecimal))
        return self


class Sequence:
    """Writes packets of one sequence. Time never goes back: an earlier time is raised to the last one."""

    def __init__(self, builder: StreamingTraceProtoBuilder, identity: int, default_track: int | None) -> None:
        self._builder = builder
        self.identity = identity
        self._default_track = default_track
        self._first = True
        self._clear = True
        self._dropped = False
        self._tables: dict[str, dict[str, int]] = {}
        self.time = 0
        self.packets = 0

    def lost(self) -> None:
        """The next packet comes after a gap: it says so, and brings its defaults and names again."""
        self._clear = self._dropped = True

    def packet(self, time: int | None = None) -> TracePacket:
        """A packet with the sequence's state filled in; give it to `write`."""
        packet = self._builder.create_packet()
        packet.trusted_packet_sequence_id = self.identity
        if time is not None:
            self.time = max(self.time, time)
            packet.timestamp = self.time
        if self._clear:
            packet.sequence_flags = CLEARED_AND_NEEDS
            self._tables.clear()
            if self._default_track is not None:
                packet.trace_packet_defaults.track_event_defaults.track_uuid = self._default_track
            if self._first:
                packet.first_packet_on_sequence = True
            if self._dropped:
                packet.previous_packet_dropped = TracePacket.DATA_LOSS_PRESENT
            self._first = self._clear = self._dropped = False
        else:
            packet.sequence_flags = NEEDS
        return packet

    def write(self, packet: TracePacket) -> None:
        self.packets += 1
        self._builder.write_packet(packet)

    def _intern(self, packet: TracePacket, table: str, text: str) -> int:
        known = self._tables.setdefault(table, {})
        number = known.get(text)
        if number is None:
            number = known[text] = len(known) + 1
            entry = getattr(packet.interned_data, table).add()
            entry.iid, entry.name = number, text
        return number

    def event(
        self,
        time: int,
        kind: int,
        track: int,
        name: str | None = None,
        category: str | None = None,
        arguments: Annotations | None = None,
        flow: int | None = None,
        ends_flow: int | None = None,
    ) -> None:
        """One begin, end or instant on a track."""
        packet = self.packet(time)
        event = packet.track_event
        event.type = kind
        if track != self._default_track:
            event.track_uuid = track
        if name is not None:
            event.name_iid = self._intern(packet, "event_names", name)
        if category is not None:
            event.category_iids.append(self._intern(packet, "event_categories", category))
        if flow is not None:
            event.flow_ids.append(flow)
        if ends_flow is not None:
            event.terminating_flow_ids.append(ends_flow)
        for argument, value, hexadecimal in arguments.entries if arguments else ():
            annotation = event.debug_annotations.add()
            annotation.name_iid = self._intern(packet, "debug_annotation_names", argument)
            if isinstance(value, str):
                annotation.string_value = value
            elif isinstance(value, float):
                annotation.double_value = value
            elif hexadecimal:
                annotation.pointer_value = value
            else:
                annotation.uint_value = value
        self.write(packet)

    def counter(self, time: int, track: int, value: int) -> None:
        packet = self.packet(time)
        event = packet.track_event
        event.type = TrackEventMessage.TYPE_COUNTER
        event.track_uuid = track
        if value < 1 << 63:
            event.counter_value = value
        else:
            event.double_counter_value = float(value)
        self.write(packet)
