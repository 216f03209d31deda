"""The trace of a whole boot."""

from __future__ import annotations

import io

import pytest

from tools.command.machine import Run
from trace import perfetto_writer
from trace.checker import Checker, check
from trace.declaration import load
from trace.interfaces import messages


@pytest.fixture(scope="session")
def records(traced_run: Run) -> list[tuple[int, str, dict[str, int]]]:
    """Every event of core 0: time in cycles, name, arguments."""
    points = {point.number: point for point in load().points}
    result = []
    for entry in traced_run.recording.cores[0]:
        for time, number, word in entry.records:
            point = points[number]
            values = {
                argument.name: word >> argument.shift & ((1 << argument.bits) - 1)
                for argument in point.arguments
            }
            result.append((time, point.name, values))
    return result


@pytest.fixture(scope="session")
def checker(traced_run: Run) -> Checker:
    file = io.BytesIO()
    perfetto_writer.write(traced_run.recording, file, "icount")
    return check(file.getvalue())


def test_nothing_is_lost(traced_run: Run) -> None:
    assert traced_run.ok, traced_run.why
    assert traced_run.recording.report.complete, traced_run.recording.report.sentences()


def test_time_never_runs_backwards(records: list[tuple[int, str, dict[str, int]]]) -> None:
    times = [time for time, _, _ in records]
    assert times == sorted(times)


def test_every_message_that_is_sent_arrives(records: list[tuple[int, str, dict[str, int]]]) -> None:
    sent = [values["flow"] for _, name, values in records if name == "lmp.send"]
    received = [values["flow"] for _, name, values in records if name == "lmp.receive"]
    assert len(sent) > 1000
    assert len(set(sent)) == len(sent)
    assert sorted(sent) == sorted(received)


def test_trace_spans_the_whole_run(traced_run: Run, records: list[tuple[int, str, dict[str, int]]]) -> None:
    """From the first kernel instruction to the end, within a percent."""
    end = traced_run.recording.clocks[-1].cycles
    span = records[-1][0] - records[0][0]
    assert records[0][1] == "boot.entry"
    assert records[-1][1] == "boot.power_off"
    assert abs(span - end) <= end / 100


def test_perfetto_file_passes_the_strict_checker(checker: Checker) -> None:
    assert checker.problems == []


def test_perfetto_file_has_an_arrow_for_every_message(
    checker: Checker, records: list[tuple[int, str, dict[str, int]]]
) -> None:
    assert checker.summary.flows == sum(name in ("lmp.send", "ump.send") for _, name, _ in records)


def test_every_subsystem_speaks(records: list[tuple[int, str, dict[str, int]]]) -> None:
    subsystems = {name.partition(".")[0] for _, name, _ in records}
    assert subsystems >= set(load().subsystems)


@pytest.mark.parametrize(
    "message", ["bench.begin", "echo.number", "echo.string", "echo.pass_four", "mem.get_ram", "monitor.bind"]
)
def test_a_call_is_a_slice_in_the_caller_and_one_in_the_service(checker: Checker, message: str) -> None:
    """By the names of the interface file."""
    assert checker.summary.calls[message].count > 0
    assert checker.summary.served[message].count == checker.summary.calls[message].count


def test_a_call_has_an_arrow_each_way(records: list[tuple[int, str, dict[str, int]]]) -> None:
    """From the caller's slice to the service's, and back."""
    (number,) = (at for at, name in messages().items() if name == "echo.number")
    steps = ("rpc.call_begin", "lmp.send", "lmp.receive", "rpc.serve_begin", "rpc.serve_end")
    whole = [*steps, "lmp.send", "lmp.receive", "rpc.call_end"]
    kept = [(name, values) for _, name, values in records if name in whole]
    found = 0
    for at, (name, values) in enumerate(kept):
        if name == "rpc.call_begin" and values["message"] == number:
            call = kept[at : at + len(whole)]
            if [step for step, _ in call] != whole:
                continue  # of one of several threads
            assert len({values["call"] for step, values in call if step.startswith("rpc.")}) == 1
            assert call[1][1]["flow"] == call[2][1]["flow"] != call[5][1]["flow"] == call[6][1]["flow"]
            found += 1
    assert found > 1000
