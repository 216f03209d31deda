"""Where one variant becomes cheaper than another as sizes grow.

Between two measured sizes cost is taken as a straight line on two logarithmic axes. Only sizes at which both
were measured count. Where both cost the same nothing crosses.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis import scaling
from analysis.compare import Overlay, Variant
from analysis.load import display_unit

Points = dict[float, float]
NEAR = 1.02
"""Costs that are never further apart than this differ in nothing that a choice could rest on."""


@dataclass(frozen=True)
class Crossing:
    """At size `at` variant `cheaper` falls below variant `dearer`, which was the cheaper one until there."""

    at: float
    cost: float
    cheaper: int
    dearer: int
    is_cheapest: bool
    """No other variant is cheaper there."""


def crossings(overlay: Overlay) -> list[Crossing]:
    """Of all pairs of lines, by size. Only over sizes: elsewhere a point between two others means nothing."""
    if not scaling.is_size(overlay.parameter):
        return []
    curves = [_points(line) for line in overlay.lines]
    found = []
    for one, other in itertools.combinations(range(len(curves)), 2):
        for at, cost, falls in _pair(curves[one], curves[other]):
            cheaper, dearer = (one, other) if falls else (other, one)
            rest = [_cost(curve, at) for place, curve in enumerate(curves) if place not in (one, other)]
            cheapest = all(value is None or value >= cost for value in rest)
            found.append(Crossing(at, cost, cheaper, dearer, cheapest))
    return sorted(found, key=lambda crossing: (crossing.at, crossing.cheaper, crossing.dearer))


def sentences(variants: Sequence[Variant], overlays: Sequence[Overlay], cycle_is: str) -> list[str]:
    """Every crossing for people, and up to which size two variants are equal.

    Of lines that are all but one, that is said, and not where they touch.
    """
    said = []
    for overlay in overlays:
        name = ", ".join([overlay.name, *(f"{key}={value}" for key, value in overlay.rest)])
        apart = _apart(overlay)
        if 1 < apart < NEAR:
            said.append(f"{name}: all within {100 * (apart - 1):.2g} % of each other at every size.")
            continue
        for places, last in _equal(overlay):
            *labels, label = (variants[at].label for at in places)
            every = f"{', '.join(labels)} and {label}"
            said.append(f"{name}: up to {bytes_text(last)} {every} cost the same.")
        for crossing in crossings(overlay):
            cheaper, dearer = variants[crossing.cheaper].label, variants[crossing.dearer].label
            cost = f"{crossing.cost:,.0f} {display_unit(overlay.unit, cycle_is)}".rstrip()
            best = ", and the cheapest of all" if crossing.is_cheapest and len(variants) > 2 else ""
            where = f"from about {bytes_text(crossing.at)} on"
            said.append(f"{name}: {where} {cheaper} is cheaper than {dearer} (at {cost}){best}.")
    return said


def bytes_text(size: float) -> str:
    """A size that lies between measured ones has no exact byte: three figures say enough."""
    whole = round(size)
    if whole >= 1000:
        whole = round(whole, 3 - len(str(whole))) if whole & (whole - 1) else whole
    return f"{whole:,} byte{'' if whole == 1 else 's'}"


def _points(line: scaling.Line | None) -> Points:
    """Costs by size; what is not positive is on no logarithmic axis."""
    if line is None:
        return {}
    pairs = zip(line.values, (float(bench["stats"]["median"]) for bench in line.benches), strict=True)
    return {size: cost for size, cost in pairs if size > 0 and cost > 0}


def _common(one: Points, other: Points) -> list[float]:
    return sorted(one.keys() & other.keys())


def _pair(one: Points, other: Points) -> Iterator[tuple[float, float, bool]]:
    """(size, cost, whether the first becomes the cheaper one) for each crossing of two curves."""
    before: float | None = None
    for size in _common(one, other):
        gap = math.log(one[size] / other[size])
        if gap == 0:
            continue
        if before is not None:
            old = math.log(one[before] / other[before])
            if (old > 0) != (gap > 0):
                share = old / (old - gap)
                at = math.exp(_between(math.log(before), math.log(size), share))
                yield at, _cost(one, at) or one[size], gap < 0
        before = size


def _between(low: float, high: float, share: float) -> float:
    return low + share * (high - low)


def _cost(curve: Points, at: float) -> float | None:
    """On the straight line between the measured sizes beside `at`; None outside of them."""
    below = [size for size in curve if size <= at]
    above = [size for size in curve if size >= at]
    if not below or not above:
        return None
    low, high = max(below), min(above)
    if low == high:
        return curve[low]
    share = math.log(at / low) / math.log(high / low)
    return math.exp(_between(math.log(curve[low]), math.log(curve[high]), share))


def _apart(overlay: Overlay) -> float:
    """The largest factor between two lines at one size; 1 where nothing is compared over sizes."""
    if not scaling.is_size(overlay.parameter):
        return 1.0
    costs: dict[float, list[float]] = {}
    for line in overlay.lines:
        for size, cost in _points(line).items():
            costs.setdefault(size, []).append(cost)
    return max((max(found) / min(found) for found in costs.values()), default=1.0)


def _equal(overlay: Overlay) -> Iterator[tuple[tuple[int, ...], float]]:
    """Variants that cost exactly the same from the smallest size on, and the last size at which they do.

    What never parts is not told: then the choice has no bearing on the bench.
    """
    if not scaling.is_size(overlay.parameter):
        return
    curves = [_points(line) for line in overlay.lines]
    pairs: dict[float, list[tuple[int, int]]] = {}
    for one, other in itertools.combinations(range(len(curves)), 2):
        common = _common(curves[one], curves[other])
        apart = next((at for at, size in enumerate(common) if curves[one][size] != curves[other][size]), 0)
        if apart:
            pairs.setdefault(common[apart - 1], []).append((one, other))
    for last, found in sorted(pairs.items()):
        everyone = tuple(sorted({at for pair in found for at in pair}))
        together = len(found) == len(everyone) * (len(everyone) - 1) // 2
        for places in [everyone] if together else found:
            yield places, last
