"""Statistics against known values, the schema of results files, and plots."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analysis import history, load, plots, scaling, schema, statistics
from tools.command import results
from tools.command.table import table
from trace.benches import BenchRow


def test_figures_against_known_values() -> None:
    """Worked out by hand."""
    stats = statistics.summarise([2, 4, 4, 4, 5, 5, 7, 9])
    assert (stats["n"], stats["min"], stats["max"]) == (8, 2, 9)
    assert (stats["median"], stats["mean"]) == (4.5, 5)
    assert stats["stddev"] == pytest.approx(math.sqrt(32 / 7))
    assert stats["p90"] == pytest.approx(7 + 0.3 * 2)
    assert stats["p99"] == pytest.approx(7 + 0.93 * 2)


def test_interval_covers_the_mean_as_often_as_it_says() -> None:
    import numpy as np

    generator = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        low, high = statistics.mean_interval(generator.normal(50, 5, 60))
        hits += low <= 50 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_interval_is_near_the_normal_one_and_repeats() -> None:
    import numpy as np

    values = np.random.default_rng(2).normal(100, 10, 1000)
    low, high = statistics.mean_interval(values)
    error = 1.96 * values.std(ddof=1) / math.sqrt(1000)
    assert low == pytest.approx(values.mean() - error, abs=0.1)
    assert high == pytest.approx(values.mean() + error, abs=0.1)
    assert statistics.mean_interval(values) == (low, high)


@pytest.mark.parametrize("value", [0, 7, -3, 123456789, 0.1])
@pytest.mark.parametrize("count", [1, 2, 1000])
def test_equal_samples_are_exact(value: float, count: int) -> None:
    stats = statistics.summarise([value] * count)
    for figure in ("min", "median", "mean", "p90", "p99", "max"):
        assert stats[figure] == value
    assert stats["stddev"] == 0 and stats["ci95"] == [value, value]


def test_no_samples_give_no_figures() -> None:
    stats = statistics.summarise([])
    assert stats["n"] == 0 and stats["mean"] is None and stats["ci95"] is None


def test_reservoir_keeps_order_and_is_fair() -> None:
    assert statistics.reservoir([3, 1, 2], 5) == [3, 1, 2]
    kept = statistics.reservoir(list(range(100_000)), 4096)
    assert len(kept) == 4096 and kept == sorted(kept)
    assert sum(kept) / len(kept) == pytest.approx(50_000, rel=0.05)


def sample_results() -> dict[str, Any]:
    rows = [
        results.row("lmp.round_trip", {"words": 8}, "cycles", [400, 401, 405, 400], overhead=7),
        results.row("lmp.one_way", {}, "cycles", [190] * 50),
        results.row("lmp.broken", {"words": 1}, "cycles", [], status="failed: the receiver died"),
        results.row("lmp.bandwidth", {"bytes": 4096}, "bytes/s", [1e9, 1.2e9, 20]),
        results.row("boot.init", {}, "ns", [700_000]),
        results.row("boot.memory", {}, "ns", [120_000]),
        results.row("trace.overhead", {"bench": "lmp.one_way"}, "cycles", [-3]),
    ]
    return {
        "schema": 1,
        "created": "2024-02-03T04:05:06+00:00",
        "git": {"rev": "0123456789ab", "dirty": False},
        "platform": "imx8mp",
        "mode": "icount",
        "cores": 4,
        "cpu": "cortex-a53",
        "clock": {"cycle_hz": 1_000_000_000, "counter_hz": 8_000_000, "cycle_is": "instruction"},
        "variant": {"alloc": "rbtree"},
        "command": ["qemu-system-aarch64", "-M", "imx8mp-evk"],
        "versions": {"qemu": "10.0.2", "cc": "gcc 12"},
        "trace": {"events": 10, "dropped": 0, "bytes": 1000},
        "benches": rows,
    }


def test_good_results_pass_and_survive_a_round_trip(tmp_path: Path) -> None:
    content = sample_results()
    assert schema.problems(content) == []
    (tmp_path / "results.json").write_bytes(results.to_json(content))
    assert load.load(tmp_path) == content
    assert json.loads(results.to_json({**content, "benches": []}))["benches"] == []


SPOILS: list[tuple[str, Any]] = [
    ("schema", 2),
    ("created", "yesterday"),
    ("created", "2024-02-03T04:05:06"),
    ("git.rev", None),
    ("git.dirty", 1),
    ("mode", "fast"),
    ("mode", "realtime"),
    ("cores", "4"),
    ("cores", -1),
    ("cores", True),
    ("clock.cycle_is", "tick"),
    ("clock.cycle_hz", 1.5),
    ("clock.extra", 1),
    ("variant.alloc", 3),
    ("command", "qemu"),
    ("trace.dropped", None),
    ("benches", {}),
    ("benches.0.name", "round trip"),
    ("benches.0.status", "bad"),
    ("benches.0.status", "failed: "),
    ("benches.0.params", []),
    ("benches.0.params", {"a": None}),
    ("benches.0.samples", [1, "2"]),
    ("benches.0.samples", [1] * 4097),
    ("benches.0.samples", []),
    ("benches.0.samples", [400, 401, 405, 4000]),
    ("benches.0.stats.n", 2),
    ("benches.0.stats.p99", None),
    ("benches.0.stats.median", 999),
    ("benches.0.stats.ci95", [1]),
    ("benches.0.stats.extra", 1),
    ("benches.2.status", "ok"),
    ("benches.1.name", "lmp.round_trip"),
]


@pytest.mark.parametrize(("path", "value"), SPOILS, ids=lambda v: str(v)[:30])
def test_bad_results_are_refused(path: str, value: Any) -> None:
    content = sample_results()
    if path == "benches.1.name":
        content["benches"][1]["params"] = {"words": 8}
    *way, last = path.split(".")
    place: Any = content
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[last] = value
    assert schema.problems(content), f"{path} = {value!r} was accepted"


@pytest.mark.parametrize("key", ["schema", "git", "clock", "benches", "trace"])
def test_missing_keys_are_refused(key: str) -> None:
    content = sample_results()
    del content[key]
    assert schema.problems(content) == [f"results has no {key}."]
    assert schema.problems([]) == ["results is not an object."]


def test_unreadable_results_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text("{}")
    for name in ("a.json", "b.json", "none.json"):
        with pytest.raises(load.ResultsError) as caught:
            load.load(tmp_path / name)
        assert "\n" not in str(caught.value) and name in str(caught.value)


def test_instructions_are_never_called_cycles() -> None:
    content = sample_results()
    assert load.display_unit("cycles", "instruction") == "instructions"
    assert load.display_unit("cycles", "cycle") == "cycles"
    text = table(content["benches"], "instruction")
    assert "instructions" in text and "cycles" not in text
    assert "failed: the receiver died" in text
    assert "cycles" in table(content["benches"], "cycle")


def boot_of(*benches: tuple[str, dict[str, str], list[int]]) -> Any:
    rows = [
        BenchRow(number, name, params, "cycles", status="ok", samples=samples, n=len(samples))
        for number, (name, params, samples) in enumerate(benches)
    ]
    return SimpleNamespace(benches=rows)


def test_overhead_is_the_difference_of_medians() -> None:
    plain = boot_of(("a.b", {"x": "1"}, [10, 12, 11]), ("a.c", {}, [5]), ("trace.point", {}, [9]))
    traced = boot_of(("a.b", {"x": "1"}, [20, 31, 30]), ("trace.point", {}, [13]))
    rows = results.overhead_rows(results.bench_rows([plain]), [plain], traced)
    assert rows[0]["params"] == {"bench": "a.b", "x": 1} and rows[0]["samples"] == [19]
    assert rows[1]["status"].startswith("failed: ")
    assert len(rows) == 2


def test_overhead_of_what_gets_dearer_rests_on_as_many_repetitions() -> None:
    plain = [boot_of(("a.b", {}, [10, 20, 30, 40, 50])), boot_of(("a.b", {}, [11, 21, 31, 41, 51]))]
    traced = boot_of(("a.b", {}, [15, 25, 35]))
    (row,) = results.overhead_rows(results.bench_rows(plain), plain, traced)
    assert row["samples"] == [4.5]


def test_lines_of_two_units_over_one_parameter_are_two_files() -> None:
    content = sample_results()
    content["benches"] = [
        results.row(name, {"cores": cores}, unit, [cores * 1000])
        for name, unit in (("scaling.pairs", "messages/s"), ("scaling.server", "calls/s"))
        for cores in (2, 4, 8, 16)
    ]
    names = [name for name, _ in plots.draw(content, "./lantern bench scaling")]
    assert len(set(names)) == len(names)
    assert {"scaling-by-cores-messages_per_s.svg", "scaling-by-cores-calls_per_s.svg"} <= set(names)


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    return dict(plots.draw(sample_results(), "./lantern bench lmp"))


def test_each_suite_has_its_plots(drawn: dict[str, bytes]) -> None:
    wanted = {f"{suite}-{kind}" for suite in ("lmp", "boot", "trace") for kind in ("distribution", "mean")}
    wanted |= {"boot-timeline"}
    wanted -= {"trace-distribution"}  # Overheads are one figure each.
    assert set(drawn) == {f"{name}.{ending}" for name in wanted for ending in ("png", "svg")}
    assert all(data.startswith(b"\x89PNG") for name, data in drawn.items() if name.endswith("png"))


def test_plots_repeat_byte_for_byte(drawn: dict[str, bytes]) -> None:
    assert dict(plots.draw(sample_results(), "./lantern bench lmp")) == drawn


def test_plots_say_what_they_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """SVG with text kept as text, so that it can be read here."""
    monkeypatch.setitem(plots.STYLE, "svg.fonttype", "none")
    drawn = dict(plots.draw(sample_results(), "./lantern bench lmp"))
    for name in ("lmp-distribution.svg", "lmp-mean.svg", "boot-timeline.svg"):
        text = drawn[name].decode()
        for wanted in (
            "imx8mp",
            "icount",
            "cortex-a53",
            "alloc=rbtree",
            "0123456789ab",
            "caches and DRAM are not modelled",
            "Made by: ./lantern bench lmp",
        ):
            assert wanted in text, f"{name} does not say {wanted!r}"
        assert "cycles" not in text
    assert "failed: the receiver died" in drawn["lmp-mean.svg"].decode()
    assert "words=8" in drawn["lmp-mean.svg"].decode()


def test_many_benches_go_on_several_figures() -> None:
    content = copy.deepcopy(sample_results())
    content["benches"] = [
        results.row("caps.copy", {"type": f"t{at}"}, "cycles", [at, at + 1]) for at in range(30)
    ]
    names = {name for name, _ in plots.draw(content, "x")}
    assert "caps-mean-1.png" in names and "caps-mean-2.png" in names


def scaling_bench(name: str, samples: list[int], **params: object) -> dict[str, Any]:
    return {
        "name": name,
        "params": params,
        "unit": "cycles",
        "samples": samples,
        "overhead": 0,
        "stats": statistics.summarise(samples or [0]),
        "status": "ok",
    }


def test_lines_are_benches_that_differ_in_one_number() -> None:
    benches = [
        scaling_bench("mm.alloc", [3], blocks=100, strategy="tree"),
        scaling_bench("mm.alloc", [1], blocks=1, strategy="tree"),
        scaling_bench("mm.alloc", [2], blocks=10, strategy="tree"),
        scaling_bench("mm.alloc", [9], blocks=10, strategy="list"),
        scaling_bench("mm.alloc", [8], blocks=1, strategy="list"),
        scaling_bench("mm.alloc", [], blocks=100, strategy="list"),
        scaling_bench("mm.free", [4], strategy="tree"),
    ]
    (line,) = scaling.lines(benches)
    assert (line.name, line.parameter, line.rest) == ("mm.alloc", "blocks", (("strategy", "tree"),))
    assert line.values == [1, 10, 100]
    assert line.label == "mm.alloc, strategy=tree"


def test_growth_is_plotted() -> None:
    content = sample_results()
    content["benches"] += [
        scaling_bench("paging.map", [100 + 9 * n, 101 + 9 * n], size=4096, mapped=n)
        for n in (0, 1, 100, 1000)
    ]
    names = {name for name, _ in plots.draw(content, "x")}
    assert {"paging-by-mapped.png", "paging-by-mapped.svg"} <= names
    assert not any(name.startswith("paging-by-size") for name in names)


def test_costs_far_apart_grow_on_logarithmic_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list and a tree on one plot: the tree must not be a line on the ground."""
    scales: list[str] = []
    caption = plots._caption
    monkeypatch.setattr(
        plots,
        "_caption",
        lambda figure, *rest: (scales.append(figure.axes[0].get_yscale()), caption(figure, *rest)),
    )
    for most in (100, 1_000_000):
        benches = [
            scaling_bench("mm.alloc", [cost], blocks=n) for n, cost in ((1, 90), (10, 95), (100, most))
        ]
        plots.growth(sample_results(), "mm", "blocks", "cycles", scaling.lines(benches), "x")
    assert scales == ["linear", "log"]


def history_rows() -> list[dict[str, Any]]:
    return [
        results.row("mm.fragmentation", {"pattern": name, "every": 16}, "permille", [0, 250, 500])
        for name in ("random", "sequential", "long_lived")
    ]


def test_histories_are_samples_in_order() -> None:
    lost = results.row("mm.fragmentation", {"every": 16}, "permille", [1, 2], n=5000)
    cost = results.row("mm.alloc", {"every": 16}, "cycles", [1, 2])
    told = history.found([*history_rows(), lost, cost])
    assert [line.label for line in told] == ["pattern=random", "pattern=sequential", "pattern=long_lived"]
    assert told[0].operations == (16, 32, 48) and told[0].samples == (0, 250, 500)


def test_histories_are_plotted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(plots.STYLE, "svg.fonttype", "none")
    drawn = dict(plots.draw({**sample_results(), "benches": history_rows()}, "x"))
    text = drawn["mm-over-time.svg"].decode()
    for wanted in ("pattern=long_lived", "operations", "fragmentation (permille)", "imx8mp"):
        assert wanted in text
