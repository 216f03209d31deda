"""Numbers as a reader sees them in tables."""

from __future__ import annotations


def number(value: float | int | None) -> str:
    """Exact where it is whole, and short enough for a column elsewhere."""
    if value is None:
        return "-"
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:,.2f}"
