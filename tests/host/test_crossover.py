"""Where one transport becomes cheaper than another: in figures, on plots, in sentences."""

from __future__ import annotations

import math

import pytest
from synthetic_results import COSTS, SIZES, frame, rpc_rows, rpc_variants

from analysis import compare, compare_plots, crossover, figures, plots
from analysis.compare import Variant
from tools.command import axes, results


def variants_of(
    *curves: dict[int, float], name: str = "rpc.bytes", parameter: str = "bytes"
) -> list[Variant]:
    return [
        Variant(
            {"rpc": f"v{at}"},
            frame([results.row(name, {parameter: size}, "cycles", [cost]) for size, cost in curve.items()]),
        )
        for at, curve in enumerate(curves)
    ]


def crossings(*curves: dict[int, float], **more: str) -> list[crossover.Crossing]:
    (overlay,) = compare.overlays(variants_of(*curves, **more))
    return crossover.crossings(overlay)


def test_powers_cross_where_algebra_says() -> None:
    """On logarithmic axes they are straight, so nothing is lost between the measured sizes."""
    sizes = (1, 10, 100, 1000)
    (found,) = crossings({s: 5 * s for s in sizes}, {s: 60 * math.sqrt(s) for s in sizes})
    assert found.at == pytest.approx(144) and found.cost == pytest.approx(720)
    assert (found.cheaper, found.dearer, found.is_cheapest) == (1, 0, True)


@pytest.mark.parametrize(
    ("one", "other", "places"),
    [
        ({1: 1, 10: 2, 100: 3}, {1: 2, 10: 3, 100: 4}, []),
        ({1: 5, 10: 5, 100: 5}, {1: 5, 10: 5, 100: 5}, []),
        ({1: 5, 10: 5, 100: 5}, {1: 5, 10: 6, 100: 7}, []),  # they part, and never cross
        ({1: 4, 10: 5, 100: 4}, {1: 5, 10: 5, 100: 5}, []),  # they touch
        ({1: 1, 10: 10, 100: 100}, {1: 100, 10: 10, 100: 1}, [10]),  # at a measured size
        ({1: 1, 10: 9, 100: 1, 1000: 9}, {1: 3, 10: 3, 100: 3, 1000: 3}, [10**0.5, 10**1.5, 10**2.5]),
        ({1: 0, 10: 2, 100: 9}, {1: 5, 10: 3, 100: 3}, [10 ** (1 + math.log(1.5) / math.log(4.5))]),
    ],
)
def test_crossings_of_two(one: dict, other: dict, places: list[float]) -> None:
    assert [found.at for found in crossings(one, other)] == pytest.approx(places)


def test_only_sizes_cross() -> None:
    assert crossings({1: 1, 10: 9, 100: 9}, {1: 3, 10: 3, 100: 3}, parameter="threads") == []


def test_only_common_sizes_count() -> None:
    assert crossings({1: 1, 10: 2, 100: 3}, {1000: 1, 10_000: 1, 100_000: 1}) == []


def test_a_third_may_be_cheaper() -> None:
    first, second, third = {1: 1, 10: 10, 100: 100}, {1: 10, 10: 10, 100: 10}, {1: 20, 10: 2, 100: 2}
    found = {(c.cheaper, c.dearer): c.is_cheapest for c in crossings(first, second, third)}
    assert found == {(1, 0): False, (2, 0): True, (2, 1): False}


def test_sentences_name_the_transports_and_the_size() -> None:
    variants = rpc_variants()
    said = crossover.sentences(variants, compare.overlays(variants), "instruction")
    strings = [sentence for sentence in said if sentence.startswith("rpc.string: ")]
    assert strings == [
        "rpc.string: up to 16 bytes chunked, shared_frame and kernel_copy cost the same.",
        "rpc.string: from about 131 bytes on kernel_copy is cheaper than chunked (at 1,879 instructions), "
        "and the cheapest of all.",
        "rpc.string: from about 453 bytes on shared_frame is cheaper than chunked (at 3,860 instructions).",
        "rpc.string: from about 2,220 bytes on shared_frame is cheaper than kernel_copy (at 5,094 "
        "instructions), and the cheapest of all.",
    ]
    assert len(said) == 8 and not any("rpc.number" in sentence for sentence in said)


def test_the_marks_lie_where_the_true_curves_cross() -> None:
    (overlay, _) = compare.overlays(rpc_variants())
    found = {(c.cheaper, c.dearer): c.at for c in crossover.crossings(overlay)}
    names = list(COSTS)
    for (cheaper, dearer), at in found.items():
        one, other = (COSTS[names[place]](at) for place in (cheaper, dearer))
        assert one == pytest.approx(other, rel=0.2)


def test_variants_that_never_part_are_not_told() -> None:
    flat = {1: 5, 10: 5, 100: 5}
    variants = variants_of(flat, flat)
    assert crossover.sentences(variants, compare.overlays(variants), "instruction") == []


def test_lines_that_are_all_but_one_are_told_as_such() -> None:
    variants = variants_of({1: 1000, 10: 2000, 100: 5010}, {1: 1001, 10: 1999, 100: 5000})
    said = crossover.sentences(variants, compare.overlays(variants), "instruction")
    assert said == ["rpc.bytes: all within 0.2 % of each other at every size."]


def test_the_comparison_marks_crossings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(figures.STYLE, "svg.fonttype", "none")
    drawn = dict(compare_plots.draw(rpc_variants(), "./lantern compare rpc"))
    assert {name.partition(".svg")[0] for name in drawn if name.endswith("svg")} == {
        "rpc-ratios",
        "rpc.string-by-bytes",
        "rpc.bytes-by-bytes",
        "rpc-instructions",
    }
    text = drawn["rpc.string-by-bytes.svg"].decode()
    for wanted in ("131 bytes", "453 bytes", "2,220 bytes", "1 MiB", "instructions, logarithmic", "rings:"):
        assert wanted in text, f"the plot does not say {wanted!r}"
    for wanted in ("imx8mp", "mode icount", "commit 0123456789ab", "Made by: ./lantern compare rpc"):
        assert wanted in text
    assert dict(compare_plots.draw(rpc_variants(), "./lantern compare rpc")) == drawn


def test_one_run_is_drawn_on_two_logarithmic_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    scales: list[tuple[str, str]] = []
    save = plots._files
    monkeypatch.setattr(
        plots,
        "_files",
        lambda figure, name: (
            scales.append((figure.axes[0].get_xscale(), figure.axes[0].get_yscale()))
            if "by-bytes" in name
            else None,
            save(figure, name),
        )[1],
    )
    names = [name for name, _ in plots.draw(frame(rpc_rows("chunked", SIZES)), "x")]
    assert "rpc-by-bytes.png" in names and scales == [("log", "log")]


@pytest.mark.parametrize(
    ("size", "text"),
    [(1, "1 byte"), (48.4, "48 bytes"), (999.6, "1,000 bytes"), (2218, "2,220 bytes"), (4096, "4,096 bytes")],
)
def test_sizes_are_said_as_exactly_as_they_are_known(size: float, text: str) -> None:
    assert crossover.bytes_text(size) == text


def test_sizes_on_axes() -> None:
    assert [figures.size_text(size) for size in (1, 512, 1024, 1536, 1 << 20)] == [
        "1 B",
        "512 B",
        "1 KiB",
        "1.5 KiB",
        "1 MiB",
    ]


def test_an_axis_bears_on_the_suite_of_its_name() -> None:
    assert axes.suites(["rpc"], ["rpc", "lmp"]) == ["rpc"]
    assert axes.suites(["rpc"], ["lmp"]) == []
    assert axes.suites(["heap", "rpc"], ["heap", "rpc"]) == ["heap", "rpc"]
