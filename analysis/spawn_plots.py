"""Plots of the suite `spawn`: what the time of starting a process goes into, and whether it grows.

The parts are the medians of the rows `spawn.<phase>`, the whole that of `spawn.total`; what no phase measures
is "between". Rows that differ in a parameter beside the phase's name, such as source, have a bar each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis import figures
from analysis.figures import Results, plt
from analysis.load import display_unit

from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter  # isort: skip

SUITE = "spawn"
PHASES = ("request", "adopt", "load", "elf", "cspace", "vspace", "arguments", "dispatcher", "start")
"""In the order in which they happen. The first two are the process server's: rows without it have none."""
BETWEEN, TOTAL, EXIT = "between", "total", "exit"
HISTORY, FOOTPRINT = "spawn.history", "spawn.footprint"
EVERY, KIND = "every", "kind"
GROWTH_ALLOWED = 0.05
"""So far the cost of a spawn may stray from the first one's."""
INSIDE_SHARE = 0.085
"""Segments narrower than this have their text below the bar."""
TEXT_SHARE = 0.095
"""The room that a text takes in the bar's width."""
LETTER_SHARE = 0.0084
"""And each letter of a long name."""
ROOM = 1.13
"""Of the longest bar: behind it stands its figure."""
COLOURS = (*figures.LINE_COLOURS[:-1], "#F0E442", "#6a5acd", "#8c6d46")
REST_COLOUR = "#bbbbbb"

Bench = Mapping[str, Any]


@dataclass
class Bar:
    """A whole and its parts, in order."""

    label: str
    parts: list[tuple[str, float]] = field(default_factory=list)
    whole: float | None = None
    """None if only the parts were measured."""
    order: Sequence[str] = ()
    """The names of all parts in all bars, if a part must have the same colour in each."""

    @property
    def line(self) -> str:
        return self.label.replace("\n", ", ")

    @property
    def sum(self) -> float:
        return sum(value for _, value in self.parts)

    @property
    def segments(self) -> list[tuple[str, float]]:
        """The parts, and what is left of the whole."""
        rest = (self.whole or 0) - self.sum
        return [*self.parts, (BETWEEN, rest)] if rest > 0 else self.parts

    @property
    def size(self) -> float:
        return max(self.whole or 0, self.sum)

    @property
    def sentence(self) -> str:
        if not self.whole:
            return "no whole was measured"
        return f"the parts add up to {100 * self.sum / self.whole:.1f} % of {self.whole:,.0f}"


def draw(results: Results, benches: Sequence[Bench], command: str) -> Iterator[tuple[str, bytes]]:
    """The suite's own figures, as (file name, content)."""
    good = [bench for bench in benches if bench["status"] == "ok" and bench["samples"]]
    cycle_is = results["clock"]["cycle_is"]
    drawn = [
        (phase_bars(good), "spawn-phases", "time distribution when starting a process"),
        (footprint_bars(good), "spawn-footprint-parts", "memory of an idle process by kind"),
    ]
    for bars, name, title in drawn:
        if bars:
            unit = display_unit(_unit(good, name == "spawn-phases"), cycle_is)
            figure = bars_figure(bars, unit)
            said = "\n".join(f"{bar.line}: {bar.sentence}" for bar in bars if bar.parts)
            figures.caption(figure, results, f"spawn: {title} (medians)\n{said}", command)
            yield from figures.save(figure, name)
    histories = [bench for bench in good if is_history(bench)]
    if histories:
        figure = history_figure(histories, display_unit(str(histories[0]["unit"]), cycle_is))
        figures.caption(figure, results, "spawn: cost of a spawn by the number of spawns before it", command)
        yield from figures.save(figure, "spawn-history")


def _unit(benches: Sequence[Bench], phases: bool) -> str:
    return str(next(b["unit"] for b in benches if (b["name"] != FOOTPRINT) == phases))


def _median(bench: Bench) -> float:
    return float(bench["stats"]["median"])


def _groups(benches: Sequence[Bench], without: str = "") -> dict[str, list[Bench]]:
    """Benches by their parameters, as text."""
    groups: dict[str, list[Bench]] = {}
    for bench in benches:
        params = ", ".join(f"{key}={value}" for key, value in bench["params"].items() if key != without)
        groups.setdefault(params, []).append(bench)
    return groups


def phase_bars(benches: Sequence[Bench]) -> list[Bar]:
    """For each set of parameters the whole with its phases, and the way out as a bar of its own."""
    names = {f"{SUITE}.{part}" for part in (*PHASES, TOTAL, EXIT)}
    bars: list[Bar] = []
    for params, members in _groups([b for b in benches if b["name"] in names]).items():
        medians = {str(bench["name"]).partition(".")[2]: _median(bench) for bench in members}
        parts = [(phase, medians[phase]) for phase in PHASES if phase in medians]
        if parts:
            bars.append(Bar("\n".join(filter(None, ["spawn.total", params])), parts, medians.get(TOTAL)))
            if EXIT in medians:
                bars.append(Bar("\n".join(filter(None, ["spawn.exit", params])), [], medians[EXIT]))
    return bars


def footprint_bars(benches: Sequence[Bench]) -> list[Bar]:
    """What an idle process takes, by kind; a row of the kind `total` is the whole."""
    bars: list[Bar] = []
    for params, members in _groups([b for b in benches if b["name"] == FOOTPRINT], KIND).items():
        kinds = {str(bench["params"].get(KIND, TOTAL)): _median(bench) for bench in members}
        whole = kinds.pop(TOTAL, None)
        if kinds:
            bars.append(Bar("\n".join(filter(None, [FOOTPRINT, params])), list(kinds.items()), whole))
    return bars


def bars_figure(bars: Sequence[Bar], unit: str) -> Figure:
    """A stacked bar each, its share of the whole and its figure on or below every segment."""
    figure, axes = plt.subplots(
        figsize=(figures.WIDTH_INCHES, 1.2 * len(bars) + 2.2), layout="constrained", squeeze=True
    )
    room = max(bar.size for bar in bars) * ROOM
    for at, bar in enumerate(bars):
        _draw_bar(axes, at, bar, room)
        axes.annotate(
            f"{bar.whole or bar.size:,.0f}",
            (bar.size, at),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontweight="bold",
        )
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
    axes.set_ylim(len(bars) - 0.1, -0.4)
    axes.set_xlim(0, room)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: figures.tick_text(value)))
    axes.set_xlabel(unit)
    return figure


def _draw_bar(axes: Axes, at: int, bar: Bar, room: float) -> None:
    if not bar.parts:
        axes.barh(at, bar.size, height=0.25, color=REST_COLOUR)
        return
    left, outside = 0.0, []
    for number, (name, value) in enumerate(bar.segments):
        colour = REST_COLOUR if name == BETWEEN else _colour_of(bar, number)
        axes.barh(at, value, left=left, height=0.46, color=colour, edgecolor="white", linewidth=0.8)
        text = f"{name}\n{100 * value / (bar.whole or bar.size):.1f} %\n{value:,.0f}"
        middle = left + value / 2
        if value >= max(INSIDE_SHARE, LETTER_SHARE * len(name)) * room:
            axes.annotate(text, (middle, at), ha="center", va="center", fontsize=8.5, color=_ink(colour))
        else:
            outside.append((middle, text))
        left += value
    letters = max((len(text.partition("\n")[0]) for _, text in outside), default=0)
    places = apart([middle for middle, _ in outside], max(TEXT_SHARE, LETTER_SHARE * letters) * room, room)
    for (middle, text), place in zip(outside, places, strict=True):
        axes.plot([middle, place], [at + 0.23, at + 0.34], color=figures.GREY, linewidth=0.8)
        axes.annotate(text, (place, at + 0.36), ha="center", va="top", fontsize=8.5)


def _colour_of(bar: Bar, number: int) -> str:
    """A phase has the same in every bar. The server's own come last, as not every bar has them."""
    if bar.order:
        number = bar.order.index(bar.parts[number][0])
    elif all(name in PHASES for name, _ in bar.parts):
        number = PHASES.index(bar.parts[number][0]) - 2
    return COLOURS[number % len(COLOURS)]


def _ink(colour: str) -> str:
    """Black on light colours, white on dark ones."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 110 else "white"


def apart(wanted: Sequence[float], least: float, room: float) -> list[float]:
    """Places near the wanted ones, in their order, `least` apart and half of that inside of 0 and `room`.

    What would lie too close moves as one, with its middle where the middle of what was wanted is.
    """
    groups: list[list[float]] = []
    for place in wanted:
        groups.append([place])
        while len(groups) > 1 and _first(groups[-1], least, room) < _first(
            groups[-2], least, room
        ) + least * len(groups[-2]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return [_first(group, least, room) + least * at for group in groups for at in range(len(group))]


def _first(group: Sequence[float], least: float, room: float) -> float:
    """Where the first of a group stands."""
    first = sum(group) / len(group) - least * (len(group) - 1) / 2
    return max(min(first, room - least * (len(group) - 0.5)), least / 2)


def is_history(bench: Bench) -> bool:
    """Every sample was kept, so that each has its place."""
    return bench["name"] == HISTORY and len(bench["samples"]) == bench["stats"]["n"] > 1


def history_figure(benches: Sequence[Bench], unit: str) -> Figure:
    """Cost by number of spawns, with the band around the first one's cost that it must stay in."""
    figure, axes = plt.subplots(figsize=(figures.WIDTH_INCHES, 5.0), layout="constrained", squeeze=True)
    for at, bench in enumerate(benches):
        every = bench["params"].get(EVERY, 1)
        samples = [float(sample) for sample in bench["samples"]]
        numbers = [every * number for number in range(1, len(samples) + 1)]
        first, last = samples[0], samples[-1]
        params = ", ".join(f"{key}={value}" for key, value in bench["params"].items() if key != EVERY)
        change = f"{100 * (last - first) / first:+.2f} %" if first else "from nothing"
        label = f"{params or HISTORY}: first {first:,.0f}, last {last:,.0f} ({change})"
        colour = figures.LINE_COLOURS[at % len(figures.LINE_COLOURS)]
        axes.plot(numbers, samples, color=colour, linewidth=1.0, label=label)
        low, high = (first * (1 + sign * GROWTH_ALLOWED) for sign in (-1, 1))
        axes.axhspan(low, high, color=colour, alpha=0.1, linewidth=0)
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.15 * max(float(max(bench["samples"])) for bench in benches))
    axes.grid(visible=True, axis="both")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: figures.tick_text(value)))
    axes.set_xlabel("spawns")
    axes.set_ylabel(f"{unit} for one spawn (band: {100 * GROWTH_ALLOWED:.0f} % around the first)")
    axes.legend(frameon=False, loc="lower left", fontsize=9)
    return figure
