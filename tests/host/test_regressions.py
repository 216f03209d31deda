"""./lantern compare --against: what got worse is found and named, and repeated runs raise no alarm."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import synthetic_results
from command_tree import ROOT, Tree, one_sentence

from analysis import load, regressions, statistics
from analysis.compare import Variant
from analysis.comparison import Plan, PlannedCell
from analysis.regressions import Outcome
from tools.command import results

REFERENCE = ROOT / "results" / "imx8mp-icount"
Content = dict[str, Any]


@pytest.fixture(scope="module")
def reference() -> Content:
    return load.load(REFERENCE)


def changed(content: Content, change: Callable[[Content], bool | None], rev: str = "abcdefabcdef") -> Content:
    """A copy, of another commit, with each bench as `change` leaves it; where that is False it is lost."""
    other = copy.deepcopy(content)
    other["git"] = {"rev": rev, "dirty": False}
    other["benches"] = [bench for bench in other["benches"] if change(bench) is not False]
    was = {load.bench_label(bench): bench["samples"] for bench in content["benches"]}
    for bench in other["benches"]:
        if bench["samples"] != was[load.bench_label(bench)]:
            bench["stats"] = statistics.summarise(bench["samples"], bench["stats"]["n"])
    return other


def scaled(name: str, factor: float) -> Callable[[Content], None]:
    def change(bench: Content) -> None:
        if bench["name"] == name:
            bench["samples"] = [round(sample * factor) for sample in bench["samples"]]

    return change


def compare(old: Content, new: Content, tolerance: float = 2.0) -> regressions.Comparison:
    return regressions.compare([Variant({}, old)], [Variant({}, new)], tolerance)


@pytest.mark.parametrize(
    "name", ["lmp.round_trip_cap", "paging.fault", "caps.longest", "mm.alloc", "syscall.null", "boot.init"]
)
def test_a_path_that_is_ten_percent_slower_is_found_and_named(reference: Content, name: str) -> None:
    """In the reference run: rows without variance, and rows whose samples vary more than the slowdown."""
    slow = changed(reference, scaled(name, 1.1))
    slowed = {load.bench_label(bench) for bench in slow["benches"] if bench["name"] == name}
    found = compare(reference, slow)
    assert {change.name for change in found.alarms} == slowed and slowed
    for change in found.alarms:
        for part in ("worse", "tolerance 2 %", slow["git"]["rev"], reference["git"]["rev"], "instructions"):
            assert part in change.sentence
    assert not compare(reference, slow, 15).alarms
    back = compare(slow, reference)
    assert not back.alarms and {change.name for change in back.of(Outcome.BETTER)} == slowed


def test_results_are_not_worse_than_themselves(reference: Content) -> None:
    found = compare(reference, changed(reference, lambda bench: None), 0)
    assert {change.outcome for change in found.changes} == {Outcome.ALIKE}


def test_what_is_missing_or_failed_is_named(reference: Content) -> None:
    def change(bench: Content) -> bool:
        if bench["name"] == "syscall.null":
            bench.update(samples=[], status="failed: no memory")
        return bench["name"] != "dispatch.yield"

    found = compare(reference, changed(reference, change))
    assert [(c.outcome, c.name) for c in found.alarms] == [
        (Outcome.MISSING, "dispatch.yield [switches=2]"),
        (Outcome.FAILED, "syscall.null"),
    ]
    assert "no memory" in found.alarms[1].sentence
    twice = compare(changed(reference, change), changed(reference, change))
    assert not twice.alarms and len(twice.of(Outcome.FAILS_AS_BEFORE)) == 1


@pytest.mark.parametrize(
    ("unit", "factor", "outcome"),
    [
        ("bytes/s", 0.8, Outcome.WORSE),
        ("bytes/s", 1.2, Outcome.BETTER),
        ("ns", 1.2, Outcome.WORSE),
        ("ns", 0.8, Outcome.BETTER),
        ("bytes", 1.2, Outcome.WORSE),
    ],
)
def test_what_is_worse_follows_from_the_unit(unit: str, factor: float, outcome: Outcome) -> None:
    old = synthetic_results.frame([results.row("fs.read", {}, unit, [1000, 1000])])
    found = compare(old, changed(old, scaled("fs.read", factor)))
    assert [change.outcome for change in found.changes] == [outcome]


def test_a_rise_from_zero_is_worse_though_it_has_no_ratio() -> None:
    old = synthetic_results.frame([results.row("udp.loss", {}, "permille", [0])])
    new = synthetic_results.frame([results.row("udp.loss", {}, "permille", [7])])
    assert [change.outcome for change in compare(old, new).changes] == [Outcome.WORSE]
    assert [change.outcome for change in compare(new, old).changes] == [Outcome.BETTER]


def test_other_tools_and_strategies_are_told(reference: Content) -> None:
    other = changed(reference, lambda bench: None)
    other["versions"] = {"qemu": "99.1", "cc": "gcc 99"}
    other["variant"] = {**other["variant"], "alloc": "buddy"}
    other["git"]["dirty"] = True
    said = " ".join(compare(reference, other).doubts)
    for part in ("different compiler", "different QEMU", "99.1", "different alloc", "with changes"):
        assert part in said


BENCHES = [(f"lmp.b{number}", 500.0 * (number + 1)) for number in range(20)]


def noisy_boots(seed: int, slow: str = "", boots: int = 5) -> Variant:
    """Boots as those of the mode realtime are on a shared host: 3 % apart, and each with noise of its own."""
    generator = np.random.default_rng(seed)
    runs = []
    for _ in range(boots):
        rows = []
        for name, cost in BENCHES:
            middle = cost * np.exp(generator.normal(0, 0.03)) * (1.5 if name == slow else 1)
            rows.append(results.row(name, {}, "cycles", np.round(generator.gamma(400, middle / 400, 50))))
        frame = synthetic_results.frame(rows)
        runs.append({**frame, "mode": "realtime", "clock": {**frame["clock"], "cycle_is": "cycle"}})
    return Variant({}, runs[0], "", tuple(runs))


def test_twenty_repeated_noisy_runs_raise_no_alarm() -> None:
    first = noisy_boots(0)
    for seed in range(1, 21):
        found = regressions.compare([first], [noisy_boots(seed)], regressions.TOLERANCES["realtime"])
        assert not found.alarms and found.judged, found.alarms


def test_a_slower_path_is_found_in_the_noise() -> None:
    found = regressions.compare(
        [noisy_boots(0)], [noisy_boots(1, "lmp.b7")], regressions.TOLERANCES["realtime"]
    )
    assert [change.name for change in found.alarms] == ["lmp.b7"]


def test_single_boots_of_noisy_modes_are_not_judged() -> None:
    found = regressions.compare([noisy_boots(0, boots=1)], [noisy_boots(1, "lmp.b7", boots=1)], 10)
    assert {change.outcome for change in found.changes} == {Outcome.NOT_JUDGED} and not found.judged
    assert "--repeat" in found.changes[0].sentence


# As a user calls it.


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("lantern"))


def written(folder: Path, content: Content) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_bytes(results.to_json(content))
    return folder


def against(tree: Tree, *arguments: object) -> subprocess.CompletedProcess[str]:
    done = tree.run("compare", "--against", *map(str, arguments))
    assert one_sentence(done.stderr)
    return done


@pytest.fixture(scope="module")
def few(reference: Content) -> Content:
    """The reference run with some of its rows."""
    kept = ("lmp.", "mm.free", "dispatch.")
    return changed(reference, lambda bench: bench["name"].startswith(kept), reference["git"]["rev"])


def test_the_command_names_what_got_worse(tree: Tree, tmp_path: Path, reference: Content) -> None:
    slow = changed(reference, scaled("lmp.round_trip_cap", 1.1))
    new = written(tmp_path / "new", slow)
    written(tree.root / "results" / "latest", slow)
    done = against(tree, REFERENCE / "results.json")
    assert done.returncode == 3
    alarms = [line for line in done.stdout.splitlines() if line.startswith("WORSE: ")]
    assert len(alarms) == 1 and "lmp.round_trip_cap [words=0]" in alarms[0] and "10 % more" in alarms[0]
    assert "abcdefabcdef" in done.stdout and reference["git"]["rev"] in done.stdout
    assert against(tree, REFERENCE, new, "--tolerance", "11").returncode == 0


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-50], lambda text: text.replace('"schema": 1', '"schema": 7')]
)
def test_the_command_refuses_damaged_results(
    tree: Tree, tmp_path: Path, few: Content, damage: Callable[[str], str]
) -> None:
    folder = written(tmp_path / "new", few)
    file = folder / "results.json"
    file.write_text(damage(file.read_text()))
    done = against(tree, REFERENCE, folder)
    assert done.returncode == 1 and str(file) in done.stderr and not done.stdout


def comparison_of(folder: Path, contents: dict[str, Content]) -> Path:
    cells = [PlannedCell(f"alloc_{value}-run_1", {"alloc": value}, 1, False, "ok") for value in contents]
    plan = Plan({"alloc": list(contents)}, {}, "imx8mp", "icount", [], 1, [1], "./lantern", cells)
    for cell, content in zip(cells, contents.values(), strict=True):
        written(folder / "cells" / cell.folder, content)
    (folder / "compare.json").write_bytes(plan.to_json())
    return folder


def test_comparisons_are_compared_cell_by_cell(tree: Tree, tmp_path: Path, few: Content) -> None:
    """A slow cell, one that is not there any more, and one that is damaged, each by name."""
    slow = changed(few, scaled("mm.free", 1.1))
    old = comparison_of(tmp_path / "old", dict.fromkeys(("buddy", "rbtree", "first_fit"), few))
    new = comparison_of(tmp_path / "new", {"buddy": slow, "first_fit": few})
    (new / "cells" / "alloc_first_fit-run_1" / "results.json").write_text(json.dumps(few)[:-9])
    done = against(tree, old, new)
    assert done.returncode == 3
    assert "WORSE: buddy: mm.free" in done.stdout and "WORSE: first_fit" not in done.stdout
    assert "MISSING: rbtree" in done.stdout and "MISSING: first_fit" in done.stdout
    assert "alloc_first_fit-run_1/results.json" in done.stderr
    mixed = against(tree, old, REFERENCE)
    assert mixed.returncode == 2 and "is a comparison" in mixed.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["compare", "alloc", "--against", "x"], "takes one or two folders, and no axes"),
        (["compare", "--against", "x", "y", "z"], "takes one or two folders, and no axes"),
        (["compare", "--tolerance", "5"], "--tolerance goes with --against"),
        (["compare", "--against", "x", "--tolerance", "-1"], "is not 0 percent or more"),
        (["compare", "--against", "x", "--tolerance", "nan"], "is not 0 percent or more"),
    ],
)
def test_mistakes_in_a_call(tree: Tree, arguments: list[str], sentence: str) -> None:
    done = tree.run(*arguments)
    assert done.returncode == 2 and sentence in done.stderr


def test_folders_without_results_are_told_by_name(tree: Tree, tmp_path: Path) -> None:
    done = against(tree, REFERENCE, tmp_path / "nothing")
    assert done.returncode == 1 and str(tmp_path / "nothing") in done.stderr
