"""The folder of a comparison: its plan, compare.json, a results file for each cell, and how to read both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis import load
from analysis.compare import Variant

SCHEMA = 2
PLAN = "compare.json"
CELLS = "cells"
PENDING = "pending"
OK = "ok"


class ComparisonError(Exception):
    """A comparison cannot be read; the message is one sentence."""


@dataclass
class PlannedCell:
    """One build and one boot."""

    folder: str
    choice: dict[str, str]
    """The values of the compared axes; `cores` among them if several numbers of cores are compared."""
    run: int
    """The number of the boot, from 1; 0 for the boot with tracing."""
    traced: bool
    status: str = PENDING
    """`ok`, `failed: why`, or `pending`."""


@dataclass
class Plan:
    """What compare.json says. It holds no date, so that an interruption leaves no mark in it."""

    axes: dict[str, list[str]]
    baseline: dict[str, str]
    platform: str
    mode: str
    suites: list[str]
    """Empty means all."""
    repeat: int
    smp: list[int]
    command: str
    """The call that makes the comparison again."""
    cells: list[PlannedCell]

    def to_json(self) -> bytes:
        """Readable, with a cell on one line."""
        fields = {"schema": SCHEMA, **asdict(self)}
        cells = ",\n".join(f"  {json.dumps(cell)}" for cell in fields.pop("cells"))
        head = json.dumps(fields, indent=1).removesuffix("\n}")
        return f'{head},\n "cells": [\n{cells}\n ]\n}}\n'.encode()

    @staticmethod
    def of(content: Any) -> Plan:
        """The plan in a parsed compare.json; raises ValueError with what is wrong."""
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            raise ValueError(f"it is not of version {SCHEMA}")
        try:
            fields = {key: value for key, value in content.items() if key != "schema"}
            cells = [PlannedCell(**cell) for cell in fields.pop("cells")]
            plan = Plan(**fields, cells=cells)
        except (TypeError, KeyError) as error:
            raise ValueError(f"its fields are not those of version {SCHEMA}") from error
        kinds = {"axes": dict, "baseline": dict, "platform": str, "mode": str, "command": str}
        kinds |= {"suites": list, "repeat": int, "smp": list}
        for name, kind in kinds.items():
            if not isinstance(getattr(plan, name), kind):
                raise ValueError(f"its field {name} is of the wrong kind")
        for cell in plan.cells:
            sound = isinstance(cell.folder, str) and isinstance(cell.choice, dict)
            if not sound or not isinstance(cell.status, str) or "/" in cell.folder:
                raise ValueError("one of its cells is not sound")
        return plan


@dataclass
class Comparison:
    """A comparison as it stands: finished or not."""

    folder: Path
    plan: Plan
    variants: list[Variant]
    """One for each combination of values, in the order of the plan."""
    damaged: list[str] = field(default_factory=list)
    """A sentence for each cell whose results should be there and cannot be read."""

    def trace_of(self, variant: Variant) -> Path | None:
        """The trace of a combination, if its traced cell left one."""
        for cell in self.plan.cells:
            path = self.folder / CELLS / cell.folder / "trace.pftrace"
            if cell.traced and cell.choice == dict(variant.choice) and path.exists():
                return path
        return None


def read_plan(folder: Path | str) -> Plan:
    path = Path(folder) / PLAN
    try:
        return Plan.of(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ComparisonError(
            f"{path} cannot be read: {(error.strerror or 'no reason given').lower()}."
        ) from error
    except ValueError as error:
        what = "it is not JSON" if isinstance(error, json.JSONDecodeError | UnicodeError) else str(error)
        raise ComparisonError(f"{path} is not the plan of a comparison: {what}.") from error


def is_comparison(folder: Path | str) -> bool:
    return (Path(folder) / PLAN).is_file()


def load_comparison(folder: Path | str) -> Comparison:
    """Everything that is there. A cell that cannot be read is told in `damaged`, and the others still count.

    Raises ComparisonError if there is no plan that can be read.
    """
    folder = Path(folder)
    plan = read_plan(folder)
    groups: dict[tuple[tuple[str, str], ...], list[PlannedCell]] = {}
    for cell in plan.cells:
        groups.setdefault(tuple(cell.choice.items()), []).append(cell)
    damaged: list[str] = []
    variants = [_variant(folder, dict(choice), cells, damaged) for choice, cells in groups.items()]
    return Comparison(folder, plan, variants, damaged)


def _variant(
    folder: Path, choice: dict[str, str], cells: Sequence[PlannedCell], damaged: list[str]
) -> Variant:
    """The boots of one combination together; those with tracing give no figures."""
    runs: list[Mapping[str, Any]] = []
    failures = []
    for cell in cells:
        if cell.status != OK:
            failures.append(_failure(cell))
        if cell.traced or cell.status == PENDING:
            continue
        path = folder / CELLS / cell.folder
        if cell.status != OK and not (path / "results.json").exists():
            continue
        try:
            runs.append(load.load(path))
        except load.ResultsError as error:
            damaged.append(str(error))
            failures.append(str(error))
    results = _together(runs) if runs else None
    return Variant(choice, results, failures[0] if failures else "", tuple(runs))


def _failure(cell: PlannedCell) -> str:
    which = "the boot with tracing: " if cell.traced else f"boot {cell.run}: " if cell.run > 1 else ""
    if cell.status == PENDING:
        return f"{which}it has not run yet."
    return which + cell.status.removeprefix("failed: ")


def _together(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if len(runs) == 1:
        return runs[0]
    from analysis.merge import merged

    return merged(runs)
