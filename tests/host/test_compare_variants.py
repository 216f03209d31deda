"""Comparisons of variants: which benches belong together, which is best, and what is drawn."""

from __future__ import annotations

from typing import Any

import pytest

from analysis import (
    compare,
    compare_plots,
    differences,
    figures,
    line_plots,
    looks,
    plots,
    scaling,
    statistics,
)
from analysis.compare import Variant
from tools.command import compare_table

BLOCKS = (10, 100, 1000)


def bench(name: str, samples: list[float], status: str = "ok", unit: str = "cycles", **params: Any) -> dict:
    return {
        "name": name,
        "params": params,
        "unit": unit,
        "samples": samples,
        "overhead": 0,
        "stats": statistics.summarise(samples),
        "status": status,
    }


def results(benches: list[dict], **variant: str) -> dict[str, Any]:
    return {
        "git": {"rev": "0123456789ab", "dirty": False},
        "platform": "imx8mp",
        "mode": "icount",
        "cores": 1,
        "cpu": "cortex-a53",
        "clock": {"cycle_is": "instruction"},
        "variant": {"alloc": "rbtree", "fastpath": "on", **variant},
        "benches": benches,
    }


def allocator(value: str, steps: list[int], *more: dict) -> Variant:
    """Benches that name the allocator, as those of the memory manager do."""
    rows = [
        bench("mm.alloc", [cost, cost], blocks=blocks, strategy=value, on="ranges")
        for blocks, cost in zip(BLOCKS, steps, strict=False)
    ]
    return Variant({"alloc": value}, results([*rows, *more], alloc=value))


@pytest.fixture
def variants() -> list[Variant]:
    return [
        allocator("first_fit", [50, 500, 5000], bench("mm.whole", [7, 9], on="capabilities")),
        allocator("rbtree", [100, 150, 200], bench("mm.whole", [20, 20], on="capabilities")),
        allocator("buddy", [90, 90], bench("mm.whole", [], "failed: out of memory", on="capabilities")),
    ]


def test_benches_meet_without_the_parameter_that_names_the_variant(variants: list[Variant]) -> None:
    assert compare.naming_params(variants) == {("mm.alloc", "strategy")}
    rows = compare.match(variants)
    assert [(row.label, row.medians) for row in rows] == [
        ("mm.alloc [blocks=10, on=ranges]", [50, 100, 90]),
        ("mm.alloc [blocks=100, on=ranges]", [500, 150, 90]),
        ("mm.alloc [blocks=1000, on=ranges]", [5000, 200, None]),
        ("mm.whole [on=capabilities]", [8, 20, None]),
    ]


def test_a_parameter_that_only_sometimes_equals_the_value_stays() -> None:
    """A suite may measure every lock in each build; the one of the build's own value is not another bench."""
    every = [bench("locks.acquire", [1], scheme=scheme) for scheme in ("mcs", "ticket")]
    variants = [Variant({"spin": value}, results(every)) for value in ("mcs", "ticket")]
    assert [row.label for row in compare.match(variants)] == [
        "locks.acquire [scheme=mcs]",
        "locks.acquire [scheme=ticket]",
    ]


def test_benches_of_one_variant_only_keep_their_place(variants: list[Variant]) -> None:
    alone = Variant({"alloc": "buddy"}, results([bench("mm.split", [3])], alloc="buddy"))
    row = compare.match([variants[0], Variant({"alloc": "rbtree"}, None, "it broke."), alone])[-1]
    assert (row.label, row.medians) == ("mm.split", [None, None, 3])


def test_lines_of_all_variants_come_together(variants: list[Variant]) -> None:
    (overlay,) = compare.overlays(variants)
    assert (overlay.name, overlay.parameter, overlay.rest) == ("mm.alloc", "blocks", (("on", "ranges"),))
    assert [line and line.values for line in overlay.lines] == [[10, 100, 1000], [10, 100, 1000], [10, 100]]
    groups = compare.apart(compare.match(variants), [overlay])
    assert {group: [row.name for row in rows] for group, rows in groups.items()} == {
        ("mm", "cycles"): ["mm.whole"]
    }


def best(*samples: list[float], unit: str = "cycles") -> dict[int, bool]:
    variants = [
        Variant({"x": str(at)}, results([bench("a.b", values, unit=unit)] if values else []))
        for at, values in enumerate(samples)
    ]
    (judged,) = differences.differences(variants)
    return judged.best


@pytest.mark.parametrize(
    ("given", "marks"),
    [
        (best([5, 5], [6, 6]), {0: True}),  # no variance: one instruction decides
        (best([6, 6], [5, 5], [5, 5]), {1: True, 2: True}),
        (best([5], [5]), {}),
        (best([5], []), {}),
        (best([10, 11, 12] * 20, [20, 21, 22] * 20), {0: True}),
        (best([10, 20, 30] * 5, [11, 21, 31] * 5), {0: False}),
        (best([5, 5], [6, 6], unit="bytes/s"), {1: True}),
    ],
)
def test_who_wins(given: dict[int, bool], marks: dict[int, bool]) -> None:
    assert given == marks


def test_the_table_marks_the_best_and_what_is_missing(variants: list[Variant]) -> None:
    broken = Variant({"alloc": "worst_fit"}, None, "it did not build.")
    every = [*variants, broken]
    lines = compare_table.table(every, differences.differences(every), "instruction").splitlines()
    assert lines[0].split() == ["bench,", "by", "alloc", "unit", "first_fit", "rbtree", "buddy", "worst_fit"]
    assert lines[2].split()[-7:] == ["instructions", "50", "*", "100", "=2", "90", "=1.8", "failed"][-7:]
    assert lines[4].split()[-6:] == ["5000", "200", "=0.04", "*", "-", "failed"]
    assert lines[5].split()[-2:] == ["failed", "failed"] and "[2.22, 2.86]" in lines[5]
    assert "cycles" not in "\n".join(lines)


@pytest.fixture
def drawn(variants: list[Variant]) -> dict[str, bytes]:
    return dict(compare_plots.draw(variants, "./lantern compare alloc"))


def test_lines_that_lie_on_each_other_are_found(variants: list[Variant]) -> None:
    """They are drawn so that each can be seen, and the legend says so."""
    twin = allocator("best_fit", [100, 150, 200])
    (overlay,) = compare.overlays([*variants, twin])
    assert [line_plots.together(overlay, at) for at in range(4)] == [[0], [1, 3], [2], [1, 3]]
    figure = line_plots.lines_figure([*variants, twin], overlay, "instruction")
    legend = figure.axes[0].get_legend()
    assert sorted(text.get_text().partition("\n")[2] for text in legend.get_texts()) == [
        "",
        "",
        "",
        "(as rbtree)",
    ]
    compare_plots.plt.close(figure)


def test_axes_say_what_they_count() -> None:
    assert figures.tick_text(10_000_000) == "10,000,000" and figures.tick_text(0.25) == "0.25"
    assert scaling.parameter_text("mapped") == "other pages that are mapped"
    assert scaling.parameter_text("threads") == "threads"


def test_lines_and_bars_are_drawn(drawn: dict[str, bytes]) -> None:
    names = ("mm-ratios", "mm.alloc-by-blocks-on_ranges", "mm-instructions")
    assert set(drawn) == {f"{name}.{ending}" for name in names for ending in ("png", "svg")}
    assert all(data.startswith(b"\x89PNG") for name, data in drawn.items() if name.endswith("png"))


def test_plots_repeat_byte_for_byte(drawn: dict[str, bytes], variants: list[Variant]) -> None:
    assert dict(compare_plots.draw(variants, "./lantern compare alloc")) == drawn


def test_plots_say_what_they_show(monkeypatch: pytest.MonkeyPatch, variants: list[Variant]) -> None:
    """SVG with text kept as text, so that it can be read here."""
    monkeypatch.setitem(plots.STYLE, "svg.fonttype", "none")
    every = [*variants, Variant({"alloc": "worst_fit"}, None, "it did not build.")]
    for name, data in compare_plots.draw(every, "./lantern compare alloc"):
        if not name.endswith("svg"):
            continue
        text = data.decode()
        for wanted in (
            "imx8mp",
            "mode icount",
            "commit 0123456789ab",
            "fastpath=on",
            "instructions",
            "first_fit",
            "not complete: worst_fit",
            "Made by: ./lantern compare alloc",
        ):
            assert wanted in text, f"{name} does not say {wanted!r}"
        assert "alloc=rbtree" not in text and "cycles" not in text
    assert "failed: out of memory" in text


def test_many_variants_and_benches_are_drawn() -> None:
    """More variants than there are colours, benches for several pages, and values of zero."""
    variants = []
    for at in range(10):
        rows = [bench("caps.copy", [at * kind], type=f"type{kind}") for kind in range(14)]
        rows += [bench("paging.map", [100 + at + n, 101 + n], mapped=n) for n in (0, 1, 100)]
        variants.append(Variant({"a": f"v{at}", "b": "x"}, results(rows)))
    names = {name for name, _ in compare_plots.draw(variants, "x") if name.endswith("png")}
    assert names == {
        "paging-ratios.png",
        "paging.map-by-mapped.png",
        "caps-instructions-1.png",
        "caps-instructions-2.png",
        "caps-instructions-3.png",
    }
    assert len({looks.look(at) for at in range(14)}) == 14


def test_benches_that_all_failed_are_drawn() -> None:
    rows = [bench("a.b", [], "failed: no")]
    variants = [Variant({"x": value}, results(rows), "1 of 1 rows failed.") for value in ("p", "q")]
    assert "a-instructions.png" in dict(compare_plots.draw(variants, "x"))
