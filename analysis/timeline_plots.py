"""One operation as a time line: a lane a domain, slices with their names, an arrow for every message.

The operation is the fastest complete one of its kind in the trace: what is beside it, an interrupt or a first
touch of memory, is in the slower ones. Tracing takes time itself, and that is in these figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis import figures
from analysis.figures import caption, plt
from analysis.figures import save as files
from trace.reading import Reading, Slice, Window

from matplotlib.axes import Axes  # isort: skip
from matplotlib.figure import Figure  # isort: skip
from matplotlib.ticker import FuncFormatter  # isort: skip

CALLS = {
    "echo.number": "rpc",
    "echo.string": "rpc",
    "proc.spawn": "spawn",
    "mem.get_ram": "mem",
    "names.find": "names",
}
"""The calls that are drawn where a trace has them, and the suite that they belong to."""
MARGIN = 0.06
"""Beside the operation, as a share of it."""
LANE_INCHES, DEPTH_SHARE = 1.05, 0.2
LANES_LIMIT = 8
INSTANTS_LIMIT = 40
"""With more of them than this only their ticks are drawn: names would lie on each other."""
TEXT_SHARE = 0.011
"""The room that a letter takes, as a share of the width."""
COLOURS = {
    "rpc": figures.BLUE,
    "lmp": figures.ORANGE,
    "syscall": "#CC79A7",
    "paging": "#D55E00",
    "spawn": figures.GREEN,
    "sync": "#56B4E9",
}


@dataclass
class Lane:
    """A domain's thread or a core."""

    track: int
    name: str


def draw(reading: Reading, results: Mapping[str, Any], command: str) -> Iterator[tuple[str, bytes]]:
    """A figure for each call of the menu that the trace has, as (file name, content)."""
    fastest: dict[str, Slice] = {}
    for one in reading.slices:
        if one.name in CALLS and (one.name not in fastest or one.length < fastest[one.name].length):
            fastest[one.name] = one
    for name, suite in CALLS.items():
        if name in fastest:
            operation = fastest[name]
            room = max(int(operation.length * MARGIN), 1)
            window = reading.window(operation.begin - room, operation.end + room)
            with plt.rc_context(figures.STYLE):
                figure = figure_of(reading, window, operation)
                title = f"{suite}: the fastest call of {name} in the trace ({operation.length:,} ns)"
                caption(figure, results, title, command)
                yield from files(figure, f"{suite}-timeline-{name.replace('.', '_')}")


def lanes(reading: Reading, window: Window, operation: Slice) -> list[Lane]:
    """Who takes part: the caller first, then the others by when they first do something; cores last."""
    first: dict[int, int] = {operation.track: -1}
    moments = [(one.begin, one.track) for one in window.slices]
    moments += [(event.time, event.track) for event in window.instants]
    moments += [(turn.begin, turn.track) for turn in window.turns]
    for time, track in sorted(moments):
        first.setdefault(track, time)
    known = [track for track in first if track in reading.tracks]
    domains = [track for track in known if track in reading.processes]
    cores = sorted(track for track in known if track not in reading.processes)
    return [Lane(track, reading.tracks[track]) for track in [*domains[:LANES_LIMIT], *cores]]


def figure_of(reading: Reading, window: Window, operation: Slice) -> Figure:
    """Time runs to the right, from the begin of the operation."""
    drawn = lanes(reading, window, operation)
    places = {lane.track: at for at, lane in enumerate(drawn)}
    start, span = operation.begin, window.end - window.begin
    figure, axes = plt.subplots(
        figsize=(figures.WIDTH_INCHES, LANE_INCHES * len(drawn) + 2.3), layout="constrained", squeeze=True
    )
    axes.set_xlim(window.begin - start, window.end - start)
    for turn in window.turns:
        if turn.track in places:
            _bar(axes, window, start, turn.begin, turn.end, places[turn.track] + 0.3, 0.06, "#555555")
    for one in sorted(window.slices, key=lambda one: (one.begin, one.depth)):
        if one.track in places:
            _slice(axes, window, start, one, places[one.track], span)
    _instants(axes, window, start, places, span)
    for arrow in window.arrows:
        if arrow.sender in places and arrow.receiver in places and arrow.sender != arrow.receiver:
            axes.annotate(
                "",
                (arrow.end - start, places[arrow.receiver]),
                (arrow.begin - start, places[arrow.sender]),
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": "black",
                    "linewidth": 1.2,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
                zorder=6,
            )
    axes.set_yticks(range(len(drawn)), [lane.name for lane in drawn])
    axes.set_ylim(len(drawn) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: figures.tick_text(value)))
    axes.set_xlabel(
        "ns of the trace since the call began (thin bar: the thread runs; arrow: a message; tick: an event)"
    )
    return figure


def _bar(
    axes: Axes, window: Window, start: int, begin: int, end: int, height: float, thickness: float, colour: str
) -> tuple[int, int]:
    """A bar, cut to the window; gives where it begins and how long it is."""
    left, right = max(begin, window.begin) - start, min(end, window.end) - start
    axes.barh(height, right - left, left=left, height=thickness, color=colour, linewidth=0, zorder=2)
    return left, right - left


def _slice(axes: Axes, window: Window, start: int, one: Slice, lane: int, span: int) -> None:
    height = lane + (one.depth - 0.5) * DEPTH_SHARE
    colour = COLOURS.get(one.category, figures.GREY)
    left, width = _bar(axes, window, start, one.begin, one.end, height, DEPTH_SHARE * 0.88, colour)
    text = f"{one.name} ({one.length:,})"
    for shown in (text, one.name):
        if len(shown) * TEXT_SHARE * 0.75 < width / span:
            axes.text(
                left + width / 2,
                height,
                shown,
                ha="center",
                va="center",
                fontsize=8,
                color="white" if colour not in (figures.ORANGE, "#56B4E9", "#CC79A7") else "black",
                zorder=5,
            )
            return
    below = height + DEPTH_SHARE * 0.55  # beside it arrows begin and end
    room = len(text) * TEXT_SHARE * 0.38 * span
    low, high = axes.get_xlim()
    middle = min(max(left + width / 2, low + room), high - room)
    axes.text(middle, below, text, ha="center", va="top", fontsize=8, zorder=5)


def _instants(axes: Axes, window: Window, start: int, places: Mapping[int, int], span: int) -> None:
    """A tick each, with its name below where there is room; names step down where they would collide."""
    shown = sorted((event for event in window.instants if event.track in places), key=lambda e: e.time)
    ends: dict[tuple[int, int], float] = {}
    for event in shown:
        lane, place = places[event.track], event.time - start
        axes.plot(
            [place, place], [lane - 0.2, lane + 0.25], color=_ink(event.category), linewidth=1.1, zorder=4
        )
        if len(shown) > INSTANTS_LIMIT:
            continue
        width = len(event.name) * TEXT_SHARE * 0.7 * span
        for step in range(3):
            if ends.get((lane, step), -float("inf")) < place:
                ends[lane, step] = place + width
                axes.text(
                    place,
                    lane - 0.22 - 0.1 * step,
                    event.name,
                    fontsize=7,
                    va="bottom",
                    color="#333333",
                    zorder=5,
                )
                break


def _ink(category: str) -> str:
    return COLOURS.get(category, figures.GREY)
