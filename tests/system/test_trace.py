"""The trace of a whole boot."""

from __future__ import annotations

import io

import pytest

from tools.command.machine import Run
from trace import perfetto_writer
from trace.checker import Checker, check
from trace.declaration import load


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
    assert checker.summary.flows == sum(name == "lmp.send" for _, name, _ in records)


def test_every_subsystem_speaks(records: list[tuple[int, str, dict[str, int]]]) -> None:
    subsystems = {name.partition(".")[0] for _, name, _ in records}
    assert subsystems >= set(load().subsystems)
