"""./lantern as a user meets it: what it writes, and one sentence for everything that goes wrong."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_tree import ROOT, Tree, one_sentence

from analysis import load
from trace import checker

# A good run.


def test_bench_succeeds_and_prints_the_table(benched: subprocess.CompletedProcess[str]) -> None:
    assert benched.returncode == 0, benched.stderr
    assert one_sentence(benched.stderr)
    assert re.search(r"lmp\.round_trip +words=8 +instructions +100 ", benched.stdout)
    assert "trace.overhead" in benched.stdout and "trace.point" in benched.stdout
    assert "cycles" not in benched.stdout
    assert "boot 1 of 2, plain" in benched.stderr and "boot 2 of 2, traced" in benched.stderr


def test_bench_writes_the_output_folder(tree: Tree, benched: subprocess.CompletedProcess[str]) -> None:
    folder = tree.root / "good"
    assert {p.name for p in folder.iterdir()} == {"results.json", "trace.pftrace", "console.log", "plots"}
    content = load.load(folder)
    names = [bench["name"] for bench in content["benches"]]
    assert names.count("trace.overhead") == 5 and names.count("trace.point") == 1
    assert names.count("lmp.round_trip") == 1
    assert (content["mode"], content["cores"], content["platform"]) == ("icount", 2, "imx8mp")
    assert content["clock"]["cycle_is"] == "instruction"
    assert content["trace"]["events"] > 100 and content["trace"]["dropped"] == 0
    assert content["versions"]["qemu"] == "10.0.2"
    assert not any(str(tree.root) in word for word in content["command"])
    overhead = next(b for b in content["benches"] if b["name"] == "trace.overhead")
    assert 50 <= overhead["samples"][0] <= 70
    found = checker.check((folder / "trace.pftrace").read_bytes())
    assert found.problems == [] and found.summary.flows > 0
    log = (folder / "console.log").read_text()
    assert log.count("==== boot") == 2 and "Lanternfish starts" in log
    assert (folder / "plots" / "lmp-mean.svg").exists() and (folder / "plots" / "boot-timeline.png").exists()


def test_nothing_is_written_elsewhere(tree: Tree, benched: subprocess.CompletedProcess[str]) -> None:
    assert benched.returncode == 0
    skip = {"build", "good", "__pycache__"}
    extra = {p.name for p in tree.root.iterdir()} - skip
    assert extra <= {
        "tools",
        "trace",
        "analysis",
        "lantern",
        "bench",
        "interfaces",
        "results",
        "small",
        "again",
    }
    assert not list(tree.root.rglob("__pycache__"))[:1] or "build" in str(
        list(tree.root.rglob("__pycache__"))[0]
    )


def test_repeats_are_joined_and_compared(tree: Tree) -> None:
    done = tree.run("bench", "lmp", "--smp", "1", "--repeat", "2", "--out", "again")
    assert done.returncode == 0, done.stderr
    assert "the 2 plain boots gave the same samples" in done.stderr
    bench = load.load(tree.root / "again")["benches"][0]
    assert bench["stats"]["n"] == len(bench["samples"]) == 200
    done = tree.run("bench", "lmp", "--smp", "1", "--repeat", "2", "--out", "again", FAKE_QEMU="unsteady")
    assert done.returncode == 0 and "samples differ between plain boots" in done.stderr


def test_realtime_mode_names_the_emulators_cycles(tree: Tree) -> None:
    done = tree.run(
        "bench", "--mode", "realtime", "--platform", "virt", "--cpu", "cortex-a72", "--out", "again"
    )
    assert done.returncode == 0, done.stderr
    assert "cycles are the emulator's clock" in done.stdout
    content = load.load(tree.root / "again")
    assert content["clock"]["cycle_is"] == "cycle" and "cortex-a72" in content["command"]


# What can go wrong with a build.


def test_an_unknown_variant_prints_cmakes_menu(tree: Tree) -> None:
    done = tree.run("build", "--variant", "alloc=slow", FAKE_CMAKE="variant")
    assert done.returncode == 1
    assert "There is no value slow of the axis alloc." in done.stderr
    assert "The menu is first_fit, rbtree." in done.stderr
    assert "CMakeLists.txt" not in done.stderr and "Call Stack" not in done.stderr


def test_a_compile_error_shows_what_failed(tree: Tree) -> None:
    done = tree.run("build", FAKE_CMAKE="compile")
    assert done.returncode == 1
    assert "a.c:1: error: no" in done.stdout
    assert "Building imx8mp-release-none failed; the whole log is build/" in done.stderr


def test_build_folders_name_their_configuration(tree: Tree) -> None:
    done = tree.run(
        "build", "--platform", "virt", "--variant", "spin=mcs,alloc=buddy", "--trace", "lmp,cap", "--debug"
    )
    assert done.returncode == 0
    assert (tree.root / "build" / "virt-debug-lmp+cap-alloc_buddy-spin_mcs" / "lanternfish.img").exists()


# What can go wrong with a call.


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bench", "--smp", "x"], "'x' is not a whole number"),
        (["bench", "--smp", "5"], "imx8mp has up to 4 cores"),
        (["bench", "--platform", "pc"], "invalid choice: 'pc'"),
        (["bench", "--cpu", "cortex-a72"], "--cpu can be chosen for --platform virt only"),
        (["bench", "--variant", "alloc"], "'alloc' is not written axis=value"),
        (["bench", "--variant", "a=b,a=c"], "the axis a is given twice"),
        (["bench", "--repeat", "0"], "0 is not from 1 to 1000"),
        (["bench", "--timeout", "-1"], "not a time above zero"),
        (["bench", "--serial", "/dev/x:fast"], "'fast' is not a baud rate"),
        (["bench", "--frob"], "unrecognized arguments: --frob"),
        (["bench", "l m p"], "is not the name of a suite"),
        (["test", "frob"], "the kinds are unit, system, model, fuzz"),
        (["trace"], "the following arguments are required: FILE"),
        (["build", "--trace", "l;m"], "is not all, none, or subsystems"),
        (["soak", "--millions", "9"], "9 is not from 10 to 1000000000"),
        (["soak", "--seed", "x"], "'x' is not a whole number"),
        (["soak", "--smp", "5"], "imx8mp has up to 4 cores"),
    ],
)
def test_mistakes_in_a_call(tree: Tree, arguments: list[str], sentence: str) -> None:
    done = tree.run(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1 and one_sentence(done.stderr)


def test_an_unknown_suite_is_told_before_a_boot(tree: Tree) -> None:
    done = tree.run("bench", "frob", "--out", "frob")
    assert done.returncode == 2
    assert "There is no bench suite 'frob'; the suites are boot, caps, lmp, trace." in done.stderr
    assert "boot 1" not in done.stderr


def test_menu_and_help(tree: Tree) -> None:
    for arguments in ([], ["frob"]):
        done = subprocess.run(
            [tree.root / "lantern", *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2 and "bench" in done.stderr and "compare" in done.stderr
    done = subprocess.run([tree.root / "lantern", "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "setup" in done.stdout
    for command in ("setup", "build", "run", "bench", "compare", "soak", "test", "trace", "clean"):
        done = subprocess.run(
            [tree.root / "lantern", command, "--help"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 and "usage" in done.stdout


def test_it_runs_from_anywhere_and_through_a_link(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tree.root / "lantern")
    done = subprocess.run(
        [tmp_path / "link", "--help"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0


# Output folders.


def test_an_output_folder_that_cannot_be_made(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/lantern")):
        done = tree.run("bench", "--out", str(out))
        assert done.returncode == 1 and one_sentence(done.stderr)
        assert "reparing the output folder" in done.stderr and "boot 1" not in done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 KiB, where this machine lets us make one."""
    place = tmp_path / "small"
    place.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "none", str(place)], capture_output=True
    )
    if mount.returncode:
        pytest.skip("this machine does not let the test mount a small file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_older_results_alone(tree: Tree, small_disk: Path) -> None:
    (small_disk / "results.json").write_text("older")
    done = tree.run("bench", "--out", str(small_disk))
    assert done.returncode == 1 and one_sentence(done.stderr)
    assert "the disk is full." in done.stderr
    assert (small_disk / "results.json").read_text() == "older"
    assert [p.name for p in small_disk.iterdir() if p.is_file()] == ["results.json"]


def test_full_standard_output_is_one_sentence(tree: Tree) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            tree.argv("build"),
            env=tree.environment(),
            cwd=tree.root,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "the disk is full" in done.stderr


# ./lantern trace


@pytest.fixture(scope="module")
def trace_file(tree: Tree, benched: subprocess.CompletedProcess[str]) -> Path:
    assert benched.returncode == 0
    return tree.root / "good" / "trace.pftrace"


def test_trace_summarises(tree: Tree, trace_file: Path) -> None:
    done = tree.run("trace", str(trace_file))
    assert done.returncode == 0, done.stderr
    assert "domains: init (1)" in done.stdout and "slowest slices" in done.stdout and "sound" in done.stdout


def test_trace_refuses_a_damaged_file(tree: Tree, trace_file: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "cut.pftrace"
    damaged.write_bytes(trace_file.read_bytes()[:-7])
    done = tree.run("trace", str(damaged), "--open")
    assert done.returncode == 1 and "is not a sound trace" in done.stderr
    for wrong in (tmp_path / "none", tmp_path):
        done = tree.run("trace", str(wrong))
        assert done.returncode == 1 and one_sentence(done.stderr)


def test_trace_serves_on_loopback(tree: Tree, trace_file: Path) -> None:
    import urllib.request

    process = subprocess.Popen(
        tree.argv("trace", str(trace_file), "--open"),
        env=tree.environment(PYTHONUNBUFFERED="1"),
        cwd=tree.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        url = next(line for line in process.stdout if "ui.perfetto.dev" in line).strip().partition("url=")[2]
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "https://ui.perfetto.dev"
            assert answer.read() == trace_file.read_bytes()
        second = tree.run("trace", str(trace_file), "--open")
        assert second.returncode == 1 and "port 9001 of this machine is in use" in second.stderr
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_a_busy_port_is_one_sentence(tree: Tree, trace_file: Path) -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        busy.bind(("127.0.0.1", 9001))
        busy.listen()
        done = tree.run("trace", str(trace_file), "--open")
    assert done.returncode == 1 and one_sentence(done.stderr)


# Setup and clean.


def test_setup_without_root_prints_the_one_command(tree: Tree) -> None:
    """The check runs in a process of its own, where nothing is installed and nobody is root."""
    code = (
        "import sys, os; sys.path.insert(0, sys.argv[1]); os.geteuid = lambda: 1000\n"
        "from tools.command import packages, say\n"
        "try: packages.install(['qemu-system-arm'])\n"
        "except say.UserError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, ROOT], capture_output=True, text=True, check=True)
    assert "run: sudo ./lantern setup --packages" in done.stdout


def test_clean_keeps_results_and_setup(tree: Tree) -> None:
    assert tree.run("build").returncode == 0
    (tree.root / "results").mkdir(exist_ok=True)
    done = tree.run("clean")
    assert done.returncode == 0 and "removed" in done.stdout
    assert [p.name for p in (tree.root / "build").iterdir() if p.name != "pycache"] == ["venv"]
    assert (tree.root / "results").exists()
