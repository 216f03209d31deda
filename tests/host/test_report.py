"""The report of made-up results: what it says, of what it warns, and that it repeats."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from synthetic_comparison import bench_folder, comparison_folder, write_plan
from synthetic_results import rpc_rows

from analysis import load
from analysis.comparison import PlannedCell, read_plan
from analysis.report import seeds, sources
from analysis.report.context import DATE_BEGIN, DATE_END
from tools.command import options, report_command, results
from tools.command.report_command import write_report
from tools.command.say import UserError

SMALL = rpc_rows("chunked", (8,))


def texts(folder: Path, *more: Path) -> tuple[str, str]:
    """The page without its pictures, and the Markdown."""
    page, other = write_report([folder, *more], folder / "report.html")[:2]
    return re.sub(r'src="data:[^"]*"', 'src="picture"', page.read_text()), other.read_text()


def change(folder: Path, **changed: Any) -> Path:
    """Gives the results of a folder other fields."""
    path = folder / "results.json"
    path.write_bytes(results.to_json({**json.loads(path.read_text()), **changed}))
    return folder


def test_without_any_results_there_is_no_report(tmp_path):
    with pytest.raises(UserError, match="no results"):
        write_report([tmp_path], tmp_path / "report.html")


def test_the_command_says_what_it_wrote_and_what_is_wrong(tmp_path, capsys):
    def call(*words: str) -> int:
        return report_command.run(options.parse(["report", *words]))

    folder = bench_folder(tmp_path / "run", SMALL)
    assert call(str(folder), "--markdown", "--pack") == 0
    said = capsys.readouterr().out
    assert "report.html (0." in said and "report.md" in said and "packed: 1 files" in said
    with pytest.raises(UserError, match="does not end in .html"):
        call(str(folder), "--out", str(tmp_path / "page.md"))
    assert call(str(folder), str(tmp_path / "absent"), "--out", str(tmp_path / "both.html")) == 0
    assert "absent cannot be read" in capsys.readouterr().err
    assert (tmp_path / "both.html").is_file() and (tmp_path / "plots" / "1-run").is_dir()


def test_its_first_lines_say_what_an_instruction_count_means(tmp_path):
    page, markdown = texts(bench_folder(tmp_path / "run", SMALL))
    for text in (re.sub(r"<[^>]*>", " ", page.partition("<body>")[2]), markdown):
        beginning = " ".join(text.split())[:600]
        assert "not time and not cycles" in beginning and "models no caches" in beginning


def test_a_page_needs_nothing_beside_it(tmp_path):
    page, markdown = texts(bench_folder(tmp_path / "run", SMALL, trace=b"no trace"))
    assert not re.findall(r'(?:src|href)="(?!picture|#|data:|trace\.pftrace")', page)
    assert "<script" not in page and "@import" not in page and "url(" not in page
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", markdown)
    assert pictures and all((tmp_path / "run" / name).is_file() for name in pictures)
    assert (tmp_path / "run" / pictures[0]).with_suffix(".svg").is_file()


def test_a_comparison_names_every_value_and_its_winners(tmp_path):
    page, markdown = texts(comparison_folder(tmp_path / "rpc"))
    for value in ("chunked", "shared_frame", "kernel_copy"):
        assert value in page and value in markdown.replace("\\", "")
    assert "the baseline is chunked" in page and "./lantern compare rpc --smp 1" in page
    row = next(
        line for line in markdown.splitlines() if line.startswith("| rpc.bytes \\[bytes=4096\\] | instr")
    )
    assert "**" in row and row.count(" | ") == 6
    assert "from about" in page  # the sizes at which one becomes cheaper than another


def test_tables_of_the_markdown_have_as_many_cells_as_columns(tmp_path):
    _, markdown = texts(comparison_folder(tmp_path / "rpc"), bench_folder(tmp_path / "run", SMALL))
    columns = 0
    for line in markdown.splitlines():
        bars = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not columns or not bars or bars == columns, line
        columns = bars


def test_what_is_damaged_or_failed_is_named_and_the_rest_is_there(tmp_path):
    folder = comparison_folder(tmp_path / "rpc")
    damaged = folder / "cells" / "rpc_shared_frame-run_1" / "results.json"
    damaged.write_text(damaged.read_text()[:3000])
    plan = read_plan(folder)
    plan.cells[2].status = "failed: it did not build."
    write_plan(folder, plan.cells, plan.axes)
    (folder / "cells" / plan.cells[2].folder / "results.json").unlink()
    other = tmp_path / "other"
    other.mkdir()
    (other / "results.json").write_text('{"schema": 7}')
    page, markdown = texts(folder, other)
    warned = page.partition('id="warnings"')[2].partition("</section>")[0]
    assert str(damaged) in warned and "kernel_copy" in warned and "it did not build." in warned
    assert str(other / "results.json") in warned
    assert "rpc.string" in page and "failed" in markdown


def test_nothing_that_speaks_against_figures_is_left_out(tmp_path):
    rows = [*SMALL, results.row("mm.alloc", {}, "cycles", [], status="failed: <b>out|of memory</b>")]
    folder = change(
        bench_folder(tmp_path / "run", rows),
        git={"rev": "0123456789ab", "dirty": True},
        trace={"events": 100, "dropped": 7, "bytes": 800},
    )
    page, markdown = texts(folder)
    warned = page.partition('id="warnings"')[2].partition("</section>")[0]
    assert "mm.alloc failed: &lt;b&gt;out|of memory&lt;/b&gt;." in warned
    assert "7 of 100" in warned and "changes that are in no commit" in warned
    assert "out\\|of memory" in markdown


def test_traces_of_a_comparison_that_have_holes_are_told(tmp_path):
    folder = comparison_folder(tmp_path / "rpc", ("chunked", "kernel_copy"))
    plan = read_plan(folder)
    traced = [PlannedCell(f"rpc_{value}-trace", {"rpc": value}, 0, True, "ok") for value in plan.axes["rpc"]]
    write_plan(folder, [*plan.cells, *traced], plan.axes)
    change(
        bench_folder(folder / "cells" / "rpc_kernel_copy-trace", SMALL, trace=b"none"),
        trace={"events": 100, "dropped": 3, "bytes": 800},
    )
    page, _ = texts(folder)
    warned = page.partition('id="warnings"')[2].partition("</section>")[0]
    assert "trace events were dropped, 3 of 100 (rpc_kernel_copy-trace)." in warned
    assert str(folder / "cells" / "rpc_chunked-trace") in warned
    assert 'href="cells/rpc_kernel_copy-trace/trace.pftrace"' in page


def test_different_commits_are_told_once(tmp_path):
    folder = comparison_folder(tmp_path / "rpc", ("chunked", "kernel_copy"))
    change(folder / "cells" / "rpc_kernel_copy-run_1", git={"rev": "fedcba987654", "dirty": False})
    page, _ = texts(folder)
    warned = page.partition('id="warnings"')[2].partition("</section>")[0]
    assert warned.count("fedcba987654") == 1
    assert "git checkout" not in page


def test_reports_of_equal_results_differ_in_dates_only(tmp_path):
    folders = [comparison_folder(tmp_path / name / "rpc") for name in ("one", "other")]
    for at, cell in enumerate(sorted((folders[1] / "cells").iterdir())):
        change(cell, created=f"2025-06-0{at + 1}T01:02:03+00:00")
    one, other = ([path.read_bytes() for path in write_report([f], f / "report.html")] for f in folders)
    assert one[0] != other[0] and one[2:] == other[2:]
    dates = re.compile(f"{DATE_BEGIN}.*?{DATE_END}".encode())
    assert [dates.sub(b"", data) for data in one[:2]] == [dates.sub(b"", data) for data in other[:2]]


def test_plots_of_an_earlier_report_go(tmp_path):
    folder = bench_folder(tmp_path / "run", SMALL)
    (folder / "plots").mkdir()
    (folder / "plots" / "old.png").touch()
    written = write_report([folder], folder / "report.html", markdown=False)
    assert not (folder / "plots" / "old.png").exists() and not (folder / "report.md").exists()
    assert {path.name for path in written} == {"report.html"} | {p.name for p in (folder / "plots").iterdir()}


def test_a_packed_folder_says_the_same(tmp_path):
    folder = comparison_folder(tmp_path / "rpc")
    before = texts(folder)
    packed = load.pack(folder)
    assert len(packed) == 3 and not list(folder.rglob("results.json"))
    assert texts(folder) == before
    packed[0].write_bytes(packed[0].read_bytes()[:100])
    assert f"{packed[0]} cannot be unpacked: it is damaged." in texts(folder)[0]
    packed[1].write_bytes(b"not packed at all")
    assert f"{packed[1]} cannot be unpacked: it is damaged." in texts(folder)[0]


def test_a_page_that_is_kept_packed_has_no_links_to_traces(tmp_path):
    folder = bench_folder(tmp_path / "run", SMALL, trace=b"any")
    for links in (True, False):
        page = write_report([folder], folder / "report.html", links=links)[0].read_text()
        assert ('href="trace.pftrace"' in page) is links


def test_only_good_results_are_packed(tmp_path):
    folder = bench_folder(tmp_path / "run", SMALL)
    (folder / "results.json").write_text("{}")
    with pytest.raises(load.ResultsError):
        load.pack(folder)
    assert (folder / "results.json").is_file()


# The figures of the first systems.


def ours(tmp_path: Path, *rows: dict[str, Any]) -> dict[str, str]:
    source = sources.read(bench_folder(tmp_path / "run", list(rows)))
    (table,) = seeds.section([source]).tables
    return {row[0].text: row[3].text for row in table.cells}


def test_our_figures_stand_beside_theirs_as_rows_appear(tmp_path):
    row = results.row
    shown = ours(
        tmp_path,
        row("rpc.number", {"strategy": "chunked"}, "cycles", [306]),
        row("rpc.number", {"strategy": "chunked", "cores": 2}, "cycles", [1900, 2100]),
        row("spawn.total", {"source": "module"}, "cycles", [1000]),
        row("spawn.elf", {"source": "module"}, "cycles", [250]),
        row("spawn.exit", {"source": "module", "core": 1}, "cycles", [3000]),
        row("spawn.exit", {"source": "module"}, "cycles", [100, 101, 102]),
        row("names.lookup", {}, "cycles", [], status="failed: no"),
        row("ump.round_trip", {"notify": "polled", "cores": "0-1"}, "cycles", [700]),
        row("ump.round_trip", {"notify": "polled", "cores": "0-3"}, "cycles", [800]),
    )
    assert shown["send a number, one core (LMP)"] == "306 instructions (strategy=chunked)"
    assert shown["send a number, two cores (direct UMP)"] == "2,000 instructions (strategy=chunked)"
    assert shown["message and reply between two cores (UMP)"] == "700 instructions (notify=polled)"
    assert shown["spawn, core 0"] == "1,000 instructions (source=module)"
    assert shown["spawn, core 1"] == "3,000 instructions (source=module)"
    assert shown["spawn: share of reading the ELF file"] == "25.0 % (source=module)"
    assert shown["spawn, growth from the first to the last of many"] == "+2.00 % after 3 (source=module)"
    assert shown["look-up of a name"] == "not in these results"
    assert shown["UDP throughput"] == "does not exist yet"


def test_every_line_of_the_menu_of_figures_can_be_read(tmp_path):
    shown = ours(tmp_path, *SMALL)
    assert len(shown) > 15 and all(shown.values())
