"""Debug builds report threads that wait for each other, and end their domain."""

from __future__ import annotations

import re

from tools.command.machine import Run, boot


def deadlocked(seed: int) -> Run:
    run = boot("imx8mp", f"mode=test test=deadlock seed={seed}", smp=1, debug=True, timeout=30)
    assert not run.ok
    assert "test deadlock ended: exit 134" in run.console
    return run


def places(run: Run) -> dict[str, str]:
    """Addresses of the locks, by name, as the domain prints them."""
    return dict(re.findall(r"(\w+)=(0x[0-9a-f]+)", re.search(r"first=.*", run.console)[0]))


def reports(run: Run) -> dict[int, tuple[str, str, str | None]]:
    """What each reported thread waits for: kind, address, and number of who has it if that is known."""
    found = re.findall(
        r"deadlock: domain=deadlock thread=(\d+) waits=(\w+) at=(0x[0-9a-f]+)(?: of=(\d+))?", run.console
    )
    assert len({number for number, *_ in found}) == len(found)
    return {int(number): (kind, address, holder or None) for number, kind, address, holder in found}


def test_two_mutexes_in_two_orders_are_reported_while_another_thread_runs() -> None:
    run = deadlocked(1)
    at = places(run)
    assert reports(run) == {1: ("mutex", at["second"], "2"), 2: ("mutex", at["first"], "1")}
    for function in ("take_first_then_second", "take_second_then_first"):
        assert function in run.annotated_console


def test_domain_in_which_nobody_can_run_is_reported() -> None:
    run = deadlocked(2)
    at = places(run)
    waits = reports(run)
    assert set(waits) == {1, 2, 3, 4, 5}
    assert waits[1][0] == "end"
    assert waits[1][2] == "2"
    assert waits[2] == ("semaphore", at["sem"], None)
    assert waits[3] == ("mutex", at["first"], "2")
    assert waits[4] == ("condition", at["cond"], None)
    assert waits[5] == ("rwlock", at["rwlock"], None)
    assert "wait_for_reading" in run.annotated_console
