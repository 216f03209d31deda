"""Under what conditions results were made, and what differs in that between two of them.

What differs is told beside every figure that rests on it. It is never averaged away, and never a reason to
say nothing, except where the unit itself means another thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.compare import Variant

Results = Mapping[str, Any]

COMPARED = {
    "commit": lambda r: r["git"]["rev"],
    "platform": lambda r: r["platform"],
    "mode": lambda r: r["mode"],
    "cores": lambda r: str(r["cores"]),
    "cpu": lambda r: r["cpu"],
    "compiler": lambda r: r["versions"]["cc"],
    "QEMU": lambda r: r["versions"]["qemu"],
}
"""What must be the same for a figure to depend on the strategies alone."""
TOOLS = ("compiler", "QEMU")
ABSENT = "not said"


@dataclass(frozen=True)
class Conditions:
    """Of one variant: every value that its boots had, and what speaks against them."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def of(variant: Variant) -> Conditions:
    """The conditions of all boots of a variant."""
    runs = [run for run in variant.runs if run is not None]
    values = {
        what: tuple(dict.fromkeys(_value(value, run) for run in runs)) for what, value in COMPARED.items()
    }
    doubts = []
    if any(run.get("git", {}).get("dirty") for run in runs):
        doubts.append(f"{variant.label} was built from a tree with changes")
    dropped = sum(run.get("trace", {}).get("dropped", 0) for run in runs)
    if dropped:
        doubts.append(f"{dropped} trace events of {variant.label} were dropped")
    doubts += [
        f"the boots of {variant.label} differ in {what}: {', '.join(found)}"
        for what, found in values.items()
        if len(found) > 1
    ]
    return Conditions(values, tuple(doubts))


def differing(first: Conditions, second: Conditions, labels: Sequence[str]) -> list[str]:
    """A sentence for each condition in which two variants differ, and each doubt about one of them."""
    found = [
        f"different {what}: {labels[0]} {', '.join(first.values[what])}, {labels[1]} {', '.join(values)}"
        for what, values in second.values.items()
        if values and first.values.get(what) and set(first.values[what]) != set(values)
    ]
    return found + [*first.doubts, *(doubt for doubt in second.doubts if doubt not in first.doubts)]


def other_tools(first: Conditions, second: Conditions) -> list[str]:
    """Which of compiler and QEMU differ: figures then change without any change in the system."""
    return [what for what in TOOLS if set(first.values[what]) != set(second.values[what])]


def same_meaning(first: Results, second: Results) -> bool:
    """False if a cycle of the one is an instruction of the other."""
    return bool(first["clock"]["cycle_is"] == second["clock"]["cycle_is"])


def _value(value: Any, run: Results) -> str:
    try:
        return str(value(run))
    except (KeyError, TypeError):
        return ABSENT
