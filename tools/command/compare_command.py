"""./lantern compare: runs every value of an axis through the suites, and lays the results over each other."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from analysis import compare, compare_plots, crossover
from analysis.compare import Variant
from analysis.load import mode_sentence
from tools.command import axes, bench_command, compare_plan, compare_run, compare_table, results
from tools.command.build import Configuration
from tools.command.compare_plan import Cell
from tools.command.options import common_words
from tools.command.output import OutputFolder
from tools.command.say import Progress, info, note


def run(options: argparse.Namespace) -> int:
    bench_command.known_suites(options.suites)
    configuration = Configuration(options.platform, bench_command.PLAIN, options.debug, options.variant)
    cells = compare_plan.cells(
        dict(options.axes),
        axes.menu(configuration),
        options.variant,
        options.suites,
        bench_command.suite_menu(),
    )
    found = already_there(cells, options)
    if options.dry_run:
        states = ["is complete, will not run again" if old else "will run" for old in found]
        for line in compare_plan.plan_lines(cells, states):
            info(line)
        return 0
    OutputFolder(options.out, ())  # one that cannot be written is told before anything runs
    variants = compare_run.run_all(cells, options, found)
    return finish(options, cells, variants)


def already_there(cells: Sequence[Cell], options: argparse.Namespace) -> list[Variant | None]:
    if options.again:
        return [None] * len(cells)
    ledger, git = compare_run.Ledger(options.out), results.git_state()
    return [ledger.found(cell, cell.options(options), git) for cell in cells]


def finish(options: argparse.Namespace, cells: Sequence[Cell], variants: Sequence[Variant]) -> int:
    """Draws, prints the table, and judges: 0 only if every cell finished."""
    with_results = [variant.results for variant in variants if variant.results]
    if with_results:
        output = OutputFolder(options.out, ())
        with Progress("drawing plots") as progress:
            for name, data in compare_plots.draw(variants, command_line(options), progress.update):
                output.stage_bytes(f"plots/{name}", data)
            output.commit()
        cycle_is = with_results[0]["clock"]["cycle_is"]
        for line in compare_table.lines(variants, cycle_is):
            info(line)
        for sentence in crossover.sentences(variants, compare.overlays(variants), cycle_is):
            info(sentence)
        info(mode_sentence(with_results[0]))
    info(f"written: {compare_run.folders_text(options, cells)}")
    failed = [cell.label for cell, variant in zip(cells, variants, strict=True) if variant.failure]
    if failed:
        note(f"{len(failed)} of {len(cells)} cells failed: {'; '.join(failed)}.")
    return 1 if failed else 0


def command_line(options: argparse.Namespace) -> str:
    """The call that makes the comparison again."""
    named = [f"{axis}={','.join(values)}" if values else axis for axis, values in options.axes]
    suites = [f"--suite {suite}" for suite in options.suites]
    return " ".join(["./lantern compare", *named, *suites, *common_words(options)])
