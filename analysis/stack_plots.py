"""What a whole is made of, a stacked bar a variant: phases of starting a process, steps of the boot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis import spawn_plots
from analysis.compare import Bench, Variant, good, stripped
from analysis.load import display_unit, suite_of
from analysis.spawn_plots import Bar

from matplotlib.figure import Figure  # isort: skip

BOOT = "boot"


@dataclass
class Stack:
    """A figure: wholes that are made of the same parts."""

    title: str
    name: str
    unit: str
    bars: list[Bar]

    @property
    def differs(self) -> bool:
        """Not all bars are the same."""
        return any((bar.parts, bar.whole) != (self.bars[0].parts, self.bars[0].whole) for bar in self.bars)


def stacks(variants: Sequence[Variant]) -> Iterator[Stack]:
    """Those that the variants have the rows of."""
    every = [[bench for bench in benches if good(bench)] for benches in stripped(variants)]
    wholes: dict[str, list[Bar]] = {}
    for variant, benches in zip(variants, every, strict=True):
        for bar in spawn_plots.phase_bars(benches):
            if bar.parts:
                wholes.setdefault(bar.line, []).append(Bar(variant.label, bar.parts, bar.whole))
    unit = _unit(every, spawn_plots.SUITE)
    for number, (label, bars) in enumerate(wholes.items(), 1):
        ending = f"-{number}" if len(wholes) > 1 else ""
        yield Stack(f"spawn: phases of {label} (medians)", f"spawn-phases{ending}", unit, bars)
    boots = [
        Bar(variant.label, steps(benches), None) for variant, benches in zip(variants, every, strict=True)
    ]
    boots = [bar for bar in boots if bar.parts]
    for bar in boots:
        bar.order = list(dict.fromkeys(name for other in boots for name, _ in other.parts))
    if boots:
        title = "boot: steps from one milestone to the next (medians)"
        yield Stack(title, "boot-steps", _unit(every, BOOT), boots)


def _unit(every: Sequence[Sequence[Bench]], suite: str) -> str:
    return next((str(b["unit"]) for benches in every for b in benches if suite_of(b) == suite), "")


def steps(benches: Sequence[Bench]) -> list[tuple[str, float]]:
    """The time from each milestone of the boot to the next, in their order."""
    milestones = sorted(
        (float(bench["stats"]["median"]), str(bench["name"]).partition(".")[2])
        for bench in benches
        if suite_of(bench) == BOOT
    )
    found, before = [], 0.0
    for time, name in milestones:
        found.append((name, time - before))
        before = time
    return found


def figure_of(stack: Stack, cycle_is: str) -> Figure:
    return spawn_plots.bars_figure(stack.bars, display_unit(stack.unit, cycle_is))
