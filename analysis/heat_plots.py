"""Heat maps: what two axes do together, a map for each bench.

A field is the ratio of its median to that of the baseline, on a logarithmic scale of colours around 1 that
colour-blind readers can tell apart, with the ratio written in it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis import figures, plots, slices
from analysis.compare import Row, Variant, match, more_is_better
from analysis.figures import plt
from analysis.load import suite_of

import numpy as np  # isort: skip
from matplotlib.axes import Axes  # isort: skip
from matplotlib.cm import ScalarMappable  # isort: skip
from matplotlib.colors import Normalize  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter  # isort: skip

COLOURS = "PuOr_r"
COLUMNS, MAPS_LIMIT = 3, 12
"""So many maps fit on one figure legibly; they are those with the largest ratios."""
LEAST_RANGE = 0.1
"""Of the scale of colours, in octaves: differences of a few per cent must not look like large ones."""
FIELD_INCHES = 0.42
PALER = 1.2
"""The ends of the scale of colours are too dark to tell from black: it reaches further than the ratios."""


@dataclass
class Map:
    """One bench over two axes."""

    row: Row
    ratios: np.ndarray
    """A line for each value of the second axis, a column for each of the first; NaN where nothing is."""

    @property
    def spread(self) -> float:
        """How far the ratios go from 1, in octaves."""
        known = self.ratios[np.isfinite(self.ratios) & (self.ratios > 0)]
        return float(np.abs(np.log2(known)).max()) if known.size else 0.0


@dataclass(frozen=True)
class Pair:
    """Two axes, with the others at the baseline."""

    first: str
    second: str
    columns: Sequence[str]
    lines: Sequence[str]
    fixed: Mapping[str, str]
    variants: Sequence[Variant]
    baseline: tuple[str, str]


def pairs(variants: Sequence[Variant], baseline: Mapping[str, str]) -> Iterator[Pair]:
    """Every two of the compared axes."""
    values = slices.axes(variants)
    for first, second in itertools.combinations(values, 2):
        fixed = {axis: baseline[axis] for axis in values if axis not in (first, second)}
        members = slices.matching(variants, fixed)
        start = baseline[first], baseline[second]
        yield Pair(first, second, values[first], values[second], fixed, members, start)


def maps(pair: Pair) -> dict[str, list[Map]]:
    """By suite, every bench whose ratio is not 1 everywhere, the largest first."""
    places = {(one.choice[pair.first], one.choice[pair.second]): at for at, one in enumerate(pair.variants)}
    found: dict[str, list[Map]] = {}
    for row in match(pair.variants):
        medians = row.medians
        start = places.get(pair.baseline)
        reference = None if start is None else medians[start]
        if not reference:
            continue
        ratios = np.full((len(pair.lines), len(pair.columns)), np.nan)
        for (column, line), at in places.items():
            if medians[at] is not None:
                ratios[pair.lines.index(line), pair.columns.index(column)] = medians[at] / reference
        one = Map(row, ratios)
        if one.spread:
            found.setdefault(suite_of({"name": row.name}), []).append(one)
    return {suite: sorted(every, key=lambda one: -one.spread) for suite, every in found.items()}


def figure_of(pair: Pair, drawn: Sequence[Map], cycle_is: str) -> Figure:
    """Small maps with the same scale of colours."""
    columns = min(COLUMNS, len(drawn))
    lines = -(-len(drawn) // columns)
    height = lines * (len(pair.lines) * FIELD_INCHES + 1.15) + 2.6
    figure, grid = plt.subplots(
        lines, columns, figsize=(figures.WIDTH_INCHES, height), squeeze=False, layout="constrained"
    )
    limit = max(LEAST_RANGE, *(one.spread for one in drawn))
    scale = ScalarMappable(Normalize(-limit * PALER, limit * PALER), COLOURS)
    panels = list(grid.flat)
    for at, (axes, one) in enumerate(zip(panels, drawn, strict=False)):
        _map(axes, pair, one, scale, at % columns == 0)
    for axes in panels[len(drawn) :]:
        axes.set_visible(False)
    bar = figure.colorbar(
        scale,
        ax=panels,
        location="bottom",
        shrink=0.6,
        aspect=40,
        pad=0.02,
        ticks=[math.log2(ratio) for ratio in figures.round_ratios(2**-limit, 2**limit)],
    )
    bar.ax.xaxis.set_major_formatter(FuncFormatter(lambda octaves, _: f"{2**octaves:.3g}"))
    bar.ax.set_xlim(-limit, limit)
    start = ", ".join((f"{pair.first}={pair.baseline[0]}", f"{pair.second}={pair.baseline[1]}"))
    units = figures.units_text([one.row.unit for one in drawn], cycle_is)
    bar.set_label(f"ratio of medians in {units} to the baseline ({start}, framed)")
    bar.outline.set_visible(False)  # type: ignore[operator]
    return figure


def _map(axes: Axes, pair: Pair, one: Map, scale: ScalarMappable, is_first: bool) -> None:
    axes.set_facecolor("#eeeeee")
    with np.errstate(divide="ignore", invalid="ignore"):
        octaves = np.log2(one.ratios)
    axes.imshow(octaves, cmap=scale.cmap, norm=scale.norm, aspect="auto")
    axes.grid(visible=False)
    for line, column in np.ndindex(one.ratios.shape):
        ratio = one.ratios[line, column]
        red, green, blue, _ = scale.to_rgba(octaves[line, column]) if math.isfinite(ratio) else (1, 1, 1, 1)
        dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        axes.text(
            column,
            line,
            ratio_text(ratio),
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if dark else "black",
        )
    start = pair.columns.index(pair.baseline[0]), pair.lines.index(pair.baseline[1])
    axes.add_patch(plt.Rectangle((start[0] - 0.47, start[1] - 0.47), 0.94, 0.94, fill=False, linewidth=1.6))
    axes.set_xticks(range(len(pair.columns)), pair.columns, rotation=30, ha="right", fontsize=8)
    axes.set_yticks(range(len(pair.lines)), pair.lines if is_first else [""] * len(pair.lines), fontsize=8)
    axes.tick_params(length=0)
    axes.set_xticks([at - 0.5 for at in range(1, len(pair.columns))], minor=True)
    axes.set_yticks([at - 0.5 for at in range(1, len(pair.lines))], minor=True)
    axes.grid(visible=True, which="minor", axis="both", color="#dddddd", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    better = " (more is better)" if more_is_better(one.row.unit) else ""
    name = plots.label({"name": one.row.name, "params": one.row.params}, 34)
    axes.set_title(name + better, fontsize=8, loc="left")


def ratio_text(ratio: float) -> str:
    if not math.isfinite(ratio):
        return "-"
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
