"""Lines of cost by size, number of objects, threads or cores, a line a variant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis import crossover, figures, plots, scaling
from analysis.compare import Overlay, Variant, axes_text
from analysis.figures import plt
from analysis.load import display_unit
from analysis.looks import Look, look

import numpy as np  # isort: skip
from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip

DASH_PERIOD = 12.0
"""Of lines that lie on each other, in line widths."""
CROSSING_TEXT, CROSSING_STEP = 0.03, 0.045
"""Where the sizes of crossings stand, as shares of the height: below each other they do not collide."""
RINGS = "\nrings: one becomes cheaper than another; bold: the cheapest of all from there on"


def lines_figure(variants: Sequence[Variant], overlay: Overlay, cycle_is: str) -> Figure:
    """Medians over the parameter, with a band from the first to the ninety-ninth percentile."""
    figure, axes = plt.subplots(figsize=(figures.WIDTH_INCHES, 6.0), layout="constrained", squeeze=True)
    longest = max(len(line.values) for line in overlay.lines if line)
    for at, (variant, line) in enumerate(zip(variants, overlay.lines, strict=True)):
        style = look(at)
        points = len(line.values) if line else 0
        label = variant.label + (f" ({points} of {longest} points)" if points < longest else "")
        if line is None:
            axes.plot([], [], color=style.colour, marker=style.marker, linestyle=style.dashes, label=label)
            continue
        same = together(overlay, at)
        if same[0] < at:
            label += f"\n(as {variants[same[0]].label})"
        _line(axes, line, style, label, same.index(at), len(same))
    drawn = [line for line in overlay.lines if line]
    figures.cost_scales(
        axes,
        [value for line in drawn for value in line.values],
        [float(bench["stats"]["median"]) for line in drawn for bench in line.benches],
        plots.LOG_SPREAD,
        scaling.is_size(overlay.parameter),
    )
    rings = _crossings(axes, overlay)
    axes.grid(True, axis="both")
    logarithmic = {"x": axes.get_xscale() != "linear", "y": axes.get_yscale() != "linear"}
    words = {axis: ", logarithmic" if chosen else "" for axis, chosen in logarithmic.items()}
    axes.set_xlabel(scaling.parameter_text(overlay.parameter) + words["x"] + (RINGS if rings else ""))
    unit = display_unit(overlay.unit, cycle_is)
    axes.set_ylabel(f"{unit}{words['y']} (median; band from 1 % to 99 %)")
    _legend_by_height(axes, overlay, axes_text(variants))
    return figure


def together(overlay: Overlay, at: int) -> list[int]:
    """The variants whose medians are all those of variant `at`: their lines lie on each other."""

    def medians(line: Any) -> Any:
        return line and (line.values, [bench["stats"]["median"] for bench in line.benches])

    own = medians(overlay.lines[at])
    return [other for other, line in enumerate(overlay.lines) if medians(line) == own]


def _line(axes: Axes, line: Any, style: Look, label: str, number: int, of: int) -> None:
    """Lines that lie on each other show between the dashes, and behind the markers, of those drawn later."""
    middle = [float(bench["stats"]["median"]) for bench in line.benches]
    low = [float(np.percentile(bench["samples"], 1)) for bench in line.benches]
    high = [float(bench["stats"]["p99"]) for bench in line.benches]
    covered = DASH_PERIOD * (of - number) / of
    axes.fill_between(line.values, low, high, color=style.colour, alpha=0.12 / of, linewidth=0)
    axes.plot(
        line.values,
        middle,
        color=style.colour,
        linestyle=(0, (covered, DASH_PERIOD - covered)) if number else style.dashes,
        dash_capstyle="butt",
        marker=style.marker,
        markeredgecolor="white",
        markersize=7 + 4 * (of - 1 - number),
        linewidth=1.8,
        label=label,
    )


def _crossings(axes: Axes, overlay: Overlay) -> int:
    """A ring where one line becomes cheaper than another, with the size below; gives how many."""
    found = crossover.crossings(overlay)
    for at, crossing in enumerate(found):
        axes.plot(
            crossing.at,
            crossing.cost,
            marker="o",
            markersize=13,
            markerfacecolor="none",
            markeredgecolor="black",
            markeredgewidth=1.4 if crossing.is_cheapest else 0.7,
            linestyle="none",
            zorder=5,
        )
        axes.annotate(
            crossover.bytes_text(crossing.at),
            (crossing.at, crossing.cost),
            xytext=(crossing.at, CROSSING_TEXT + CROSSING_STEP * (at % 4)),
            textcoords=axes.get_xaxis_transform(),
            ha="center",
            fontsize=8.5,
            fontweight="bold" if crossing.is_cheapest else "normal",
            arrowprops={"arrowstyle": "-", "color": figures.GREY, "linewidth": 0.8, "shrinkB": 7},
            zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0, "alpha": 0.85},
        )
    return len(found)


def _legend_by_height(axes: Axes, overlay: Overlay, title: str) -> None:
    """Beside the lines' ends and in their order, so that eyes need not jump; it covers no line there."""
    handles, labels = axes.get_legend_handles_labels()
    last = [float(line.benches[-1]["stats"]["median"]) if line else -1.0 for line in overlay.lines]
    order = sorted(range(len(handles)), key=lambda at: -last[at])
    axes.legend(
        [handles[at] for at in order],
        [labels[at] for at in order],
        frameon=False,
        title=title,
        fontsize=9,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )
