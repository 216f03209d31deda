"""Many variants: tables are read by axis, winners are named by what they share, doubts are said once."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from synthetic_comparison import bench_folder, write_plan
from synthetic_results import frame

from analysis import doubts, slices, views
from analysis.compare import Variant
from analysis.comparison import CELLS, PlannedCell
from analysis.differences import differences
from analysis.report import build, render, sources
from tools.command import compare_table, results

AXES = {"alloc": ["buddy", "rbtree", "first_fit"], "lock": ["global", "two_level"], "rpc": ["copy", "frame"]}
BASELINE = {"alloc": "rbtree", "lock": "global", "rpc": "copy"}
CHOICES = [dict(zip(AXES, values, strict=True)) for values in itertools.product(*AXES.values())]


def benches(choice: dict[str, str]) -> list[dict[str, Any]]:
    row = results.row
    slow = {"buddy": 90, "rbtree": 100, "first_fit": 300}[choice["alloc"]]
    drift = [float(1000 + at // 10 + len(choice["alloc"])) for at in range(500)]
    return [
        row("mm.alloc", {}, "cycles", [slow]),
        row("mm.drift", {}, "cycles", drift),
        row("rpc.send", {}, "cycles", [50 if choice["rpc"] == "copy" and choice["lock"] == "global" else 60]),
        *(
            row("rpc.bytes", {"bytes": size}, "cycles", [cost])
            for size, cost in zip(
                (16, 256, 4096), (9, 9, 9) if choice["rpc"] == "copy" else (5, 8, 90), strict=True
            )
        ),
        row("syscall.null", {}, "cycles", [15]),
    ]


@pytest.fixture(scope="module")
def variants() -> list[Variant]:
    return [Variant(choice, frame(benches(choice), **choice)) for choice in CHOICES]


def test_few_variants_stand_side_by_side(variants: list[Variant]) -> None:
    (view,) = views.views(variants[:4], BASELINE)
    assert view.title == "Every row" and not view.note and len(view.rows) == 7


def test_of_many_each_axis_has_a_view(variants: list[Variant]) -> None:
    found = views.views(variants, BASELINE)
    assert [view.title for view in found] == [
        "Rows that depend on alloc, with lock=global, rpc=copy",
        "Rows that depend on lock, with alloc=rbtree, rpc=copy",
        "Rows that depend on rpc, with alloc=rbtree, lock=global",
    ]
    assert [[variant.label for variant in view.variants] for view in found] == list(AXES.values())
    names = [[row.row.name for row in view.rows] for view in found]
    assert names == [["mm.alloc", "mm.drift"], ["rpc.send"], ["rpc.send", *["rpc.bytes"] * 3]]
    assert [view.left_out for view in found] == [5, 6, 3]
    assert [view.rows[0].baseline for view in found] == [1, 0, 0]


def test_a_view_without_rows_names_its_baseline() -> None:
    row = results.row("syscall.null", {}, "cycles", [15])
    choices = [{"alloc": alloc, "lock": lock} for alloc in AXES["alloc"] for lock in ("a", "b", "c")]
    there = [Variant(choice, frame([row], **choice)) for choice in choices]
    for view, base in zip(views.views(there, {"alloc": "rbtree", "lock": "b"}), ("rbtree", "b"), strict=True):
        assert not view.rows and view.left_out == 1
        assert f"the ratio to {base}:" in compare_table.lines(view, "instruction")[2]


def test_a_row_that_failed_is_in_every_view(variants: list[Variant]) -> None:
    broken = benches(BASELINE)
    broken[-1] = results.row("syscall.null", {}, "cycles", [], status="failed: it died")
    there = [Variant(v.choice, frame(broken) if v.choice == BASELINE else v.results) for v in variants]
    for view in views.views(there, BASELINE):
        assert "syscall.null" in [row.row.name for row in view.rows]
        assert "failed" in compare_table.lines(view, "instruction")[1]


def test_crossings_are_those_of_an_axis(variants: list[Variant]) -> None:
    said = [view.crossings("instruction") for view in views.views(variants, BASELINE)]
    assert said[:2] == [[], []]
    assert len(said[2]) == 1 and said[2][0].startswith("rpc: rpc.bytes: from about ")


def test_the_terminal_shows_no_line_that_is_too_wide_to_read(variants: list[Variant]) -> None:
    for view in views.views(variants, BASELINE):
        heading, table, *_ = compare_table.lines(view, "instruction")
        assert heading.endswith("rows do not depend on it.")
        assert max(map(len, table.splitlines())) < 160


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        ({"alloc": ("buddy",)}, "alloc=buddy"),
        ({"alloc": ("buddy", "first_fit"), "rpc": ("frame",)}, "alloc=buddy or first_fit, rpc=frame"),
        ({}, "all"),
    ],
)
def test_variants_are_named_by_what_they_share(
    variants: list[Variant], wanted: dict[str, tuple[str, ...]], named: str
) -> None:
    places = [
        at
        for at, choice in enumerate(CHOICES)
        if all(choice[axis] in values for axis, values in wanted.items())
    ]
    assert slices.naming(variants, places) == named


def test_a_single_value_that_is_left_out_names_the_rest() -> None:
    variants = [Variant({"alloc": one, "lock": other}, None) for one in "abcd" for other in "xy"]
    assert slices.naming(variants, range(6)) == "all but alloc=d"
    assert slices.naming(variants[2:], range(4)) == "alloc=b or c"


def test_variants_that_share_nothing_are_counted(variants: list[Variant]) -> None:
    assert slices.naming(variants, [0, 7]) == "alloc=buddy, lock=global, rpc=copy and 1 more"
    assert slices.naming(variants[:1], [0]) == "alloc=buddy, lock=global, rpc=copy"


def test_a_doubt_that_differs_in_figures_only_is_said_once(variants: list[Variant]) -> None:
    said = doubts.of_rows(differences(variants, BASELINE), [])
    alike = [text for text in said if text.startswith("neighbouring samples are alike: 500 are worth ")]
    assert len(alike) == 1 and alike[0].endswith("(mm.drift)")


def test_the_report_of_many_names_every_variant_once_and_winners_by_axis(tmp_path: Path) -> None:
    cells = []
    for choice in CHOICES:
        name = "-".join(f"{axis}_{value}" for axis, value in choice.items()) + "-run_1"
        cells.append(PlannedCell(name, choice, 1, False, "ok"))
        bench_folder(tmp_path / CELLS / name).joinpath("results.json").write_bytes(
            results.to_json(frame(benches(choice), **choice))
        )
    write_plan(tmp_path, cells, AXES)
    source = sources.read(tmp_path)
    text = render.markdown(build.build([source], tmp_path / "report.html", "./lantern report").report)
    winners, largest = text.split("**Largest differences**")
    for choice in CHOICES:
        label = ", ".join(f"{axis}={value}" for axis, value in choice.items()).replace("_", "\\_")
        assert winners.count(f"| {label} |") == 1
    assert "| **alloc=buddy** \\* |" in largest
    assert "| **lock=global, rpc=copy** \\* |" in largest
    assert text.count("Rows that depend on ") == len(AXES)
