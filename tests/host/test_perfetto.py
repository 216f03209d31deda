"""From a stream to a Perfetto trace that the checker accepts, and damaged traces that it must refuse."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TracePacket, TrackEvent
from scenario import DECLARATION, Scenario, start, traced_boot

from trace import checker, perfetto_writer
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


@pytest.mark.parametrize("cores", [1, 2, 4])
@pytest.mark.parametrize("drops", [False, True])
def test_a_trace_is_sound(cores: int, drops: bool) -> None:
    scenario = traced_boot(cores=cores, drops=drops)
    found = checker.check(written(scenario.bytes))
    assert found.problems == []
    assert found.summary.lost == sum(scenario.writer.dropped.values())
    assert bool(found.summary.losses) == drops
    assert set(found.summary.processes.values()) == {"init", "lmp_server", "bench"}
    decoded = sum(len(records) for records in scenario.truth.values())
    assert sum(found.summary.events.values()) + ends(scenario) == pytest.approx(decoded, abs=4 * cores)


def ends(scenario: Scenario) -> int:
    numbers = {point.number for point in DECLARATION.points if point.kind == "end"}
    return sum(number in numbers for records in scenario.truth.values() for _, number, _ in records)


def test_what_is_in_the_trace_is_what_was_sent() -> None:
    scenario = traced_boot(trips=3)
    found = events(packets_of(written(scenario.bytes)))
    counted: dict[tuple[str, int], int] = {}
    for packet, name in found:
        key = (name, packet.track_event.type)
        counted[key] = counted.get(key, 0) + 1
    wanted: dict[str, int] = {}
    for _, number, _ in scenario.truth[0]:
        point = DECLARATION.by_number(number)
        wanted[point.name] = wanted.get(point.name, 0) + 1
    assert counted["lmp.send", INSTANT] == wanted["lmp.send"] == 18
    assert counted["lmp.receive", INSTANT] == wanted["lmp.receive"]
    assert counted["syscall.enter", BEGIN] == wanted["syscall.enter_begin"]
    assert counted["bench.run", BEGIN] == 3
    begun = [p.timestamp for p, name in found if name == "lmp.send"]
    sent = [time for time, number, _ in scenario.truth[0] if number == DECLARATION.by_name("lmp.send").number]
    assert begun == sent  # at 1 GHz a cycle is a nanosecond


def test_time_is_scaled_by_the_cycle_counter() -> None:
    scenario = start(cycle_hz=2_000_000_000)
    scenario.flush(0)
    scenario.writer.end()
    found = checker.check(written(scenario.bytes))
    assert found.problems == []
    assert found.summary.duration == (scenario.truth[0][-1][0] - scenario.truth[0][0][0]) // 2


def test_flows_join_sender_and_receiver() -> None:
    packets = packets_of(written(traced_boot(cores=2, trips=5).bytes))
    outs = {flow: p for p, _ in events(packets) for flow in p.track_event.flow_ids}
    ins = {flow: p for p, _ in events(packets) for flow in p.track_event.terminating_flow_ids}
    assert outs.keys() == ins.keys() and len(outs) == 2 * 3 * 5 * 2
    for flow, packet in outs.items():
        assert packet.timestamp <= ins[flow].timestamp
        assert packet.track_event.track_uuid != ins[flow].track_event.track_uuid


def test_a_flow_number_that_is_used_again_is_another_flow() -> None:
    scenario = start()
    for _ in range(3):
        scenario.event(0, "lmp.send", flow=7, endpoint=1)
        scenario.event(0, "lmp.receive", flow=7, endpoint=1)
    scenario.event(0, "lmp.send", flow=7, endpoint=1)
    scenario.event(0, "lmp.receive", flow=8, endpoint=1)
    scenario.flush(0)
    scenario.writer.end()
    data = written(scenario.bytes)
    found = checker.check(data)
    assert found.problems == []
    assert found.summary.flows == 3
    said = [
        a.string_value for p in packets_of(data) for a in p.track_event.debug_annotations if a.string_value
    ]
    assert sum("not in this trace" in text for text in said) == 2


def test_slices_without_an_end_or_a_begin() -> None:
    scenario = start()
    scenario.event(0, "syscall.enter_end", error=0)
    scenario.event(0, "syscall.enter_begin", number=1, command=1, slot=1)
    scenario.event(0, "dispatch.interrupt_begin", number=3)
    scenario.event(0, "syscall.enter_end", error=0)
    scenario.event(0, "syscall.enter_begin", number=1, command=1, slot=1)
    scenario.flush(0)
    scenario.writer.end()
    found = checker.check(written(scenario.bytes))
    assert found.problems == []
    assert found.summary.totals["syscall.enter"].count == 2
    assert found.summary.totals["dispatch.interrupt"].count == 1


def test_events_after_a_loss_are_on_no_domain_until_a_switch() -> None:
    scenario = start()
    scenario.event(0, "lmp.full", endpoint=1)
    scenario.flush(0)
    scenario.writer.drop(0, 5)
    scenario.event(0, "lmp.full", endpoint=2)
    scenario.event(0, "dispatch.switch", dispatcher=2, previous_runnable=1)
    scenario.event(0, "lmp.full", endpoint=3)
    scenario.flush(0)
    scenario.writer.end()
    data = written(scenario.bytes)
    assert checker.check(data).problems == []
    names = {
        p.track_descriptor.uuid: p.track_descriptor
        for p in packets_of(data)
        if p.HasField("track_descriptor")
    }
    tracks = [names[p.track_event.track_uuid] for p, name in events(packets_of(data)) if name == "lmp.full"]
    assert [t.thread.thread_name or t.name for t in tracks] == [
        "init",
        "core 0: domain not known",
        "lmp_server",
    ]
    gap = [p for p in packets_of(data) if p.previous_packet_dropped]
    assert len(gap) == 1 and gap[0].sequence_flags == 3


def test_domains_whose_name_was_lost() -> None:
    scenario = start()
    scenario.event(0, "dispatch.switch", dispatcher=77, previous_runnable=1)
    scenario.event(0, "lmp.full", endpoint=2)
    scenario.event(0, "dispatch.end", dispatcher=77, reason=0)
    scenario.flush(0)
    scenario.writer.end()
    found = checker.check(written(scenario.bytes))
    assert found.problems == []
    assert "dispatcher 77 (name lost)" in found.summary.processes.values()


def test_a_stream_cut_short_or_without_anything() -> None:
    whole = traced_boot(cores=2, trips=5).bytes
    for size in range(0, len(whole), 97):
        data = written(whole[:size])
        assert checker.check(data).problems == [], f"cut at {size}"
        assert b"the stream was cut short here" in data


def test_scheduling_follows_the_switches() -> None:
    packets = packets_of(written(traced_boot(trips=2).bytes))
    states = [
        p.generic_kernel_task_state_event for p in packets if p.HasField("generic_kernel_task_state_event")
    ]
    running = [s.comm for s in states if s.state == TaskState.TASK_STATE_RUNNING]
    assert running[:4] == ["init", "bench", "lmp_server", "bench"]
    stops = [s for s in states if s.state != TaskState.TASK_STATE_RUNNING]
    assert len(stops) == len(running)


# What the checker must refuse: each takes the packets of a good trace and spoils them.


def event_index(packets: Packets, kind: int, skip: int = 0) -> int:
    found = [at for at, p in enumerate(packets) if p.HasField("track_event") and p.track_event.type == kind]
    return found[skip]


def lost_begin(packets: Packets) -> None:
    del packets[event_index(packets, BEGIN, 5)]


def lost_end(packets: Packets) -> None:
    del packets[event_index(packets, END, 5)]


def lost_track(packets: Packets) -> None:
    del packets[next(at for at, p in enumerate(packets) if p.track_descriptor.thread.thread_name == "bench")]


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
    packet.track_event.track_uuid = perfetto_writer.perfetto_tracks.core_track(0)


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
