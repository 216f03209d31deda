"""What a report is made from: output folders of bench runs and comparisons, read as far as they can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.compare import Variant
from analysis.comparison import (
    CELLS,
    OK,
    Comparison,
    ComparisonError,
    Plan,
    is_comparison,
    load_comparison,
)
from analysis.differences import RowDifferences, differences
from analysis.load import ResultsError, load
from analysis.views import View, views

TRACE = "trace.pftrace"
Results = Mapping[str, Any]


@dataclass
class Source:
    """One folder: a bench run is a single variant without a choice."""

    folder: Path
    plan: Plan | None = None
    """None for a bench run."""
    variants: list[Variant] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    """A sentence for each file that could not be read."""

    @property
    def title(self) -> str:
        if self.plan is None:
            return f"Run {self.folder.resolve().name}"
        return f"Comparison of {', '.join(self.plan.axes)}"

    @property
    def with_results(self) -> list[Variant]:
        return [variant for variant in self.variants if variant.results]

    @cached_property
    def judged(self) -> list[RowDifferences]:
        """Every row of a comparison; none of a bench run."""
        if self.plan is None or not self.with_results:
            return []
        return differences(self.variants, self.plan.baseline)

    @cached_property
    def views(self) -> list[View]:
        """What tables show of a comparison; none of a bench run."""
        if self.plan is None or not self.with_results:
            return []
        return views(self.variants, self.plan.baseline, self.judged)

    @property
    def runs(self) -> list[tuple[str, Results]]:
        """Every results file, one a boot, with what it is of."""
        found = []
        for variant in self.with_results:
            boots: Sequence[Results] = variant.runs or (variant.results,)  # type: ignore[assignment]
            for number, results in enumerate(boots, 1):
                boot = f"boot {number}" if len(boots) > 1 else ""
                label = variant.label if variant.choice else ""
                found.append((", ".join(filter(None, (label, boot))), results))
        return found

    @property
    def traced_runs(self) -> list[tuple[str, Results]]:
        """The results of the boots with tracing; those of a comparison are cells of their own."""
        if self.plan is None:
            return self.runs
        found = []
        for cell in self.plan.cells:
            if cell.traced and cell.status == OK:
                try:
                    found.append((cell.folder, load(self.folder / CELLS / cell.folder)))
                except ResultsError as error:
                    if str(error) not in self.damaged:
                        self.damaged.append(str(error))
        return found

    @property
    def cycle_is(self) -> str:
        return next((results["clock"]["cycle_is"] for _, results in self.runs), "cycle")

    @property
    def trace_of_baseline(self) -> tuple[Path, Results, str] | None:
        """The trace for time lines, what it belongs to, and the call that makes it if that is known."""
        if self.plan is None:
            path, command = self.folder / TRACE, ""
            found = self.with_results[:1] if path.is_file() else []
        else:
            command = self.plan.command
            wanted = self.plan.baseline.items()
            found = [one for one in self.with_results if wanted <= one.choice.items()][:1]
            choices = [dict(one.choice) for one in found]
            cells = [cell for cell in self.plan.cells if cell.traced and cell.choice in choices]
            paths = [self.folder / CELLS / cell.folder / TRACE for cell in cells]
            path = next((path for path in paths if path.is_file()), self.folder / TRACE)
        if not found or not found[0].results or not path.is_file():
            return None
        return path, found[0].results, command

    @property
    def traces(self) -> list[Path]:
        """Every trace in the folder, in the order of the plan."""
        if self.plan is None:
            places = [self.folder]
        else:
            places = [self.folder / CELLS / cell.folder for cell in self.plan.cells]
        return [place / TRACE for place in places if (place / TRACE).is_file()]


def read(folder: Path) -> Source:
    """Reads a folder of either kind. Nothing in it that is damaged stops the rest."""
    try:
        if is_comparison(folder):
            return of_comparison(load_comparison(folder))
        results = load(folder)
        return Source(folder, variants=[Variant({}, results, "", (results,))])
    except (ComparisonError, ResultsError) as error:
        return Source(folder, damaged=[str(error)])


def of_comparison(whole: Comparison) -> Source:
    """A comparison that has been read."""
    return Source(whole.folder, whole.plan, whole.variants, list(whole.damaged))
