"""Collects one boot's benches from its BENCH and SAMPLES frames.

Whatever is missing makes a failed row with the reason, never a missing row: a bench that was planned is
always in the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from trace.frames import FrameError, parse_pairs
from trace.items import Bench, Problem, Samples

SAMPLES_KEPT = 4096


@dataclass
class BenchRow:
    """One bench of one boot."""

    number: int
    name: str
    params: dict[str, str] = field(default_factory=dict)
    unit: str = ""
    repetitions: int | None = None
    overhead: int | float = 0
    n: int = 0
    status: str | None = None
    samples: list[int] = field(default_factory=list)
    begun: bool = False
    _by_index: dict[int, int] = field(default_factory=dict, repr=False)

    @property
    def suite(self) -> str:
        return self.name.partition(".")[0]

    @property
    def label(self) -> str:
        params = ",".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.name}[{params}]" if params else self.name


def number(text: str) -> int | float:
    """A figure as the target prints it: an integer, or a decimal fraction."""
    try:
        return int(text, 0)
    except ValueError:
        return float(text)


class BenchTable:
    """Fed with the items of one boot in order; `close` when the boot is over."""

    def __init__(self) -> None:
        self.rows: dict[int, BenchRow] = {}
        self.suites: dict[str, str] = {}
        self.done = False
        self.current: BenchRow | None = None

    @property
    def ended(self) -> int:
        return sum(row.status is not None for row in self.rows.values())

    def add(self, item: Bench | Samples) -> Problem | None:
        """Takes one item; gives a Problem if its content breaks the format."""
        try:
            if isinstance(item, Samples):
                self._samples(item)
            else:
                self._event(item.values)
        except KeyError as error:
            return Problem(f"A BENCH frame has no {error}.")
        except (FrameError, ValueError) as error:
            return Problem(f"A BENCH frame breaks the format: {error}.")
        return None

    def _row(self, bench: int) -> BenchRow:
        """A row whose plan was lost still gets its place, named by number."""
        return self.rows.setdefault(bench, BenchRow(bench, f"lost.bench_{bench}"))

    def _samples(self, item: Samples) -> None:
        row = self._row(item.bench)
        for offset, value in enumerate(item.values):
            row._by_index[item.first + offset] = value

    def _event(self, values: dict[str, str]) -> None:
        event = values["event"]
        if event == "done":
            self.done = True
            return
        if event == "suite":
            self._suite(values["name"], values["status"])
            return
        row = self._row(int(values["bench"], 0))
        if event == "plan":
            row.name, row.unit = values["name"], values["unit"]
            row.params = parse_pairs(values.get("params", ""))
        elif event == "begin":
            row.begun = True
            row.repetitions = int(values["repetitions"], 0) if "repetitions" in values else None
            self.current = row
        elif event == "end":
            self._end(row, values)
        else:
            raise FrameError(f"it has the unknown event {event!r}")

    def _end(self, row: BenchRow, values: dict[str, str]) -> None:
        status = values["status"]
        self.current = None
        row.overhead = number(values.get("overhead", "0"))
        row.n = int(values.get("n", "0"), 0)
        self._gather(row)
        row.status = status
        if status != "ok":
            row.status = status if status.startswith("failed") else f"failed: {status}"
            return
        expected = min(row.n, SAMPLES_KEPT)
        if not expected:
            row.status = "failed: it took no sample"
        elif len(row.samples) < expected:
            row.status = f"failed: {expected - len(row.samples)} of {expected} samples were lost on the wire"
        elif row.name.startswith("lost."):
            row.status = "failed: its plan frame was lost on the wire, so its name and unit are not known"

    def _suite(self, name: str, status: str) -> None:
        self.suites[name] = status
        self.current = None
        for row in self.rows.values():
            if row.suite == name and row.status is None:
                why = status.removeprefix("failed:").strip() if status != "ok" else "its end frame was lost"
                self._fail(row, why)

    def _fail(self, row: BenchRow, why: str) -> None:
        self._gather(row)
        row.n = len(row.samples)
        row.status = f"failed: {why}"

    @staticmethod
    def _gather(row: BenchRow) -> None:
        row.samples = [row._by_index[index] for index in sorted(row._by_index)]

    def close(self, why: str) -> None:
        """The boot is over: what has no end has failed, because of `why`."""
        for row in self.rows.values():
            if row.status is None:
                self._fail(row, why)
