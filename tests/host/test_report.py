"""The report of made-up results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from synthetic_results import frame, rpc_rows

from tools.command.report_command import write_report
from tools.command.say import UserError


def bench_folder(path: Path) -> Path:
    path.mkdir()
    (path / "results.json").write_text(json.dumps(frame(rpc_rows("chunked", (1, 64, 4096)))))
    return path


def test_a_report_needs_nothing_beside_it(tmp_path):
    folder = bench_folder(tmp_path / "run")
    paths = write_report([folder], folder / "report.html")
    assert paths[:2] == [folder / "report.html", folder / "report.md"]
    assert all(path.is_file() for path in paths)
    page = paths[0].read_text()
    assert "rpc.string" in page and "data:image/png;base64," in page
    assert 'src="http' not in page and 'href="http' not in page


def test_without_any_results_there_is_no_report(tmp_path):
    with pytest.raises(UserError, match="no results"):
        write_report([tmp_path], tmp_path / "report.html")
