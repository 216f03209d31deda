"""Threads of a dispatcher in a Perfetto trace: a track for each, slices that stay on theirs, scheduling."""

from __future__ import annotations

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState
from perfetto_traces import BEGIN, COUNTER, END, Packets, events, packets_of, written
from scenario import Scenario, start

from trace import checker

RUNNING, RUNNABLE = TaskState.TASK_STATE_RUNNING, TaskState.TASK_STATE_RUNNABLE
SLEEPING, DEAD = TaskState.TASK_STATE_INTERRUPTIBLE_SLEEP, TaskState.TASK_STATE_DEAD


def ended(scenario: Scenario) -> Packets:
    """The trace of the whole scenario, which must be sound."""
    for core in list(scenario.pending):
        scenario.flush(core)
    scenario.writer.end()
    data = written(scenario.bytes)
    assert checker.check(data).problems == []
    return packets_of(data)


def switch(scenario: Scenario, before: int, after: int) -> None:
    scenario.event(0, "threads.switch", **{"from": before, "to": after})


def track_names(packets: Packets) -> dict[int, str]:
    descriptors = [p.track_descriptor for p in packets if p.HasField("track_descriptor")]
    return {d.uuid: d.thread.thread_name or d.process.process_name or d.name for d in descriptors}


def where(packets: Packets, wanted: str) -> list[str]:
    """The names of the tracks that the events of one name are on, in order."""
    names = track_names(packets)
    return [names[p.track_event.track_uuid] for p, name in events(packets) if name == wanted]


def scheduling(packets: Packets) -> list[tuple[str, int]]:
    states = [p for p in packets if p.HasField("generic_kernel_task_state_event")]
    return [(p.generic_kernel_task_state_event.comm, p.generic_kernel_task_state_event.state) for p in states]


def test_events_stand_on_the_thread_that_runs() -> None:
    scenario = start()
    full = 0
    for before, after in ((1, 2), (2, 7), (7, 0), (0, 2), (2, 1)):
        scenario.event(0, "lmp.full", endpoint=full)
        switch(scenario, before, after)
    scenario.event(0, "lmp.full", endpoint=full)
    packets = ended(scenario)
    assert where(packets, "lmp.full") == [
        "init",
        "init thread 2",
        "init thread 7",
        "init: no thread",
        "init thread 2",
        "init",
    ]
    assert where(packets, "threads.switch") == where(packets, "lmp.full")[:-1]
    pids = {d.thread.pid for d in (p.track_descriptor for p in packets) if d.thread.thread_name[:4] == "init"}
    assert pids == {1}


def test_each_dispatcher_has_its_own_threads() -> None:
    scenario = start()
    switch(scenario, 1, 2)
    scenario.event(0, "dispatch.switch", dispatcher=3, previous_runnable=1)
    scenario.event(0, "lmp.full", endpoint=1)
    switch(scenario, 1, 2)
    scenario.event(0, "lmp.full", endpoint=1)
    scenario.event(0, "dispatch.switch", dispatcher=1, previous_runnable=1)
    scenario.event(0, "lmp.full", endpoint=1)
    packets = ended(scenario)
    assert where(packets, "lmp.full") == ["bench", "bench thread 2", "init thread 2"]


def test_a_slice_stays_open_on_its_thread_over_switches() -> None:
    """The waits of two threads overlap, and neither closes the other's."""
    scenario = start()
    begun = {}
    for thread, other in ((1, 2), (2, 3)):
        scenario.event(0, "sync.wait_begin", lock=0x1000 + thread, kind=thread - 1)
        begun[thread] = scenario.now[0]
        switch(scenario, thread, other)
    over = {}
    switch(scenario, 3, 1)
    scenario.event(0, "sync.wait_end", lock=0x1001)
    over[1] = scenario.now[0]
    switch(scenario, 1, 2)
    scenario.event(0, "sync.wait_end", lock=0x1002)
    over[2] = scenario.now[0]
    packets = ended(scenario)
    names = track_names(packets)
    slices: dict[str, list[tuple[int, int]]] = {}
    for packet, _ in events(packets):
        if packet.track_event.type in (BEGIN, END):
            name = names[packet.track_event.track_uuid]
            slices.setdefault(name, []).append((packet.track_event.type, packet.timestamp))
    assert slices == {
        "init": [(BEGIN, begun[1]), (END, over[1])],
        "init thread 2": [(BEGIN, begun[2]), (END, over[2])],
    }


def test_values_with_words_are_shown_as_words() -> None:
    scenario = start()
    for kind in (1, 200):
        scenario.event(0, "sync.wait_begin", lock=0xABC, kind=kind)
        scenario.event(0, "sync.wait_end", lock=0xABC)
    begins = [p.track_event for p, name in events(ended(scenario)) if name == "sync.wait"]
    lock, kind = begins[0].debug_annotations
    assert lock.pointer_value == 0xABC and kind.string_value == "condition"
    assert begins[1].debug_annotations[1].uint_value == 200


def test_threads_are_scheduled() -> None:
    scenario = start()
    switch(scenario, 1, 2)  # it is preempted, or gives way: it runs again later
    scenario.event(0, "sync.wait_begin", lock=1, kind=0)
    switch(scenario, 2, 1)
    switch(scenario, 1, 3)  # it never runs again
    switch(scenario, 3, 0)
    scenario.event(0, "dispatch.switch", dispatcher=3, previous_runnable=0)
    scenario.event(0, "dispatch.end", dispatcher=1, reason=0)
    assert scheduling(ended(scenario)) == [
        ("init", RUNNING),
        ("init", RUNNABLE),
        ("init thread 2", RUNNING),
        ("init thread 2", SLEEPING),
        ("init", RUNNING),
        ("init", SLEEPING),
        ("init thread 3", RUNNING),
        ("init thread 3", SLEEPING),
        ("init: no thread", RUNNING),
        ("init: no thread", SLEEPING),
        ("bench", RUNNING),
        ("init", DEAD),
        ("init thread 2", DEAD),
        ("init thread 3", DEAD),
        ("init: no thread", DEAD),
        ("bench", RUNNABLE),
    ]


def test_what_is_open_closes_with_the_dispatcher() -> None:
    scenario = start()
    scenario.event(0, "sync.wait_begin", lock=1, kind=0)
    switch(scenario, 1, 2)
    scenario.event(0, "dispatch.switch", dispatcher=3, previous_runnable=1)
    scenario.event(0, "dispatch.end", dispatcher=1, reason=0)
    end = scenario.now[0]
    scenario.event(0, "lmp.full", endpoint=1)
    ends = [p.timestamp for p, _ in events(ended(scenario)) if p.track_event.type == END]
    assert ends == [end]


def after_a_loss(**hello: object) -> list[str]:
    scenario = start(**hello)
    switch(scenario, 1, 2)
    scenario.flush(0)
    scenario.writer.drop(0, 5)
    scenario.event(0, "dispatch.switch", dispatcher=1, previous_runnable=1)
    scenario.event(0, "lmp.full", endpoint=1)
    switch(scenario, 4, 5)
    scenario.event(0, "lmp.full", endpoint=1)
    return where(ended(scenario), "lmp.full")


def test_after_a_loss_the_thread_is_not_known_until_a_switch() -> None:
    assert after_a_loss() == ["init: thread not known", "init thread 5"]
    assert after_a_loss(trace="lmp,threads") == ["init: thread not known", "init thread 5"]


def test_without_points_of_threads_a_loss_hides_none() -> None:
    """Compiled out, all events of a dispatcher stand on its main thread."""
    scenario = start(trace="lmp,dispatch")
    scenario.event(0, "lmp.full", endpoint=1)
    scenario.flush(0)
    scenario.writer.drop(0, 5)
    scenario.event(0, "dispatch.switch", dispatcher=1, previous_runnable=1)
    scenario.event(0, "lmp.full", endpoint=1)
    assert where(ended(scenario), "lmp.full") == ["init", "init"]


def test_a_counter_of_a_domain_stands_under_its_process() -> None:
    scenario = start()
    for free in (1 << 40, 5):
        scenario.event(0, "mm.free_memory", free=free)
        scenario.event(0, "dispatch.switch", dispatcher=2, previous_runnable=1)
    scenario.flush(0)
    scenario.writer.drop(0, 5)
    scenario.event(0, "mm.free_memory", free=6)
    packets = ended(scenario)
    tracks = {p.track_descriptor.uuid: p.track_descriptor for p in packets if p.HasField("track_descriptor")}
    found = []
    for packet in packets:
        event = packet.track_event
        if packet.HasField("track_event") and event.type == COUNTER:
            track = tracks[event.track_uuid]
            parent = tracks[track.parent_uuid]
            assert track.counter.unit == 3  # bytes
            found.append((parent.process.process_name or parent.name, track.name, event.counter_value))
    assert found == [
        ("init", "mm.free_memory", 1 << 40),
        ("lmp_server", "mm.free_memory", 5),
        ("core 0", "mm.free_memory (core 0: domain not known)", 6),
    ]
