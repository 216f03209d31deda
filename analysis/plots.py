"""Plots of one results file: for each suite the distributions and the means, and the start-up as a time line.

The same results always give the same bytes. Each plot says what was measured where, and names the command
that makes it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from analysis import history, scaling, spawn_plots
from analysis.compare import rate_or_cost
from analysis.figures import (  # first of all: it makes matplotlib ready
    BLUE,
    GREEN,
    GREY,
    LINE_COLOURS,
    LINE_MARKERS,
    ORANGE,
    ROW_INCHES,
    STYLE,
    WIDTH_INCHES,
    cost_scales,
    log_room,
    plt,
    unit_name,
    without_values,
)
from analysis.figures import caption as _caption
from analysis.figures import plain_ticks as _plain_ticks
from analysis.figures import save as _files
from analysis.load import display_unit, suite_of

import numpy as np  # isort: skip
from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter  # isort: skip

ROWS_LIMIT = 24
"""More benches than this do not fit on one figure legibly; they go on further ones."""
POINTS_SHOWN = 400
LOG_SPREAD = 30.0
GROWTH_LOG_SPREAD = 200.0
"""Costs that grow more than this show nothing of their low end on a linear axis."""
Bench = Mapping[str, Any]
Results = Mapping[str, Any]


def draw(
    results: Results, command: str, progress: Callable[[str], None] = lambda text: None
) -> Iterator[tuple[str, bytes]]:
    """Every plot of `results` as (file name, content), PNG and SVG; `command` is named in the footer."""
    suites: dict[str, list[Bench]] = {}
    for bench in results["benches"]:
        suites.setdefault(suite_of(bench), []).append(bench)
    with plt.rc_context(STYLE):
        for suite, benches in suites.items():
            progress(suite)
            pages = [benches[at : at + ROWS_LIMIT] for at in range(0, len(benches), ROWS_LIMIT)]
            for number, page in enumerate(pages, 1):
                ending = f"-{number}" if len(pages) > 1 else ""
                for kind, panel in (("distribution", distribution), ("mean", means)):
                    if kind == "distribution" and all(bench["name"] == OVERHEAD for bench in page):
                        continue
                    title = f"{suite}: {TITLES[kind]}" + (f" ({number} of {len(pages)})" if ending else "")
                    figure = _figure(results, page, title, command, panel)
                    yield from _files(figure, f"{suite}-{kind}{ending}")
            lines = scaling.by_figure(scaling.lines(_measured(benches)))
            parameters = [parameter for parameter, _ in lines]
            for (parameter, unit), found in lines.items():
                figure = growth(results, suite, parameter, unit, found, command)
                of_unit = f"-{unit_name(unit)}" if parameters.count(parameter) > 1 else ""
                yield from _files(figure, f"{suite}-by-{parameter}{of_unit}")
            if told := history.found(benches):
                yield from _files(over_time(results, suite, told, command), f"{suite}-over-time")
            if suite == spawn_plots.SUITE:
                yield from spawn_plots.draw(results, benches, command)
            if suite == "boot" and any(_good(bench) for bench in benches):
                yield from _files(timeline(results, benches, command), "boot-timeline")


OVERHEAD = "trace.overhead"
"""A row a bench, of one figure: the difference of two boots. It has neither a distribution nor a growth."""


def _measured(benches: Sequence[Bench]) -> list[Bench]:
    return [bench for bench in benches if bench["name"] != OVERHEAD]


TITLES = {
    "distribution": "samples, median and quartiles, whiskers from 1 % to 99 %",
    "mean": "means with 95 % confidence intervals",
}


def _good(bench: Bench) -> bool:
    return bool(bench["samples"])


def label(bench: Bench, width: int = 46) -> str:
    """A bench's name, and its parameters below it; distinct for distinct parameters."""
    params = ", ".join(f"{key}={value}" for key, value in bench["params"].items())
    name = str(bench["name"])
    if not params:
        return name
    lines = [name]
    for item in params.split(", "):
        if len(lines) == 1 or len(lines[-1]) + len(item) + 2 > width:
            lines.append(item)
        else:
            lines[-1] += f", {item}"
    return "\n".join(lines)


def _panels(benches: Sequence[Bench]) -> list[tuple[str, list[Bench]]]:
    """Benches by unit: figures of different units never share an axis."""
    units: dict[str, list[Bench]] = {}
    for bench in benches:
        units.setdefault(str(bench["unit"]), []).append(bench)
    return list(units.items())


Panel = Callable[[Axes, Sequence[Bench]], None]


def _figure(results: Results, benches: Sequence[Bench], title: str, command: str, panel: Panel) -> Figure:
    panels = _panels(benches)
    labels = [[label(bench) for bench in page] for _, page in panels]
    heights = [sum(max(2, text.count("\n") + 1) for text in texts) * ROW_INCHES / 2 + 0.9 for texts in labels]
    figure, grid = plt.subplots(
        len(panels),
        1,
        figsize=(WIDTH_INCHES, sum(heights) + 1.7),
        squeeze=False,
        gridspec_kw={"height_ratios": heights},
        layout="constrained",
    )
    for axes, (unit, page), texts in zip(grid[:, 0], panels, labels, strict=True):
        panel(axes, page)
        axes.set_yticks(range(len(page)), texts)
        axes.set_ylim(len(page) - 0.5, -0.5)
        _plain_ticks(axes)
        axes.set_xlabel(display_unit(unit, results["clock"]["cycle_is"]) or "no unit")
        _failures(axes, page)
    _caption(figure, results, title, command)
    return figure


def _failures(axes: Axes, benches: Sequence[Bench]) -> None:
    """A failed bench keeps its row and says why."""
    for at, bench in enumerate(benches):
        if bench["status"] != "ok":
            text = bench["status"] if len(bench["status"]) <= 90 else bench["status"][:87] + "..."
            axes.text(
                0.01, at, text, transform=axes.get_yaxis_transform(), va="center", color="#B00020", fontsize=8
            )


def _scale(axes: Axes, values: Sequence[float]) -> bool:
    """A logarithmic axis where the figures are far apart."""
    low, high = (min(values), max(values)) if values else (0, 0)
    if low > 0 and high / low > LOG_SPREAD:
        axes.set_xscale("log")
        return True
    return False


def distribution(axes: Axes, benches: Sequence[Bench]) -> None:
    """A strip of the samples, with the box of quartiles and the whiskers from 1 % to 99 % over it."""
    every: list[float] = []
    for at, bench in enumerate(benches):
        if not _good(bench):
            continue
        values = np.asarray(bench["samples"], dtype=float)
        every += [float(values.min()), float(values.max())]
        generator = np.random.default_rng(at)
        shown = values
        if len(values) > POINTS_SHOWN:
            shown = values[np.sort(generator.choice(len(values), POINTS_SHOWN, replace=False))]
        heights = at + generator.uniform(-0.28, 0.28, len(shown))
        axes.plot(shown, heights, ".", color=ORANGE, markersize=3, alpha=0.45, rasterized=True, zorder=2)
        axes.boxplot(
            [values],
            positions=[at],
            orientation="horizontal",
            widths=0.5,
            whis=(1, 99),
            showfliers=False,
            manage_ticks=False,
            patch_artist=True,
            boxprops={"facecolor": (0, 0.447, 0.698, 0.18), "edgecolor": BLUE},
            medianprops={"color": BLUE, "linewidth": 2},
            whiskerprops={"color": BLUE},
            capprops={"color": BLUE},
            zorder=3,
        )
        axes.annotate(
            f"n = {bench['stats']['n']:,}",
            (1, at),
            xycoords=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=8,
            color=GREY,
        )
    _frame(axes, every, _scale(axes, every))


def means(axes: Axes, benches: Sequence[Bench]) -> None:
    """A bar to the mean with its confidence interval, and the figure beside it.

    A logarithmic axis has no 0 for a bar to begin at: the mean is a point there.
    """
    good = [(at, bench["stats"]) for at, bench in enumerate(benches) if _good(bench)]
    edges = [float(v) for _, stats in good for v in stats["ci95"]]
    logarithmic = _scale(axes, edges)
    for at, stats in good:
        mean = float(stats["mean"])
        low, high = (float(v) for v in stats["ci95"])
        if logarithmic:
            axes.plot(mean, at, "o", color=BLUE, markersize=7)
        else:
            axes.barh(at, mean, height=0.55, color=BLUE, alpha=0.8)
        axes.errorbar(
            mean,
            at,
            xerr=[[max(mean - low, 0)], [max(high - mean, 0)]],
            color="black",
            capsize=3,
            linewidth=1,
        )
        axes.annotate(
            f"{mean:,.0f}" if mean.is_integer() or abs(mean) >= 1000 else f"{mean:,.2f}",
            (max(high, mean) if mean >= 0 else max(high, 0), at),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    _frame(axes, edges if logarithmic else [0.0, *edges], logarithmic)


def _frame(axes: Axes, values: Sequence[float], logarithmic: bool) -> None:
    """Limits with room for the figures at the right."""
    if not values:
        without_values(axes)
        return
    low, high = min(values), max(values)
    if logarithmic:
        log_room(axes, low, high, 0.12)
    else:
        room = (high - low) or abs(high) or 1.0
        axes.set_xlim(low - (0.04 * room if low else 0), high + 0.12 * room)


def timeline(results: Results, benches: Sequence[Bench], command: str) -> Figure:
    """The start-up: each milestone at its median time from the first instruction."""
    stages = sorted(
        ((float(b["stats"]["median"]), label(b).replace("\n", " ")) for b in benches if _good(b)),
        key=lambda stage: stage[0],
    )
    figure, axes = plt.subplots(
        figsize=(WIDTH_INCHES, 2.2 + ROW_INCHES * len(stages)), layout="constrained", squeeze=True
    )
    before = 0.0
    for at, (time, _) in enumerate(stages):
        axes.barh(at, time - before, left=before, height=0.5, color=BLUE if at % 2 == 0 else GREEN)
        right = time <= 0.6 * stages[-1][0]
        axes.annotate(
            f"{time:,.0f} (+{time - before:,.0f})",
            (time if right else before, at),
            xytext=(5 if right else -5, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=8,
        )
        before = time
    axes.set_yticks(range(len(stages)), [name for _, name in stages])
    axes.set_ylim(len(stages) - 0.5, -0.5)
    axes.set_xlim(0, stages[-1][0] * 1.02 or 1)
    _plain_ticks(axes)
    unit = next(str(b["unit"]) for b in benches if _good(b))
    axes.set_xlabel(f"{display_unit(unit, results['clock']['cycle_is'])} since the first kernel instruction")
    _caption(
        figure, results, "boot: milestones of the start-up, in brackets the step from the one before", command
    )
    return figure


def growth(
    results: Results, suite: str, parameter: str, unit: str, found: Sequence[scaling.Line], command: str
) -> Figure:
    """Medians over a parameter, from the first to the ninety-ninth percentile; a line a bench."""
    figure, axes = plt.subplots(figsize=(WIDTH_INCHES, 6.0), layout="constrained", squeeze=True)
    for at, line in enumerate(found):
        stats = [bench["stats"] for bench in line.benches]
        middle = [float(stat["median"]) for stat in stats]
        colour, marker = LINE_COLOURS[at % len(LINE_COLOURS)], LINE_MARKERS[at % len(LINE_MARKERS)]
        low = [float(np.percentile(bench["samples"], 1)) for bench in line.benches]
        high = [float(stat["p99"]) for stat in stats]
        axes.fill_between(line.values, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(line.values, middle, color=colour, marker=marker, label=line.label)
    cost_scales(
        axes,
        [value for line in found for value in line.values],
        [float(bench["stats"]["median"]) for line in found for bench in line.benches],
        GROWTH_LOG_SPREAD,
        scaling.is_size(parameter),
    )
    axes.grid(axis="y")
    axes.set_xlabel(scaling.parameter_text(parameter))
    axes.set_ylabel(f"{display_unit(unit, results['clock']['cycle_is'])} (median; band from 1 % to 99 %)")
    axes.legend(frameon=False, fontsize=8)
    _caption(figure, results, f"{suite}: {rate_or_cost(unit)} by {parameter}", command)
    return figure


def over_time(results: Results, suite: str, told: Sequence[history.History], command: str) -> Figure:
    """A panel for each history: its samples in order, over the number of operations."""
    rows = -(-len(told) // 2)
    figure, grid = plt.subplots(
        rows, 2, figsize=(WIDTH_INCHES, 2.2 * rows + 1.7), squeeze=False, sharey=True, layout="constrained"
    )
    panels = list(grid.flat)
    for axes, line in zip(panels, told, strict=False):
        axes.plot(line.operations, line.samples, color=BLUE, linewidth=1.2)
        axes.set_title(line.label, fontsize=9, loc="left")
        axes.set_xlim(0, line.operations[-1])
        axes.set_ylim(-25, 1050)
        axes.grid(visible=True, axis="both")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_xlabel("operations (allocations and frees)")
    for axes in grid[:, 0]:
        axes.set_ylabel(f"{told[0].name.partition('.')[2]} ({told[0].unit})")
    for axes in panels[len(told) :]:
        axes.set_visible(False)
    names = ", ".join(dict.fromkeys(line.name for line in told))
    _caption(figure, results, f"{suite}: {names} over time", command)
    return figure
