"""Several boots of one build as one set of results, for tables and plots that show a figure a bench.

Whether a difference is real is judged on the boots apart (analysis/differences.py): what differs from boot to
boot cannot be seen in samples that were thrown together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis import statistics

UNSTABLE = "failed: the overhead of a measurement is not stable"
"""How the harness begins to say so."""

Results = Mapping[str, Any]
Bench = Mapping[str, Any]


def merged(runs: Sequence[Results]) -> dict[str, Any]:
    """The boots' benches, each with the samples of all boots after each other and statistics of those.

    Everything but the benches is the first boot's; events that were dropped are added up. A bench that
    failed in one boot, or did not run in all of them, is failed. But boots in which it could not be measured,
    because the overhead was not stable, are left out as long as there are others.
    """
    order: dict[tuple[Any, ...], list[Bench]] = {}
    for results in runs:
        for bench in results["benches"]:
            order.setdefault(identity(bench), []).append(bench)
    first = runs[0]
    return {
        **first,
        "trace": {key: sum(results["trace"][key] for results in runs) for key in first["trace"]},
        "benches": [_together(benches, len(runs)) for benches in order.values()],
    }


def identity(bench: Bench) -> tuple[Any, ...]:
    """What makes it the same bench in another boot of the same build."""
    return bench["name"], bench["unit"], *sorted((key, str(value)) for key, value in bench["params"].items())


def is_unstable(bench: Bench) -> bool:
    """True if the harness could not measure in this boot: the empty measurement varied too much."""
    return bool(bench["status"].startswith(UNSTABLE))


def same_samples(benches: Sequence[Bench]) -> bool:
    """True if every boot gave the same samples in the same order, as instruction counts do."""
    return all(bench["samples"] == benches[0]["samples"] for bench in benches)


def _together(benches: Sequence[Bench], boots: int) -> dict[str, Any]:
    measured = [bench for bench in benches if not is_unstable(bench)]
    boots -= len(benches) - len(measured) if measured else 0
    benches = measured or benches
    failures = [bench["status"] for bench in benches if bench["status"] != "ok"]
    if not failures and len(benches) < boots:
        failures = [f"failed: it ran in {len(benches)} of {boots} boots"]
    status = failures[0] if failures else "ok"
    if same_samples(benches):
        # A boot that repeats another bit for bit adds nothing; counting it would only narrow the intervals.
        return {**benches[0], "status": status}
    samples = statistics.reservoir([sample for bench in benches for sample in bench["samples"]])
    count = sum(bench["stats"]["n"] for bench in benches)
    return {
        **benches[0],
        "samples": samples,
        "stats": statistics.summarise(samples, count),
        "status": status,
    }
