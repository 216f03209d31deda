"""What speaks against the figures of a comparison, each doubt once, with how many rows it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from analysis import conditions
from analysis.compare import Variant
from analysis.differences import RowDifferences

_FIGURES = re.compile(r"\d[\d.,]*")


def of_variants(variants: Sequence[Variant], baseline: int) -> list[str]:
    """What differs between the variants and the baseline beside the strategies; each said once."""
    said = [conditions.of(variant) for variant in variants]
    found: dict[str, Any] = {}
    for at, variant in enumerate(variants):
        if at != baseline and variant.results:
            labels = variants[baseline].label, variant.label
            found.update(dict.fromkeys(conditions.differing(said[baseline], said[at], labels)))
    return list(found)


def of_rows(rows: Sequence[RowDifferences], general: Sequence[str]) -> list[str]:
    """Every other doubt, the widest first; those that differ only in figures are one, with an example."""
    kinds: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        flags = dict.fromkeys(flag for one in row.differences if one for flag in one.flags)
        for flag in flags:
            if flag not in general:
                kinds.setdefault(_FIGURES.sub("#", flag), {}).setdefault(flag, []).append(row.row.label)
    said = []
    for alike in kinds.values():
        labels = list(dict.fromkeys(label for found in alike.values() for label in found))
        example = next(iter(alike)) + (", for example" if len(alike) > 1 else "")
        about = labels[0] if len(labels) == 1 else f"{len(labels)} rows"
        said.append((len(labels), f"{example} ({about})"))
    return [text for _, text in sorted(said, key=lambda one: -one[0])]
