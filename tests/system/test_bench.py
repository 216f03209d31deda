"""The suites on the emulator: they finish, repeat, and keep the limits that were promised."""

from __future__ import annotations

import statistics

import pytest

from tests.system.conftest import ALL_SUITES
from tools.command.machine import Run, boot

# Instructions on the default platform in icount mode, tracing compiled out.
LIMITS = {
    "syscall.null": 60,
    "lmp.one_way": 180,
    "lmp.round_trip": 370,
    "lmp.round_trip_cap": 3000,
    "threads.switch": 80,
    "threads.create": 800,
    "locks.acquire[kind=mutex]": 16,
    "caps.copy": 350,
    "caps.retype[type=Frame]": 900,
    "caps.delete[type=Frame,copies=1]": 800,
    "caps.delete[type=Frame,copies=2]": 800,
    "caps.revoke[descendants=16,depth=1]": 8000,
    "caps.longest": 20000,
    "paging.map[size=4096,mapped=0,shadow=tree]": 1800,
    "paging.map[size=4096,mapped=1,shadow=tree]": 1800,
    "paging.map[size=4096,mapped=1000,shadow=tree]": 1800,
    "paging.fault": 3000,
    "heap.pair[bytes=64,strategy=size_class]": 100,
    "mem.get_ram": 4000,
    "rpc.buffer[bytes=2048,direction=in,strategy=kernel_copy]": 4000,
    "rpc.buffer[bytes=2048,direction=out,strategy=kernel_copy]": 4000,
    "rpc.buffer[bytes=2048,direction=both,strategy=kernel_copy]": 4000,
}
WITHOUT_OBJECTS = ("cores", "dispatch", "lmp", "locks", "syscall", "threads", "ump")
"""Suites in which no kernel objects come and go."""
TRACE_POINT_LIMIT = 15
RPC_LIMIT = 1.5
"""What a call through stubs costs at most, in round trips of bare messages, the cheapest of them."""

EXPECTED = {
    "syscall.null",
    "lmp.one_way",
    "lmp.round_trip",
    "lmp.round_trip_cap",
    "caps.copy",
    "caps.mint",
    "caps.retype",
    "caps.delete",
    "threads.switch",
    "threads.create",
    "locks.acquire",
    "mm.alloc",
    "mm.free",
    "mm.fragmentation",
    "paging.map",
    "paging.unmap",
    "paging.fault",
    "heap.malloc",
    "heap.free",
    "locks.contended",
    "spawn.total",
    "spawn.exit",
    "spawn.footprint",
}


def samples(run: Run) -> dict[str, list[int]]:
    return {row.label: row.samples for row in run.benches}


def assert_good(run: Run) -> None:
    assert run.ok, run.why
    assert run.recording.report.complete, run.recording.report.sentences()
    assert [row.label for row in run.benches if row.status != "ok"] == []


def test_all_suites_finish(plain_run: Run) -> None:
    assert_good(plain_run)
    names = {row.name for row in plain_run.benches}
    assert names >= EXPECTED
    assert any(name.startswith("boot.") for name in names)


def test_second_run_gives_the_same_samples(plain_run: Run) -> None:
    again = boot("imx8mp", ALL_SUITES, smp=1)
    assert samples(again) == samples(plain_run)


@pytest.mark.parametrize("name", LIMITS)
def test_limit(plain_run: Run, name: str) -> None:
    rows = [row for row in plain_run.benches if name in (row.name, row.label)]
    assert rows
    for row in rows:
        assert 0 < statistics.median(row.samples) <= LIMITS[name], row.label


def test_a_call_through_stubs_costs_little_more_than_its_messages(plain_run: Run) -> None:
    (number,) = (row for row in plain_run.benches if row.name == "rpc.number")
    trips = [row for row in plain_run.benches if row.name == "lmp.round_trip"]
    limit = RPC_LIMIT * min(statistics.median(trip.samples) for trip in trips)
    assert 0 < statistics.median(number.samples) <= limit


def test_trace_point_limit(traced_run: Run) -> None:
    rows = [row for row in traced_run.benches if row.name == "trace.point"]
    assert rows
    for row in rows:
        assert 0 < statistics.median(row.samples) <= TRACE_POINT_LIMIT


def test_what_other_cores_do_to_figures_of_the_first(plain_run: Run) -> None:
    """Cores that wait cost nothing. But the first one's kernel knows more capabilities then, of their memory:
    what makes and deletes objects costs more or less with the shape of its tree."""
    four = boot("imx8mp", ALL_SUITES, smp=4)
    assert_good(four)
    for row in plain_run.benches:
        if row.suite != "boot":
            apart = 0.005 if row.suite in WITHOUT_OBJECTS else 0.25
            median = statistics.median(row.samples)
            assert statistics.median(samples(four)[row.label]) == pytest.approx(median, rel=apart), row.label


@pytest.mark.parametrize("smp", [1, 2, 3, 4])
def test_virt_boots_with_any_number_of_cores(smp: int) -> None:
    run = boot("virt", "mode=bench suites=syscall,lmp", smp=smp)
    assert_good(run)
    assert run.recording.hello["cores"] == str(smp)


@pytest.mark.parametrize("cpu", ["cortex-a35", "cortex-a57", "cortex-a72"])
def test_virt_on_other_processors(cpu: str) -> None:
    run = boot("virt", "mode=bench suites=lmp", smp=1, cpu=cpu)
    assert_good(run)
    assert run.recording.hello["cpu"] == cpu


def test_entry_at_el2() -> None:
    """With virtualisation QEMU enters the kernel at EL2, with the firmware behind SMC."""
    run = boot("virt", "mode=bench suites=lmp", smp=1, extra=["-machine", "virtualization=on"])
    assert_good(run)


def test_without_the_fast_path_everything_still_works() -> None:
    run = boot("imx8mp", ALL_SUITES, smp=1, variant={"fastpath": "off"})
    assert_good(run)
    assert "fastpath=off" in run.recording.hello["variant"]


def test_debug_build() -> None:
    assert_good(boot("imx8mp", "mode=bench suites=lmp,caps samples=100", smp=1, debug=True))


def test_short_slices_change_no_result() -> None:
    """Preemption every 50 microseconds, in the middle of everything."""
    assert_good(boot("imx8mp", f"{ALL_SUITES} slice_us=50", smp=1))


@pytest.mark.alone
def test_realtime_mode() -> None:
    assert_good(boot("imx8mp", "mode=bench suites=syscall,lmp samples=200", smp=1, mode="realtime"))
