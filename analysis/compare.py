"""The same benches of several variants, side by side: which belong together, and which variant is best.

A bench may name the variant it was built with among its parameters (`strategy=rbtree`). Such parameters are
left out before benches are matched, or no bench of one variant would meet that of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis import scaling
from analysis.load import suite_of

Bench = Mapping[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Variant:
    """One choice on the axes that are compared, and what was measured with it."""

    choice: Mapping[str, str]
    results: Mapping[str, Any] | None
    """All its boots together, or None if there are none."""
    failure: str = ""
    """Why it is not complete; empty if it is."""
    runs: tuple[Mapping[str, Any], ...] = ()
    """The results of each boot; if none are named, `results` is the one."""

    def __post_init__(self) -> None:
        if not self.runs and self.results is not None:
            object.__setattr__(self, "runs", (self.results,))

    @property
    def label(self) -> str:
        """As short as it is clear: values alone where there is one axis."""
        if len(self.choice) == 1:
            return next(iter(self.choice.values()))
        return ", ".join(f"{axis}={value}" for axis, value in self.choice.items())


@dataclass
class Row:
    """One bench: at each variant's place what it measured, or None if it did not run there."""

    name: str
    params: Mapping[str, Any]
    unit: str
    benches: list[Bench | None]

    @property
    def label(self) -> str:
        params = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.name} [{params}]" if params else self.name

    @property
    def medians(self) -> list[float | int | None]:
        return [bench["stats"]["median"] if good(bench) else None for bench in self.benches]

    @property
    def differs(self) -> bool:
        """Not all variants have the same median."""
        return len(set(self.medians)) > 1


@dataclass
class Overlay:
    """One bench over a numeric parameter: a line for each variant that has one."""

    name: str
    parameter: str
    rest: tuple[tuple[str, Any], ...]
    unit: str
    lines: list[scaling.Line | None]
    keys: set[Key] = field(default_factory=set)
    """The benches that are on its lines."""

    @property
    def title(self) -> str:
        rest = "".join(f", {key}={value}" for key, value in self.rest)
        return f"{self.name}{rest}: {rate_or_cost(self.unit)} by {self.parameter}"

    @property
    def file_name(self) -> str:
        rest = "".join(f"-{key}_{value}" for key, value in self.rest)
        return f"{self.name}-by-{self.parameter}{rest}"


def axes_text(variants: Sequence[Variant]) -> str:
    """What the variants differ in."""
    return ", ".join(variants[0].choice)


def good(bench: Bench | None) -> bool:
    """It ran to its end; what a failed bench measured before is not compared."""
    return bench is not None and bench["status"] == "ok" and bool(bench["samples"])


def _benches(variant: Variant) -> Sequence[Bench]:
    return variant.results["benches"] if variant.results else ()


def naming_params(variants: Sequence[Variant]) -> set[tuple[str, str]]:
    """(bench, parameter) where in every variant the value is the variant's own on some axis."""
    naming: dict[tuple[str, str], bool] = {}
    for variant in variants:
        chosen = set(variant.choice.values())
        for bench in _benches(variant):
            for parameter, value in bench["params"].items():
                place = bench["name"], parameter
                naming[place] = naming.get(place, True) and str(value) in chosen
    return {place for place, always in naming.items() if always}


def stripped(variants: Sequence[Variant]) -> list[list[Bench]]:
    """Each variant's benches without the parameters that name the variant."""
    naming = naming_params(variants)
    return [_stripped(_benches(variant), naming) for variant in variants]


def _stripped(benches: Sequence[Bench], naming: set[tuple[str, str]]) -> list[Bench]:
    return [
        {
            **bench,
            "params": {k: v for k, v in bench["params"].items() if (bench["name"], k) not in naming},
        }
        for bench in benches
    ]


def key(bench: Bench) -> Key:
    params = tuple(sorted((name, str(value)) for name, value in bench["params"].items()))
    return bench["name"], params, bench["unit"]


def key_of(row: Row) -> Key:
    return key({"name": row.name, "params": row.params, "unit": row.unit})


def match(variants: Sequence[Variant]) -> list[Row]:
    """Every bench of any variant, in the order of the first that has it."""
    rows: dict[Key, Row] = {}
    for at, benches in enumerate(stripped(variants)):
        for bench in benches:
            row = rows.get(key(bench))
            if row is None:
                row = Row(bench["name"], bench["params"], bench["unit"], [None] * len(variants))
                rows[key(bench)] = row
            row.benches[at] = bench
    return list(rows.values())


def boots_of_rows(variants: Sequence[Variant], rows: Sequence[Row]) -> list[list[list[Bench]]]:
    """Of each row and variant the bench in each boot of the variant that has it."""
    places = {key_of(row): at for at, row in enumerate(rows)}
    found: list[list[list[Bench]]] = [[[] for _ in variants] for _ in rows]
    naming = naming_params(variants)
    for at, variant in enumerate(variants):
        for run in variant.runs:
            for bench in _stripped(run["benches"], naming):
                place = places.get(key(bench))
                if place is not None:
                    found[place][at].append(bench)
    return found


def overlays(variants: Sequence[Variant]) -> list[Overlay]:
    """What can be drawn as lines: benches that form a line over one parameter in at least one variant.

    In the others the line may have fewer points.
    """
    every = [[bench for bench in benches if good(bench)] for benches in stripped(variants)]
    found: dict[Key, Overlay] = {}
    for line in (line for benches in every for line in scaling.lines(benches)):
        identity = line.name, line.parameter, line.rest, line.unit
        found.setdefault(identity, Overlay(*identity, [None] * len(variants)))
    for at, benches in enumerate(every):
        for line in scaling.lines(benches, 1):
            overlay = found.get((line.name, line.parameter, line.rest, line.unit))
            if overlay is not None:
                overlay.lines[at] = line
                overlay.keys |= {key(bench) for bench in line.benches}
    return list(found.values())


def apart(rows: Sequence[Row], drawn: Sequence[Overlay]) -> dict[tuple[str, str], list[Row]]:
    """The rows that are on no line, by suite and unit."""
    on_lines = {place for overlay in drawn for place in overlay.keys}
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if key_of(row) not in on_lines:
            groups.setdefault((suite_of({"name": row.name}), row.unit), []).append(row)
    return groups


def more_is_better(unit: str) -> bool:
    """Throughput; everything else is a cost."""
    return unit.endswith("/s")


def rate_or_cost(unit: str) -> str:
    """What a figure of this unit is, for a title."""
    return "rate" if more_is_better(unit) else "cost"


def leaders(row: Row) -> tuple[list[int], list[int]]:
    """The places with the best median, and the others that have one; nothing if all are the same."""
    places = [at for at, bench in enumerate(row.benches) if good(bench)]
    medians = row.medians
    if len({medians[at] for at in places}) < 2:
        return [], []
    choose = max if more_is_better(row.unit) else min
    best = choose(medians[at] for at in places)  # type: ignore[type-var]
    return [at for at in places if medians[at] == best], [at for at in places if medians[at] != best]
