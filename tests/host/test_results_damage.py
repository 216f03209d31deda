"""Damaged results files: each is refused by name in a sentence, or still a sound file; the rest works."""

from __future__ import annotations

import copy
import json
import os
import random
import re
from pathlib import Path
from typing import Any

import pytest
import synthetic_results

from analysis import compare, load, statistics, views
from analysis.compare import Variant
from analysis.comparison import Plan, PlannedCell, load_comparison
from analysis.differences import Verdict, differences
from tools.command import compare_table, results

DAMAGES = int(os.environ.get("LANTERN_RESULTS_DAMAGES", "400"))


def sound() -> dict[str, Any]:
    return synthetic_results.frame(
        [
            results.row("lmp.one_way", {"words": 4}, "cycles", [104, 105, 190.5]),
            results.row("lmp.round_trip", {"words": 4}, "cycles", [], status="failed: the receiver died"),
            results.row("mm.alloc", {"blocks": 10, "strategy": "rbtree"}, "cycles", list(range(60))),
        ]
    )


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(load.ResultsError) as caught:
        load.load(path)
    sentence = str(caught.value)
    assert str(path) in sentence and "\n" not in sentence and sentence.endswith(".")
    return sentence


@pytest.mark.parametrize("left", [0, 1, 100, 0.5, 0.99, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, left: float) -> None:
    data = results.to_json(results.checked(sound()))
    kept = data.rstrip()[: int(left * len(data)) if isinstance(left, float) else left]
    assert "not JSON" in refusal(write(tmp_path / "results.json", kept))


@pytest.mark.parametrize("version", [0, 2, 1.5, "1", None, [1], {"a": 1}])
def test_another_schema_version_is_refused(tmp_path: Path, version: Any) -> None:
    assert "schema version" in refusal(write(tmp_path / "results.json", {**sound(), "schema": version}))


@pytest.mark.parametrize(
    "word", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" + "0" * 400, "9" * 5000]
)
@pytest.mark.parametrize("place", ["190.5", r'"overhead": (0)', r'"mean": ([0-9.]+)', r'"dropped": (0)'])
def test_what_is_no_number_is_refused(tmp_path: Path, word: str, place: str) -> None:
    text = json.dumps(sound())
    found = re.search(place, text)
    assert found
    start, end = found.span(found.re.groups)
    refusal(write(tmp_path / "results.json", (text[:start] + word + text[end:]).encode()))


def test_deep_and_foreign_files_are_refused(tmp_path: Path) -> None:
    for number, content in enumerate((b"[" * 100_000, b"\xff\xfe{}", b"null", b"[]", b"3", b'"schema"')):
        refusal(write(tmp_path / f"{number}.json", content))
    refusal(tmp_path / "none")


def spoiled(generator: random.Random) -> bytes:
    """One random damage: bytes lost, changed or doubled, or a value of the content replaced or removed."""
    content = copy.deepcopy(sound())
    if generator.random() < 0.5:
        data = bytearray(json.dumps(content).encode())
        at = generator.randrange(len(data))
        length = min(generator.choice([1, 1, 2, 30]), len(data) - at)
        what = generator.randrange(3)
        data[at : at + length] = (b"", generator.randbytes(length), data[at : at + length] * 2)[what]
        return bytes(data)
    place: Any = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = generator.choice(keys)
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or generator.random() < 0.3:
            break
        place = inner
    if generator.random() < 0.3:
        del place[key]
    else:
        values = [
            None,
            -1,
            2**70,
            1e308,
            0.5,
            "x",
            "",
            [],
            {},
            [[]],
            True,
            float("nan"),
            float("inf"),
            1e-320,
            1e30,
            0,
            -(10**40),
        ]
        place[key] = generator.choice(values)
    return json.dumps(content).encode()


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_is_refused_or_harmless(tmp_path: Path, seed: int) -> None:
    """What is accepted can be compared, merged and printed like any other file."""
    generator = random.Random(seed)
    refused = 0
    for _ in range(DAMAGES):
        path = write(tmp_path / "results.json", spoiled(generator))
        try:
            content = load.load(path)
        except load.ResultsError as error:
            assert str(path) in str(error) and "\n" not in str(error)
            refused += 1
            continue
        variants = [Variant({"x": "good"}, sound()), Variant({"x": "spoiled"}, content)]
        assert len(differences(variants)) >= len(sound()["benches"])
        compare_table.lines(views.views(variants)[0], "instruction")
    assert refused > DAMAGES / 2


def test_the_rest_of_a_comparison_still_works(tmp_path: Path) -> None:
    """Three boots of two variants, of which three files are damaged, each in another way."""
    cells = [
        PlannedCell(f"alloc_{value}-run_{run}", {"alloc": value}, run, traced=False, status="ok")
        for value in ("buddy", "rbtree", "first_fit")
        for run in (1, 2)
    ]
    values = ["buddy", "rbtree", "first_fit"]
    plan = Plan({"alloc": values}, {"alloc": "buddy"}, "imx8mp", "icount", [], 2, [1], "./lantern", cells)
    write(tmp_path / "compare.json", plan.to_json())
    damage = {
        "alloc_buddy-run_2": json.dumps(sound()).encode()[:-30],
        "alloc_rbtree-run_1": json.dumps({**sound(), "schema": 9}).encode(),
        "alloc_first_fit-run_1": json.dumps(sound()).replace("190.5", "NaN").encode(),
    }
    for cell in cells:
        path = tmp_path / "cells" / cell.folder / "results.json"
        write(path, damage.get(cell.folder, json.dumps(sound()).encode()))
    found = load_comparison(tmp_path)
    assert len(found.damaged) == 3
    for folder in damage:
        assert any(f"{folder}/results.json" in sentence for sentence in found.damaged)
    assert [len(variant.runs) for variant in found.variants] == [1, 1, 1]
    judged = differences(found.variants, found.plan.baseline)
    equal = [d for row in judged for d in row.differences if d and d.verdict is Verdict.EXACTLY_EQUAL]
    assert len(equal) == 4 and compare.good(judged[0].row.benches[0])
    assert statistics.summarise([1])["n"] == 1
