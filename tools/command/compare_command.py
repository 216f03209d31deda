"""./lantern compare: runs a matrix of strategies through the suites, and lays the results over each other."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from analysis import comparison
from analysis.load import mode_sentence
from analysis.report import sources
from tools.command import (
    axes,
    bench_command,
    compare_matrix,
    compare_plan,
    compare_records,
    compare_table,
)
from tools.command.build import Configuration
from tools.command.compare_matrix import Work
from tools.command.compare_plan import Cell
from tools.command.compare_times import GUESSES, Times, duration
from tools.command.options import common_words
from tools.command.output import OutputFolder
from tools.command.say import info, note, shown


def run(options: argparse.Namespace) -> int:
    bench_command.known_suites(options.suites)
    cells, plan = planned(options)
    tree = compare_records.tree_state(options.out.resolve())
    there = compare_records.current(cells, options, tree)
    work = Work([cell for cell, old in zip(cells, there, strict=True) if not old], options, plan, tree)
    for line in plan_lines(cells, there, work):
        info(line)
    if options.dry_run:
        return 0
    OutputFolder(options.out, ())  # one that cannot be written is told before anything runs
    for cell, old in zip(plan.cells, there, strict=True):
        cell.status = comparison.OK if old else comparison.PENDING
    compare_records.write_plan(options.out, plan)
    lost = compare_matrix.run(work) if work.cells else {}
    compare_records.collect(options.out, plan, lost)
    return finish(options)


def planned(options: argparse.Namespace) -> tuple[list[Cell], comparison.Plan]:
    """The cells and the plan that an output folder gets; an unknown axis or value ends it with the menu."""
    configuration = Configuration(options.platform, compare_plan.PLAIN, options.debug, options.variant)
    menu = axes.menu(configuration)
    cells = compare_plan.cells(
        dict(options.axes),
        menu,
        options.variant,
        options.suites,
        bench_command.suite_menu(),
        options.smp,
        options.repeat,
        options.trace,
    )
    reference = compare_plan.baseline(options.baseline, cells, menu)
    return cells, compare_plan.plan(cells, options, reference, command_line(options))


def plan_lines(cells: Sequence[Cell], there: Sequence[bool], work: Work) -> list[str]:
    """The plan for people: every cell, and how long it will take."""
    traced = sum(cell.traced for cell in cells)
    suites = ", ".join(cells[0].suites) or "all"
    width = max(len(cell.label) for cell in cells)
    lines = [f"{len(cells)} cells ({traced} of them with tracing), each through the suites {suites}:"]
    for cell, old in zip(cells, there, strict=True):
        lines.append(f"  {cell.label:{width}}  {'is complete, will not run again' if old else 'will run'}")
    reference = ", ".join(f"{axis}={value}" for axis, value in work.plan.baseline.items())
    return [*lines, f"compared with: {reference}", time_line(work)]


def time_line(work: Work) -> str:
    if not work.cells:
        return "Nothing has to run."
    builds = len(work.builds)
    estimate = work.estimate(work.cells, builds)
    source = "by times measured here" if estimate.is_measured else f"by guesses ({GUESSES})"
    where = "on a cluster" if work.options.profile else f"{work.parallel} at a time"
    if work.one_by_one:
        where = "boots one after another"
    return (
        f"{len(work.cells)} cells with {builds} builds to run, {where}: "
        f"about {duration(estimate.seconds)}, {source}."
    )


def finish(options: argparse.Namespace) -> int:
    """Writes the report, prints the table, and judges: 0 only if every cell finished."""
    read = comparison.load_comparison(options.out)
    source = sources.of_comparison(read)
    if source.with_results:
        begun = time.monotonic()
        from tools.command import report_command  # what draws is slow to load

        report_command.write_report_of([source], options.out / report_command.PAGE)
        Times().add("report", time.monotonic() - begun)
        for view in source.views:
            for line in [*compare_table.lines(view, source.cycle_is), *view.crossings(source.cycle_is)]:
                info(line)
        info(mode_sentence(source.runs[0][1]))
    for sentence in read.damaged:
        note(sentence)
    info(f"written: {shown(options.out)} (report.html, report.md, plots, and the cells)")
    failed = [cell for cell in read.plan.cells if cell.status != comparison.OK]
    if failed:
        names = "; ".join(f"{cell.folder} ({cell.status.removeprefix('failed: ')})" for cell in failed[:3])
        more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
        note(f"{len(failed)} of {len(read.plan.cells)} cells failed: {names}{more}")
    return 1 if failed or read.damaged else 0


def command_line(options: argparse.Namespace) -> str:
    """The call that makes the comparison again."""
    named = [f"{axis}={','.join(values)}" if values else axis for axis, values in options.axes]
    words = ["./lantern compare", *named]
    if options.suites:
        words.append(f"--suite {','.join(options.suites)}")
    if options.baseline:
        words.append("--baseline " + ",".join(f"{axis}={value}" for axis, value in options.baseline.items()))
    if not options.trace:
        words.append("--no-trace")
    return " ".join([*words, *common_words(options)])
