"""Types of options for argparse: each says what is wrong with an argument. Standard library only."""

from __future__ import annotations

import argparse

DEFAULT_BAUD = 115200


def whole(low: int, high: int | None = None) -> type:
    """A whole number in a range."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if value < low or (high is not None and value > high):
            limit = f"from {low} to {high}" if high is not None else f"at least {low}"
            raise argparse.ArgumentTypeError(f"{value} is not {limit}")
        return value

    return convert  # type: ignore[return-value]


def numbers(low: int, high: int) -> type:
    """Whole numbers in a range, with commas between them, each once."""
    one = whole(low, high)

    def convert(text: str) -> list[int]:
        return list(dict.fromkeys(one(word) for word in text.split(",")))

    return convert  # type: ignore[return-value]


def names(text: str) -> list[str]:
    """Names with commas between them."""
    return text.split(",")


def seconds(text: str) -> float:
    """A time above zero."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a time above zero")
    return value


def percent(text: str) -> float:
    """A share of 0 percent or more."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of percent") from None
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not 0 percent or more")
    return value


def variant(text: str) -> dict[str, str]:
    """Axis=value,...; CMake knows which exist."""
    chosen: dict[str, str] = {}
    for item in text.split(","):
        axis, equals, value = item.strip().partition("=")
        if not (equals and axis.isidentifier() and value.isidentifier()):
            raise argparse.ArgumentTypeError(f"{item!r} is not written axis=value")
        if axis in chosen:
            raise argparse.ArgumentTypeError(f"the axis {axis} is given twice")
        chosen[axis] = value
    return chosen


def axis(text: str) -> tuple[str, tuple[str, ...]]:
    """AXIS, or AXIS=VALUE,... for some of its values; CMake knows which exist."""
    name, equals, values = text.partition("=")
    chosen = tuple(dict.fromkeys(values.split(","))) if equals else ()
    if not all(word.isidentifier() for word in (name, *chosen)):
        raise argparse.ArgumentTypeError(f"{text!r} is not written AXIS or AXIS=VALUE,VALUE,...")
    return name, chosen


def serial(text: str) -> tuple[str, int]:
    """DEVICE[:BAUD]."""
    device, colon, baud = text.rpartition(":")
    if not colon:
        return text, DEFAULT_BAUD
    if not baud.isdigit() or not int(baud):
        raise argparse.ArgumentTypeError(f"{baud!r} is not a baud rate")
    return device, int(baud)


def trace_choice(text: str) -> str:
    """All, none, or subsystems; CMake knows which exist."""
    if not all(name.isidentifier() for name in text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} is not all, none, or subsystems with commas between")
    return text
