"""What happens when something goes wrong: a bench domain, a hostile domain, the kernel itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.command.build import Configuration, Image, build
from tools.command.machine import Ending, Run, boot, boot_image
from tools.command.qemu import Target
from tools.command.symbols import explain_panic
from trace.declaration import load
from trace.items import Item, Samples


def test_faulting_bench_is_a_failed_row_and_the_rest_runs(plain_run: Run) -> None:
    run = boot("imx8mp", "mode=bench suites=all fault=lmp.round_trip", smp=1)
    assert not run.ok
    assert run.status == 1
    failed = [row for row in run.benches if row.status != "ok"]
    assert failed
    assert {row.name for row in failed} == {"lmp.round_trip"}
    for row in failed:
        assert row.status.startswith("failed: ")
        assert "fault" in row.status
    assert {row.label for row in run.benches} == {row.label for row in plain_run.benches}


@pytest.mark.parametrize("seed", [1, 2])
def test_misuse_of_every_system_call(seed: int) -> None:
    run = boot("imx8mp", f"mode=test test=misuse seed={seed} calls=100000", smp=1)
    assert run.ok, run.why
    assert run.recording.panic is None


def test_misuse_in_a_debug_build_with_tracing() -> None:
    run = boot("imx8mp", "mode=test test=misuse seed=3 calls=20000", smp=1, trace="all", debug=True)
    assert run.ok, run.why


@pytest.mark.parametrize("seed", [5, 6])
def test_capabilities_are_sound_after_every_call_of_misuse(seed: int) -> None:
    run = boot("imx8mp", f"mode=test test=misuse seed={seed} calls=3000 check=1", smp=1, debug=True)
    assert run.ok, run.why


@pytest.mark.parametrize("seed", [1, 2])
def test_random_operations_do_what_the_model_says(seed: int) -> None:
    run = boot("imx8mp", f"mode=test test=model seed={seed} calls=100000", smp=1)
    assert run.ok, run.why


def test_random_operations_leave_the_capabilities_sound_at_every_step() -> None:
    run = boot("imx8mp", "mode=test test=model seed=3 calls=5000 check=1", smp=1, debug=True)
    assert run.ok, run.why


def test_misuse_without_the_fast_path() -> None:
    run = boot("imx8mp", "mode=test test=misuse seed=4 calls=20000", smp=1, variant={"fastpath": "off"})
    assert run.ok, run.why


@pytest.mark.parametrize("test", ["memory", "messages", "rights", "spawn", "starter"])
@pytest.mark.parametrize("slice_us", [10000, 60])
def test_domain(test: str, slice_us: int) -> None:
    run = boot("imx8mp", f"mode=test test={test} slice_us={slice_us}", smp=1)
    assert run.ok, run.why


@pytest.mark.parametrize(("slice_us", "rounds"), [(10000, 4), (50, 200)])
def test_threads(slice_us: int, rounds: int) -> None:
    """Each round of the spinning threads lasts until they have been preempted."""
    run = boot("imx8mp", f"mode=test test=threads slice_us={slice_us} calls={rounds}", smp=1)
    assert run.ok, run.why


def test_threads_without_the_fast_path_and_with_tracing() -> None:
    command = "mode=test test=threads slice_us=70 calls=20"
    run = boot("imx8mp", command, smp=1, variant={"fastpath": "off"}, trace="threads")
    assert run.ok, run.why
    points = {point.number: point.name for point in load().points}
    names = {points[number] for entry in run.recording.cores[0] for _, number, _ in entry.records}
    assert "threads.switch" in names


def test_capabilities_are_sound_after_spawns_in_a_debug_build() -> None:
    """init has the kernel check its mapping database at the end."""
    run = boot("imx8mp", "mode=test test=spawn calls=20", smp=1, trace="all", debug=True)
    assert run.ok, run.why


def test_floating_point_state_is_a_dispatchers_own() -> None:
    run = boot("imx8mp", "mode=test test=fp slice_us=50 calls=1000", smp=1, trace="dispatch")
    assert run.ok, run.why
    points = {point.number: point.name for point in load().points}
    names = [points[number] for entry in run.recording.cores[0] for _, number, _ in entry.records]
    assert names.count("dispatch.switch") > 1000, "the instances were to disturb each other"


def test_faults_of_a_domain_are_reported_with_a_backtrace() -> None:
    run = boot("imx8mp", "mode=test test=crash", smp=1)
    assert run.ok, run.why
    assert "fault: domain=crash" in run.console
    assert "crash.c" in run.annotated_console


def test_unknown_word_on_the_command_line_is_named() -> None:
    run = boot("imx8mp", "mode=bench suite=lmp", smp=1)
    assert run.status == 2
    assert "suite=lmp" in run.console


def test_kernel_panic_is_symbolised(tmp_path: Path) -> None:
    """The executable of init is damaged, which only a broken build can do: the kernel says so and stops."""
    image = build(Configuration("imx8mp", "none", False, {}))
    contents = bytearray(image.kernel.read_bytes())
    contents[contents.index(b"\x7fELF")] = 0
    (tmp_path / image.kernel.name).write_bytes(contents)
    shutil.copy(image.device_tree, tmp_path)
    damaged = Image(tmp_path, "imx8mp")
    run = boot_image(damaged, Target("imx8mp", 1), "mode=bench suites=all", timeout=30)
    assert run.ending is Ending.PANIC
    assert "not an executable" in run.why
    explained = "\n".join(explain_panic(image, run.recording.panic.values))
    assert "init_image_load" in explained
    assert "kernel_main" in explained


def test_killed_emulator_is_an_error() -> None:
    """A run that is cut off has no END frame, and says what it last saw."""
    killed = False

    def kill(items: list[Item]) -> None:
        nonlocal killed
        if not killed and any(isinstance(item, Samples) for item in items):
            killed = True
            subprocess.run(["pkill", "-KILL", "-f", "append mode=bench suites=all seed=4711"], check=True)

    run = boot("imx8mp", "mode=bench suites=all seed=4711", smp=1, watch=kill)
    assert killed
    assert not run.ok
    assert run.ending is Ending.NO_END
    assert "killed by signal 9" in run.why
    assert all(row.status == "ok" or row.status.startswith("failed: ") for row in run.benches)
