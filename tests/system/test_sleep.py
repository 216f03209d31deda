"""Threads that sleep in several dispatchers at once."""

from __future__ import annotations

import re

import pytest

from tools.command.machine import Run, boot


def assert_slept(run: Run) -> None:
    assert run.ok, run.why
    assert len(re.findall(r"sleepers \d: at most", run.console)) == 3


@pytest.mark.parametrize(("slice_us", "seed"), [(10000, 1), (50, 2), (300, 3)])
def test_nobody_wakes_early_or_is_forgotten(slice_us: int, seed: int) -> None:
    command = f"mode=test test=sleepers slice_us={slice_us} seed={seed} calls=150"
    assert_slept(boot("imx8mp", command, smp=1, timeout=60))


def test_without_the_fast_path() -> None:
    command = "mode=test test=sleepers slice_us=70 seed=4"
    assert_slept(boot("imx8mp", command, smp=1, timeout=60, variant={"fastpath": "off"}))


def test_on_virt() -> None:
    assert_slept(boot("virt", "mode=test test=sleepers slice_us=100 seed=5", smp=1, timeout=60))
