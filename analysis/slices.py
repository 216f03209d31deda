"""Which variants of a comparison belong on one figure.

Few variants fit together. Of many, each axis gets figures of its own, with the other axes at the baseline;
what two axes do together is for the heat maps, and the number of cores has lines of its own too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.compare import Variant

TOGETHER_LIMIT = 6
"""More variants than this are hard to tell apart on one figure."""
CORES_AXIS = "cores"
"""The name of the axis in a comparison over --smp."""


@dataclass(frozen=True)
class Cut:
    """Variants for one figure: what they have in common on the compared axes, and which they are."""

    fixed: Mapping[str, str]
    variants: Sequence[Variant]
    places: Sequence[int]
    """Where they stand among all variants of the comparison."""

    @property
    def said(self) -> str:
        """What is fixed, for a title; empty if nothing is."""
        return ", ".join(f"{axis}={value}" for axis, value in self.fixed.items())

    @property
    def ending(self) -> str:
        """What tells its files from those of other cuts."""
        return "".join(f"-by_{axis}" for axis in self.variants[0].choice) if self.fixed else ""


def axes(variants: Sequence[Variant]) -> dict[str, list[str]]:
    """Every axis on which variants differ, with the values that occur, in their order."""
    found: dict[str, list[str]] = {}
    for variant in variants:
        for axis, value in variant.choice.items():
            values = found.setdefault(axis, [])
            if value not in values:
                values.append(value)
    return {axis: values for axis, values in found.items() if len(values) > 1}


def cuts(variants: Sequence[Variant], baseline: Mapping[str, str]) -> list[Cut]:
    """All together where they are few; else one cut an axis through the baseline."""
    if len(variants) <= TOGETHER_LIMIT or len(axes(variants)) < 2:
        return [Cut({}, variants, range(len(variants)))]
    found = []
    for axis in axes(variants):
        fixed = {
            other: value for other, value in baseline.items() if other in axes(variants) and other != axis
        }
        members = matching(variants, fixed)
        if len(members) > 1:
            alone = [replace(one, choice={axis: one.choice[axis]}) for one in members]
            found.append(Cut(fixed, alone, [_place(variants, one) for one in members]))
    return found


def naming(variants: Sequence[Variant], places: Sequence[int]) -> str:
    """Some of the variants in few words: by the values that tell them from the others, if there are such."""
    every = axes(variants)
    values = {
        axis: [value for value in known if any(variants[at].choice[axis] == value for at in places)]
        for axis, known in every.items()
    }
    if len(every) > 1 and math.prod(map(len, values.values())) == len(places):
        told = {axis: found for axis, found in values.items() if len(found) < len(every[axis])}
        left_out = [(axis, value) for axis in told for value in every[axis] if value not in told[axis]]
        if len(left_out) == 1 and len(told[left_out[0][0]]) > 2:
            return f"all but {left_out[0][0]}={left_out[0][1]}"
        return ", ".join(f"{axis}={' or '.join(found)}" for axis, found in told.items()) or "all"
    others = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return variants[places[0]].label + others


def _place(variants: Sequence[Variant], wanted: Variant) -> int:
    return next(at for at, one in enumerate(variants) if one is wanted)


def matching(variants: Sequence[Variant], fixed: Mapping[str, str]) -> list[Variant]:
    return [one for one in variants if all(one.choice.get(axis) == value for axis, value in fixed.items())]
