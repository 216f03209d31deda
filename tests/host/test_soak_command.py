"""./lantern soak: what it asks of the machine, what it leaves, and how it judges."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_tree import Tree, one_sentence

from tools.command.soak_kinds import Processes
from trace import checker


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_soak_that_passes(tree: Tree) -> None:
    done = tree.run("soak")
    assert done.returncode == 0, done.stderr
    assert one_sentence(done.stderr)
    assert "actions: 7000\n" in done.stdout and "the soak passed." in done.stdout
    assert "to repeat: ./lantern soak --seed 1 --millions 1000 --slice-us 47\n" in done.stdout
    folder = tree.root / "results" / "soak"
    assert names(folder) == {"console.log"}
    console = (folder / "console.log").read_text()
    words = "called: mode=test test=soak seed=1 calls=1000 check=1 how=plenty slice_us=47\n"
    assert words in console and " -smp 1 " in console
    assert "build/imx8mp-debug-none/lanternfish.img" in console


def test_all_that_makes_a_run_another_one_is_passed_on_and_told(tree: Tree) -> None:
    options = ["--seed", "7", "--millions", "30", "--slice-us", "100", "--famine", "--variant", "alloc=buddy"]
    done = tree.run("soak", *options, "--platform", "virt", "--smp", "4", "--out", "results/seven")
    assert done.returncode == 0, done.stderr
    assert "7000, of which 40 were refused for want of memory; famines: 2\n" in done.stdout
    repeat = "to repeat: ./lantern soak --seed 7 --millions 30 --slice-us 100 --famine"
    assert f"{repeat} --platform virt --smp 4 --variant alloc=buddy\n" in done.stdout
    console = (tree.root / "results" / "seven" / "console.log").read_text()
    assert "seed=7 calls=30 check=1 how=famine slice_us=100\n" in console
    assert "virt-debug-none-alloc_buddy" in console and " -smp 4 " in console


def test_the_trace_is_left_checked_and_summed_up(tree: Tree) -> None:
    done = tree.run("soak", "--trace", "--out", "results/traced")
    assert done.returncode == 0, done.stderr
    assert "2 faults (longest 50 ns), 2 waits (longest 50 ns), " in done.stdout
    assert " events, 0 dropped\n" in done.stdout
    folder = tree.root / "results" / "traced"
    assert names(folder) == {"console.log", "trace.pftrace"}
    assert checker.check_file(folder / "trace.pftrace").problems == []
    assert tree.run("soak", "--out", "results/traced").returncode == 0
    assert names(folder) == {"console.log"}, "what lies together is of one run"


def test_dropped_events_are_told(tree: Tree) -> None:
    done = tree.run("soak", "--trace", "--out", "results/loses", FAKE_QEMU="loses")
    assert ", 4 dropped\n" in done.stdout


def test_a_soak_that_fails_shows_why(tree: Tree) -> None:
    done = tree.run("soak", "--trace", "--out", "results/failed", FAKE_QEMU="bad_end")
    assert done.returncode == 1 and one_sentence(done.stderr)
    assert "soak: 4096 bytes are missing: FAILED\n" in done.stdout and "the soak failed." in done.stdout
    assert "The machine ended with status 1" in done.stderr
    assert names(tree.root / "results" / "failed") == {"console.log", "trace.pftrace"}


def test_a_soak_of_domains(tree: Tree) -> None:
    done = tree.run(
        "soak", "--domains", "--millions", "200", "--slice-us", "1000", "--out", "results/domains"
    )
    assert done.returncode == 0, done.stderr
    assert "calls: 9000, all answered rightly; lines on the console: 3\n" in done.stdout
    assert "processes: 70, of which 5 were killed and 65 ended by themselves\n" in done.stdout
    repeat = "to repeat: ./lantern soak --seed 1 --millions 200 --slice-us 1000 --domains 64\n"
    assert repeat in done.stdout and "the soak passed." in done.stdout
    console = (tree.root / "results" / "domains" / "console.log").read_text()
    assert "called: mode=test test=swarm services=1 seed=1 calls=200 how=64 slice_us=1000\n" in console


def test_lines_of_domains_that_are_missing_or_mixed_up_are_told(tree: Tree) -> None:
    done = tree.run("soak", "--domains", "3", "--out", "results/mixed", FAKE_QEMU="bad_end")
    assert done.returncode == 1 and "the soak failed." in done.stdout
    assert "Process 11 wrote line 3 where line 2 was to come." in done.stderr
    assert "A line of a member is not whole: 'swarm membswarm member 5, process 12: line 1.'." in done.stderr


@pytest.mark.parametrize(
    "options",
    [["--domains", "--famine"], ["--processes", "--famine"], ["--domains", "3", "--processes", "9"]],
)
def test_soaks_are_not_mixed(tree: Tree, options: list[str]) -> None:
    done = tree.run("soak", *options)
    assert done.returncode == 1 and "are different soaks: choose one." in done.stderr


def test_processes_that_get_dearer_are_told() -> None:
    console = "processes: 9 came and went\n" + "".join(
        f"processes: {which}: to_main={main} to_start=1 to_end={end}\n"
        for which, main, end in (("first", 100, 200), ("last", 105, 211))
    )
    kind = Processes()
    assert kind.complaints(console) == ["The last process cost 211 to its end, and the first 200."]
    assert kind.told(console)[0] == "processes: 9; nothing is left of them"
    assert kind.told("") == [] and kind.complaints("processes: 9 came and went\n") == []
