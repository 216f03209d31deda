"""The console as a service: lines of many domains."""

from __future__ import annotations

import re

import pytest

from tools.command.machine import Run, boot

TALKERS = 10
LINES = 40


def lines_of(run: Run) -> dict[int, list[int]]:
    """The numbers of each talker's lines, as they came; every line is whole and alone."""
    found: dict[int, list[int]] = {talker: [] for talker in range(TALKERS)}
    for line in run.console.splitlines():
        line = line.rstrip("\r")
        match = re.fullmatch(r"lines (\d+): (\d+) (\d+) (([a-z])\5*)? end", line)
        if match:
            talker = int(match[1])
            assert match[4] is None or match[4] == chr(ord("a") + talker) * int(match[3])
            found[talker].append(int(match[2]))
        else:
            assert not re.search(r" end$|lines \d", line), f"not whole: {line!r}"
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_lines_of_ten_domains_stay_whole(seed: int) -> None:
    run = boot("imx8mp", f"mode=test test=lines services=1 seed={seed} calls={LINES}", smp=1, timeout=120)
    assert run.ok, run.why
    assert lines_of(run) == {talker: list(range(LINES)) for talker in range(TALKERS)}
    assert "\nlines: broken off\n" in run.console.replace("\r", "")


def test_lines_go_on_when_the_service_is_started_again() -> None:
    run = boot("imx8mp", "mode=test test=lines services=1 how=restart calls=400", smp=1, timeout=120)
    assert run.ok, run.why
    assert run.console.count("service serial ended") >= 3
    for numbers in lines_of(run).values():
        # The answer of a line that is out may be lost: then it comes again.
        assert sorted(set(numbers)) == list(range(400))


def test_every_call_of_aos_rpc() -> None:
    run = boot("imx8mp", "mode=test test=aos_rpc services=1", smp=1, timeout=60)
    assert run.ok, run.why
    assert "aos_rpc: every call does what it says" in run.console
    # What a process that proc started says of its end comes by the service, too.
    assert "fault: domain=aos_rpc thread=1 kind=write address=0x8 " in run.console


@pytest.mark.parametrize("rpc", ["chunked", "shared_frame"])
def test_other_ways_for_bytes(rpc: str) -> None:
    for command in ("test=aos_rpc", f"test=lines calls={LINES}"):
        run = boot("imx8mp", f"mode=test services=1 {command}", smp=1, timeout=120, variant={"rpc": rpc})
        assert run.ok, run.why


def test_reports_of_faults_come_by_the_service() -> None:
    run = boot("imx8mp", "mode=test test=crash services=1", smp=1, timeout=60)
    assert run.ok, run.why
    for kind in ("read", "write", "execute", "trap"):
        assert f" kind={kind} " in run.console
    assert "the thread's stack is full" in run.console
    assert "crash.c" in run.annotated_console
