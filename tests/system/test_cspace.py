"""A CSpace grows while its domain runs."""

from __future__ import annotations

import pytest

from tools.command.machine import boot


@pytest.mark.parametrize("slice_us", [10000, 40])
def test_growth(slice_us: int) -> None:
    """Other threads use it all the time; init starts the domain twice and misses no memory in between."""
    run = boot("imx8mp", f"mode=test test=cspace slice_us={slice_us}", smp=1)
    assert run.ok, run.why
    assert "cspace: 4096 L1 slots" in run.console


def test_growth_in_a_debug_build_with_tracing() -> None:
    """init has the kernel check its mapping database at the end."""
    run = boot("imx8mp", "mode=test test=cspace", smp=1, trace="all", debug=True)
    assert run.ok, run.why
