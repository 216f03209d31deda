"""A difference in words: one sentence that says the figures, the verdict, and what the verdict rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.compare import Row, good, more_is_better
from analysis.load import display_unit

if TYPE_CHECKING:
    from analysis.differences import Difference


def sentence(difference: Difference, row: Row, labels: tuple[str, str], cycle_is: str) -> str:
    """`labels` are those of the baseline and the other variant."""
    base, other = (row.benches[at] for at in (difference.baseline, difference.other))
    for bench, label in ((base, labels[0]), (other, labels[1])):
        if not good(bench):
            why = f"its status is '{bench['status']}'" if bench else "it did not run"
            return f"{row.label} cannot be compared: in {label} {why}."
    unit = display_unit(row.unit, cycle_is)
    medians = [figure(value) for value in difference.medians or (0, 0)]
    said = f"{row.label}: {medians[1]} {unit} with {labels[1]}, {medians[0]} with {labels[0]}"
    return f"{said}; {_judged(difference, row.unit)}."


def _judged(difference: Difference, unit: str) -> str:
    kind = difference.verdict.name
    if kind == "NOT_COMPARABLE":
        why = difference.flags[0] if difference.flags else "nothing can be said"
        return f"not comparable: {why}"
    if kind == "EXACTLY_EQUAL":
        return "exactly equal"
    much = change(difference.ratio, difference.effect)
    if difference.interval is not None:
        low, high = (change(bound, None) for bound in difference.interval)
        much += f" (95 % interval: {low} to {high})"
    if kind == "EXACTLY_DIFFERENT":
        return f"{much}, exactly{_worth(difference, unit)}"
    if kind == "TOO_FEW":
        return f"{much}, but {_too_few(difference)}"
    p = f"p = {p_text(difference.adjusted_p)}"
    if kind == "NOT_DISTINGUISHED":
        return f"{much}, not distinguished from no difference ({p})"
    return f"{much}, {p}{_worth(difference, unit)}"


def _too_few(difference: Difference) -> str:
    return next((flag for flag in difference.flags if flag.startswith("too few")), "too few samples to tell")


def _worth(difference: Difference, unit: str) -> str:
    if difference.larger is None:
        return ", but medians and ranks do not point the same way"
    return ", better" if difference.larger is more_is_better(unit) else ", worse"


def change(ratio: float | None, effect: float | None) -> str:
    """How much more or less a ratio is, as a person says it."""
    if ratio is None:
        return "more, by no ratio" if (effect or 0) > 0 else "less, by no ratio"
    percent = (ratio - 1) * 100
    if percent == 0:
        return "medians equal" if effect is not None else "0 %"
    if percent >= 900:
        return f"{ratio:.3g} times"
    return f"{abs(percent):.3g} % {'more' if percent > 0 else 'less'}"


def p_text(p: float | None) -> str:
    if p is None:
        return "none"
    return "0" if p == 0 else f"{p:.1e}" if p < 0.001 else f"{p:.2g}"


def figure(value: float) -> str:
    """A median, exact where it is whole."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
