"""Names of services: what they do, what they refuse, and that nothing hangs or stays."""

from __future__ import annotations

import re

import pytest

from tools.command.machine import Run, boot


def run_part(how: str, more: str = "", smp: int = 1, variant: dict[str, str] | None = None) -> Run:
    command = f"mode=test test=nametest services=1 how={how} check={smp} {more}"
    run = boot("imx8mp", command, smp=smp, timeout=120, variant=variant or {})
    assert run.ok, run.why
    assert f"nametest: {how} is as it should be" in run.console
    return run


def test_every_function() -> None:
    run_part("api")


@pytest.mark.parametrize("rpc", ["chunked", "shared_frame"])
def test_other_ways_for_bytes(rpc: str) -> None:
    run_part("api", variant={"rpc": rpc})


def test_what_is_refused() -> None:
    run_part("limits")


def test_names_end_with_their_domains() -> None:
    run = run_part("ends")
    assert run.console.count("fault: domain=nametest") == 8


def test_calls_in_circles() -> None:
    run_part("circles")


@pytest.mark.parametrize("smp", [1, 4])
def test_names_are_entered_again_when_the_name_server_is_started_again(smp: int) -> None:
    run = run_part("restart", smp=smp)
    assert run.console.count("service names ended") == 6


@pytest.mark.parametrize("smp", [1, 2, 4])
def test_services_of_all_cores(smp: int) -> None:
    run_part("cores", smp=smp)


@pytest.mark.parametrize(("seed", "rounds", "smp"), [(1, 40, 1), (2, 6, 1), (3, 6, 1), (1, 6, 4), (2, 6, 4)])
def test_everything_at_once(seed: int, rounds: int, smp: int) -> None:
    run = run_part("storm", f"seed={seed} calls={rounds}", smp=smp)
    ends = re.search(r"storm: (\d+) exited, (\d+) faulted, (\d+) were killed", run.console)
    assert ends
    assert all(int(count) > 0 for count in ends.groups())
