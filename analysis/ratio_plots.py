"""How much each variant differs from the baseline: a ratio with its interval for each row, one line a row.

Filled marks are differences that are certain, hollow ones could be chance.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis import figures, plots
from analysis.compare import Variant, axes_text, more_is_better
from analysis.differences import Difference, RowDifferences, Verdict
from analysis.figures import plt
from analysis.load import suite_of
from analysis.looks import look

from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter, NullFormatter  # isort: skip

ROWS_LIMIT = 24
LEAST_ROW, ROW_ROOM, MARK_INCHES = 0.38, 0.14, 0.085
LEAST_FACTOR = 1.02
"""The axis reaches at least this far to both sides: nothing must look large that is not."""


def by_suite(judged: Sequence[RowDifferences]) -> dict[str, list[RowDifferences]]:
    """The rows in which some variant has another median than the baseline, the largest ratios first."""
    found: dict[str, list[RowDifferences]] = {}
    for row in judged:
        if _reach(row) > 1:
            found.setdefault(suite_of({"name": row.row.name}), []).append(row)
    return {suite: sorted(rows, key=lambda row: -_reach(row)) for suite, rows in found.items()}


def _reach(row: RowDifferences) -> float:
    """The largest factor by which a variant is above or below the baseline."""
    ratios = [one.ratio for one in row.differences if one is not None and one.ratio]
    return max((max(ratio, 1 / ratio) for ratio in ratios), default=1.0)


def figure_of(
    variants: Sequence[Variant], places: Sequence[int], rows: Sequence[RowDifferences], cycle_is: str
) -> Figure | None:
    """A line a row with a mark for each of `variants`; None if none of them differs.

    `places` says where each stands in the differences of a row.
    """
    marked = [at for at, place in enumerate(places) if any(_known(row.differences[place]) for row in rows)]
    shown = [row for row in rows if any(_known(row.differences[places[at]]) for at in marked)]
    if not shown:
        return None
    step = max(LEAST_ROW, len(marked) * MARK_INCHES + ROW_ROOM)
    figure, axes = plt.subplots(
        figsize=(figures.WIDTH_INCHES, step * len(shown) + 2.4), layout="constrained", squeeze=True
    )
    axes.axvline(1, color="black", linewidth=1)
    edges = [LEAST_FACTOR, 1 / LEAST_FACTOR]
    for number, at in enumerate(marked):
        offset = (number - (len(marked) - 1) / 2) * (MARK_INCHES / step)
        for place, row in enumerate(shown):
            edges += _mark(axes, row.differences[places[at]], at, place + offset)
    _scales(axes, shown, edges)
    units = figures.units_text([row.row.unit for row in shown], cycle_is)
    axes.set_xlabel(f"ratio of medians in {units} to the baseline, with its 95 % interval (logarithmic)")
    handles = [
        plt.Line2D([], [], color=look(at).colour, marker=look(at).marker, linestyle="none") for at in marked
    ]
    base = next((one.label for one, at in zip(variants, places, strict=True) if at == rows[0].baseline), "")
    title = f"{axes_text(variants)}; baseline: {base} (hollow: could be chance)"
    figures.legend_above(axes, handles, [variants[at].label for at in marked], title)
    return figure


def _known(difference: Difference | None) -> bool:
    return difference is not None and bool(difference.ratio) and difference.ratio != 1


def _mark(axes: Axes, difference: Difference | None, at: int, height: float) -> list[float]:
    """Draws one; gives how far it reaches."""
    if difference is None or not difference.ratio or difference.verdict is Verdict.NOT_COMPARABLE:
        return []
    style = look(at)
    reach = [difference.ratio, *(difference.interval or ())]
    low, high = max(min(reach), difference.ratio / 100), max(reach)
    if high > low:
        axes.plot([low, high], [height, height], color=style.colour, linewidth=1.4, solid_capstyle="butt")
    sure = difference.certain or difference.verdict is Verdict.EXACTLY_EQUAL
    axes.plot(
        difference.ratio,
        height,
        marker=style.marker,
        markersize=6,
        color=style.colour,
        markerfacecolor=style.colour if sure else "white",
        linestyle="none",
        zorder=4,
    )
    return [low, high]


def _scales(axes: Axes, shown: Sequence[RowDifferences], edges: Sequence[float]) -> None:
    low, high = min(edges), max(edges)
    axes.set_xscale("log", base=2)
    room = (high / low) ** 0.04
    axes.set_xlim(low / room, high * room)
    axes.set_xticks(figures.round_ratios(low / room, high * room))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(plt.NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.3g}"))
    axes.set_yticks(range(len(shown)), [_name(row) for row in shown], fontsize=8)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x")
    figures.bands(axes, len(shown))


def _name(row: RowDifferences) -> str:
    better = " (more is better)" if more_is_better(row.row.unit) else ""
    return plots.label({"name": row.row.name, "params": row.row.params}, 50) + better
