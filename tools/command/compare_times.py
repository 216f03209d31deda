"""How long builds and cells take here: measured times, kept in build/, and guesses before there are any."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tools.command.say import BUILD

STORE = BUILD / "times.json"
KEPT = 16
"""So many of the last times of each kind count."""
BUILD_SECONDS = 8.0
BOOT_SECONDS = 3.0
SUITE_SECONDS = 4.0
TRACED_FACTOR = 1.5
REPORT_SECONDS = 20.0
ALL_SUITES = 14
"""How many suites `all` is taken for."""
GUESSES = (
    f"a build {BUILD_SECONDS:g} s, a boot {BOOT_SECONDS:g} s and {SUITE_SECONDS:g} s for each suite, "
    f"with tracing {TRACED_FACTOR:g} times that"
)


@dataclass(frozen=True)
class Kind:
    """What has a time of its own: cells that differ in strategies only take about as long as each other."""

    platform: str
    mode: str
    cores: int
    suites: tuple[str, ...]
    traced: bool

    @property
    def key(self) -> str:
        words = [self.platform, self.mode, str(self.cores), "traced" if self.traced else "plain"]
        return " ".join([*words, ",".join(self.suites) or "all"])


class Times:
    """Measured seconds of each kind of work; a store that cannot be read counts as empty."""

    def __init__(self, store: Path = STORE) -> None:
        self._store = store
        self._times: dict[str, list[float]] = {}
        self._read()

    def _read(self) -> None:
        self._times = {}
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
            content = json.loads(self._store.read_text(encoding="utf-8"))
            self._times = {key: [float(value) for value in values] for key, values in content.items()}

    def add(self, key: str, seconds: float) -> None:
        """Remembers one; several processes may do so at once. A time that cannot be kept is no fault."""
        with contextlib.suppress(OSError), self._store.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._read()
            self._times[key] = [*self._times.get(key, []), round(seconds, 2)][-KEPT:]
            fresh = self._store.with_suffix(".new")
            fresh.write_text(json.dumps(self._times, indent=1) + "\n", encoding="utf-8")
            fresh.replace(self._store)

    def measured(self, key: str) -> float | None:
        return median(self._times[key]) if self._times.get(key) else None

    def build(self) -> float:
        return self.measured("build") or BUILD_SECONDS

    def report(self) -> float:
        return self.measured("report") or REPORT_SECONDS

    def cell(self, kind: Kind) -> tuple[float, bool]:
        """Seconds, and whether they rest on a measurement: of this kind, or else of its sibling."""
        own = self.measured(kind.key)
        if own is not None:
            return own, True
        sibling = Kind(kind.platform, kind.mode, kind.cores, kind.suites, not kind.traced)
        other = self.measured(sibling.key)
        if other is not None:
            return other * (TRACED_FACTOR if kind.traced else 1 / TRACED_FACTOR), True
        guess = BOOT_SECONDS + SUITE_SECONDS * (len(kind.suites) or ALL_SUITES)
        return guess * (TRACED_FACTOR if kind.traced else 1), False


@dataclass(frozen=True)
class Estimate:
    seconds: float
    is_measured: bool
    """Whether every kind of cell in it was measured before."""


def estimate(times: Times, builds: int, kinds: Sequence[Kind], parallel: int, one_by_one: bool) -> Estimate:
    """Of `builds` builds and a cell of each of `kinds`; cells that disturb each other run one by one."""
    found = [times.cell(kind) for kind in kinds]
    boots = sum(seconds for seconds, _ in found)
    together = max(1, min(parallel, builds + len(kinds)))
    seconds = builds * times.build() / together + boots / (1 if one_by_one else together)
    return Estimate(seconds + times.report(), all(known for _, known in found))


def duration(seconds: float) -> str:
    """For people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
