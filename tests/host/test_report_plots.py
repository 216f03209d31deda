"""The plots of comparisons and traces: what is chosen for them, and that all of it is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from scenario import start
from synthetic_comparison import bench_folder
from synthetic_results import frame, rpc_rows, spawn_rows
from test_perfetto_calls import call, finished, switch

from analysis import (
    compare_plots,
    cores_plots,
    ecdf_plots,
    figures,
    heat_plots,
    slices,
    stack_plots,
    statistics,
    timeline_plots,
)
from analysis.compare import Variant, match
from analysis.report import build, sources
from tools.command import results
from trace import interfaces, reading

RPC, ALLOC = ("chunked", "shared_frame", "kernel_copy"), ("rbtree", "buddy", "best_fit")


def variant(benches: list[dict[str, Any]], **choice: str) -> Variant:
    content = {**frame(benches, **choice), "cores": int(choice.get("cores", 1))}
    return Variant(choice, content, "", (content,))


def cost(*samples: float, name: str = "a.b", **params: Any) -> dict[str, Any]:
    return results.row(name, params, "cycles", list(samples))


def product(**more: str) -> list[Variant]:
    """Two axes; what they cost together is not what each costs alone."""
    return [
        variant(
            [cost(100 * (1 + one) * (1 + other) + (one == other == 2)), cost(7, name="a.same")],
            rpc=rpc,
            alloc=alloc,
        )
        for one, rpc in enumerate(RPC)
        for other, alloc in enumerate(ALLOC)
    ]


@pytest.mark.parametrize("panels", [1, 2, 5])
@pytest.mark.parametrize(
    "labels", [("buddy", "rbtree"), tuple(f"a choice with a long name {at}" for at in range(6))]
)
def test_a_legend_below_covers_neither_panels_nor_footer(panels: int, labels: tuple[str, ...]) -> None:
    rows = [cost(*range(90 + at, 290 + at), name=f"a.b{at}") for at in range(panels)]
    variants = [variant(rows, alloc=label) for label in labels]
    figure = ecdf_plots.figure_of(variants, match(variants), "instruction")
    figures.caption(figure, variants[0].results or {}, "a: distributions", "./lantern compare alloc")
    figure.canvas.draw()
    (legend,) = figure.legends
    place = legend.get_window_extent()
    footer = min(figure.texts, key=lambda text: text.get_position()[1]).get_window_extent()
    assert place.y0 >= footer.y1 - 1 and place.x0 >= 0 and place.x1 <= figure.bbox.x1
    for axes in figure.axes:
        if axes.get_visible():
            assert place.y1 <= axes.get_tightbbox().y0 + 1


@pytest.mark.parametrize("size", [6, 15, 40])
def test_the_interval_holds_the_median_as_often_as_it_says(size):
    generator = np.random.default_rng(7)
    inside = 0
    for _ in range(1000):
        low, high = statistics.median_interval(list(generator.exponential(size=size)))
        inside += low <= np.log(2) <= high
    assert inside >= 930  # 95 % but for chance: 950 with a deviation of 7


def test_equal_samples_have_an_interval_without_width():
    assert statistics.median_interval([5, 5, 5]) == (5.0, 5.0)
    assert statistics.median_interval([1, 2, 9]) == (1.0, 9.0)


def test_few_variants_stay_together_and_many_are_cut_along_each_axis():
    every = product()
    (whole,) = slices.cuts(every[:6], {"rpc": "chunked", "alloc": "rbtree"})
    assert len(whole.variants) == 6 and not whole.said and not whole.ending
    by_rpc, by_alloc = slices.cuts(every, {"rpc": "chunked", "alloc": "buddy"})
    assert [one.label for one in by_rpc.variants] == list(RPC) and by_rpc.said == "alloc=buddy"
    assert [one.label for one in by_alloc.variants] == list(ALLOC) and by_alloc.ending == "-by_alloc"
    assert by_rpc.variants[1].results is every[4].results


def test_heat_maps_hold_ratios_to_the_baseline():
    (pair,) = heat_plots.pairs(product(), {"rpc": "chunked", "alloc": "rbtree"})
    ((one,),) = heat_plots.maps(pair).values()  # what is the same everywhere has no map
    assert one.row.label == "a.b"
    assert one.ratios.tolist() == [[1, 2, 3], [2, 4, 6], [3, 6, pytest.approx(9.01)]]
    assert one.spread == pytest.approx(np.log2(9.01))


def test_last_bits_of_the_layout_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(5)
    lay_out = ConstrainedLayoutEngine.execute

    def as_the_solver_does(engine: ConstrainedLayoutEngine, figure: Figure) -> None:
        lay_out(engine, figure)
        for axes in figure.axes:
            noise = generator.uniform(-1e-12, 1e-12, 4)
            axes.set_position(np.array(axes.get_position(original=True).bounds) + noise)

    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", as_the_solver_does)
    (pair,) = heat_plots.pairs(product(), {"rpc": "chunked", "alloc": "rbtree"})
    (maps,) = heat_plots.maps(pair).values()
    drawn = set()
    for _ in range(3):
        with figures.plt.rc_context(figures.STYLE):
            figure = heat_plots.figure_of(pair, maps, "instruction")
            figures.caption(figure, pair.variants[0].results or {}, "a: rpc and alloc together", "./lantern")
            drawn.add(tuple(figures.save(figure, "a-heat")))
    assert len(drawn) == 1


def test_three_axes_give_a_heat_map_for_each_pair():
    every = [variant([cost(10)], a=a, b=b, c=c) for a in "pq" for b in "pq" for c in "pq"]
    found = list(heat_plots.pairs(every, {"a": "q", "b": "p", "c": "p"}))
    assert [(pair.first, pair.second, dict(pair.fixed)) for pair in found] == [
        ("a", "b", {"c": "p"}),
        ("a", "c", {"b": "p"}),
        ("b", "c", {"a": "q"}),
    ]
    assert all(len(pair.variants) == 4 for pair in found)


def test_cost_by_cores_is_a_line_for_each_choice():
    every = [
        variant([cost(100 + 10 * cores), cost(5, name="a.flat")], rpc=rpc, cores=str(cores))
        for rpc in RPC[:2]
        for cores in (1, 2, 8)
    ]
    ((panel,),) = cores_plots.panels(every, {"rpc": "chunked", "cores": "1"}).values()
    assert panel.row.label == "a.b" and panel.change == pytest.approx(180 / 110 - 1)
    assert panel.lines == {(("rpc", rpc),): {1: 110, 2: 120, 8: 180} for rpc in RPC[:2]}
    assert not cores_plots.panels(product(), {})


def test_distributions_are_drawn_of_what_varies():
    rows = match(
        [
            variant(
                [cost(*[50] * 40, name="a.flat"), cost(*range(100, 140)), cost(1, 9, name="a.few")], rpc=rpc
            )
            for rpc in RPC
        ]
    )
    assert [row.label for row in ecdf_plots.worth_drawing(rows)] == ["a.b"]


def test_stacks_have_a_bar_for_each_variant():
    steps = [
        cost(time, name=f"boot.{name}") for name, time in (("memory", 70), ("console", 20), ("init", 100))
    ]
    every = [
        variant([*spawn_rows(total=200_000 + at), *steps], alloc=value) for at, value in enumerate(ALLOC)
    ]
    spawn, boot = stack_plots.stacks(every)
    assert [bar.label for bar in spawn.bars] == list(ALLOC)
    assert [bar.whole for bar in spawn.bars] == [200_000, 200_001, 200_002]
    assert boot.bars[0].parts == [("console", 20), ("memory", 50), ("init", 30)]
    assert spawn.unit == "cycles" and stack_plots.figure_of(boot, "instruction").axes


def test_a_comparison_of_two_axes_and_cores_draws_every_kind():
    every = [
        variant(
            [*rpc_rows(rpc, (8, 256, 65536)), cost(*range(100 * int(cores), 140 * int(cores)))],
            rpc=rpc,
            cores=cores,
        )
        for rpc in RPC
        for cores in ("1", "4")
    ]
    drawn = dict(compare_plots.draw(every, "./lantern compare rpc --smp 1,4"))
    names = {name.removesuffix(".png") for name in drawn if name.endswith("png")}
    assert names >= {"rpc-ratios", "rpc.bytes-by-bytes", "a-ecdf", "a-by-cores", "rpc-heat-rpc-cores"}
    assert dict(compare_plots.draw(every, "./lantern compare rpc --smp 1,4")) == drawn


# Time lines.


def trace_of_calls() -> bytes:
    """Two calls of mem.get_ram; in the first something else runs between."""
    scenario = start()
    switch(scenario, 3)
    call(scenario, 1)
    call(scenario, 3)
    packets = finished(scenario)
    return b"".join(b"\x0a" + _varint(packet.ByteSize()) + packet.SerializeToString() for packet in packets)


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def test_a_trace_is_read_back():
    read = reading.Reading(trace_of_calls())
    calls = [one for one in read.slices if one.name == "mem.get_ram"]
    served = [one for one in read.slices if one.name == "serve mem.get_ram"]
    assert len(calls) == len(served) == 2
    assert read.tracks[calls[0].track].startswith("bench (")
    window = read.window(calls[1].begin, calls[1].end)
    assert [
        (arrow.sender, arrow.receiver) for arrow in sorted(window.arrows, key=lambda arrow: arrow.begin)
    ] == [
        (calls[1].track, served[1].track),
        (served[1].track, calls[1].track),
    ]
    assert {turn.track for turn in window.turns} == {calls[1].track, served[1].track}
    lanes = timeline_plots.lanes(read, window, calls[1])
    assert [lane.name.partition(" ")[0] for lane in lanes][:2] == ["bench", "lmp_server"]


def test_every_call_of_the_menu_is_one_of_an_interface():
    assert set(timeline_plots.CALLS) <= set(interfaces.messages().values())


def test_the_report_of_a_run_with_a_trace_has_time_lines(tmp_path: Path):
    folder = bench_folder(tmp_path / "run", [cost(1, 2)], trace=trace_of_calls())
    built = build.build([sources.read(folder)], folder / "report.html", "./lantern report")
    names = {path.name for path, _ in built.plots}
    assert {"mem-timeline-mem_get_ram.png", "mem-timeline-mem_get_ram.svg"} <= names


def test_a_damaged_trace_is_named_and_stops_nothing(tmp_path: Path):
    folder = bench_folder(tmp_path / "run", [cost(1, 2)], trace=b"\xff" * 50)
    built = build.build([sources.read(folder)], folder / "report.html", "./lantern report")
    warnings = next(section for section in built.report.sections if section.anchor == "warnings")
    assert any("trace.pftrace cannot be read" in item for item in warnings.items)
    assert built.plots
