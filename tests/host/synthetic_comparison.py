"""A comparison folder as ./lantern compare leaves it, made up, for the tests of the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthetic_results import frame, rpc_rows, spawn_rows

from analysis.comparison import CELLS, Plan, PlannedCell
from tools.command import results


def bench_folder(path: Path, benches: list[dict[str, Any]] | None = None, trace: bytes = b"") -> Path:
    """An output folder of ./lantern bench."""
    path.mkdir(parents=True)
    rows = [*rpc_rows("chunked", (1, 64, 4096)), *spawn_rows()] if benches is None else benches
    (path / "results.json").write_bytes(results.to_json(frame(rows, rpc="chunked")))
    if trace:
        (path / "trace.pftrace").write_bytes(trace)
    return path


def comparison_folder(
    path: Path, values: tuple[str, ...] = ("chunked", "shared_frame", "kernel_copy")
) -> Path:
    """One boot of each value of the axis `rpc`."""
    cells = []
    for value in values:
        name = f"rpc_{value}-run_1"
        cells.append(PlannedCell(name, {"rpc": value}, 1, False, "ok"))
        bench_folder(path / CELLS / name).joinpath("results.json").write_bytes(
            results.to_json(frame(rpc_rows(value), rpc=value))
        )
    write_plan(path, cells, {"rpc": list(values)})
    return path


def write_plan(path: Path, cells: list[PlannedCell], axes: dict[str, list[str]]) -> None:
    plan = Plan(
        axes=axes,
        baseline={axis: values[0] for axis, values in axes.items()},
        platform="imx8mp",
        mode="icount",
        suites=["rpc"],
        repeat=1,
        smp=[1],
        command=f"./lantern compare {' '.join(axes)} --smp 1",
        cells=cells,
    )
    (path / "compare.json").write_bytes(plan.to_json())
