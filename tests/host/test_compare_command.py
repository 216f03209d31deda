"""./lantern compare as a user meets it: the plan, what goes wrong, and what is not run again."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import pytest
from command_tree import ROOT, Tree, one_sentence

from analysis import load
from tools.command import axes, compare_plan
from tools.command.say import UserError

MENU = {
    "alloc": axes.Axis("alloc", ("buddy", "rbtree"), "rbtree"),
    "fastpath": axes.Axis("fastpath", ("off", "on"), "on"),
    "odd": axes.Axis("odd", ("one",), "one"),
}
EXISTING = ["lmp", "mm", "syscall"]


def test_all_combinations_are_planned() -> None:
    cells = compare_plan.cells({"alloc": (), "fastpath": ()}, MENU, {}, [], EXISTING)
    assert [cell.folder for cell in cells] == [
        "alloc_buddy-fastpath_off",
        "alloc_buddy-fastpath_on",
        "alloc_rbtree-fastpath_off",
        "alloc_rbtree-fastpath_on",
    ]
    assert cells[0].label == "alloc=buddy, fastpath=off"
    assert cells[0].suites == ("mm", "lmp", "syscall")


def test_values_and_suites_can_be_chosen() -> None:
    (cell,) = compare_plan.cells({"alloc": ("buddy",)}, MENU, {"fastpath": "off"}, ["lmp"], EXISTING)
    assert (dict(cell.choice), cell.suites) == ({"alloc": "buddy"}, ("lmp",))
    options = cell.options(argparse.Namespace(variant={"fastpath": "off"}, suites=["lmp"], out=Path("x")))
    assert options.variant == {"fastpath": "off", "alloc": "buddy"} and options.suites == ["lmp"]


def test_an_axis_that_names_no_suites_goes_through_all() -> None:
    (cell,) = compare_plan.cells({"odd": ()}, MENU, {}, [], EXISTING)
    assert cell.suites == ()
    assert "suites all" in compare_plan.plan_lines([cell], ["will run"])[0]


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
        compare_plan.cells(wanted, MENU, fixed, [], EXISTING)
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
    return tree.run("compare", *arguments, "--smp", "1", **more)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["alloc=a b"], "is not written AXIS or AXIS=VALUE,VALUE,..."),
        (["alloc", "alloc=buddy"], "the axis alloc is given twice"),
        (["alloc", "--suite", "frob"], "There is no bench suite 'frob'"),
        (["frob"], "There is no axis 'frob'. The axes are:"),
        ([], "alloc: buddy, rbtree (default)"),
    ],
)
def test_mistakes_in_a_call(tree: Tree, arguments: list[str], sentence: str) -> None:
    done = compare(tree, *arguments)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr
    assert "boot 1" not in done.stderr


def test_a_dry_run_writes_nothing(tree: Tree) -> None:
    done = compare(tree, "alloc", "--out", "dry", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "2 cells" in done.stdout and "alloc=buddy   will run" in done.stdout
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
    assert {p.name for p in folder.iterdir()} == {"fastpath_off", "fastpath_on", "plots", "compare.json"}
    assert load.load(folder / "fastpath_off")["benches"]
    assert "lmp-instructions.png" in {p.name for p in (folder / "plots").iterdir()}
    assert "bench, by fastpath" in compared.stdout and "lmp.round_trip [words=8]" in compared.stdout
    assert "cell 2 of 2, fastpath=on: boot 1 of 1, plain" in compared.stderr


def test_a_complete_cell_is_not_run_again(tree: Tree, compared: subprocess.CompletedProcess[str]) -> None:
    call = ["fastpath", "--suite", "lmp", "--out", "compared"]
    done = compare(tree, *call)
    assert done.returncode == 0 and compared.stdout.endswith(done.stdout)
    assert done.stderr.count("not run again") == 2 and "boot 1" not in done.stderr
    assert compare(tree, *call, "--dry-run").stdout.count("is complete") == 2
    for more in (["--again"], ["--repeat", "2"], ["--platform", "virt"]):
        plan = compare(tree, *call, *more, "--dry-run")
        assert plan.stdout.count("will run") == 2, more


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
    assert compare(tree, *call).stdout.count("is complete") == 2
    ledger = tree.root / "compared" / "compare.json"
    whole = ledger.read_text()
    ledger.write_text(whole[:-20])
    assert compare(tree, *call).stdout.count("is complete") == 0
    ledger.write_text(whole)


def test_a_failed_cell_does_not_stop_the_rest(tree: Tree) -> None:
    done = compare(tree, "alloc", "--suite", "lmp", "--out", "failed", FAKE_CMAKE_BREAKS="alloc_buddy")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "1 of 2 cells failed: alloc=buddy." in done.stderr
    assert "failed" in done.stdout and "boot 1 of 1" in done.stderr
    folder = tree.root / "failed"
    assert (folder / "alloc_rbtree" / "results.json").exists()
    assert not (folder / "alloc_buddy" / "results.json").exists()
    cells = json.loads((folder / "compare.json").read_text())["cells"]
    assert cells["alloc_rbtree"]["status"] == "ok"
    assert cells["alloc_buddy"]["status"].startswith("failed: Building")


def test_a_machine_that_fails_is_shown_as_failed(tree: Tree) -> None:
    done = compare(tree, "alloc", "--suite", "lmp", "--out", "bad", FAKE_QEMU="fail")
    assert done.returncode == 1 and "2 of 2 cells failed" in done.stderr
    assert "rows failed, the first is lmp.one_way" in done.stderr


def test_an_output_folder_that_cannot_be_made(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = compare(tree, "alloc", "--out", str(tmp_path / "file"))
    assert done.returncode == 1 and "reparing the output folder" in done.stderr
    assert "boot 1" not in done.stderr
