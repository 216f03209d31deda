"""The axes of build-time choice: what there is, as CMake found it, and which suites each one bears on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.command.build import Configuration, configure
from tools.command.say import UserError, shown

MENU_FILE = "strategies.json"
SUITES: Mapping[str, Sequence[str]] = {
    "alloc": ("mm", "paging", "heap", "locks"),
    "fastpath": ("lmp", "syscall"),
    "heap": ("heap",),
    "lock": ("locks", "paging", "mm"),
    "shadow": ("paging", "heap", "locks"),
    "spin": ("locks",),
    "ump": ("ump", "rpc"),
}
"""The suites whose figures depend on an axis. One that is not here bears on the suite of its own name; if
there is none, it is put through all of them."""


@dataclass(frozen=True)
class Axis:
    name: str
    values: tuple[str, ...]
    default: str


Menu = Mapping[str, Axis]


def menu(configuration: Configuration) -> Menu:
    """Every axis of the tree. CMake writes them while it configures, so a new one needs no list here."""
    path = configure(configuration, "finding the axes") / MENU_FILE
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return {name: Axis(name, tuple(entry["values"]), entry["default"]) for name, entry in table.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"CMake left no list of axes in {shown(path)}.") from error


def menu_text(axes: Menu) -> str:
    """For people: each axis with its values, the default marked."""
    lines = [
        f"  {axis.name}: {', '.join(_marked(axis, value) for value in axis.values)}" for axis in axes.values()
    ]
    return "The axes are:\n" + "\n".join(lines)


def _marked(axis: Axis, value: str) -> str:
    return f"{value} (default)" if value == axis.default else value


def suites(axes: Sequence[str], existing: Sequence[str]) -> list[str]:
    """The suites that bear on any of `axes`, of those that exist; [] means all."""
    wanted: list[str] = []
    for axis in axes:
        if axis not in SUITES and axis not in existing:
            return []
        wanted += [s for s in SUITES.get(axis, (axis,)) if s in existing and s not in wanted]
    return wanted
