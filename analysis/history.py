"""Benches whose samples are one history: a state after every so many operations, in order.

Their unit is permille and their parameter `every` says how many operations lie between two samples. Where not
every sample was kept, nobody knows what lies between two of them: such a bench is left out.
Boots of one call stand one behind the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNIT = "permille"
EVERY = "every"
QUIET = (EVERY, "on", "strategy")
"""Parameters that are the same in all histories of a suite, or stand elsewhere on the plot."""

Bench = Mapping[str, Any]


@dataclass(frozen=True)
class History:
    """One bench's samples, and the number of operations that each of them stands behind."""

    name: str
    label: str
    unit: str
    operations: tuple[int, ...]
    samples: tuple[float, ...]


def found(benches: Sequence[Bench]) -> list[History]:
    """Every history, in the order of the results."""
    return [_history(bench) for bench in benches if _is_history(bench)]


def _is_history(bench: Bench) -> bool:
    every = bench["params"].get(EVERY)
    whole = len(bench["samples"]) == bench["stats"]["n"] > 1
    return bench["unit"] == UNIT and isinstance(every, int) and every > 0 and whole


def _history(bench: Bench) -> History:
    every = bench["params"][EVERY]
    params = [f"{key}={value}" for key, value in bench["params"].items() if key not in QUIET]
    return History(
        str(bench["name"]),
        ", ".join(params),
        str(bench["unit"]),
        tuple(every * number for number in range(1, len(bench["samples"]) + 1)),
        tuple(bench["samples"]),
    )
