#!/usr/bin/env python3
"""Records what init allocates and frees while the benches run, as data for the bench pattern `boot_trace`.

Boots every suite with all trace points in and takes init's mm.request, mm.alloc and mm.free events. Call it
again when what init allocates has changed so much that the recording no longer stands for a boot.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.command.machine import boot  # noqa: E402
from trace.items import Records  # noqa: E402
from trace.recording import Recording  # noqa: E402

COMMAND = "build/venv/bin/python tools/record_allocations.py"
OUTPUT = ROOT / "bench/mm_patterns/boot_trace.inc"
DOMAIN = "init"

Event = tuple[str, dict[str, int]]


class RecordingError(Exception):
    """The recording cannot stand for a boot; the message is one sentence."""


@dataclass(frozen=True)
class Operation:
    """An allocation of pages at an alignment in pages, or a free of the allocation with this number."""

    pages: int = 0
    alignment: int = 0
    freed: int | None = None

    @property
    def line(self) -> str:
        return f"ALLOC({self.pages}, {self.alignment})" if self.freed is None else f"FREE({self.freed})"


def events_of(recording: Recording, domain: str) -> Iterator[Event]:
    """The memory events of one domain on core 0. Before the first switch only the first domain can run."""
    numbers = {number for number, found in recording.domains.items() if found.name == domain}
    runs = True
    for entry in recording.cores.get(0, []):
        if not isinstance(entry, Records):
            raise RecordingError(f"{entry.count} events are lost.")
        for _, number, word in entry.records:
            point = recording.declaration.by_number(number)
            assert point is not None
            if point.name == "dispatch.switch":
                runs = point.decode(word)["dispatcher"] in numbers
            elif runs and point.name in ("mm.request", "mm.alloc", "mm.free"):
                yield point.event, point.decode(word)


def operations(events: Iterable[Event]) -> list[Operation]:
    """Frees by the number of their allocation. Requests that found nothing are left out."""
    done: list[Operation] = []
    live: dict[tuple[int, int], int] = {}
    allocated = alignment = 0
    for event, values in events:
        if event == "request":
            alignment = values["alignment"]
            continue
        block = values["page"], values["pages"]
        if event == "alloc":
            live[block] = allocated
            allocated += 1
            done.append(Operation(values["pages"], alignment))
        elif block in live:
            done.append(Operation(freed=live.pop(block)))
        else:
            raise RecordingError(
                f"{block[1]} pages at {block[0]:#x}000 are freed that are not one allocation."
            )
    if not done:
        raise RecordingError(f"{DOMAIN} allocated nothing.")
    return done


def text(done: list[Operation]) -> str:
    """The data file."""
    allocations = sum(operation.freed is None for operation in done)
    head = (
        f"/* What {DOMAIN} allocated and freed in a boot that ran every suite: {allocations} allocations,\n"
        f" * {len(done) - allocations} frees.\n"
        f" * Made by {COMMAND}: do not edit.\n"
        " * ALLOC(pages, alignment in pages) and FREE(number of the allocation, from 0). */\n"
    )
    return head + "".join(f"{operation.line}\n" for operation in done)


def main() -> int:
    run = boot("imx8mp", "mode=bench suites=all", smp=1, trace="all")
    try:
        if not run.ok:
            raise RecordingError(run.why)
        done = operations(events_of(run.recording, DOMAIN))
    except RecordingError as error:
        print(f"record_allocations: {error}", file=sys.stderr)
        return 1
    OUTPUT.write_text(text(done), encoding="utf-8")
    print(f"{OUTPUT.relative_to(ROOT)}: {len(done)} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
