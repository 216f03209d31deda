"""Strict check of a results file, version 1: every key, its type, and what must hold between them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from math import isfinite
from typing import Any

from analysis.statistics import FIGURES, KEPT_SAMPLES

SCHEMA = 1
LARGEST = 10**30
"""No figure is larger; beyond it arithmetic on samples would overflow."""
MODES = ("icount", "realtime", "board")
CYCLE_IS = ("instruction", "cycle")
_BENCH_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+\Z")

Check = Callable[[Any, str, list[str]], None]


def problems(results: Any) -> list[str]:
    """Everything that is wrong with a results file, one sentence each; empty if it is good."""
    found: list[str] = []
    _TOP(results, "results", found)
    if not found:
        _relations(results, found)
    return found


def _say(found: list[str], where: str, what: str) -> None:
    found.append(f"{where} {what}.")


def _is(kind: type | tuple[type, ...], name: str, low: float | None = None) -> Check:
    def check(value: Any, where: str, found: list[str]) -> None:
        good = isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)
        if not good:
            _say(found, where, f"is not {name}")
        elif isinstance(value, int | float) and not _is_moderate(value):
            _say(found, where, "is not a finite number, or too large for any figure")
        elif low is not None and value < low:
            _say(found, where, f"is below {low:g}")

    return check


def _is_moderate(value: float) -> bool:
    return isfinite(value) and abs(value) <= LARGEST if isinstance(value, float) else abs(value) <= LARGEST


def _one_of(menu: tuple[Any, ...]) -> Check:
    def check(value: Any, where: str, found: list[str]) -> None:
        if isinstance(value, bool) or value not in menu:
            _say(found, where, f"is {value!r}, not one of {', '.join(map(str, menu))}")

    return check


def _object(**keys: Check) -> Check:
    """Exactly these keys."""

    def check(value: Any, where: str, found: list[str]) -> None:
        if not isinstance(value, dict):
            _say(found, where, "is not an object")
            return
        for key in keys.keys() - value.keys():
            _say(found, where, f"has no {key}")
        for key in value.keys() - keys.keys():
            _say(found, where, f"has the unknown key {key}")
        for key in keys.keys() & value.keys():
            keys[key](value[key], f"{where}.{key}", found)

    return check


def _list(item: Check, limit: int | None = None) -> Check:
    def check(value: Any, where: str, found: list[str]) -> None:
        if not isinstance(value, list):
            _say(found, where, "is not a list")
            return
        if limit is not None and len(value) > limit:
            _say(found, where, f"has {len(value)} entries, more than {limit}")
        for at, entry in enumerate(value):
            item(entry, f"{where}[{at}]", found)

    return check


def _map(item: Check) -> Check:
    def check(value: Any, where: str, found: list[str]) -> None:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            _say(found, where, "is not an object")
            return
        for key, entry in value.items():
            item(entry, f"{where}.{key}", found)

    return check


def _maybe(inner: Check) -> Check:
    def check(value: Any, where: str, found: list[str]) -> None:
        if value is not None:
            inner(value, where, found)

    return check


def _time(value: Any, where: str, found: list[str]) -> None:
    try:
        time = datetime.fromisoformat(value)
        if time.utcoffset() is None or time.utcoffset().total_seconds():  # type: ignore[union-attr]
            _say(found, where, "is not in UTC")
    except (TypeError, ValueError):
        _say(found, where, "is not an ISO-8601 time")


def _name(value: Any, where: str, found: list[str]) -> None:
    if not isinstance(value, str) or not _BENCH_NAME.match(value):
        _say(found, where, "is not a name like suite.bench")


def _status(value: Any, where: str, found: list[str]) -> None:
    if value != "ok" and not (isinstance(value, str) and value.startswith("failed: ") and len(value) > 8):
        _say(found, where, "is neither 'ok' nor 'failed: why'")


def _interval(value: Any, where: str, found: list[str]) -> None:
    if not isinstance(value, list) or len(value) != 2:
        _say(found, where, "is not a pair")
        return
    for at in (0, 1):
        _NUMBER(value[at], f"{where}[{at}]", found)


_TEXT = _is(str, "a text")
_NUMBER = _is((int, float), "a number")
_COUNT = _is(int, "a whole number", 0)
_BENCH = _object(
    name=_name,
    params=_map(_is((int, float, str), "a number or a text")),
    unit=_TEXT,
    samples=_list(_NUMBER, KEPT_SAMPLES),
    overhead=_NUMBER,
    stats=_object(n=_COUNT, **{key: _maybe(_NUMBER) for key in FIGURES}, ci95=_maybe(_interval)),
    status=_status,
)
_TOP = _object(
    schema=_one_of((SCHEMA,)),
    created=_time,
    git=_object(rev=_TEXT, dirty=_is(bool, "true or false")),
    platform=_TEXT,
    mode=_one_of(MODES),
    cores=_COUNT,
    cpu=_TEXT,
    clock=_object(cycle_hz=_COUNT, counter_hz=_COUNT, cycle_is=_one_of(CYCLE_IS)),
    variant=_map(_TEXT),
    command=_list(_TEXT),
    versions=_object(qemu=_TEXT, cc=_TEXT),
    trace=_object(events=_COUNT, dropped=_COUNT, bytes=_COUNT),
    benches=_list(_BENCH),
)


def _relations(results: dict[str, Any], found: list[str]) -> None:
    """What must hold between values."""
    if (results["mode"] == "icount") != (results["clock"]["cycle_is"] == "instruction"):
        _say(found, "results.clock.cycle_is", f"does not go with the mode {results['mode']}")
    seen: set[tuple[Any, ...]] = set()
    for at, bench in enumerate(results["benches"]):
        where = f"results.benches[{at}] ({bench['name']})"
        key = (bench["name"], *sorted((k, str(v)) for k, v in bench["params"].items()))
        if key in seen:
            _say(found, where, "appears twice with the same parameters")
        seen.add(key)
        stats, samples = bench["stats"], bench["samples"]
        if stats["n"] < len(samples):
            _say(found, where, f"has n {stats['n']} but {len(samples)} samples")
        if bool(samples) != (stats["n"] > 0):
            _say(found, where, "has samples without a count, or a count without samples")
        if bool(samples) == any(stats[figure] is None for figure in (*FIGURES, "ci95")):
            _say(found, where, "has figures without samples, or samples without figures")
        if bench["status"] == "ok" and not samples:
            _say(found, where, "is ok without a sample")
        if samples and all(stats[figure] is not None for figure in FIGURES):
            ordered = [stats["min"], stats["median"], stats["p90"], stats["p99"], stats["max"]]
            if ordered != sorted(ordered) or stats["min"] != min(samples) or stats["max"] != max(samples):
                _say(found, where, "has figures that do not fit its samples")
