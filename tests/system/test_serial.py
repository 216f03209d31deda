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
        match = re.fullmatch(r"lines (\d+): (\d+) (\d+) (([a-z])\5*)? end", line.rstrip("\r"))
        if match:
            talker = int(match[1])
            assert match[4] is None or match[4] == chr(ord("a") + talker) * int(match[3])
            found[talker].append(int(match[2]))
        else:
            assert " end" not in line and not line.startswith("lines 1: "), f"not whole: {line!r}"
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_lines_of_ten_domains_stay_whole(seed: int) -> None:
    run = boot("imx8mp", f"mode=test test=lines services=1 seed={seed} calls={LINES}", smp=1, timeout=120)
    assert run.ok, run.why
    assert lines_of(run) == {talker: list(range(LINES)) for talker in range(TALKERS)}
    assert "\nlines: broken off\n" in run.console.replace("\r", "")
