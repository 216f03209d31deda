"""Remote procedure calls: what clients and services can rely on, with each way of transport."""

from __future__ import annotations

import re

import pytest

from tools.command.machine import Run, boot
from tools.command.say import ROOT
from tools.command.soak_kinds import Domains

TRANSPORTS = sorted(path.stem for path in (ROOT / "lib/rpc/transport").glob("*.c"))
GROUPS = ["shapes", "threads", "deferred", "deadlines", "ends", "misbehaviour", "circles"]
MEMBERS = 64


def assert_holds(run: Run, groups: list[str]) -> None:
    assert run.ok, run.annotated_console
    assert re.findall(r"rpctest: (\w+): all checks hold", run.console) == groups


def rpctest(words: str, **more: object) -> Run:
    return boot("imx8mp", f"mode=test test=rpctest {words}", smp=1, timeout=180, **more)


def test_menu() -> None:
    assert TRANSPORTS == ["chunked", "kernel_copy", "shared_frame"]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(("slice_us", "seed"), [(10000, 1), (53, 2)])
def test_every_promise(transport: str, slice_us: int, seed: int) -> None:
    """The second time everybody is interrupted in the middle of everything."""
    run = rpctest(f"seed={seed} slice_us={slice_us}", variant={"rpc": transport})
    assert_holds(run, GROUPS)
    assert f"rpc={transport}" in run.recording.hello["variant"]


@pytest.mark.parametrize("transport", ["kernel_copy", "shared_frame"])
def test_the_longest_messages(transport: str) -> None:
    """Chunked, a message of this length takes more than a thousand million instructions."""
    assert_holds(rpctest("how=longest", variant={"rpc": transport}), ["longest"])


def test_in_a_debug_build() -> None:
    assert_holds(rpctest("seed=3 slice_us=211", debug=True), GROUPS)


def test_without_the_fast_path() -> None:
    assert_holds(rpctest("seed=4 slice_us=300", variant={"fastpath": "off"}), GROUPS)


def assert_swarmed(run: Run, millions: int) -> None:
    assert run.ok, run.annotated_console
    assert Domains().complaints(run.console) == []
    found = re.search(r"soak: (\d+) calls, (\d+) processes, (\d+) killed, (\d+) ended", run.console)
    assert found
    calls, processes, killed, ended = (int(figure) for figure in found.groups())
    assert calls > 30 * millions and killed > 5
    assert processes == killed + ended >= MEMBERS + killed


@pytest.mark.parametrize(("slice_us", "seed"), [(10000, 1), (500, 2)])
def test_many_domains_ask_every_service_and_some_are_killed(slice_us: int, seed: int) -> None:
    words = f"mode=test test=swarm services=1 calls=200 seed={seed} slice_us={slice_us}"
    assert_swarmed(boot("imx8mp", words, smp=1, timeout=180), 200)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_many_domains_with_every_transport(transport: str) -> None:
    words = "mode=test test=swarm services=1 calls=60 seed=3 slice_us=1000"
    assert_swarmed(boot("imx8mp", words, smp=1, timeout=180, variant={"rpc": transport}, debug=True), 60)


ACROSS_GROUPS = [group for group in GROUPS if group != "circles"]
"""Endpoints do not go to other cores."""


@pytest.mark.parametrize("wait", ["polled", "notified", "adaptive"])
def test_every_promise_over_ump(wait: str) -> None:
    assert_holds(rpctest("how=ump seed=5", variant={"ump": wait}), GROUPS)


@pytest.mark.parametrize("wait", ["notified", "adaptive"])
def test_every_promise_across_cores(wait: str) -> None:
    run = boot(
        "imx8mp", "mode=test services=1 test=rpctest how=ump1", smp=2, timeout=240, variant={"ump": wait}
    )
    assert run.ok, run.annotated_console
    assert re.findall(r"rpctest: (\w+): all checks hold across", run.console) == ACROSS_GROUPS


def test_every_core_to_every_other() -> None:
    run = boot("imx8mp", "mode=test services=1 test=rpctest how=pairs:shapes", smp=4, timeout=240)
    assert run.ok, run.annotated_console
    assert "rpctest: 12 pairs of cores" in run.console


def test_every_core_calls_every_core_while_domains_die() -> None:
    """The same with 100 000 calls is `./lantern soak --cores 100000`."""
    run = boot("imx8mp", "mode=test services=1 test=crosscalls calls=4000 seed=2", smp=4, timeout=240)
    assert run.ok, run.annotated_console
    found = re.search(r"soak: (\d+) calls across cores, (\d+) killed, (\d+) ended", run.console)
    assert found and int(found[1]) >= 4000 and int(found[2]) > 5
