"""./lantern compare --against: has anything got worse since other results? For people and for CI."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import comparison, load, regressions
from analysis.compare import Variant
from analysis.regressions import Comparison, Outcome
from tools.command.say import UserError, info, note, shown

LATEST = Path("results/latest")
STATUS_WORSE = 3
NAMED = 40
"""So many alarms are told one by one."""


@dataclass
class Side:
    """One of the two folders."""

    folder: Path
    variants: list[Variant]
    damaged: list[str]

    is_comparison: bool

    @property
    def mode(self) -> str:
        return str(next(v.results["mode"] for v in self.variants if v.results))

    @property
    def commits(self) -> str:
        return ", ".join(dict.fromkeys(regressions.commit(v) for v in self.variants if v.results))


def run(options: argparse.Namespace) -> int:
    folders = options.against
    old, new = (read(folder) for folder in (*folders, *[LATEST] * (2 - len(folders))))
    if old.is_comparison is not new.is_comparison:
        raise UserError(f"Only one of {shown(old.folder)} and {shown(new.folder)} is a comparison.", 2)
    tolerance = options.tolerance
    if tolerance is None:
        tolerance = max(regressions.TOLERANCES[side.mode] for side in (old, new))
    found = regressions.compare(old.variants, new.variants, tolerance)
    for sentence in lines(old, new, found, tolerance):
        info(sentence)
    return status(found, old.damaged + new.damaged)


def read(folder: Path) -> Side:
    """A folder of a comparison or of a bench run, or a results file. What is damaged in it is told."""
    damaged: list[str] = []
    is_comparison = comparison.is_comparison(folder)
    try:
        if is_comparison:
            whole = comparison.load_comparison(folder)
            variants, damaged = whole.variants, whole.damaged
        else:
            variants = [Variant({}, load.load(folder))]
    except (load.ResultsError, comparison.ComparisonError) as error:
        raise UserError(str(error)) from error
    for sentence in damaged:
        note(sentence)
    if not any(variant.results for variant in variants):
        raise UserError(f"There are no results in {shown(folder)} that can be read.")
    return Side(folder, variants, damaged, is_comparison)


def lines(old: Side, new: Side, found: Comparison, tolerance: float) -> list[str]:
    """What was compared, each alarm, what got better, doubts, and a summary."""
    said = [
        f"old: {shown(old.folder)}, commit {old.commits}",
        f"new: {shown(new.folder)}, commit {new.commits}",
    ]
    alarms = found.alarms
    said += [f"{change.outcome.value.upper()}: {change.sentence}" for change in alarms[:NAMED]]
    if len(alarms) > NAMED:
        said.append(f"and {len(alarms) - NAMED} more such rows")
    better = sorted(found.of(Outcome.BETTER), key=lambda change: change.factor or 0.0)
    said += [f"better: {change.sentence}" for change in better[:NAMED]]
    said += [f"! {doubt}" for doubt in found.doubts]
    silent = found.of(Outcome.NOT_JUDGED)
    if silent:
        said.append(f"! {len(silent)} rows could not be judged, the first: {silent[0].sentence}")
    counts = [f"{len(found.of(kind))} {kind.value}" for kind in Outcome if found.of(kind)]
    return [*said, f"{len(found.changes)} rows with a tolerance of {tolerance:g} %: {', '.join(counts)}"]


def status(found: Comparison, damaged: Sequence[str]) -> int:
    """3 if something got worse, is missing or failed; 1 if it cannot be said; else 0."""
    if found.alarms:
        return STATUS_WORSE
    if not found.judged:
        note("nothing could be judged.")
        return 1
    return 1 if damaged else 0
