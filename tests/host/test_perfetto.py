"""From a stream to a Perfetto trace that the strict checker accepts."""

from __future__ import annotations

import pytest
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState
from perfetto_traces import BEGIN, INSTANT, events, packets_of, written
from scenario import DECLARATION, Scenario, start, traced_boot

from trace import checker


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
        "lmp_server: thread not known",
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
