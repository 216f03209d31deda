"""The folder of a comparison: what is read from one that is finished, unfinished or damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from synthetic_results import frame, rpc_rows

from analysis import comparison
from analysis.comparison import ComparisonError, Plan, PlannedCell
from tools.command import results


def plan(*cells: PlannedCell) -> Plan:
    return Plan(
        axes={"rpc": ["chunked", "shared_frame"]},
        baseline={"rpc": "chunked"},
        platform="imx8mp",
        mode="icount",
        suites=["rpc"],
        repeat=1,
        smp=[1],
        command="./lantern compare rpc --smp 1",
        cells=list(cells),
    )


def cell(value: str, status: str = "ok", run: int = 1) -> PlannedCell:
    name = f"rpc_{value}-{f'run_{run}' if run else 'trace'}"
    return PlannedCell(name, {"rpc": value}, run, not run, status)


def write(folder: Path, whole: Plan, *values: str) -> None:
    (folder / "compare.json").write_bytes(whole.to_json())
    for value in values:
        place = folder / "cells" / f"rpc_{value}-run_1"
        place.mkdir(parents=True)
        (place / "results.json").write_bytes(results.to_json(frame(rpc_rows(value, (8, 64)), rpc=value)))


def test_a_plan_comes_back_as_it_was_written(tmp_path: Path) -> None:
    whole = plan(cell("chunked"), cell("chunked", "failed: no room", 0))
    write(tmp_path, whole)
    assert comparison.read_plan(tmp_path) == whole and comparison.is_comparison(tmp_path)
    content = json.loads(whole.to_json())
    assert content["schema"] == 2 and content["cells"][1]["folder"] == "rpc_chunked-trace"


def test_variants_come_in_the_order_of_the_plan(tmp_path: Path) -> None:
    write(tmp_path, plan(cell("shared_frame"), cell("chunked")), "chunked", "shared_frame")
    (tmp_path / "cells" / "rpc_chunked-trace").mkdir()
    (tmp_path / "cells" / "rpc_chunked-trace" / "trace.pftrace").touch()
    read = comparison.load_comparison(tmp_path)
    assert [variant.label for variant in read.variants] == ["shared_frame", "chunked"]
    assert all(variant.results and not variant.failure for variant in read.variants)
    assert read.variants[0].runs == (read.variants[0].results,) and not read.damaged
    assert read.trace_of(read.variants[1]) is None  # its plan has no traced cell


def test_the_traced_cell_gives_the_trace_and_no_figures(tmp_path: Path) -> None:
    write(tmp_path, plan(cell("chunked"), cell("chunked", run=0)), "chunked")
    trace = tmp_path / "cells" / "rpc_chunked-trace" / "trace.pftrace"
    trace.parent.mkdir()
    trace.touch()
    read = comparison.load_comparison(tmp_path)
    assert len(read.variants[0].runs) == 1 and read.trace_of(read.variants[0]) == trace


def test_what_has_not_run_or_failed_says_so(tmp_path: Path) -> None:
    write(tmp_path, plan(cell("chunked", "pending"), cell("shared_frame", "failed: it broke.")))
    read = comparison.load_comparison(tmp_path)
    assert [variant.failure for variant in read.variants] == ["it has not run yet.", "it broke."]
    assert [variant.results for variant in read.variants] == [None, None] and not read.damaged


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-30], lambda text: text.replace('"schema": 1', '"schema": 9')]
)
def test_a_damaged_cell_is_named_and_the_rest_counts(tmp_path: Path, damage: object) -> None:
    write(tmp_path, plan(cell("chunked"), cell("shared_frame")), "chunked", "shared_frame")
    victim = tmp_path / "cells" / "rpc_chunked-run_1" / "results.json"
    victim.write_text(damage(victim.read_text()))
    read = comparison.load_comparison(tmp_path)
    (sentence,) = read.damaged
    assert str(victim) in sentence and read.variants[0].failure == sentence
    assert read.variants[0].results is None and read.variants[1].results


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "it is not JSON"),
        ('{"schema": 1, "cells": {}}', "it is not of version 2"),
        ('{"schema": 2, "cells": [{}]}', "its fields are not those of version 2"),
    ],
)
def test_a_plan_that_cannot_be_read(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "compare.json").write_text(text)
    with pytest.raises(ComparisonError, match=sentence):
        comparison.load_comparison(tmp_path)
    with pytest.raises(ComparisonError, match="there is no such|no such file"):
        comparison.load_comparison(tmp_path / "nowhere")
