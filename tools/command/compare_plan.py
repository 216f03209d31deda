"""What a comparison will run: a cell for each combination of values. Nothing is run here."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.command import axes
from tools.command.say import UserError


@dataclass(frozen=True)
class Cell:
    """One combination of values of the compared axes."""

    choice: Mapping[str, str]
    suites: tuple[str, ...]

    @property
    def folder(self) -> str:
        return "-".join(f"{axis}_{value}" for axis, value in self.choice.items())

    @property
    def label(self) -> str:
        return ", ".join(f"{axis}={value}" for axis, value in self.choice.items())

    def options(self, common: argparse.Namespace) -> argparse.Namespace:
        """As if `./lantern bench` had been called for this cell."""
        own = {"suites": list(self.suites), "variant": {**common.variant, **self.choice}}
        return argparse.Namespace(**{**vars(common), **own, "command": "bench"})


def cells(
    wanted: Mapping[str, Sequence[str]],
    menu: axes.Menu,
    fixed: Mapping[str, str],
    suites: Sequence[str],
    existing: Sequence[str],
) -> list[Cell]:
    """The product of the axes' values, the last axis changing fastest.

    `wanted` has the values of each axis, none meaning all of them; `fixed` are choices on other axes;
    `suites` are those asked for, none meaning those that the axes bear on. Raises UserError with the menu.
    """
    if not wanted:
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
    return [Cell(dict(choice), chosen) for choice in itertools.product(*every)]


def plan_lines(cells: Sequence[Cell], states: Sequence[str]) -> list[str]:
    """The plan for people; `states` says of each cell whether it will run."""
    suites = ", ".join(cells[0].suites) or "all"
    width = max(len(cell.label) for cell in cells)
    lines = [f"{len(cells)} cells, each through the suites {suites}:"]
    return lines + [f"  {cell.label:{width}}  {state}" for cell, state in zip(cells, states, strict=True)]
