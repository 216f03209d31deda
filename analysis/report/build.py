"""Makes a report's content out of folders."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import compare, compare_plots, plots
from analysis.compare import Row, Variant
from analysis.load import display_unit, suite_of
from analysis.report import context
from analysis.report.content import MEANING, Figure, Files, Progress, Report, Section, Table
from analysis.report.sources import Source
from tools.command.table import figure as number

from PIL import Image  # isort: skip


@dataclass
class Built:
    """A report, and the plots that belong beside it, by their paths from it."""

    report: Report
    plots: Files


def build(
    sources: Sequence[Source], out: Path, command: str, progress: Progress = lambda text: None
) -> Built:
    """The whole report; `out` is the page's path, from which links lead on."""
    files: Files = []
    sections = []
    for at, source in enumerate(sources):
        folder = Path("plots") if len(sources) == 1 else Path("plots") / f"{at + 1}-{source.folder.name}"
        anchor = f"run-{at + 1}"
        section = Section(anchor, _title(source))
        section.tables.append(context.table(source))
        section.tables += _summary(source)
        section.parts += _plots(source, anchor, folder, files, progress)
        sections.append(section)
    modes = dict.fromkeys(results["mode"] for source in sources for _, results in source.runs)
    warnings = [sentence for source in sources for sentence in source.damaged]
    report = Report("Lanternfish: report", [MEANING[mode] for mode in modes], warnings, sections)
    return Built(report, files)


def _title(source: Source) -> str:
    return f"Comparison {source.folder.name}" if source.plan else f"Run {source.folder.name}"


def _summary(source: Source) -> Iterator[Table]:
    variants = source.with_results
    if not variants or not variants[0].results:
        return
    cycle_is = variants[0].results["clock"]["cycle_is"]
    rows = [_row(variants, row, cycle_is) for row in compare.match(variants)]
    labels = [variant.label or "median" for variant in variants]
    numeric = [False, False, *(True for _ in labels)]
    yield Table("Medians", ["bench", "unit", *labels], rows, numeric)


def _row(variants: Sequence[Variant], row: Row, cycle_is: str) -> list[str]:
    best = compare.winners(row)
    cells = [
        "-" if median is None else number(median) + ("" if at not in best else " *" if best[at] else " ~")
        for at, median in enumerate(row.medians)
    ]
    return [row.label, display_unit(row.unit, cycle_is), *cells]


def _plots(source: Source, anchor: str, folder: Path, files: Files, progress: Progress) -> Iterator[Section]:
    variants = source.with_results
    if not variants or not variants[0].results:
        return
    if source.plan:
        drawn = compare_plots.draw(variants, str(source.plan.get("command", "")), progress)
    else:
        drawn = plots.draw(variants[0].results, "./lantern bench", progress)
    suites: dict[str, Section] = {}
    for name, data in drawn:
        files.append((folder / name, data))
        if name.endswith(".png"):
            suite = suite_of({"name": name.partition("-")[0]})
            section = suites.setdefault(suite, Section(f"{anchor}-{suite}", suite))
            section.figures.append(Figure(str(folder / name), title_of(data), data))
    yield from suites.values()


def title_of(png: bytes) -> str:
    """What a plot says of itself."""
    with Image.open(io.BytesIO(png)) as image:
        return str(image.info.get("Title", ""))
