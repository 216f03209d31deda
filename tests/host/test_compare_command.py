"""./lantern compare as a user meets it: the plan, what goes wrong, and what is not run again."""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command_tree import ROOT, Tree, one_sentence
from snakemake.cli import get_argument_parser

from analysis import comparison
from tools.command import axes, compare_matrix, compare_plan
from tools.command.compare_plan import Cell
from tools.command.say import UserError

MENU = {
    "alloc": axes.Axis("alloc", ("buddy", "rbtree"), "rbtree"),
    "fastpath": axes.Axis("fastpath", ("off", "on"), "on"),
    "odd": axes.Axis("odd", ("one",), "one"),
}
EXISTING = ["lmp", "mm", "syscall"]


def plan(wanted: dict, fixed: dict | None = None, suites: Sequence[str] = (), **more: Any) -> list[Cell]:
    return compare_plan.cells(wanted, MENU, fixed or {}, suites, EXISTING, **more)


def test_all_combinations_are_planned() -> None:
    cells = plan({"alloc": (), "fastpath": ()}, trace=False)
    assert [cell.folder for cell in cells] == [
        "alloc_buddy-fastpath_off-run_1",
        "alloc_buddy-fastpath_on-run_1",
        "alloc_rbtree-fastpath_off-run_1",
        "alloc_rbtree-fastpath_on-run_1",
    ]
    assert cells[0].label == "alloc=buddy, fastpath=off, boot 1"
    assert cells[0].suites == ("mm", "lmp", "syscall")


def test_cores_and_boots_multiply_the_cells() -> None:
    cells = plan({"fastpath": ("on",)}, smp=(1, 4), repeat=2)
    assert [cell.folder for cell in cells] == [
        f"fastpath_on-cores_{cores}-{boot}" for cores in (1, 4) for boot in ("run_1", "run_2", "trace")
    ]
    assert [cell.cores for cell in cells] == [1, 1, 1, 4, 4, 4]
    common = argparse.Namespace(platform="virt", debug=False, variant={"alloc": "buddy"})
    names = {cell.configuration(common).folder.name for cell in cells}
    assert names == {f"virt-release-{trace}-alloc_buddy-fastpath_on" for trace in ("none", "all")}
    (one,) = plan({"fastpath": ("on",)}, smp=(4,), trace=False)
    assert one.folder == "fastpath_on-run_1" and one.cores == 4


def test_cores_alone_can_be_compared() -> None:
    assert [cell.folder for cell in plan({}, smp=(1, 2), trace=False)] == ["cores_1-run_1", "cores_2-run_1"]


def test_values_and_suites_can_be_chosen() -> None:
    (cell,) = plan({"alloc": ("buddy",)}, {"fastpath": "off"}, ["lmp"], trace=False)
    assert (dict(cell.choice), cell.suites) == ({"alloc": "buddy"}, ("lmp",))
    assert cell.variant({"fastpath": "off"}) == {"fastpath": "off", "alloc": "buddy"}


def test_the_baseline_is_the_default_unless_named() -> None:
    cells = plan({"alloc": (), "fastpath": ("off",)}, smp=(2, 1))
    wanted = {"alloc": "rbtree", "fastpath": "off", "cores": "2"}
    assert compare_plan.baseline({}, cells, MENU) == wanted
    assert compare_plan.baseline({"alloc": "buddy", "cores": "1"}, cells, MENU) == {
        **wanted,
        "alloc": "buddy",
        "cores": "1",
    }
    for asked, complaint in (
        ({"rpc": "x"}, "'rpc', which is not compared here"),
        ({"fastpath": "on"}, "fastpath=on is not in this comparison; it has off"),
    ):
        with pytest.raises(UserError, match=complaint) as caught:
            compare_plan.baseline(asked, cells, MENU)
        assert caught.value.status == 2


def test_an_axis_that_names_no_suites_goes_through_all() -> None:
    (cell,) = plan({"odd": ()}, trace=False)
    assert cell.suites == ()


@pytest.mark.parametrize(
    ("wanted", "fixed", "complaint"),
    [
        ({}, {}, "Say which axes to compare."),
        ({"heap": ()}, {}, "There is no axis 'heap'."),
        ({"alloc": ("slab",)}, {}, "The axis 'alloc' has no value 'slab'."),
        ({"alloc": ()}, {"alloc": "buddy"}, "'alloc' is compared, so --variant cannot fix it."),
    ],
)
def test_mistakes_come_with_the_menu(wanted: dict, fixed: dict, complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        plan(wanted, fixed)
    assert complaint in str(caught.value) and caught.value.status == 2
    assert fixed or "  alloc: buddy, rbtree (default)\n" in str(caught.value)


def test_every_suite_of_the_table_exists() -> None:
    existing = {path.stem for path in (ROOT / "bench").glob("*.c")}
    for suites in axes.SUITES.values():
        assert suites and set(suites) <= existing


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A tree for these tests alone: one of them makes it a repository."""
    return Tree(tmp_path_factory.mktemp("lantern"))


def compare(tree: Tree, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return tree.run("compare", *arguments, "--smp", "1", timeout=300, **more)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["alloc=a b"], "is not written AXIS or AXIS=VALUE,VALUE,..."),
        (["alloc", "alloc=buddy"], "the axis alloc is given twice"),
        (["alloc", "--suite", "caps,frob"], "There is no bench suite 'frob'"),
        (["alloc", "--suite", "caps,"], "'' is not the name of a suite"),
        (["alloc", "--smp", "1,99"], "99 is not from 1 to 16"),
        (["alloc", "--smp", "1,8"], "--smp 8 is too much: imx8mp has up to 4 cores"),
        (["alloc", "--smp", "1,,2"], "'' is not a whole number"),
        (["alloc", "--repeat", "0"], "0 is not from 1 to 1000"),
        (["alloc", "--baseline", "buddy"], "'buddy' is not written axis=value"),
        (["alloc", "--baseline", "alloc=slab"], "alloc=slab is not in this comparison; it has buddy, rbtree"),
        (["alloc", "--profile", "tools"], "tools is no Snakemake profile: it has no config.yaml"),
        (["alloc", "--profile", "tools", "--serial", "/dev/x"], "it does not go with --profile"),
        (["frob"], "There is no axis 'frob'. The axes are:"),
        (["alloc=frob"], "The axis 'alloc' has no value 'frob'. The axes are:"),
        ([], "alloc: buddy, rbtree (default)"),
    ],
)
def test_mistakes_in_a_call(tree: Tree, arguments: list[str], sentence: str) -> None:
    done = tree.run("compare", *arguments)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr
    assert "running" not in done.stderr


def test_a_dry_run_writes_nothing(tree: Tree) -> None:
    done = compare(tree, "alloc", "--repeat", "2", "--out", "dry", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "6 cells (2 of them with tracing)" in done.stdout
    assert "alloc=buddy, boot 2   will run" in done.stdout and "alloc=rbtree, traced  will run" in done.stdout
    assert "compared with: alloc=rbtree" in done.stdout
    assert "6 cells with 4 builds to run, " in done.stdout and "by guesses (a build" in done.stdout
    assert not (tree.root / "dry").exists()


@pytest.fixture(scope="module")
def compared(tree: Tree) -> subprocess.CompletedProcess[str]:
    """In a repository without changes, so that results know which commit they are of."""
    for arguments in (
        ["init", "-q"],
        ["config", "user.email", "test@example.org"],
        ["config", "user.name", "test"],
        ["add", "tools"],
        ["commit", "-q", "-m", "tools"],
    ):
        subprocess.run(["git", *arguments], cwd=tree.root, check=True)
    (tree.root / ".git" / "info" / "exclude").write_text("*\n")
    return compare(tree, "fastpath", "--suite", "lmp", "--out", "compared")


def test_every_cell_has_an_output_folder(tree: Tree, compared: subprocess.CompletedProcess[str]) -> None:
    assert compared.returncode == 0, compared.stderr
    assert one_sentence(compared.stderr)
    folder = tree.root / "compared"
    assert {"cells", "plots", "compare.json"} <= {p.name for p in folder.iterdir()}
    boots = {f"fastpath_{value}-{boot}" for value in ("off", "on") for boot in ("run_1", "trace")}
    assert {p.name for p in (folder / "cells").iterdir()} == boots
    left = {p.name for p in (folder / "cells" / "fastpath_off-run_1").iterdir()}
    assert left == {"results.json", "console.log", "cell.json"}
    read = comparison.load_comparison(folder)
    assert [variant.label for variant in read.variants] == ["off", "on"] and not read.damaged
    assert all(variant.results["benches"] and read.trace_of(variant) for variant in read.variants)
    assert [cell.status for cell in read.plan.cells] == ["ok"] * 4
    assert read.plan.command == "./lantern compare fastpath --suite lmp --smp 1"
    assert "lmp-instructions.png" in {p.name for p in (folder / "plots").iterdir()}
    assert "bench, by fastpath" in compared.stdout and "lmp.round_trip [words=8]" in compared.stdout
    for cell in ("fastpath=off, boot 1", "fastpath=on, traced"):
        assert f", {cell}: done." in compared.stderr
    assert "cell 4 of 4, " in compared.stderr


def test_what_the_matrix_needs_stays_in_the_build_folder(
    tree: Tree, compared: subprocess.CompletedProcess[str]
) -> None:
    assert compared.returncode == 0
    assert list((tree.root / "build" / "compare").glob("compared-*/snakemake.log"))
    assert not list(tree.root.glob(".snakemake")) and not list((tree.root / "compared").rglob(".*"))


def test_a_complete_cell_is_not_run_again(tree: Tree, compared: subprocess.CompletedProcess[str]) -> None:
    call = ["fastpath", "--suite", "lmp", "--out", "compared"]
    done = compare(tree, *call)
    assert done.returncode == 0 and done.stdout.count("will not run again") == 4
    assert "Nothing has to run." in done.stdout and "running" not in done.stderr
    more_boots = compare(tree, *call, "--repeat", "2", "--dry-run").stdout
    assert more_boots.count("is complete") == 4 and more_boots.count("will run") == 2
    for more in (["--again"], ["--platform", "virt"], ["--append", "x=1"]):
        again = compare(tree, *call, *more, "--dry-run")
        assert again.stdout.count("will run") == 4, more
    assert "by times measured here." in compare(tree, *call, "--again", "--dry-run").stdout


def test_a_changed_tree_or_a_broken_file_is_run_again(
    tree: Tree, compared: subprocess.CompletedProcess[str]
) -> None:
    assert compared.returncode == 0
    call = ["fastpath", "--suite", "lmp", "--out", "compared", "--dry-run"]
    victim = tree.root / "tools" / "generate_trace.py"
    text = victim.read_text()
    victim.write_text(text + "\n")
    assert compare(tree, *call).stdout.count("is complete") == 0
    victim.write_text(text)
    assert compare(tree, *call).stdout.count("is complete") == 4
    results = tree.root / "compared" / "cells" / "fastpath_off-run_1" / "results.json"
    whole = results.read_text()
    results.write_text(whole[:-20])
    plan = compare(tree, *call).stdout
    assert plan.count("is complete") == 3 and "fastpath=off, boot 1  will run" in plan
    results.write_text(whole)


def test_a_failed_cell_does_not_stop_the_rest(tree: Tree) -> None:
    call = ["alloc", "--suite", "lmp", "--out", "failed", "--no-trace"]
    done = compare(tree, *call, FAKE_CMAKE_BREAKS="alloc_buddy")
    assert done.returncode == 1 and one_sentence(done.stderr)
    assert "1 of 2 cells failed: alloc_buddy-run_1 (Building " in done.stderr
    assert "alloc=buddy, boot 1: failed: Building" in done.stderr and "failed" in done.stdout
    folder = tree.root / "failed"
    assert (folder / "cells" / "alloc_rbtree-run_1" / "results.json").exists()
    assert not (folder / "cells" / "alloc_buddy-run_1" / "results.json").exists()
    states = {cell.folder: cell.status for cell in comparison.read_plan(folder).cells}
    assert states["alloc_rbtree-run_1"] == "ok" and states["alloc_buddy-run_1"].startswith("failed: Building")
    again = compare(tree, *call)
    assert again.returncode == 0 and again.stdout.count("is complete") == 1


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("fail", "rows failed, the first is lmp.one_way"),
        ("kill", "QEMU was killed by signal 9 before the END frame in bench lmp.one_way"),
    ],
)
def test_a_machine_that_fails_is_shown_as_failed(tree: Tree, behaviour: str, sentence: str) -> None:
    call = ["alloc=buddy", "--suite", "lmp", "--out", behaviour, "--no-trace"]
    done = compare(tree, *call, FAKE_QEMU=behaviour)
    assert done.returncode == 1 and "1 of 1 cells failed" in done.stderr and one_sentence(done.stderr)
    assert sentence in done.stderr
    (variant,) = comparison.load_comparison(tree.root / behaviour).variants
    assert sentence in variant.failure and variant.results


def test_a_job_that_ends_without_a_word_is_a_failed_cell(tree: Tree) -> None:
    """As one that the system kills for its memory."""
    killer = "#!/bin/sh\nkill -9 $PPID\n"
    before = (tree.bin / "qemu-system-aarch64").read_text()
    tree.program("qemu-system-aarch64", killer)
    done = compare(tree, "alloc=buddy", "--suite", "lmp", "--out", "killed", "--no-trace")
    tree.program("qemu-system-aarch64", before)
    assert done.returncode == 1 and "1 of 1 cells failed: alloc_buddy-run_1 (its job ended" in done.stderr
    assert one_sentence(done.stderr)


def test_an_output_folder_that_cannot_be_made(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = compare(tree, "alloc", "--out", str(tmp_path / "file"))
    assert done.returncode == 1 and "reparing the output folder" in done.stderr
    assert "running" not in done.stderr


def test_a_full_disk_is_one_sentence(tree: Tree, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let a test mount a small disk")
    try:
        done = compare(tree, "alloc", "--suite", "lmp", "--out", str(disk / "out"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert done.returncode == 1 and "he disk is full" in done.stderr and one_sentence(done.stderr)


@pytest.mark.parametrize("one_by_one", [True, False])
def test_snakemake_understands_what_it_is_told(tmp_path: Path, one_by_one: bool) -> None:
    """Boots whose figures are times run one after another: of a resource there is one."""
    work = SimpleNamespace(options=SimpleNamespace(profile=None), parallel=2, one_by_one=one_by_one)
    argv = compare_matrix._arguments(work, tmp_path, "matrix.json")  # type: ignore[arg-type]
    told = get_argument_parser().parse_args(argv[argv.index("snakemake") + 1 :])
    assert list(told.targets) == ["collect"]
    assert bool(told.resources) == one_by_one
