"""The address space of a domain: mappings, memory that comes when it is touched, and faults."""

from __future__ import annotations

import pytest

from tools.command.machine import boot
from tools.command.say import ROOT

SHADOWS = sorted(path.stem for path in (ROOT / "lib/paging/shadow").glob("*.c"))


@pytest.mark.parametrize("shadow", SHADOWS)
def test_everything_at_once(shadow: str) -> None:
    """In a debug build, with time slices in the middle of everything."""
    run = boot("imx8mp", "mode=test test=paging slice_us=53", smp=1, debug=True, variant={"shadow": shadow})
    assert run.ok, run.why
    assert "all checks hold" in run.console


def test_pages_of_a_gigabyte() -> None:
    """A machine with 4 GiB has an aligned gigabyte to map."""
    run = boot("imx8mp", "mode=test test=paging how=huge", smp=1, extra=("-m", "4G"))
    assert run.ok, run.why
    assert "with pages of 1 GiB" in run.console
