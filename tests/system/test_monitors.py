"""Monitors: channels in shared memory, processes and memory of several cores."""

from __future__ import annotations

import pytest

from tools.command.machine import Run, boot

MACHINES = [("imx8mp", 1), ("imx8mp", 2), ("imx8mp", 4), ("virt", 8), ("virt", 16)]
"""Platforms, and numbers of cores."""

SEVERAL = [machine for machine in MACHINES if machine[1] > 1]


def boot_good(platform: str, append: str, cores: int, **more: object) -> Run:
    run = boot(platform, append, smp=cores, timeout=120, **more)  # type: ignore[arg-type]
    assert run.ok, run.why
    return run


@pytest.mark.parametrize(("platform", "cores"), MACHINES)
def test_channels_come_and_go(platform: str, cores: int) -> None:
    run = boot_good(platform, "mode=test test=channels", cores)
    assert "channels: 20 came and went" in run.console


@pytest.mark.parametrize(("platform", "cores"), SEVERAL)
def test_processes_of_all_cores(platform: str, cores: int) -> None:
    calls = 3 if cores <= 4 else 1
    run = boot_good(platform, f"mode=test test=remote services=1 calls={calls}", cores)
    assert f"remote: {cores} cores, {calls} rounds" in run.console


@pytest.mark.parametrize(("platform", "cores"), [("imx8mp", 2), ("imx8mp", 4), ("virt", 16)])
def test_what_is_lent_goes_with_its_owner(platform: str, cores: int) -> None:
    run = boot_good(platform, "mode=test test=lend services=1 calls=2", cores)
    assert f"lend: {cores} cores, 2 rounds" in run.console


@pytest.mark.parametrize("ram", ["split", "on_demand"])
def test_memory_of_all_cores_comes_back(ram: str) -> None:
    run = boot_good("imx8mp", "mode=test test=remote services=1 how=memory", 4, variant={"ram": ram})
    assert run.console.count("remote: core") == 4


@pytest.mark.parametrize("cores", [2, 4])
def test_cores_are_parked_and_go_on(cores: int) -> None:
    run = boot_good("imx8mp", "mode=test test=parking services=1", cores)
    assert "parking: 5 rounds" in run.console


def test_fewer_cores_than_there_are() -> None:
    run = boot_good("imx8mp", "mode=test test=remote services=1 calls=1 cores=3", 4)
    assert "remote: 3 cores, 1 rounds" in run.console


def test_a_core_that_does_not_come_is_reported() -> None:
    run = boot_good("imx8mp", "mode=test test=remote services=1 calls=1 core_fails=2", 4)
    assert "init: core 2 has not come" in run.console
    assert "remote: 3 cores, 1 rounds" in run.console


def test_a_run_repeats() -> None:
    append = "mode=test test=remote services=1 calls=2"
    first, second = (boot_good("imx8mp", append, 4) for _ in range(2))
    assert first.raw == second.raw
