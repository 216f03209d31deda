"""What a trace holds, counted while it is checked."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

SLOWEST_KEPT = 8
NAMES_SHOWN = 10
CALLS = "rpc"
"""The category of slices that are calls, and handled messages."""
SERVE = "serve "
"""So the name of a handled message begins; the rest is the message's name."""


@dataclass
class SliceTotal:
    count: int = 0
    nanoseconds: int = 0
    longest: int = 0

    def add(self, length: int) -> None:
        self.count += 1
        self.nanoseconds += length
        self.longest = max(self.longest, length)

    @property
    def mean(self) -> int:
        return self.nanoseconds // self.count if self.count else 0


@dataclass
class Summary:
    """Counts and times of one trace; times are the trace's nanoseconds."""

    packets: int = 0
    first: int | None = None
    last: int = 0
    events: dict[str, int] = field(default_factory=dict)
    tracks: dict[str, int] = field(default_factory=dict)
    processes: dict[int, str] = field(default_factory=dict)
    threads: dict[int, int] = field(default_factory=dict)
    """How many a process has; what stands for no thread or an unknown one counts."""
    switches: int = 0
    flows: int = 0
    lost: int = 0
    losses: list[str] = field(default_factory=list)
    last_clock: int | None = None
    totals: dict[str, SliceTotal] = field(default_factory=dict)
    calls: dict[str, SliceTotal] = field(default_factory=dict)
    """By message, as the caller sees it."""
    served: dict[str, SliceTotal] = field(default_factory=dict)
    """By message, what its handler took."""
    _slowest: list[tuple[int, int, str, str]] = field(default_factory=list)

    def moment(self, time: int) -> None:
        self.first = time if self.first is None else min(self.first, time)
        self.last = max(self.last, time)

    def event(self, category: str, name: str, time: int, track: str) -> None:
        """An instant, a begin or a counter value. What tells of the trace itself is not counted."""
        if category == "machine":
            if name == "clock":
                self.last_clock = max(self.last_clock or 0, time)
            return
        if category == "loss":
            self.losses.append(f"{name} ({track})")
            return
        self.moment(time)
        self.events[category] = self.events.get(category, 0) + 1
        self.tracks[track] = self.tracks.get(track, 0) + 1

    def switch(self, time: int) -> None:
        self.moment(time)
        self.switches += 1

    def slice(self, name: str, track: str, begun: int, ended: int, category: str = "") -> None:
        length = ended - begun
        self.totals.setdefault(name, SliceTotal()).add(length)
        if category == CALLS:
            table = self.served if name.startswith(SERVE) else self.calls
            table.setdefault(name.removeprefix(SERVE), SliceTotal()).add(length)
        entry = (length, begun, name, track)
        if len(self._slowest) < SLOWEST_KEPT:
            heapq.heappush(self._slowest, entry)
        elif entry > self._slowest[0]:
            heapq.heapreplace(self._slowest, entry)

    @property
    def duration(self) -> int:
        """From the first event to the last."""
        return self.last - self.first if self.first is not None else 0

    @property
    def slowest(self) -> list[tuple[int, int, str, str]]:
        """(length, begin, name, track), slowest first."""
        return sorted(self._slowest, reverse=True)

    def _domain(self, pid: int) -> str:
        threads = self.threads.get(pid, 1)
        return f"{self.processes[pid]} ({pid}{f', {threads} threads' if threads != 1 else ''})"

    def lines(self) -> list[str]:
        """The summary for people."""
        lines = [
            f"{self.packets} packets; first to last event {shown_time(self.duration)}"
            + (f", from {shown_time(self.first)}" if self.first is not None else "")
        ]
        if self.last_clock is not None:
            lines.append(f"last clock reading at {shown_time(self.last_clock)}")
        counts = ", ".join(f"{name} {count}" for name, count in sorted(self.events.items()))
        lines.append(f"events: {sum(self.events.values())} ({counts or 'none'})")
        names = ", ".join(self._domain(pid) for pid in sorted(self.processes))
        lines.append(f"domains: {names or 'none'}")
        lines.append(f"scheduling changes: {self.switches}; flows with both ends: {self.flows}")
        lines.append(
            f"lost events: {self.lost}" + "".join(f"\n  {loss}" for loss in self.losses[:NAMES_SHOWN])
        )
        if len(self.losses) > NAMES_SHOWN:
            lines.append(f"  ... and {len(self.losses) - NAMES_SHOWN} more losses")
        if self.totals:
            lines.append("slices by time:")
            ranked = sorted(self.totals.items(), key=lambda pair: -pair[1].nanoseconds)
            for name, total in ranked[:NAMES_SHOWN]:
                lines.append(
                    f"  {name:32} {total.count:>9} times  {shown_time(total.nanoseconds):>12} in all"
                    f"  {shown_time(total.mean):>12} mean  {shown_time(total.longest):>12} longest"
                )
            lines.append("slowest slices:")
            for length, begun, name, track in self.slowest:
                lines.append(f"  {shown_time(length):>12}  {name} on {track}, at {shown_time(begun)}")
        return lines + self._call_lines()

    def _call_lines(self) -> list[str]:
        """A table of every message: the calls of it, and the times that it was handled."""
        names = sorted(self.calls.keys() | self.served.keys())
        if not names:
            return []
        width = max(len(name) for name in names)
        heading = f"  {'mean':>12}  {'longest':>12}"
        lines = [
            "calls by message:",
            f"  {'':{width}}  {'calls: count':>12}{heading}  {'handled: count':>14}{heading}",
        ]
        for name in names:
            line = f"  {name:{width}}"
            for total, room in ((self.calls.get(name), 12), (self.served.get(name), 14)):
                if total is None:
                    line += f"  {'-':>{room}}  {'-':>12}  {'-':>12}"
                else:
                    mean, longest = shown_time(total.mean), shown_time(total.longest)
                    line += f"  {total.count:>{room}}  {mean:>12}  {longest:>12}"
            lines.append(line)
        return lines


def shown_time(nanoseconds: int) -> str:
    """A time with a unit that fits."""
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3f} {unit}"
    return f"{nanoseconds} ns"
