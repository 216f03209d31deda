"""The memory server: quotas, and that everything comes back, whatever its clients do."""

from __future__ import annotations

import re
import statistics

import pytest

from tools.command.machine import boot

OWN_KIB, QUOTA_KIB = 16 << 10, 64 << 10
"""What a test domain starts with, and what it may have of the server."""
KEPT_KIB = 8 << 10
"""More than the library keeps for its own bookkeeping of all that."""
GET_RAM_LIMIT = 4000
"""Instructions, from the stub's call to its return."""


@pytest.mark.parametrize("debug", [False, True])
def test_server(debug: bool) -> None:
    run = boot("imx8mp", "mode=test test=memserver services=1", smp=1, timeout=120, debug=debug)
    assert run.ok, run.why


def test_memory_until_it_is_refused() -> None:
    run = boot("imx8mp", "mode=test test=memeater services=1", smp=1, timeout=120)
    assert run.ok, run.why
    amounts = [int(kib) for kib in re.findall(r"memeater: [a-z ]+: (\d+) KiB until", run.console)]
    assert len(amounts) == 4
    for kib in amounts:
        assert OWN_KIB + QUOTA_KIB - KEPT_KIB <= kib <= OWN_KIB + QUOTA_KIB


def test_without_a_server_a_domain_has_its_own() -> None:
    run = boot("imx8mp", "mode=test test=memeater", smp=1, timeout=120)
    assert run.ok, run.why
    amounts = [int(kib) for kib in re.findall(r"memeater: [a-z ]+: (\d+) KiB until", run.console)]
    assert len(amounts) == 4 and all(0 < kib <= OWN_KIB for kib in amounts)


def test_costs() -> None:
    run = boot("imx8mp", "mode=bench suites=mem", smp=1)
    assert run.ok, run.why
    assert [row.label for row in run.benches if row.status != "ok"] == []
    costs = [row for row in run.benches if row.name == "mem.get_ram"]
    assert len(costs) == 5
    for row in costs:
        assert statistics.median(row.samples) <= GET_RAM_LIMIT, row.label
        assert statistics.mean(row.samples) <= GET_RAM_LIMIT, row.label
