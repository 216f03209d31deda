"""What a report is made from: output folders of bench runs and comparisons, read as far as they can be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.compare import Variant
from analysis.load import ResultsError, load

PLAN = "compare.json"
RESULTS = "results.json"
TRACE = "trace.pftrace"
Results = Mapping[str, Any]


@dataclass
class Source:
    """One folder: a bench run is a single variant without a choice."""

    folder: Path
    plan: Mapping[str, Any] | None = None
    """What compare.json says; None for a bench run."""
    variants: list[Variant] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    """A sentence for each file that could not be read."""

    @property
    def with_results(self) -> list[Variant]:
        return [variant for variant in self.variants if variant.results]

    @property
    def runs(self) -> Iterator[tuple[str, Results]]:
        """Every results file with what it is of."""
        for variant in self.with_results:
            if variant.results:
                yield variant.label if variant.choice else "", variant.results

    @property
    def traces(self) -> list[Path]:
        """Every trace in the folder, sorted."""
        places = [self.folder, *sorted((self.folder / "cells").glob("*"))]
        return [place / TRACE for place in places if (place / TRACE).is_file()]


def read(folder: Path) -> Source:
    """Reads a folder of either kind. Nothing in it that is damaged stops the rest."""
    if (folder / PLAN).is_file():
        return _comparison(folder)
    source = Source(folder)
    try:
        source.variants.append(Variant({}, load(folder)))
    except ResultsError as error:
        source.damaged.append(str(error))
    return source


def _comparison(folder: Path) -> Source:
    source = Source(folder)
    try:
        source.plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        cells: Sequence[Mapping[str, Any]] = source.plan["cells"]  # type: ignore[index,assignment]
    except (OSError, ValueError, KeyError, TypeError) as error:
        source.damaged.append(f"{folder / PLAN} is not the plan of a comparison ({error}).")
        return source
    for cell in cells:
        if cell["traced"]:
            continue
        failure = "" if cell["status"] == "ok" else str(cell["status"])
        try:
            content = load(folder / "cells" / str(cell["folder"]))
        except ResultsError as error:
            source.damaged.append(str(error))
            content, failure = None, failure or str(error)
        source.variants.append(Variant(dict(cell["choice"]), content, failure))
    return source
