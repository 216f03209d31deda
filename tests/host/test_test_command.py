"""How ./lantern test counts, and what its last line is."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tools.command import test_command
from tools.command.shell import Outcome
from tools.command.test_command import Tally, counted

REPORT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure>no</failure></testcase>
<testcase name="c"><skipped/></testcase>
<testcase name="d" status="fail"/><testcase name="e" status="run"/><testcase name="f" status="notrun"/>
</testsuite></testsuites>"""


def test_reports_of_pytest_and_ctest_are_counted(tmp_path: Path) -> None:
    report = tmp_path / "r.xml"
    report.write_text(REPORT)
    assert counted(report, Outcome(1, ""), "x") == Tally(2, 2, 2)


def test_a_run_without_a_report_or_with_a_bad_end_is_a_failure(tmp_path: Path) -> None:
    report = tmp_path / "r.xml"
    assert counted(report, Outcome(-9, "killed"), "x") == Tally(0, 1, 0)
    report.write_text("<testsuites><testcase name='a'/>")
    assert counted(report, Outcome(0, ""), "x") == Tally(0, 1, 0)
    report.write_text("<testsuites><testcase name='a'/></testsuites>")
    assert counted(report, Outcome(3, ""), "x") == Tally(1, 1, 0)


@pytest.mark.parametrize(
    ("tally", "line", "status"),
    [
        (Tally(3, 0, 0), "3 passed, 0 failed", 0),
        (Tally(3, 1, 0), "3 passed, 1 failed", 1),
        (Tally(3, 0, 2), "3 passed, 0 failed, 2 skipped", 0),
        (Tally(0, 0, 2), "0 passed, 0 failed, 2 skipped", 1),
        (Tally(0, 0, 0), "0 passed, 0 failed", 1),
    ],
)
def test_the_closing_line(
    tally: Tally,
    line: str,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(test_command, "REPORTS", tmp_path)
    monkeypatch.setitem(test_command.STEPS, "model", (lambda: tally,))
    assert test_command.run(argparse.Namespace(kinds=["model"])) == status
    assert capsys.readouterr().out.splitlines()[-1] == line
