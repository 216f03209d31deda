"""Makes a report's content out of folders."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import compare_plots, doubts, plots, timeline_plots
from analysis.load import bench_label, display_unit, suite_of
from analysis.report import context, seeds, verdicts, warnings
from analysis.report.content import MEANING, Cell, Figure, Files, Progress, Report, Section, Table
from analysis.report.numbers import number
from analysis.report.sources import Results, Source
from trace import reading as trace_reading

from PIL import Image  # isort: skip

DOUBTS_SHOWN = 20
TRACES = "Where a trace was not kept beside the report, the calls at the end make it again."
TITLE = "Lanternfish: what was measured"


@dataclass
class Built:
    """A report, and the plots that belong beside it, by their paths from it."""

    report: Report
    plots: Files


def build(
    sources: Sequence[Source],
    out: Path,
    command: str,
    progress: Progress = lambda text: None,
    links: bool = True,
) -> Built:
    """The whole report; `out` is the page's path, from which `links` lead on, `command` what makes it."""
    files: Files = []
    summaries, wholes = [], []
    for at, source in enumerate(sources):
        anchor = f"run-{at + 1}"
        plot_folder = Path("plots") if len(sources) == 1 else Path("plots") / f"{at + 1}-{source.folder.name}"
        whole = Section(anchor, source.title)
        summary = Section(f"{anchor}-summary", source.title)
        if source.plan is not None and source.with_results:
            verdicts.add_summary(summary, source.variants, source.judged)
            for view in source.views:
                whole.tables.append(verdicts.full_table(view))
                whole.items += view.crossings(source.cycle_is)
        else:
            _bench_tables(summary, whole, source)
        whole.parts += _plots(source, anchor, plot_folder, files, progress)
        whole.parts.append(Section(f"{anchor}-context", "Context", tables=context.tables(source)))
        traces = context.trace_links(source, out) if links else []
        if traces:
            whole.parts.append(Section(f"{anchor}-traces", "Traces", [TRACES], links=traces))
        summaries.append(summary)
        wholes.append(whole)
    modes = dict.fromkeys(results["mode"] for source in sources for _, results in source.runs)
    sections = [
        Section("summary", "Summary", parts=summaries),
        _warnings(sources),
        seeds.section(sources),
        *wholes,
        _again(sources, command),
    ]
    return Built(Report(TITLE, [MEANING[mode] for mode in modes], sections), files)


def _warnings(sources: Sequence[Source]) -> Section:
    """Of files and rows, then what the statistics object to; long lists of the latter end with a number."""
    section = Section("warnings", "Warnings")
    items: list[str] = []
    for source in sources:
        items += warnings.found(source)
        if rows := source.judged:
            said = verdicts.doubts_text(rows, doubts.of_variants(source.variants, rows[0].baseline))
            items += said[:DOUBTS_SHOWN]
            if len(said) > DOUBTS_SHOWN:
                items.append(f"{len(said) - DOUBTS_SHOWN} more such doubts about {source.title}.")
    section.items += dict.fromkeys(items)
    section.is_warning = bool(section.items)
    if not section.items:
        section.sentences.append(
            "None: every file was read, every row ran to its end, no trace event was dropped, and what is "
            "compared comes from the same commit, machine and tools."
        )
    return section


def _again(sources: Sequence[Source], command: str) -> Section:
    lines = [line for source in sources for line in context.commands(source)]
    if len(sources) > 1 or sources[0].plan is None:  # ./lantern compare makes its report itself
        lines.append(command)
    return Section(
        "again",
        "Make it again",
        ["In a clone of the project. --out DIR chooses the folder; in the mode icount every sample repeats."],
        commands=list(dict.fromkeys(lines)),
    )


def _bench_tables(summary: Section, whole: Section, source: Source) -> None:
    """A bench run has no winners: how much ran, and every row."""
    for _, results in source.runs:
        rows = [bench for bench in results["benches"] if bench["name"] != plots.OVERHEAD]
        overheads = [bench for bench in results["benches"] if bench["name"] == plots.OVERHEAD]
        failed = sum(1 for bench in results["benches"] if bench["status"] != "ok")
        suites = list(dict.fromkeys(suite_of(bench) for bench in rows))
        summary.sentences.append(
            f"{len(rows):,} rows of {len(suites)} suites ({', '.join(suites)}), "
            f"{failed or 'none'} of them failed. Nothing is compared here; ./lantern compare does that."
        )
        whole.tables.append(_rows_table("Every row", rows, results))
        if overheads:
            whole.tables.append(_rows_table("What tracing costs each bench", overheads, results))


def _rows_table(title: str, benches: Sequence[Mapping[str, Any]], results: Results) -> Table:
    lines: list[list[Cell | str]] = []
    for bench in benches:
        stats, interval = bench["stats"], bench["stats"]["ci95"]
        is_failed = bench["status"] != "ok"
        lines.append(
            [
                bench_label(bench),
                display_unit(bench["unit"], results["clock"]["cycle_is"]) or "-",
                number(stats["n"]),
                number(stats["median"]),
                number(stats["mean"]),
                "-" if interval is None else f"{number(interval[0])} to {number(interval[1])}",
                number(stats["p99"]),
                Cell(bench["status"], "failed" if is_failed else ""),
            ]
        )
    head = ["row", "unit", "n", "median", "mean", "95 % of the mean", "p99", "status"]
    numeric = [False, False, True, True, True, True, True, False]
    return Table(title, head, lines, numeric, is_folded=len(lines) > 30)


def _plots(source: Source, anchor: str, folder: Path, files: Files, progress: Progress) -> Iterator[Section]:
    if not source.with_results:
        return
    if source.plan is not None:
        command, baseline = source.plan.command, source.plan.baseline
        drawn = compare_plots.draw(source.variants, command, progress, baseline, source.judged)
    else:
        results = source.runs[0][1]
        drawn = plots.draw(results, context.bench_command(results), progress)
    suites: dict[str, Section] = {}
    for name, data in itertools.chain(drawn, _timelines(source, progress)):
        files.append((folder / name, data))
        if name.endswith(".png"):
            suite = suite_of({"name": name.removesuffix(".png").partition("-")[0]})
            section = suites.setdefault(suite, Section(f"{anchor}-{suite}", f"Suite {suite}"))
            section.figures.append(_figure((folder / name).as_posix(), data))
    yield from suites.values()


def _timelines(source: Source, progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Out of the trace of a bench run, or of the baseline of a comparison."""
    found = source.trace_of_baseline
    if found is None:
        return
    progress("time lines")
    path, results, command = found
    try:
        reading = trace_reading.read(path)
    except trace_reading.TraceError as error:
        source.damaged.append(str(error))
        return
    yield from timeline_plots.draw(reading, results, command or context.bench_command(results))


def _figure(name: str, png: bytes) -> Figure:
    """A plot says of itself what it shows."""
    with Image.open(io.BytesIO(png)) as image:
        return Figure(name, str(image.info.get("Title", "")), png, *image.size)
