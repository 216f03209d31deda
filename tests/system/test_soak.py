"""Eight threads use everything at random, with each value of every axis that they feel."""

from __future__ import annotations

import io
import re

import pytest
from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent

from tools.command import axes
from tools.command.build import Configuration
from tools.command.machine import Run, boot
from tools.command.say import ROOT
from tools.command.soak_command import TRACED
from trace import perfetto_writer
from trace.checker import check

LOCK = "lib/section/scheme"
AXES = {
    "alloc": "lib/mm/strategy",
    "heap": "lib/heap/strategy",
    "shadow": "lib/paging/shadow",
    "spin": "lib/sync/spin",
}
WORKERS = 8
COUNTER = "mm.free_memory"
SPARE_BYTES = 64 << 10
"""So little a domain has left in a famine."""


def values(folder: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / folder).glob("*.c"))


@pytest.fixture(scope="module")
def menu() -> axes.Menu:
    return axes.menu(Configuration())


def chosen(menu: axes.Menu, axis: str, value: str) -> dict[str, str]:
    """What to build: as other tests do, so that images are shared; those of `alloc` name their value."""
    return {} if axis != "alloc" and menu[axis].default == value else {axis: value}


def soak(
    millions: int, how: str, seed: int, variant: dict[str, str], debug: bool, trace: str = "none"
) -> Run:
    words = f"mode=test test=soak seed={seed} calls={millions} how={how} slice_us=47 check=1"
    return boot("imx8mp", words, smp=1, trace=trace, variant=variant, debug=debug)


def assert_soaked(run: Run, famines: int) -> None:
    assert run.ok, run.annotated_console
    found = re.search(r"soak: (\d+) actions, (\d+) refused, (\d+) famines", run.console)
    assert found
    assert int(found[1]) > 300 and (int(found[2]) > 0) == (famines > 0)
    assert int(found[3]) >= famines


@pytest.mark.parametrize("how", ["plenty", "famine"])
@pytest.mark.parametrize("scheme", values(LOCK))
def test_every_scheme_of_locks(menu: axes.Menu, scheme: str, how: str) -> None:
    """In a debug build, in which each section checks what its threads may hold."""
    run = soak(150, how, seed=3, variant=chosen(menu, "lock", scheme), debug=True)
    assert_soaked(run, 4 if how == "famine" else 0)
    assert f"lock={scheme}" in run.recording.hello["variant"]


CHOICES = [(axis, value) for axis, folder in AXES.items() for value in values(folder)]


@pytest.mark.parametrize(("axis", "value"), CHOICES)
def test_every_other_choice(menu: axes.Menu, axis: str, value: str) -> None:
    run = soak(60, "famine", seed=5, variant=chosen(menu, axis, value), debug=False)
    assert_soaked(run, 2)
    assert f"{axis}={value}" in run.recording.hello["variant"]


def domains(axis: str) -> tuple[str, ...]:
    """`memory` with each value of `alloc` is in test_memory.py."""
    return ("threads",) if axis == "alloc" else ("memory", "threads")


@pytest.mark.parametrize(
    ("axis", "value", "test"),
    [
        (axis, value, test)
        for axis, value in [*CHOICES, *(("lock", scheme) for scheme in values(LOCK))]
        for test in domains(axis)
    ],
)
def test_domains(menu: axes.Menu, axis: str, value: str, test: str) -> None:
    words = f"mode=test test={test} slice_us=70 calls=20"
    run = boot("imx8mp", words, smp=1, variant=chosen(menu, axis, value), debug=axis == "lock")
    assert run.ok, run.annotated_console


@pytest.mark.parametrize(("axis", "value"), CHOICES)
def test_suites(menu: axes.Menu, axis: str, value: str, request: pytest.FixtureRequest) -> None:
    """Of the default, `plain_run` has the rows; of `alloc`, test_memory.py runs the suite mm."""
    suites = ["paging", "locks", "heap"] + ["mm"] * (axis != "alloc")
    variant = chosen(menu, axis, value)
    if variant:
        run = boot("imx8mp", f"mode=bench suites={','.join(suites)}", smp=1, variant=variant)
    else:
        run = request.getfixturevalue("plain_run")
    assert run.ok, run.why
    assert {row.suite for row in run.benches} >= set(suites)
    assert [row.label for row in run.benches if row.status != "ok"] == []
    assert f"{axis}={value}" in run.recording.hello["variant"]


@pytest.fixture(scope="module")
def traced() -> Run:
    run = soak(30, "famine", seed=4, variant={}, debug=True, trace=TRACED)
    assert_soaked(run, 1)
    return run


@pytest.fixture(scope="module")
def perfetto(traced: Run) -> bytes:
    file = io.BytesIO()
    perfetto_writer.write(traced.recording, file, "icount")
    return file.getvalue()


def test_trace_is_whole_and_sound(traced: Run, perfetto: bytes) -> None:
    assert traced.recording.report.complete, traced.recording.report.sentences()
    found = check(perfetto)
    assert found.problems == []
    assert found.summary.lost == 0


def test_every_worker_has_a_track_with_its_faults_and_waits(perfetto: bytes) -> None:
    names: dict[int, dict[int, str]] = {}
    threads: dict[int, int] = {}
    seen: dict[str, set[int]] = {"paging.fault": set(), "sync.wait": set()}
    (pid,) = processes(perfetto, "soak")
    for packet in Trace.FromString(perfetto).packet:
        known = names.setdefault(packet.trusted_packet_sequence_id, {})
        known.update({entry.iid: entry.name for entry in packet.interned_data.event_names})
        thread = packet.track_descriptor.thread
        if thread.pid == pid and re.fullmatch(r"soak thread \d+", thread.thread_name):
            threads[packet.track_descriptor.uuid] = thread.tid
        event = packet.track_event
        if packet.HasField("track_event") and event.type == TrackEvent.TYPE_SLICE_BEGIN:
            seen.get(known[event.name_iid], set()).add(event.track_uuid)
    for name, tracks in seen.items():
        assert len(tracks & threads.keys()) >= WORKERS, name


def test_free_memory_of_the_domain_falls_to_nothing_in_a_famine(perfetto: bytes) -> None:
    (pid,) = processes(perfetto, "soak")
    packets = Trace.FromString(perfetto).packet
    described = [packet.track_descriptor for packet in packets if packet.HasField("track_descriptor")]
    (process,) = (track.uuid for track in described if track.process.pid == pid)
    (counter,) = (track.uuid for track in described if track.parent_uuid == process and track.name == COUNTER)
    free = [
        packet.track_event.counter_value for packet in packets if packet.track_event.track_uuid == counter
    ]
    assert min(free) <= SPARE_BYTES < 1 << 20 < max(free)


def processes(perfetto: bytes, name: str) -> list[int]:
    tracks = (packet.track_descriptor for packet in Trace.FromString(perfetto).packet)
    return [track.process.pid for track in tracks if track.process.process_name == name]
