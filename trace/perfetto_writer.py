"""Writes a recording as a Perfetto trace.

One packet sequence a core, and one for the machine: tracks, scheduling, clocks, statistics. Every loss is
in the trace: an instant where it happened, a flag on the packet after it, and a count in the statistics.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import IO

from perfetto.trace_builder.proto_builder import StreamingTraceProtoBuilder

from trace import clocks, flow_slices, flows, perfetto_tracks, running, schedule
from trace.perfetto_core import INSTANT, Boot, CoreWriter, mentioned
from trace.perfetto_sequence import Annotations, Sequence
from trace.perfetto_tracks import MACHINE, Tracks
from trace.recording import Recording

MACHINE_SEQUENCE = 1
CORE_SEQUENCE = 2
DEFAULT_CYCLE_HZ = 1_000_000_000


def write(
    recording: Recording, out: IO[bytes], mode: str, progress: Callable[[str], None] = lambda text: None
) -> list[str]:
    """Writes the whole trace. `mode` says what a nanosecond of it is; see `Recording` for what goes in.

    Gives what is wrong with the clocks of the cores, in sentences.
    """
    builder = StreamingTraceProtoBuilder(out)
    machine = Sequence(builder, MACHINE_SEQUENCE, MACHINE)
    tracks = Tracks(machine)
    cores = sorted(set(recording.cores) | set(range(recording.hello_number("cores"))))
    tracks.machine(cores)
    cycle_hz = recording.hello_number("cycle_hz") or DEFAULT_CYCLE_HZ
    counter_hz = recording.hello_number("counter_hz")
    alignment = clocks.align(recording.declaration, recording.cores, cycle_hz, counter_hz)
    records = alignment.applied(recording.cores)
    named: set[int] = set()
    for entries in records.values():
        named |= mentioned(recording.declaration, entries)
    known = perfetto_tracks.dispatchers(recording.domains, named)
    for dispatcher in known.values():
        tracks.dispatcher(dispatcher)
    threads_recorded = running.records_threads(recording.declaration, recording.hello)
    arrows = flows.match(recording.declaration, records)
    boot = Boot(
        recording.declaration,
        cycle_hz,
        known,
        flow_slices.attach(recording.declaration, records, arrows, threads_recorded),
        recording.benches.rows,
        threads_recorded,
    )
    writers: list[CoreWriter] = []
    for core in cores:
        sequence = Sequence(builder, CORE_SEQUENCE + core, perfetto_tracks.core_track(core))
        writer = CoreWriter(boot, core, sequence, tracks)
        writer.write(records.get(core, []), progress)
        writers.append(writer)
    if known:
        schedule.write_tree(machine, known.values(), tracks.threads)
    _machine_events(recording, boot, machine, writers, mode, alignment)
    _statistics(machine, writers)
    return alignment.problems


def _machine_events(
    recording: Recording,
    boot: Boot,
    machine: Sequence,
    writers: list[CoreWriter],
    mode: str,
    alignment: clocks.Alignment,
) -> None:
    """Scheduling of all cores and the clock readings, in order of time."""
    first = min((writer.first for writer in writers if writer.first is not None), default=0)
    last = max((writer.last for writer in writers), default=0)
    about = Annotations().add("mode", mode)
    for key, value in recording.hello.items():
        about.add(key, value)
    if mode == "icount":
        about.add("time", "one nanosecond is one instruction")
    for core in alignment.clocks:
        about.add(f"clock of core {core} (cycles behind the first)", alignment.offset(core))
    changes = heapq.merge(
        *(writer.schedule.changes for writer in writers), key=lambda c: (c.time, c.core, c.order)
    )
    readings = sorted(
        ((boot.nanoseconds(c.cycles + alignment.offset(c.core)), c) for c in recording.clocks),
        key=lambda pair: pair[0],
    )
    first = min([first, *(time for time, _ in readings[:1])])
    machine.event(first, INSTANT, MACHINE, "boot", "machine", about)
    for problem in alignment.problems:
        machine.event(first, INSTANT, MACHINE, problem, "loss")
    waiting = list(reversed(readings))
    for change in changes:
        while waiting and waiting[-1][0] <= change.time:
            _clock(machine, *waiting.pop())
        schedule.write_change(machine, change)
    while waiting:
        _clock(machine, *waiting.pop())
    report = recording.report
    if report.frames_lost:
        name = f"lost {report.frames_lost} frames"
        arguments = Annotations().add("frames", report.frames_lost).add("reason", "lost on the wire")
        machine.event(last, INSTANT, MACHINE, name, "loss", arguments)
    if report.cut_short:
        machine.event(last, INSTANT, MACHINE, "the stream was cut short here", "loss")


def _clock(machine: Sequence, time: int, clock: object) -> None:
    arguments = Annotations()
    for key in ("core", "cycles", "counter"):
        arguments.add(key, getattr(clock, key))
    machine.event(time, INSTANT, MACHINE, "clock", "machine", arguments)


def _statistics(machine: Sequence, writers: list[CoreWriter]) -> None:
    """A buffer a core with its losses: this is where the viewer looks to call a trace lossy."""
    packet = machine.packet(machine.time)
    for buffer, writer in enumerate(writers):
        stats = packet.trace_stats.buffer_stats.add()
        stats.trace_writer_packet_loss = writer.lost
        entry = packet.trace_stats.writer_stats.add()
        entry.sequence_id, entry.buffer = CORE_SEQUENCE + writer.schedule.core, buffer
    packet.trace_stats.total_buffers = len(writers)
    machine.write(packet)
