"""Runs the cells of a comparison, or finds that one is there already."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis import load
from analysis.compare import Variant
from tools.command import bench_command
from tools.command.build import Configuration, build
from tools.command.compare_plan import Cell
from tools.command.machine import Run
from tools.command.output import OutputFolder
from tools.command.say import UserError, note, shown

LEDGER = "compare.json"
"""In the output folder: with which options each cell was made, and how it ended."""
OPTIONS = ("platform", "variant", "debug", "smp", "mode", "serial", "cpu", "append", "suites", "repeat")
"""What a cell must have been made with to count as made: all that can change a figure."""


class Ledger:
    """The ledger of one output folder; one that cannot be read counts as empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cells: dict[str, Any] = {}
        try:
            cells = json.loads((folder / LEDGER).read_text(encoding="utf-8"))["cells"]
            self._cells = {name: dict(entry) for name, entry in cells.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass

    def write(self, cell: Cell, options: argparse.Namespace, status: str) -> None:
        self._cells[cell.folder] = {"status": status, "choice": dict(cell.choice), "options": facts(options)}
        output = OutputFolder(self._folder, ())
        content = json.dumps({"schema": 1, "cells": self._cells}, indent=1) + "\n"
        output.stage_bytes(LEDGER, content.encode())
        output.commit_files()

    def found(self, cell: Cell, options: argparse.Namespace, git: Mapping[str, Any]) -> Variant | None:
        """The cell's results, if they are complete and of the same commit and options."""
        entry = self._cells.get(cell.folder, {})
        if git["dirty"] or entry.get("status") != "ok" or entry.get("options") != facts(options):
            return None
        try:
            content = load.load(self._folder / cell.folder)
        except load.ResultsError:
            return None
        whole = all(bench["status"] == "ok" for bench in content["benches"])
        return Variant(cell.choice, content) if whole and content["git"] == dict(git) else None


def facts(options: argparse.Namespace) -> dict[str, Any]:
    """Those options as JSON gives them back."""
    return json.loads(json.dumps({name: getattr(options, name) for name in OPTIONS}))


def run_all(
    cells: Sequence[Cell], common: argparse.Namespace, found: Sequence[Variant | None]
) -> list[Variant]:
    """Every cell in turn; `found` has those that need no run. A cell that fails does not stop the others."""
    ledger = Ledger(common.out)
    variants = []
    for number, (cell, old) in enumerate(zip(cells, found, strict=True), 1):
        if old is not None:
            note(f"{cell.label} is complete, from this commit and with these options: not run again.")
            variants.append(old)
            continue
        options = cell.options(common)
        options.out = common.out / cell.folder
        stage = f"cell {number} of {len(cells)}, {cell.label}: "
        variant = run_cell(cell, options, stage)
        ledger.write(cell, options, f"failed: {variant.failure}" if variant.failure else "ok")
        if variant.failure:
            note(f"{cell.label} failed: {variant.failure}")
        variants.append(variant)
    return variants


def run_cell(cell: Cell, options: argparse.Namespace, stage: str) -> Variant:
    """One build and its boots, into the cell's own folder."""
    try:
        configuration = Configuration(options.platform, bench_command.PLAIN, options.debug, options.variant)
        image = build(configuration, f"{stage}building")
        boots = bench_command.Boots(bench_command.plain_boots(options, image, options.repeat, stage))
        output = OutputFolder(options.out)
        written = bench_command.write(options, output, boots)
        status = bench_command.judge(options, output, boots, written)
    except UserError as error:
        return Variant(cell.choice, None, str(error))
    return Variant(cell.choice, written.content, _why(boots.plain, written) if status else "")


def _why(runs: Sequence[Run], written: bench_command.Written) -> str:
    """The first thing that went wrong, in a sentence."""
    for run in runs:
        if not run.ok:
            return run.why
    rows = written.content["benches"]
    failed = [row for row in rows if row["status"] != "ok"]
    if failed:
        return f"{len(failed)} of {len(rows)} rows failed, the first is {failed[0]['name']}."
    return next(iter(written.complaints), "it did not end well.")


def folders_text(common: argparse.Namespace, cells: Sequence[Cell]) -> str:
    return f"{shown(common.out)}/ (plots, and the cells {', '.join(cell.folder for cell in cells)})"
