"""Damaged traces that the checker must refuse: each takes the packets of a good one and spoils them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket
from perfetto_traces import BEGIN, COUNTER, END, INSTANT, Packets, packets_of, written
from scenario import traced_boot

from trace import checker, perfetto_tracks


def event_index(packets: Packets, kind: int, skip: int = 0) -> int:
    found = [at for at, p in enumerate(packets) if p.HasField("track_event") and p.track_event.type == kind]
    return found[skip]


def lost_begin(packets: Packets) -> None:
    del packets[event_index(packets, BEGIN, 5)]


def lost_end(packets: Packets) -> None:
    del packets[event_index(packets, END, 5)]


def lost_track(packets: Packets) -> None:
    del packets[next(at for at, p in enumerate(packets) if p.track_descriptor.thread.thread_name == "bench")]


def lost_process(packets: Packets) -> None:
    del packets[
        next(at for at, p in enumerate(packets) if p.track_descriptor.process.process_name == "bench")
    ]


def thread_twice(packets: Packets) -> None:
    threads = [p.track_descriptor.thread for p in packets if p.track_descriptor.HasField("thread")]
    threads[1].tid = threads[0].tid


def lost_parent(packets: Packets) -> None:
    del packets[next(at for at, p in enumerate(packets) if p.track_descriptor.name == "Machine")]


def late_track(packets: Packets) -> None:
    at = next(at for at, p in enumerate(packets) if p.track_descriptor.HasField("counter"))
    packets.append(packets.pop(at))


def track_twice(packets: Packets) -> None:
    at = next(at for at, p in enumerate(packets) if p.track_descriptor.HasField("counter"))
    again = TracePacket()
    again.CopyFrom(packets[at])
    packets.insert(at + 1, again)


def time_back(packets: Packets) -> None:
    packets[event_index(packets, INSTANT, 9)].timestamp -= 1000


def unknown_name(packets: Packets) -> None:
    packets[event_index(packets, INSTANT, 9)].track_event.name_iid = 999


def unknown_argument(packets: Packets) -> None:
    packets[event_index(packets, BEGIN, 2)].track_event.debug_annotations[0].name_iid = 999


def lost_names(packets: Packets) -> None:
    at = next(at for at, p in enumerate(packets) if p.interned_data.event_names and p.HasField("track_event"))
    packets[at].ClearField("interned_data")


def name_changes(packets: Packets) -> None:
    entry = packets[event_index(packets, INSTANT, 9)].interned_data.event_names.add()
    entry.iid, entry.name = 1, "something else"


def flow_without_end(packets: Packets) -> None:
    packet = next(p for p in packets if p.track_event.terminating_flow_ids)
    packet.track_event.ClearField("terminating_flow_ids")


def flow_without_begin(packets: Packets) -> None:
    next(p for p in packets if p.track_event.flow_ids).track_event.ClearField("flow_ids")


def flow_backwards(packets: Packets) -> None:
    out = next(p for p in packets if p.track_event.flow_ids)
    flow = out.track_event.flow_ids[0]
    back = next(p for p in packets if flow in p.track_event.terminating_flow_ids)
    out.track_event.ClearField("flow_ids")
    out.track_event.terminating_flow_ids.append(flow)
    back.track_event.ClearField("terminating_flow_ids")
    back.track_event.flow_ids.append(flow)


def flow_twice(packets: Packets) -> None:
    flows = [p for p in packets if p.track_event.flow_ids]
    flows[1].track_event.flow_ids[0] = flows[0].track_event.flow_ids[0]


def unknown_field(packets: Packets) -> None:
    packet = packets[event_index(packets, INSTANT, 9)]
    packet.MergeFromString(b"\xf8\xff\x03\x01")


def unknown_inner_field(packets: Packets) -> None:
    packet = packets[event_index(packets, INSTANT, 9)]
    packet.track_event.MergeFromString(b"\xf8\xff\x01\x01")


def no_sequence(packets: Packets) -> None:
    packets[9].ClearField("trusted_packet_sequence_id")


def first_not_said(packets: Packets) -> None:
    packets[0].ClearField("first_packet_on_sequence")


def never_cleared(packets: Packets) -> None:
    packets[0].sequence_flags = 2


def gap_keeps_state(packets: Packets) -> None:
    packets[event_index(packets, INSTANT, 9)].previous_packet_dropped = 1


def gap_not_counted(packets: Packets) -> None:
    gap_keeps_state(packets)
    packets[event_index(packets, INSTANT, 9)].sequence_flags = 3


def runs_twice(packets: Packets) -> None:
    running = [p for p in packets if p.generic_kernel_task_state_event.state == TaskState.TASK_STATE_RUNNING]
    stops = [
        at
        for at, p in enumerate(packets)
        if p.HasField("generic_kernel_task_state_event")
        and p.generic_kernel_task_state_event.state != TaskState.TASK_STATE_RUNNING
    ]
    assert running
    del packets[stops[2]]


def unknown_thread(packets: Packets) -> None:
    next(
        p for p in packets if p.HasField("generic_kernel_task_state_event")
    ).generic_kernel_task_state_event.tid = 5


def counter_on_slice_track(packets: Packets) -> None:
    packet = packets[event_index(packets, COUNTER)]
    packet.track_event.track_uuid = perfetto_tracks.core_track(0)


def counter_without_value(packets: Packets) -> None:
    packets[event_index(packets, COUNTER)].track_event.ClearField("counter_value")


def event_without_name(packets: Packets) -> None:
    packets[event_index(packets, INSTANT, 9)].track_event.ClearField("name_iid")


def event_without_time(packets: Packets) -> None:
    packets[event_index(packets, INSTANT, 9)].ClearField("timestamp")


def event_without_type(packets: Packets) -> None:
    packets[event_index(packets, INSTANT, 9)].track_event.ClearField("type")


DAMAGES = [
    lost_begin,
    lost_end,
    lost_track,
    lost_process,
    thread_twice,
    lost_parent,
    late_track,
    track_twice,
    time_back,
    unknown_name,
    unknown_argument,
    lost_names,
    name_changes,
    flow_without_end,
    flow_without_begin,
    flow_backwards,
    flow_twice,
    unknown_field,
    unknown_inner_field,
    no_sequence,
    first_not_said,
    never_cleared,
    gap_keeps_state,
    gap_not_counted,
    runs_twice,
    unknown_thread,
    counter_on_slice_track,
    counter_without_value,
    event_without_name,
    event_without_time,
    event_without_type,
]


@pytest.fixture(scope="module")
def good() -> bytes:
    return written(traced_boot(trips=10).bytes)


def rebuilt(packets: Packets) -> bytes:
    trace = Trace()
    for packet in packets:
        trace.packet.add().CopyFrom(packet)
    return trace.SerializeToString()


def test_rebuilding_alone_does_no_harm(good: bytes) -> None:
    assert rebuilt(packets_of(good)) == good
    assert checker.check(good).problems == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
def test_the_checker_refuses(good: bytes, damage: Callable[[Packets], None]) -> None:
    packets = packets_of(good)
    damage(packets)
    assert checker.check(rebuilt(packets)).problems


@pytest.mark.parametrize("size", [1, 2, 3, 50, 1000])
def test_the_checker_refuses_truncation(good: bytes, size: int) -> None:
    assert any("cut short" in problem for problem in checker.check(good[:-size]).problems)


def test_the_checker_refuses_what_is_no_trace(good: bytes) -> None:
    assert checker.check(b"").problems
    assert checker.check(b"hello world").problems
    assert checker.check(good + b"\x00").problems
    assert checker.check(b"\x0a\x03\xff\xff\xff").problems
    assert checker.check(b"\x0a" + b"\xff" * 20).problems


def test_the_summary_is_readable(good: bytes) -> None:
    text = "\n".join(checker.check(good).summary.lines())
    for wanted in (
        "first to last event",
        "last clock reading",
        "lmp 150",
        "init (1)",
        "bench.run",
        "lost events: 0",
    ):
        assert wanted in text
