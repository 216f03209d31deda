"""Every plot of a comparison: lines, bars, distributions, stacked parts, and heat maps of pairs of axes.

A variant has the same colour, marker and hatch on every figure. The same results always give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from analysis import (
    bar_plots,
    cores_plots,
    ecdf_plots,
    figures,
    heat_plots,
    line_plots,
    ratio_plots,
    slices,
    stack_plots,
)
from analysis.compare import Row, Variant, apart, key_of, match, overlays
from analysis.differences import RowDifferences, differences
from analysis.figures import caption, plt
from analysis.figures import save as files
from analysis.load import display_unit, suite_of
from analysis.slices import Cut

Progress = Callable[[str], None]
Drawn = Iterator[tuple[str, bytes]]


def draw(
    variants: Sequence[Variant],
    command: str,
    progress: Progress = lambda text: None,
    baseline: Mapping[str, str] | None = None,
    judged: Sequence[RowDifferences] | None = None,
) -> Drawn:
    """Every figure as (file name, content), PNG and SVG; `command` is named in the footer.

    `baseline` is a value for each axis, by default the first variant's; `judged` are the differences of all
    rows, if the caller has them.
    """
    start = {**variants[0].choice, **(baseline or {})}
    with plt.rc_context(figures.STYLE):
        yield from _ratios(variants, start, command, progress, judged)
        for cut in slices.cuts(variants, start):
            if any(variant.results for variant in cut.variants):
                yield from _cut(cut, command, progress)
        yield from _by_cores(variants, start, command)
        for pair in heat_plots.pairs(variants, start):
            progress(f"{pair.first} and {pair.second}")
            for suite, found in heat_plots.maps(pair).items():
                few = found[: heat_plots.MAPS_LIMIT]
                about = common(pair.variants, (pair.first, pair.second))
                figure = heat_plots.figure_of(pair, few, about["clock"]["cycle_is"])
                title = (
                    f"{suite}: {pair.first} and {pair.second} together{_of(few, found, 'rows that differ')}"
                )
                fixed = "".join(f", {axis}={value}" for axis, value in pair.fixed.items())
                caption(figure, about, title + fixed, command)
                yield from files(figure, f"{suite}-heat-{pair.first}-{pair.second}")


def _ratios(
    variants: Sequence[Variant],
    start: Mapping[str, str],
    command: str,
    progress: Progress,
    judged: Sequence[RowDifferences] | None,
) -> Drawn:
    """By how much each variant differs from the baseline, where it differs."""
    progress("differences")
    every = judged if judged is not None else differences(variants, start)
    about = common(variants, tuple(variants[0].choice))
    for suite, found in ratio_plots.by_suite(every).items():
        few = found[: ratio_plots.ROWS_LIMIT]
        for cut in slices.cuts(variants, start):
            figure = ratio_plots.figure_of(cut.variants, cut.places, few, about["clock"]["cycle_is"])
            if figure is not None:
                title = f"{suite}: medians by those of the baseline{_of(few, found, 'rows that differ')}"
                caption(figure, about, _title(title, cut), command)
                yield from files(figure, f"{suite}-ratios{cut.ending}")


def _by_cores(variants: Sequence[Variant], start: Mapping[str, str], command: str) -> Drawn:
    for suite, found in cores_plots.panels(variants, start).items():
        few = found[: cores_plots.PANELS_LIMIT]
        about = common(variants, tuple(variants[0].choice))
        figure = cores_plots.figure_of(few, about["clock"]["cycle_is"])
        title = f"{suite}: medians by number of cores{_of(few, found, 'rows that depend on it')}"
        caption(figure, about, title, command)
        yield from files(figure, f"{suite}-by-cores")


def _cut(cut: Cut, command: str, progress: Progress) -> Drawn:
    """The figures of variants that belong together."""
    variants = cut.variants
    about = common(variants, tuple(variants[0].choice))
    cycle_is = about["clock"]["cycle_is"]
    drawn, rows = overlays(variants), match(variants)
    if cut.fixed:  # one of several cuts: what does not depend on its axis is on the figures of another
        kept = {key_of(row) for row in rows if row.differs}
        drawn = [overlay for overlay in drawn if overlay.keys & kept]
        rows = [row for row in rows if key_of(row) in kept]
    suites: dict[str, list[Row]] = {}
    for row in rows:
        suites.setdefault(suite_of({"name": row.name}), []).append(row)

    def finished(figure: Any, title: str, name: str) -> Drawn:
        caption(figure, about, _title(title, cut), command)
        return files(figure, name + cut.ending)

    for overlay in drawn:
        progress(overlay.title)
        figure = line_plots.lines_figure(variants, overlay, cycle_is)
        yield from finished(figure, overlay.title, overlay.file_name)
    for (suite, unit), members in apart(rows, drawn).items():
        progress(suite)
        pages = bar_plots.pages(members, len(variants))
        shown_unit = display_unit(unit, cycle_is)
        for number, page in enumerate(pages, 1):
            of = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
            figure = bar_plots.bars_figure(variants, page, shown_unit)
            ending = f"-{number}" if of else ""
            name = f"{suite}-{figures.unit_name(shown_unit)}{ending}"
            yield from finished(figure, f"{suite}: medians with 95 % intervals{of}", name)
    for suite, members in suites.items():
        varying = ecdf_plots.worth_drawing(members)
        if varying:
            progress(f"{suite}, distributions")
            few = varying[: ecdf_plots.PANELS_LIMIT]
            figure = ecdf_plots.figure_of(variants, few, cycle_is)
            title = f"{suite}: distributions of the samples{_of(few, varying, 'rows whose samples vary')}"
            yield from finished(figure, title, f"{suite}-ecdf")
    for stack in stack_plots.stacks(variants):
        if cut.fixed and not stack.differs:
            continue
        figure = stack_plots.figure_of(stack, cycle_is)
        yield from finished(figure, stack.title, stack.name)


def _of(shown: Sequence[Any], every: Sequence[Any], what: str) -> str:
    """Says how many of something are shown, if not all."""
    return f" ({len(shown)} of {len(every)} {what})" if len(shown) < len(every) else ""


def common(variants: Sequence[Variant], axes: Sequence[str]) -> Mapping[str, Any]:
    """What all variants share, in the form of one results file, for the caption; `axes` are compared."""
    every = [variant.results for variant in variants if variant.results]
    first = every[0]
    revisions = dict.fromkeys(results["git"]["rev"] for results in every)
    same = {axis: value for axis, value in first["variant"].items() if axis not in axes}
    git = {"rev": ", ".join(revisions), "dirty": any(results["git"]["dirty"] for results in every)}
    cores = "/".join(dict.fromkeys(str(results["cores"]) for results in every))
    return {**first, "cores": cores, "variant": same, "git": git}


def _title(text: str, cut: Cut) -> str:
    broken = [variant.label for variant in cut.variants if variant.failure]
    fixed = f"; with {cut.said}" if cut.said else ""
    return f"{text}{fixed}" + (f"; not complete: {', '.join(broken)}" if broken else "")
