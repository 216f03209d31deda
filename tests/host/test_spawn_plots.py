"""Plots of the suite `spawn`, from results that are made up."""

from __future__ import annotations

import pytest
from synthetic_results import EXIT, PHASES, TOTAL, footprint_rows, frame, history_row, spawn_rows

from analysis import figures, plots, schema, spawn_plots
from tools.command import results


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Every SVG of a whole suite, with text kept as text, so that it can be read here."""
    monkeypatch.setitem(figures.STYLE, "svg.fonttype", "none")
    content = frame([*spawn_rows(), *footprint_rows(), history_row()])
    assert schema.problems(content) == []
    files = dict(plots.draw(content, "./lantern bench spawn"))
    return {name: data.decode() for name, data in files.items() if name.endswith("svg")}


def test_phases_are_parts_of_the_whole() -> None:
    whole, way_out = spawn_plots.phase_bars(spawn_rows())
    assert whole.parts == [(name, cost) for name, cost in PHASES.items()] and whole.whole == TOTAL
    assert whole.segments[-1] == ("between", TOTAL - sum(PHASES.values()))
    assert whole.sentence == "the parts add up to 97.1 % of 189,000"
    assert (way_out.label, way_out.size, way_out.parts) == ("spawn.exit\nsource=module", EXIT, [])


def test_phases_that_exceed_the_whole_leave_nothing_between() -> None:
    (bar, _) = spawn_plots.phase_bars(spawn_rows(total=100_000))
    assert [name for name, _ in bar.segments] == list(PHASES)
    assert bar.size == sum(PHASES.values()) and "183.5 %" in bar.sentence


def test_each_source_has_its_bar_and_a_missing_whole_is_told() -> None:
    rows = [row for row in spawn_rows(source="file") if row["name"] in ("spawn.load", "spawn.elf")]
    first, _, second = spawn_plots.phase_bars([*spawn_rows(), *rows])
    assert first.label == "spawn.total\nsource=module"
    assert (second.label, second.whole) == ("spawn.total\nsource=file", None)
    assert second.sentence == "no whole was measured" and second.segments == second.parts


def test_the_footprint_is_put_together_by_kind() -> None:
    (bar,) = spawn_plots.footprint_bars(footprint_rows())
    assert [name for name, _ in bar.parts] == ["pages", "tables", "capabilities", "dispatcher"]
    assert bar.whole == bar.sum == 155_648
    assert spawn_plots.footprint_bars([results.row("spawn.footprint", {}, "bytes", [9])]) == []


def test_the_figures_say_what_they_show(drawn: dict[str, str]) -> None:
    wanted = {
        "spawn-phases.svg": [*PHASES, "between", "48.7 %", "92,000", "instructions", "97.1 % of 189,000"],
        "spawn-footprint-parts.svg": ["capabilities", "57.9 %", "90,112", "bytes"],
        "spawn-history.svg": [
            "first 189,000, last 189,160 (+0.08 %)",
            "spawns",
            "instructions for one spawn",
        ],
    }
    for name, texts in wanted.items():
        common = ["imx8mp", "mode icount", "commit 0123456789ab", "Made by: ./lantern bench spawn"]
        for text in texts + common:
            assert text in drawn[name], f"{name} does not say {text!r}"
        assert "cycles" not in drawn[name]


def test_a_suite_of_which_little_ran_is_drawn() -> None:
    failed = results.row("spawn.total", {"source": "module"}, "cycles", [], status="failed: it hung")
    names = {name for name, _ in plots.draw(frame([failed]), "x")}
    assert not any(name.startswith(("spawn-phases", "spawn-footprint", "spawn-history")) for name in names)
    assert "spawn-mean.png" in names


def test_a_history_needs_every_sample() -> None:
    assert spawn_plots.is_history(history_row())
    assert not spawn_plots.is_history(history_row(n=20_000))
    assert not spawn_plots.is_history(spawn_rows()[0])


def test_plots_repeat_byte_for_byte() -> None:
    content = frame([*spawn_rows(), history_row(count=50)])
    assert dict(plots.draw(content, "x")) == dict(plots.draw(content, "x"))


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([], []),
        ([50], [50]),
        ([1], [5]),
        ([99], [95]),
        ([20, 40], [20, 40]),
        ([49, 51], [45, 55]),
        ([1, 2, 3], [5, 15, 25]),
        ([97, 98, 99], [75, 85, 95]),
        ([10, 48, 50, 52], [10, 40, 50, 60]),
    ],
)
def test_texts_keep_apart(wanted: list[float], places: list[float]) -> None:
    assert spawn_plots.apart(wanted, 10, 100) == pytest.approx(places)
