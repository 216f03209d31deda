"""Bars of medians with their intervals, a group a bench and a bar a variant.

A logarithmic axis has no 0 for a bar to begin at: medians are points there.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis import figures, plots, statistics
from analysis.compare import Row, Variant, axes_text, good, leaders, more_is_better
from analysis.figures import plt
from analysis.looks import look

from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter, NullFormatter  # isort: skip

BARS_LIMIT = 60
"""More bars than this do not fit on one figure legibly; they go on further ones."""
BAR_INCHES, GROUP_INCHES = 0.2, 0.22
FAILED = "#B00020"


def pages(rows: Sequence[Row], variants: int) -> list[Sequence[Row]]:
    """Rows by figure."""
    size = max(BARS_LIMIT // variants, 1)
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def number_text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.1f}"


def bars_figure(variants: Sequence[Variant], rows: Sequence[Row], unit: str) -> Figure:
    """A group of bars for each bench, one a variant, with its interval, the median, and the best in bold."""
    group = len(variants) * BAR_INCHES + GROUP_INCHES
    height = group * len(rows) + 2.3
    figure, axes = plt.subplots(figsize=(figures.WIDTH_INCHES, height), layout="constrained", squeeze=True)
    values = [float(median) for row in rows for median in row.medians if median is not None]
    values += [high for row in rows for at in range(len(variants)) if (high := _interval(row, at)[1])]
    logarithmic = bool(values) and min(values) > 0 and max(values) / min(values) > plots.LOG_SPREAD
    if logarithmic:
        axes.set_xscale("log")
    thickness = BAR_INCHES / group
    for at, variant in enumerate(variants):
        style = look(at)
        offset = (at - (len(variants) - 1) / 2) * thickness
        shown = [place for place, row in enumerate(rows) if good(row.benches[at])]
        medians = [float(rows[place].medians[at] or 0) for place in shown]
        places = [place + offset for place in shown]
        if logarithmic:
            axes.plot(medians, places, style.marker, color=style.colour, markersize=6, label=variant.label)
        else:
            axes.barh(
                places,
                medians,
                height=thickness * 0.86,
                color=style.colour,
                edgecolor="white",
                linewidth=0,
                hatch=style.hatch,
                label=variant.label,
            )
        _intervals(axes, rows, at, offset)
        for place, row in enumerate(rows):
            _figure_beside(axes, variant, row, at, place + offset, logarithmic)
    figures.bands(axes, len(rows))
    _bar_scales(axes, rows, values, logarithmic)
    axes.set_xlabel((unit or "no unit") + (", logarithmic" if logarithmic else ""))
    best = "more is better" if more_is_better(rows[0].unit) else "less is better"
    handles, labels = axes.get_legend_handles_labels()
    figures.legend_above(axes, handles, labels, f"{axes_text(variants)} ({best}; bold: the best)")
    return figure


def _intervals(axes: Axes, rows: Sequence[Row], at: int, offset: float) -> None:
    """Where each median lies with 95 % confidence; samples that are all equal have none."""
    for place, row in enumerate(rows):
        low, high = _interval(row, at)
        if high > low:
            middle = float(row.medians[at] or 0)
            axes.errorbar(
                middle,
                place + offset,
                xerr=[[middle - low], [high - middle]],
                color="black",
                capsize=2,
                linewidth=1,
            )


def _interval(row: Row, at: int) -> tuple[float, float]:
    bench = row.benches[at]
    return statistics.median_interval(bench["samples"]) if good(bench) else (0.0, 0.0)  # type: ignore[index]


def _figure_beside(axes: Axes, variant: Variant, row: Row, at: int, place: float, logarithmic: bool) -> None:
    """The median; a bench that failed or did not run says so instead of having a bar."""
    bench = row.benches[at]
    text, colour, value = "", "black", 0.0
    if good(bench):
        value = max(float(row.medians[at] or 0), _interval(row, at)[1])
        text = number_text(float(row.medians[at] or 0))
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
        xytext=(6, 0),
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
        figures.without_values(axes)
        return
    low, high = min(values), max(values)
    if logarithmic:
        figures.log_room(axes, low, high, 0.1)
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(min(low, 0) * 1.1, high * 1.1 or 1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: figures.tick_text(value)))
