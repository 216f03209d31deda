"""What a reader must know before trusting figures: nothing of it is averaged away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from analysis.load import bench_label
from analysis.report.sources import Results, Source

NAMED_LIMIT = 12
"""So many failed rows of one folder are named; the rest is counted."""
SAME: dict[str, Callable[[Results], str]] = {
    "commit": lambda results: results["git"]["rev"],
    "platform": lambda results: results["platform"],
    "mode": lambda results: results["mode"],
    "processor": lambda results: results["cpu"],
    "compiler": lambda results: results["versions"]["cc"],
    "QEMU": lambda results: results["versions"]["qemu"],
}
"""What runs that are compared must share."""


def found(source: Source) -> list[str]:
    """Every warning about one folder, a sentence each; what the statistics object to is not among them."""
    dropped = list(_dropped(source))
    said = [*source.damaged, *_cells(source), *_rows(source)]
    if source.plan is None or len(source.with_results) < 2:  # else the statistics look at the machines
        said += _machines(source)
    return [*said, *dropped]


def _cells(source: Source) -> Iterator[str]:
    for variant in source.variants:
        if variant.failure and variant.failure not in source.damaged:
            yield f"{variant.label} is not complete: {_sentence(variant.failure)}"


def _rows(source: Source) -> Iterator[str]:
    failed = dict.fromkeys(
        (f"{label}: " if label else "") + f"{bench_label(bench)} {_sentence(bench['status'])}"
        for label, results in source.runs
        for bench in results["benches"]
        if bench["status"] != "ok"
    )
    yield from list(failed)[:NAMED_LIMIT]
    if len(failed) > NAMED_LIMIT:
        yield f"{len(failed) - NAMED_LIMIT:,} more rows failed."


def _machines(source: Source) -> Iterator[str]:
    runs = [results for _, results in source.runs]
    for name, fact in SAME.items():
        values = dict.fromkeys(fact(results) for results in runs)
        if len(values) > 1:
            yield f"The runs of {source.title} differ in {name}: {', '.join(values)}."
    if any(results["git"]["dirty"] for results in runs):
        yield f"{source.title}: the tree had changes that are in no commit."


def _dropped(source: Source) -> Iterator[str]:
    """Of the boots with tracing: a trace with holes says nothing of what is in them."""
    holes = [
        f"{results['trace']['dropped']:,} of {results['trace']['events']:,}"
        + (f" ({label})" if label else "")
        for label, results in source.traced_runs
        if results["trace"]["dropped"]
    ]
    if holes:
        yield f"{source.title}: trace events were dropped, {'; '.join(holes)}."


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
