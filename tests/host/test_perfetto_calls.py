"""Remote procedure calls and parts of spawning in a Perfetto trace: names, arrows, and the table of calls."""

from __future__ import annotations

from dataclasses import dataclass

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import TracePacket
from perfetto_traces import BEGIN, END, Packets, events, packets_of, written
from scenario import Scenario, start

from trace import checker

CLIENT, SERVER = 3, 2
"""Dispatchers `bench` and `lmp_server` of a scenario."""
GET_RAM, AVAILABLE, WRITE = 0x100, 0x101, 0x200


def switch(scenario: Scenario, dispatcher: int) -> None:
    scenario.event(0, "dispatch.switch", dispatcher=dispatcher, previous_runnable=0)


def call(
    scenario: Scenario, flow: int, message: int = GET_RAM, number: int = 1, inside: bool = False
) -> None:
    """A call as the system records it: the answer leaves when the handler has returned, or inside it."""
    event = scenario.event
    switch(scenario, CLIENT)
    event(0, "rpc.call_begin", message=message, call=number)
    event(0, "lmp.send", flow=flow, endpoint=1)
    switch(scenario, SERVER)
    event(0, "lmp.receive", flow=flow, endpoint=1)
    event(0, "rpc.serve_begin", message=message, call=number)
    if inside:
        event(0, "lmp.send", flow=flow + 1, endpoint=2)
    event(0, "rpc.serve_end", message=message, call=number, later=0)
    if not inside:
        event(0, "lmp.send", flow=flow + 1, endpoint=2)
    switch(scenario, CLIENT)
    event(0, "lmp.receive", flow=flow + 1, endpoint=2)
    event(0, "rpc.call_end", message=message, call=number)


@dataclass
class Slice:
    name: str
    track: str
    begin: TracePacket
    end: TracePacket

    @property
    def arguments(self) -> list[str | int]:
        both = [*self.begin.track_event.debug_annotations, *self.end.track_event.debug_annotations]
        return [a.string_value or a.uint_value for a in both]


def finished(scenario: Scenario) -> Packets:
    for core in list(scenario.pending):
        scenario.flush(core)
    scenario.writer.end()
    data = written(scenario.bytes)
    assert checker.check(data).problems == []
    return packets_of(data)


def slices(packets: Packets) -> list[Slice]:
    names = {
        p.track_descriptor.uuid: p.track_descriptor.thread.thread_name
        for p in packets
        if p.HasField("track_descriptor")
    }
    found: list[Slice] = []
    opened: dict[int, list[tuple[str, TracePacket]]] = {}
    for packet, name in events(packets):
        track = packet.track_event.track_uuid
        if packet.track_event.type == BEGIN:
            opened.setdefault(track, []).append((name, packet))
        elif packet.track_event.type == END:
            begun, begin = opened[track].pop()
            found.append(Slice(begun, names[track], begin, packet))
    return sorted(found, key=lambda one: one.begin.timestamp)


def arrows(packets: Packets) -> list[tuple[str, str]]:
    """(where it begins, where it ends): names of instants, of slices, `end` for a slice's end."""
    outs = {f: name for p, name in events(packets) for f in p.track_event.flow_ids}
    ins = {f: name for p, name in events(packets) for f in p.track_event.terminating_flow_ids}
    assert outs.keys() == ins.keys()
    return [(outs[flow] or "end", ins[flow]) for flow in sorted(outs)]


def test_slices_have_the_names_of_messages() -> None:
    scenario = start()
    call(scenario, 1, GET_RAM, 7)
    call(scenario, 3, WRITE, 8, inside=True)
    found = slices(finished(scenario))
    assert [(one.name, one.track, one.arguments) for one in found] == [
        ("mem.get_ram", "bench", [7]),
        ("serve mem.get_ram", "lmp_server", [7, "no"]),
        ("serial.write", "bench", [8]),
        ("serve serial.write", "lmp_server", [8, "no"]),
    ]


def test_a_message_without_a_name_shows_its_number() -> None:
    scenario = start()
    call(scenario, 1, 0x203)
    assert [one.name for one in slices(finished(scenario))] == [
        "rpc.call, message 515",
        "rpc.serve, message 515",
    ]


def test_arrows_go_from_the_call_to_the_serving_slice_and_back() -> None:
    scenario = start()
    call(scenario, 1)
    packets = finished(scenario)
    assert arrows(packets) == [("lmp.send", "serve mem.get_ram"), ("end", "lmp.receive")]
    caller, server = slices(packets)
    assert server.begin.track_event.terminating_flow_ids and server.end.track_event.flow_ids
    inside = [
        p.timestamp
        for p, name in events(packets)
        if name.startswith("lmp.") and (p.track_event.flow_ids or p.track_event.terminating_flow_ids)
    ]
    assert len(inside) == 2
    assert all(caller.begin.timestamp < time < caller.end.timestamp for time in inside)
    assert not any(
        a.string_value
        for p, name in events(packets)
        if name[:4] == "lmp."
        for a in p.track_event.debug_annotations
    )


def test_an_answer_from_within_the_handler_stays_there() -> None:
    scenario = start()
    call(scenario, 1, inside=True)
    assert arrows(finished(scenario)) == [("lmp.send", "serve mem.get_ram"), ("lmp.send", "lmp.receive")]


def served(scenario: Scenario, later: int) -> None:
    switch(scenario, CLIENT)
    scenario.event(0, "lmp.send", flow=1, endpoint=1)
    switch(scenario, SERVER)
    scenario.event(0, "lmp.receive", flow=1, endpoint=1)
    scenario.event(0, "rpc.serve_begin", message=GET_RAM, call=1)
    scenario.event(0, "rpc.serve_end", message=GET_RAM, call=1, later=later)
    scenario.event(0, "lmp.send", flow=2, endpoint=2)


def test_what_is_sent_behind_a_handler_need_not_be_its_answer() -> None:
    """It answers later, or the message goes to another domain than the one that asked."""
    for later, receiver, wanted in ((1, CLIENT, "lmp.send"), (0, 1, "lmp.send"), (0, CLIENT, "end")):
        scenario = start()
        served(scenario, later)
        switch(scenario, receiver)
        scenario.event(0, "lmp.receive", flow=2, endpoint=2)
        assert arrows(finished(scenario))[1] == (wanted, "lmp.receive")


def test_a_call_of_the_server_itself_is_no_answer() -> None:
    scenario = start()
    switch(scenario, CLIENT)
    scenario.event(0, "rpc.call_begin", message=GET_RAM, call=1)
    scenario.event(0, "lmp.send", flow=1, endpoint=1)
    switch(scenario, SERVER)
    scenario.event(0, "lmp.receive", flow=1, endpoint=1)
    scenario.event(0, "rpc.serve_begin", message=GET_RAM, call=1)
    scenario.event(0, "rpc.call_begin", message=WRITE, call=9)
    scenario.event(0, "lmp.send", flow=2, endpoint=3)
    switch(scenario, 1)
    scenario.event(0, "lmp.receive", flow=2, endpoint=3)
    packets = finished(scenario)
    assert arrows(packets) == [("lmp.send", "serve mem.get_ram"), ("lmp.send", "lmp.receive")]
    end = {one.end.timestamp for one in slices(packets)}
    assert end == {scenario.now[0]}  # all three were open when the stream ended


def test_a_blocked_call_stays_open_while_other_threads_run() -> None:
    scenario = start()
    event = scenario.event
    event(0, "rpc.call_begin", message=GET_RAM, call=1)
    begun = scenario.now[0]
    event(0, "threads.switch", **{"from": 1, "to": 2})
    event(0, "rpc.call_begin", message=AVAILABLE, call=2)
    event(0, "threads.switch", **{"from": 2, "to": 1})
    event(0, "rpc.call_end", message=GET_RAM, call=1)
    over = scenario.now[0]
    event(0, "threads.switch", **{"from": 1, "to": 2})
    event(0, "dispatch.end", dispatcher=1, reason=0)
    ended = scenario.now[0]
    event(0, "dispatch.switch", dispatcher=3, previous_runnable=0)
    first, second = slices(finished(scenario))
    assert (first.track, first.begin.timestamp, first.end.timestamp) == ("init", begun, over)
    assert (second.track, second.name, second.end.timestamp) == ("init thread 2", "mem.available", ended)


def test_a_loss_cuts_calls_and_joins_nothing() -> None:
    scenario = start()
    call(scenario, 1)
    switch(scenario, SERVER)
    scenario.event(0, "lmp.receive", flow=9, endpoint=1)
    scenario.flush(0)
    scenario.writer.drop(0, 3)
    switch(scenario, SERVER)
    scenario.event(0, "rpc.serve_end", message=GET_RAM, call=2, later=0)
    scenario.event(0, "lmp.send", flow=10, endpoint=2)
    switch(scenario, CLIENT)
    scenario.event(0, "lmp.receive", flow=10, endpoint=2)
    packets = finished(scenario)
    assert arrows(packets)[2] == ("lmp.send", "lmp.receive")
    assert [name for _, name in events(packets)].count("serve mem.get_ram") == 2  # a slice, and an end alone


def test_parts_of_spawning_have_their_names() -> None:
    scenario = start()
    for phase in (0, 1):
        scenario.event(0, "spawn.phase_begin", phase=phase)
        scenario.event(0, "spawn.phase_end", phase=phase)
    found = slices(finished(scenario))
    assert [(one.name, one.arguments) for one in found] == [("spawn.load", []), ("spawn.elf", [])]


def test_the_summary_has_a_table_of_calls() -> None:
    scenario = start()
    for number in range(3):
        call(scenario, 1 + 2 * number, GET_RAM, number)
    call(scenario, 9, WRITE, 9)
    for core in list(scenario.pending):
        scenario.flush(core)
    scenario.writer.end()
    summary = checker.check(written(scenario.bytes)).summary
    assert {name: total.count for name, total in summary.calls.items()} == {
        "mem.get_ram": 3,
        "serial.write": 1,
    }
    assert (summary.calls["mem.get_ram"].mean, summary.served["mem.get_ram"].longest) == (450, 50)
    lines = summary.lines()
    at = lines.index("calls by message:")
    assert lines[at + 2].split() == [
        "mem.get_ram",
        "3",
        "450",
        "ns",
        "450",
        "ns",
        "3",
        "50",
        "ns",
        "50",
        "ns",
    ]
    assert "calls by message:" not in checker.check(written(start().bytes)).summary.lines()
