"""What a comparison will run: a cell for each combination of values and each boot. Nothing is run here."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis import comparison
from tools.command import axes
from tools.command.build import Configuration
from tools.command.say import UserError

CORES = "cores"
"""The name under which several numbers of cores are compared, as if it were an axis."""
PLAIN, TRACED = "none", "all"


@dataclass(frozen=True)
class Cell:
    """One build and one boot."""

    choice: Mapping[str, str]
    """The values of what is compared, cores among them if there are several."""
    cores: int
    suites: tuple[str, ...]
    run: int
    """The number of the boot, from 1; 0 for the one with tracing."""

    @property
    def traced(self) -> bool:
        return self.run == 0

    @property
    def folder(self) -> str:
        words = [f"{axis}_{value}" for axis, value in self.choice.items()]
        return "-".join([*words, "trace" if self.traced else f"run_{self.run}"])

    @property
    def combination(self) -> str:
        return ", ".join(f"{axis}={value}" for axis, value in self.choice.items())

    @property
    def label(self) -> str:
        return f"{self.combination}, {'traced' if self.traced else f'boot {self.run}'}"

    def variant(self, fixed: Mapping[str, str]) -> dict[str, str]:
        return {**fixed, **{axis: value for axis, value in self.choice.items() if axis != CORES}}

    def configuration(self, common: argparse.Namespace) -> Configuration:
        trace = TRACED if self.traced else PLAIN
        return Configuration(common.platform, trace, common.debug, self.variant(common.variant))


def cells(
    wanted: Mapping[str, Sequence[str]],
    menu: axes.Menu,
    fixed: Mapping[str, str],
    suites: Sequence[str],
    existing: Sequence[str],
    smp: Sequence[int] = (1,),
    repeat: int = 1,
    trace: bool = True,
) -> list[Cell]:
    """The product of the axes' values and the numbers of cores, the last changing fastest; of each the boots.

    `wanted` has the values of each axis, none meaning all of them; `fixed` are choices on other axes;
    `suites` are those asked for, none meaning those that the axes bear on. Raises UserError with the menu.
    """
    if not wanted and len(smp) < 2:
        raise UserError(f"Say which axes to compare. {axes.menu_text(menu)}", 2)
    for name, values in wanted.items():
        axis = menu.get(name)
        if axis is None:
            raise UserError(f"There is no axis {name!r}. {axes.menu_text(menu)}", 2)
        for value in values:
            if value not in axis.values:
                raise UserError(f"The axis {name!r} has no value {value!r}. {axes.menu_text(menu)}", 2)
        if name in fixed:
            raise UserError(f"The axis {name!r} is compared, so --variant cannot fix it.", 2)
    chosen = tuple(suites) or tuple(axes.suites(list(wanted), existing))
    every = [[(name, value) for value in values or menu[name].values] for name, values in wanted.items()]
    if len(smp) > 1:
        every.append([(CORES, str(number)) for number in smp])
    boots = [*range(1, repeat + 1), *([0] if trace else [])]
    return [
        Cell(choice, int(choice.get(CORES, smp[0])), chosen, run)
        for choice in map(dict, itertools.product(*every))
        for run in boots
    ]


def baseline(asked: Mapping[str, str], cells: Sequence[Cell], menu: axes.Menu) -> dict[str, str]:
    """What the others are compared with: as asked, else the default of each axis, else its first value."""
    values = compared(cells)
    for name, value in asked.items():
        if name not in values:
            raise UserError(f"--baseline names {name!r}, which is not compared here.", 2)
        if value not in values[name]:
            raise UserError(
                f"--baseline {name}={value} is not in this comparison; it has {', '.join(values[name])}.", 2
            )
    chosen = {}
    for name, there in values.items():
        default = menu[name].default if name in menu else there[0]
        chosen[name] = asked.get(name) or (default if default in there else there[0])
    return chosen


def compared(cells: Sequence[Cell]) -> dict[str, list[str]]:
    """The values of each axis that is compared, in order."""
    values: dict[str, dict[str, None]] = {}
    for cell in cells:
        for name, value in cell.choice.items():
            values.setdefault(name, {})[value] = None
    return {name: list(there) for name, there in values.items()}


def plan(
    cells: Sequence[Cell], options: argparse.Namespace, reference: dict[str, str], command: str
) -> comparison.Plan:
    """The same as the folder of the comparison has it."""
    return comparison.Plan(
        axes=compared(cells),
        baseline=reference,
        platform=options.platform,
        mode="board" if options.serial else options.mode,
        suites=list(cells[0].suites),
        repeat=options.repeat,
        smp=list(options.smp),
        command=command,
        cells=[
            comparison.PlannedCell(cell.folder, dict(cell.choice), cell.run, cell.traced) for cell in cells
        ],
    )
