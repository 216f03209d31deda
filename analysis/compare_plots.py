"""Plots that lay variants over each other: a line a variant where cost grows with a number, bars elsewhere.

A variant has the same colour, marker and hatch on every figure. The same results always give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import crossover, figures, plots, scaling
from analysis.compare import (
    Overlay,
    Row,
    Variant,
    apart,
    axes_text,
    good,
    leaders,
    match,
    more_is_better,
    overlays,
)
from analysis.figures import caption, plt
from analysis.figures import save as files
from analysis.load import display_unit

import numpy as np  # isort: skip
from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter, NullFormatter  # isort: skip

HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx")
DASHES = ("-", "--", ":", "-.")
BARS_LIMIT = 60
"""More bars than this do not fit on one figure legibly; they go on further ones."""
BAR_INCHES, GROUP_INCHES = 0.2, 0.22
DASH_PERIOD = 12.0
"""Of lines that lie on each other, in line widths."""
CROSSING_TEXT, CROSSING_STEP = 0.03, 0.045
"""Where the sizes of crossings stand, as shares of the height: below each other they do not collide."""
RINGS = "\nrings: one becomes cheaper than another; bold: the cheapest of all from there on"
FAILED = "#B00020"


@dataclass(frozen=True)
class Look:
    """How a variant is drawn: by marker and hatch it can be told without its colour too."""

    colour: str
    marker: str
    dashes: str
    hatch: str


def look(at: int) -> Look:
    turn = at // len(figures.LINE_COLOURS)
    return Look(
        figures.LINE_COLOURS[at % len(figures.LINE_COLOURS)],
        figures.LINE_MARKERS[at % len(figures.LINE_MARKERS)],
        DASHES[turn % len(DASHES)],
        HATCHES[at % len(HATCHES)],
    )


def draw(
    variants: Sequence[Variant], command: str, progress: Callable[[str], None] = lambda text: None
) -> Iterator[tuple[str, bytes]]:
    """Every figure as (file name, content), PNG and SVG; `command` is named in the footer."""
    drawn = overlays(variants)
    about = common(variants)
    with plt.rc_context(figures.STYLE):
        for overlay in drawn:
            progress(overlay.title)
            figure = lines_figure(variants, overlay, about["clock"]["cycle_is"])
            caption(figure, about, _title(overlay.title, variants), command)
            yield from files(figure, overlay.file_name)
        for (suite, unit), rows in apart(match(variants), drawn).items():
            progress(suite)
            pages = _pages(rows, len(variants))
            shown_unit = display_unit(unit, about["clock"]["cycle_is"])
            for number, page in enumerate(pages, 1):
                of = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
                figure = bars_figure(variants, page, shown_unit)
                caption(figure, about, _title(f"{suite}: medians{of}", variants), command)
                ending = f"-{number}" if of else ""
                yield from files(figure, f"{suite}-{shown_unit.replace('/', '_per_') or 'no_unit'}{ending}")


def common(variants: Sequence[Variant]) -> Mapping[str, Any]:
    """What all variants share, in the form of one results file, for the caption."""
    every = [variant.results for variant in variants if variant.results]
    first = every[0]
    revisions = dict.fromkeys(results["git"]["rev"] for results in every)
    same = {axis: value for axis, value in first["variant"].items() if axis not in variants[0].choice}
    git = {"rev": ", ".join(revisions), "dirty": any(results["git"]["dirty"] for results in every)}
    return {**first, "variant": same, "git": git}


def _title(text: str, variants: Sequence[Variant]) -> str:
    broken = [variant.label for variant in variants if variant.failure]
    return f"{text}; not complete: {', '.join(broken)}" if broken else text


def _pages(rows: Sequence[Row], variants: int) -> list[Sequence[Row]]:
    size = max(BARS_LIMIT // variants, 1)
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.1f}"


# Lines.


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


# Bars.


def bars_figure(variants: Sequence[Variant], rows: Sequence[Row], unit: str) -> Figure:
    """A group of bars for each bench, one a variant, with the median beside it and the best one in bold."""
    group = len(variants) * BAR_INCHES + GROUP_INCHES
    height = group * len(rows) + 2.3
    figure, axes = plt.subplots(figsize=(figures.WIDTH_INCHES, height), layout="constrained", squeeze=True)
    values = [float(median) for row in rows for median in row.medians if median is not None]
    logarithmic = bool(values) and min(values) > 0 and max(values) / min(values) > plots.LOG_SPREAD
    if logarithmic:
        axes.set_xscale("log")
    thickness = BAR_INCHES / group
    for at, variant in enumerate(variants):
        style = look(at)
        offset = (at - (len(variants) - 1) / 2) * thickness
        axes.barh(
            [place + offset for place in range(len(rows))],
            [float(median) if median is not None else 0 for median in (row.medians[at] for row in rows)],
            height=thickness * 0.86,
            color=style.colour,
            edgecolor="white",
            linewidth=0,
            hatch=style.hatch,
            label=variant.label,
        )
        for place, row in enumerate(rows):
            _figure_beside(axes, variant, row, at, place + offset, logarithmic)
    _bar_scales(axes, rows, values, logarithmic)
    axes.set_xlabel((unit or "no unit") + (", logarithmic" if logarithmic else ""))
    best = "more is better" if more_is_better(rows[0].unit) else "less is better"
    axes.legend(
        title=f"{axes_text(variants)} ({best}; bold: the best)",
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=min(len(variants), 5),
        frameon=False,
        fontsize=9,
        title_fontsize=8,
    )
    return figure


def _figure_beside(axes: Axes, variant: Variant, row: Row, at: int, place: float, logarithmic: bool) -> None:
    """The median; a bench that failed or did not run says so instead of having a bar."""
    bench = row.benches[at]
    text, colour, value = "", "black", 0.0
    if good(bench):
        value = float(row.medians[at] or 0)
        text = _number(value)
    elif bench is not None:
        text, colour = f"{variant.label}: {bench['status']}"[:80], FAILED
    else:
        text = f"{variant.label}: " + ("failed" if variant.failure else "not in this variant")
        colour = FAILED if variant.failure else figures.GREY
    beside_axis = not good(bench)
    axes.annotate(
        text,
        (0 if beside_axis else value, place),
        xycoords=axes.get_yaxis_transform() if beside_axis else "data",
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        color=colour,
        fontweight="bold" if at in leaders(row)[0] else "normal",
    )


def _bar_scales(axes: Axes, rows: Sequence[Row], values: Sequence[float], logarithmic: bool) -> None:
    names = [plots.label({"name": row.name, "params": row.params}) for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    if not values:
        axes.set_xlim(0, 1)
        axes.set_xticks([])
        return
    low, high = min(values), max(values)
    if logarithmic:
        axes.set_xlim(low / 1.6, high * (high / low) ** 0.1)
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(min(low, 0) * 1.1, high * 1.1 or 1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: figures.tick_text(value)))
