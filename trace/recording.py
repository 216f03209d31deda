"""Everything that one boot said, decoded: console text, trace records by core, benches, how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from trace.benches import BenchTable
from trace.declaration import Declaration
from trace.frames import FrameError, parse_pairs
from trace.items import (
    Bench,
    Clock,
    Domain,
    End,
    Hello,
    Item,
    Panic,
    Problem,
    Records,
    RecordsLost,
    Report,
    Restart,
    Samples,
    Text,
)
from trace.stream import Decoder

CoreEntry = Records | RecordsLost


@dataclass
class Recording:
    """Fed with raw bytes as they come; gives the items of each feed to the caller too, for live display."""

    declaration: Declaration
    restartable: bool = False
    hello: dict[str, str] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    cores: dict[int, list[CoreEntry]] = field(default_factory=dict)
    domains: dict[int, Domain] = field(default_factory=dict)
    clocks: list[Clock] = field(default_factory=list)
    benches: BenchTable = field(default_factory=BenchTable)
    panic: Panic | None = None
    end: End | None = None

    def __post_init__(self) -> None:
        self._decoder = Decoder(self.declaration, self.restartable)

    @property
    def report(self) -> Report:
        return self._decoder.report

    @property
    def console(self) -> str:
        return "".join(self.text)

    @property
    def events(self) -> int:
        return self.report.records

    def feed(self, data: bytes) -> list[Item]:
        return self._take(self._decoder.feed(data))

    def idle(self) -> list[Item]:
        return self._take(self._decoder.idle())

    def finish(self, why: str = "the run ended before it did") -> list[Item]:
        items = self._take(self._decoder.finish())
        self.benches.close(why)
        return items

    def _take(self, items: Iterable[Item]) -> list[Item]:
        taken = list(items)
        for item in list(taken):
            match item:
                case Text(text):
                    self.text.append(text)
                case Records(core) | RecordsLost(core):
                    self.cores.setdefault(core, []).append(item)
                case Restart():
                    self.hello, self.cores, self.domains = {}, {}, {}
                    self.clocks, self.benches, self.panic, self.end = [], BenchTable(), None, None
                case Hello(values):
                    self.hello = dict(values)
                case Domain(dispatcher):
                    self.domains[dispatcher] = item
                case Clock():
                    self.clocks.append(item)
                case Bench() | Samples():
                    problem = self.benches.add(item)
                    if problem:
                        self._note(problem)
                        taken.append(problem)
                case Panic():
                    self.panic = item
                case End():
                    self.end = item
        return taken

    def _note(self, problem: Problem) -> None:
        if problem.text not in self.report.problems:
            self.report.problems.append(problem.text)

    def hello_number(self, key: str) -> int:
        """A number of the HELLO frame, or 0 if none came or it is not a number."""
        try:
            return int(self.hello.get(key, "0"), 0)
        except ValueError:
            return 0

    @property
    def variant(self) -> dict[str, str]:
        try:
            return parse_pairs(self.hello.get("variant", ""))
        except FrameError:
            return {}
