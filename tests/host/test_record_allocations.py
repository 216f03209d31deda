"""The recorded allocations of a boot: taken out of a trace, and sound as they stand in the tree."""

from __future__ import annotations

import re

import pytest

from tools import record_allocations as tool
from trace.declaration import load
from trace.items import Domain, Records, RecordsLost
from trace.recording import Recording


def recording(*entries: tuple[str, dict[str, int]]) -> Recording:
    """A boot of init, dispatcher 1, and of another domain, dispatcher 2."""
    found = Recording(load())
    found.domains = {number: Domain(number, name, number, 0) for number, name in ((1, "init"), (2, "bench"))}
    points = [(found.declaration.by_name(name), values) for name, values in entries]
    records = [(time, point.number, point.encode(values)) for time, (point, values) in enumerate(points)]
    found.cores[0] = [Records(0, records)]
    return found


def alloc(page: int, pages: int, alignment: int = 1) -> list[tuple[str, dict[str, int]]]:
    request = ("mm.request", {"pages": pages, "alignment": alignment})
    return [request, ("mm.alloc", {"page": page, "pages": pages})]


def switch(dispatcher: int) -> tuple[str, dict[str, int]]:
    return "dispatch.switch", {"dispatcher": dispatcher, "previous_runnable": 0}


def test_only_inits_operations_are_taken() -> None:
    found = recording(
        *alloc(16, 4, 4),
        switch(2),
        *alloc(99, 1),
        switch(1),
        ("mm.request", {"pages": 1000, "alignment": 2}),
        *alloc(20, 2),
        ("mm.free", {"page": 16, "pages": 4}),
    )
    done = tool.operations(tool.events_of(found, "init"))
    assert [operation.line for operation in done] == ["ALLOC(4, 4)", "ALLOC(2, 1)", "FREE(0)"]
    assert "2 allocations" in tool.text(done) and tool.text(done).endswith("FREE(0)\n")


def test_what_is_no_whole_allocation_is_refused() -> None:
    with pytest.raises(tool.RecordingError, match="not one allocation"):
        found = recording(*alloc(16, 4), ("mm.free", {"page": 16, "pages": 2}))
        tool.operations(tool.events_of(found, "init"))
    with pytest.raises(tool.RecordingError, match="nothing"):
        tool.operations([])


def test_a_trace_with_losses_is_refused() -> None:
    found = recording(*alloc(16, 4))
    found.cores[0].append(RecordsLost(0, 7, "the ring was full"))
    with pytest.raises(tool.RecordingError, match="7 events"):
        tool.operations(tool.events_of(found, "init"))


def test_recorded_file_is_sound() -> None:
    lines = tool.OUTPUT.read_text(encoding="utf-8").split("*/\n")[1].splitlines()
    freed: set[int] = set()
    allocated = 0
    for line in lines:
        found = re.fullmatch(r"ALLOC\((\d+), (\d+)\)|FREE\((\d+)\)", line)
        assert found, line
        if found[3] is None:
            pages, alignment = int(found[1]), int(found[2])
            assert pages > 0 and alignment > 0 and alignment & (alignment - 1) == 0
            allocated += 1
        else:
            assert int(found[3]) < allocated and int(found[3]) not in freed
            freed.add(int(found[3]))
    assert allocated
