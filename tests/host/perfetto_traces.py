"""Helpers of the tests that look into Perfetto traces."""

from __future__ import annotations

import io

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket, TrackEvent
from scenario import DECLARATION

from trace import perfetto_writer
from trace.recording import Recording

BEGIN, END = TrackEvent.TYPE_SLICE_BEGIN, TrackEvent.TYPE_SLICE_END
INSTANT, COUNTER = TrackEvent.TYPE_INSTANT, TrackEvent.TYPE_COUNTER
Packets = list[TracePacket]


def written(data: bytes) -> bytes:
    recording = Recording(DECLARATION)
    recording.feed(data)
    recording.finish()
    out = io.BytesIO()
    perfetto_writer.write(recording, out, "icount")
    return out.getvalue()


def packets_of(data: bytes) -> Packets:
    return list(Trace.FromString(data).packet)


def events(packets: Packets) -> list[tuple[TracePacket, str]]:
    """Every track event with its name looked up."""
    names: dict[int, dict[int, str]] = {}
    found = []
    for packet in packets:
        table = names.setdefault(packet.trusted_packet_sequence_id, {})
        if packet.sequence_flags & 1:
            table.clear()
        table.update({entry.iid: entry.name for entry in packet.interned_data.event_names})
        if packet.HasField("track_event"):
            found.append((packet, table.get(packet.track_event.name_iid, "")))
    return found
