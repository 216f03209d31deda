"""What the stream decoder gives: items in the order of the stream, and a report of what was lost."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    """Console text, as sent."""

    text: str


@dataclass(frozen=True)
class Damage:
    """A chunk that is neither a frame nor clean text; what could be shown of it came as Text before."""

    size: int


@dataclass(frozen=True)
class Hello:
    values: dict[str, str]
    accepted: bool


@dataclass(frozen=True)
class Records:
    """Trace records of one core: (time in cycles, event number, argument word). Numbers are all declared."""

    core: int
    records: list[tuple[int, int, int]]


@dataclass(frozen=True)
class RecordsLost:
    """`count` events of `core` are missing at this place of its stream."""

    core: int
    count: int
    reason: str


@dataclass(frozen=True)
class FramesLost:
    count: int


@dataclass(frozen=True)
class Clock:
    core: int
    cycles: int
    counter: int


@dataclass(frozen=True)
class Bench:
    values: dict[str, str]


@dataclass(frozen=True)
class Samples:
    bench: int
    first: int
    values: list[int]


@dataclass(frozen=True)
class Domain:
    dispatcher: int
    name: str
    pid: int
    core: int


@dataclass(frozen=True)
class Panic:
    core: int
    values: dict[str, str]


@dataclass(frozen=True)
class End:
    status: int
    frames: int


@dataclass(frozen=True)
class Problem:
    """What a correct sender does not do, or a stream that this decoder does not know; one sentence."""

    text: str


@dataclass(frozen=True)
class Restart:
    """The machine began again; everything before belongs to a boot that is gone."""


Item = (
    Restart
    | Text
    | Damage
    | Hello
    | Records
    | RecordsLost
    | FramesLost
    | Clock
    | Bench
    | Samples
    | Domain
    | Panic
    | End
    | Problem
)


@dataclass
class Report:
    """What arrived and what did not."""

    bytes: int = 0
    frames: int = 0
    frames_lost: int = 0
    duplicates: int = 0
    damaged_chunks: int = 0
    damaged_bytes: int = 0
    records: int = 0
    records_lost: dict[int, int] = field(default_factory=dict)
    """By core, whatever the reason: lost on the wire, ring full, not completed, or not decodable."""
    ring_full: dict[int, int] = field(default_factory=dict)
    """By core: the part of records_lost that the system itself dropped because the ring was full."""
    cut_short: bool = True
    problems: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        return sum(self.records_lost.values())

    @property
    def complete(self) -> bool:
        """Nothing is missing, and it is known that nothing is."""
        return not (
            self.frames_lost
            or self.lost
            or self.damaged_chunks
            or self.cut_short
            or self.problems
            or self.duplicates
        )

    def sentences(self) -> list[str]:
        """What a user must know of losses; empty if there were none."""
        said = list(self.problems)
        if self.frames_lost:
            said.append(f"{self.frames_lost} frames were lost on the wire.")
        if self.lost:
            parts = ", ".join(
                f"{count} on core {core}" for core, count in sorted(self.records_lost.items()) if count
            )
            dropped = sum(self.ring_full.values())
            said.append(f"{self.lost} trace events were lost ({parts}), {dropped} of them to full rings.")
        if self.damaged_chunks:
            said.append(f"{self.damaged_chunks} damaged pieces ({self.damaged_bytes} bytes) arrived.")
        if self.duplicates:
            said.append(f"{self.duplicates} frames arrived more than once and were dropped.")
        if self.cut_short:
            said.append("The stream was cut short: it has no END frame.")
        return said
