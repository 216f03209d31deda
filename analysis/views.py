"""How tables show a comparison: all variants side by side where they are few, else a view for each axis.

The view of an axis has its values as columns, with the other axes at the baseline, and leaves out the rows
that do not depend on it. What axes do together is for the heat maps, and for the summary of the report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis import crossover, slices
from analysis.compare import Variant, axes_text, good, key_of, overlays
from analysis.differences import RowDifferences, baseline_place, differences


@dataclass(frozen=True)
class View:
    """Variants side by side, and the rows that tell something of them."""

    variants: Sequence[Variant]
    rows: Sequence[RowDifferences]
    baseline: int
    """The place of the variant that the others are compared with."""
    fixed: str
    """What the variants have in common on the axes that are compared; empty if nothing."""
    left_out: int
    """Rows that do not depend on the axis."""

    @property
    def title(self) -> str:
        """Which rows these are, and of what."""
        if not self.fixed:
            return "Every row"
        return f"Rows that depend on {axes_text(self.variants)}, with {self.fixed}"

    @property
    def note(self) -> str:
        """What is not shown; empty if everything is."""
        return f"{self.left_out:,} rows do not depend on it." if self.left_out else ""

    def crossings(self, cycle_is: str) -> list[str]:
        """Where one of the variants becomes cheaper than another, in sentences."""
        shown = {key_of(row.row) for row in self.rows}
        drawn = [overlay for overlay in overlays(self.variants) if overlay.keys & shown]
        said = crossover.sentences(self.variants, drawn, cycle_is)
        return [f"{axes_text(self.variants)}: {sentence}" for sentence in said] if self.fixed else said


def views(
    variants: Sequence[Variant],
    baseline: Mapping[str, str] | None = None,
    judged: Sequence[RowDifferences] | None = None,
) -> list[View]:
    """Every view; `judged` are the differences of all variants, if the caller has them."""
    start = {**variants[0].choice, **(baseline or {})}
    cuts = slices.cuts(variants, start)
    if not any(cut.fixed for cut in cuts):
        rows = judged if judged is not None else differences(variants, baseline)
        return [View(variants, rows, baseline_place(variants, baseline), "", 0)]
    found = []
    for cut in cuts:
        own = {axis: start[axis] for axis in cut.variants[0].choice}
        rows = differences(cut.variants, own, len(cuts))
        # One that failed says so in every view.
        kept = [row for row in rows if row.row.differs or not all(map(good, row.row.benches))]
        base = baseline_place(cut.variants, own)
        found.append(View(cut.variants, kept, base, cut.said, len(rows) - len(kept)))
    return found
