"""Distributions laid over each other: the share of samples up to a cost, a step line a variant.

It hides nothing: two modes are two steps, an outlier is a long tail, and equal samples are one step up.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis import figures, plots
from analysis.compare import Row, Variant, axes_text, good
from analysis.figures import plt
from analysis.load import display_unit
from analysis.looks import look

import numpy as np  # isort: skip
from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter  # isort: skip

PANELS_LIMIT, COLUMNS = 8, 2
LEAST_SPREAD = 0.01
"""From the first to the ninety-ninth percentile, by the median: what varies less is a vertical line."""
FEWEST_SAMPLES = 8
"""Fewer are no distribution."""
PANEL_INCHES = 2.3
LOG_SPREAD = 30.0


def worth_drawing(rows: Sequence[Row]) -> list[Row]:
    """The rows whose samples vary in some variant, those that vary most first."""
    varying = [(spread(row), at, row) for at, row in enumerate(rows)]
    ranked = sorted((-width, at, row.label) for width, at, row in varying if width > LEAST_SPREAD)
    return [rows[at] for _, at, _ in ranked]


def spread(row: Row) -> float:
    """Of the variant that varies most: the middle 98 % by the median."""
    widths = [0.0]
    for bench in row.benches:
        if not good(bench) or len(bench["samples"]) < FEWEST_SAMPLES:  # type: ignore[index]
            continue
        if bench["stats"]["median"]:  # type: ignore[index]
            low, high = np.percentile(bench["samples"], [1, 99])  # type: ignore[index]
            widths.append(float(high - low) / abs(bench["stats"]["median"]))  # type: ignore[index]
    return max(widths)


def figure_of(variants: Sequence[Variant], rows: Sequence[Row], cycle_is: str) -> Figure:
    """A panel for each of the rows."""
    columns = min(COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    figure, grid = plt.subplots(
        lines,
        columns,
        figsize=(figures.WIDTH_INCHES, PANEL_INCHES * lines + 2.0),
        squeeze=False,
        layout="constrained",
    )
    panels = list(grid.flat)
    for axes, row in zip(panels, rows, strict=False):
        _panel(axes, variants, row, cycle_is)
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    for line in grid:
        line[0].set_ylabel("samples up to here")
    lines_of = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    named = [variant.label for variant in variants if variant.label in lines_of]
    figures.legend_below(figure, [lines_of[label] for label in named], named, axes_text(variants))
    return figure


def _panel(axes: Axes, variants: Sequence[Variant], row: Row, cycle_is: str) -> None:
    low, high = np.inf, -np.inf
    for at, (variant, bench) in enumerate(zip(variants, row.benches, strict=True)):
        if not good(bench):
            continue
        values = np.sort(np.asarray(bench["samples"], dtype=float))  # type: ignore[index]
        low, high = min(low, values[0]), max(high, values[-1])
        style = look(at)
        axes.ecdf(
            values,
            color=style.colour,
            linestyle=figures.DASHES[at % len(figures.DASHES)],
            linewidth=2.6 - 0.25 * at if at < 6 else 1.2,
            label=variant.label,
        )
    if low > 0 and high / low > LOG_SPREAD:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.margins(x=0.04)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: figures.tick_text(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    axes.set_ylim(-0.03, 1.03)
    axes.grid(visible=True, axis="both")
    axes.set_xlabel(display_unit(row.unit, cycle_is) or "no unit", fontsize=8)
    axes.set_title(plots.label({"name": row.name, "params": row.params}, 60), fontsize=8.5, loc="left")
