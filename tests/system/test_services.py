"""Services that end come back, and who waited for them hears of it."""

from __future__ import annotations

from tools.command.machine import boot


def test_killed_services_come_back() -> None:
    run = boot("imx8mp", "mode=test test=restarts services=1 calls=4", smp=1, timeout=120)
    assert run.ok, run.why
    assert "restarts: every service came back 5 times" in run.console
    assert run.console.count("service serial ended") == 5
    assert run.console.count("service proc ended") == 5
    assert run.console.count("service mem ended") == 10


def test_a_service_that_always_ends_is_given_up() -> None:
    run = boot("imx8mp", "mode=test test=restarts services=1 calls=100", smp=1, timeout=300)
    assert not run.ok
    assert "that was the 101th time: giving all services up" in run.console
