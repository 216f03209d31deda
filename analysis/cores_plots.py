"""Cost by the number of cores of the machine: a panel a bench, a line a choice on the other axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis import figures, plots, slices
from analysis.compare import Row, Variant, match
from analysis.figures import plt
from analysis.load import display_unit, suite_of
from analysis.looks import look
from analysis.slices import CORES_AXIS

from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter  # isort: skip

PANELS_LIMIT, COLUMNS = 9, 3
PANEL_INCHES = 2.4

Choice = tuple[tuple[str, str], ...]


@dataclass
class Panel:
    """One bench: the medians of each choice, by number of cores."""

    row: Row
    lines: dict[Choice, dict[int, float]]

    @property
    def change(self) -> float:
        """How far the medians of one choice are apart at most, by the lowest."""
        spreads = [0.0]
        for points in self.lines.values():
            low, high = min(points.values()), max(points.values())
            if low > 0:
                spreads.append(high / low - 1)
        return max(spreads)


def panels(variants: Sequence[Variant], baseline: Mapping[str, str]) -> dict[str, list[Panel]]:
    """By suite, the benches whose cost depends on the number of cores, those that depend most first."""
    if CORES_AXIS not in slices.axes(variants):
        return {}
    chosen = _choices(variants, baseline)
    found: dict[str, list[Panel]] = {}
    for row in match(variants):
        lines: dict[Choice, dict[int, float]] = {choice: {} for choice in chosen}
        for variant, median in zip(variants, row.medians, strict=True):
            if median is not None and _rest(variant) in lines:
                lines[_rest(variant)][int(variant.choice[CORES_AXIS])] = float(median)
        panel = Panel(row, {choice: points for choice, points in lines.items() if points})
        if panel.change:
            found.setdefault(suite_of({"name": row.name}), []).append(panel)
    return {suite: sorted(every, key=lambda panel: -panel.change) for suite, every in found.items()}


def _rest(variant: Variant) -> Choice:
    return tuple((axis, value) for axis, value in variant.choice.items() if axis != CORES_AXIS)


def _choices(variants: Sequence[Variant], baseline: Mapping[str, str]) -> list[Choice]:
    """All choices on the other axes where they are few; else those that differ from the baseline on one."""
    every = list(dict.fromkeys(_rest(variant) for variant in variants))
    if len(every) <= slices.TOGETHER_LIMIT:
        return every
    near = [choice for choice in every if sum(baseline.get(axis) != value for axis, value in choice) < 2]
    return near[: len(figures.LINE_COLOURS)]


def figure_of(drawn: Sequence[Panel], cycle_is: str) -> Figure:
    columns = min(COLUMNS, len(drawn))
    lines = -(-len(drawn) // columns)
    height = PANEL_INCHES * lines + 2.1
    figure, grid = plt.subplots(
        lines, columns, figsize=(figures.WIDTH_INCHES, height), squeeze=False, layout="constrained"
    )
    choices = list(dict.fromkeys(choice for panel in drawn for choice in panel.lines))
    every = list(grid.flat)
    for axes, panel in zip(every, drawn, strict=False):
        _panel(axes, panel, choices, cycle_is)
    for axes in every[len(drawn) :]:
        axes.set_visible(False)
    if choices != [()]:
        handles = [
            plt.Line2D([], [], color=look(at).colour, marker=look(at).marker) for at in range(len(choices))
        ]
        names = [", ".join(f"{axis}={value}" for axis, value in choice) for choice in choices]
        figures.legend_below(figure, handles, names, "")
    return figure


def _panel(axes: Axes, panel: Panel, choices: Sequence[Choice], cycle_is: str) -> None:
    for choice, points in panel.lines.items():
        style = look(choices.index(choice))
        places = sorted(points)
        axes.plot(places, [points[cores] for cores in places], color=style.colour, marker=style.marker)
    numbers = sorted({cores for points in panel.lines.values() for cores in points})
    axes.set_xscale("log", base=2)
    axes.set_xticks(numbers, [str(cores) for cores in numbers])
    axes.minorticks_off()
    axes.set_ylim(0, 1.1 * max(max(points.values()) for points in panel.lines.values()))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: figures.tick_text(value)))
    axes.grid(visible=True, axis="both")
    axes.set_xlabel("cores of the machine", fontsize=8)
    axes.set_ylabel(display_unit(panel.row.unit, cycle_is), fontsize=8)
    name = plots.label({"name": panel.row.name, "params": panel.row.params}, 36)
    axes.set_title(name, fontsize=8.5, loc="left")
