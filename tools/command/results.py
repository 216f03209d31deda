"""Makes results.json out of the boots of one bench run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from analysis import statistics
from tools.command import qemu
from tools.command.machine import Ending, Run
from tools.command.say import ROOT, UserError
from trace.benches import BenchRow

TRACE_SUITE = "trace"
Row = dict[str, Any]


def git_state(apart: Path | None = None) -> dict[str, Any]:
    """The revision of the tree and whether it has changes; "unknown" outside a repository.

    Files in the folder `apart` are no changes.
    """

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    rev = git("rev-parse", "--short=12", "HEAD")
    without: list[str] = []
    if apart is not None and apart.resolve().is_relative_to(ROOT):
        without = ["--", ".", f":(exclude){apart.resolve().relative_to(ROOT)}"]
    return {"rev": rev or "unknown", "dirty": bool(git("status", "--porcelain", *without)) or rev is None}


def typed(params: dict[str, str]) -> dict[str, int | float | str]:
    """Parameters with whole numbers as numbers."""
    return {key: int(value) if value.lstrip("-").isdigit() else value for key, value in params.items()}


def row(name: str, params: dict[str, Any], unit: str, samples: Sequence[Any], **more: Any) -> Row:
    """One entry of `benches`."""
    kept = statistics.reservoir([statistics.plain(sample) for sample in samples])
    count = more.get("n") or len(samples)
    return {
        "name": name,
        "params": params,
        "unit": unit,
        "samples": kept,
        "overhead": more.get("overhead", 0),
        "stats": statistics.summarise(kept, max(count, len(kept))),
        "status": more.get("status", "ok"),
    }


def _key(bench: BenchRow) -> tuple[str, tuple[tuple[str, str], ...]]:
    return bench.name, tuple(sorted(bench.params.items()))


def _by_bench(runs: Sequence[Run]) -> list[list[BenchRow]]:
    """The benches of boots of the same image, in the order of the first; each in all its boots."""
    joined: dict[tuple[Any, ...], list[BenchRow]] = {}
    for run in runs:
        for bench in run.benches:
            joined.setdefault(_key(bench), []).append(bench)
    return list(joined.values())


def bench_rows(runs: Sequence[Run]) -> list[Row]:
    """A row for each bench of one or more boots of the same image; samples are joined."""
    rows = []
    for benches in _by_bench(runs):
        first = benches[0]
        failures = [b.status for b in benches if b.status != "ok"]
        if not failures and len(benches) < len(runs):
            failures = [f"failed: it ran in {len(benches)} of {len(runs)} boots"]
        samples = [sample for bench in benches for sample in bench.samples]
        rows.append(
            row(
                first.name,
                typed(first.params),
                first.unit,
                samples,
                n=sum(bench.n for bench in benches),
                overhead=first.overhead,
                status=failures[0] if failures else "ok",
            )
        )
    return rows


def overhead_rows(figures: Sequence[Row], plain: Sequence[Run], traced: Run) -> list[Row]:
    """What tracing adds to each bench: one sample, the median with tracing less the median without.

    `figures` are the rows of the boots `plain`, as bench_rows() gives them. A traced boot repeats less, and a
    bench may get dearer as it goes: as many first samples are compared.
    """
    with_trace = {_key(bench): bench for bench in traced.benches}
    rows = []
    for bench, boots in zip(figures, _by_bench(plain), strict=True):
        if _is_of_tracing(bench):
            continue
        params = {"bench": bench["name"], **{k: v for k, v in bench["params"].items() if k != "bench"}}
        other = with_trace.get(_key(boots[0]))
        samples = []
        if bench["status"] != "ok":
            status = bench["status"]
        elif other is None:
            status = "failed: the bench did not run in the boot with tracing"
        else:
            status = other.status
        if other is not None and status == "ok":
            first = [sample for boot in boots for sample in boot.samples[: len(other.samples)]]
            samples = [median(other.samples) - median(first)]
        rows.append(row("trace.overhead", params, bench["unit"], samples, status=status))
    return rows


def _is_of_tracing(bench: Row) -> bool:
    return bench["name"].startswith(f"{TRACE_SUITE}.")


def all_rows(plain: Sequence[Run], traced: Run | None) -> list[Row]:
    """Figures of the plain boots, the trace suite of the boot with tracing, and the differences."""
    figures = bench_rows(plain)
    rows = [r for r in figures if not _is_of_tracing(r)]
    if traced is not None:
        rows += [r for r in bench_rows([traced]) if _is_of_tracing(r)]
        rows += overhead_rows(figures, plain, traced)
    for run in [*plain, *([traced] if traced is not None else [])]:
        told = run.ending is Ending.END and any(r["status"] != "ok" for r in rows)
        if not run.ok and not told and not any(r["name"] == "boot.end" for r in rows):
            rows.append(row("boot.end", {}, "ns", [], status=f"failed: {run.why.rstrip('.')}"))
    return rows


def results(
    plain: Sequence[Run], traced: Run | None, mode: str, rows: list[Row], **chosen: Any
) -> dict[str, Any]:
    """The whole file. What the machine said of itself counts before what was asked for."""
    source = next((r for r in [*plain, traced] if r is not None and r.recording.hello), plain[0])
    recording = source.recording
    last = traced or plain[-1]
    report = last.recording.report
    return {
        "schema": 1,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "git": chosen.get("git") or git_state(),
        "platform": recording.hello.get("platform", chosen["platform"]),
        "mode": mode,
        "cores": recording.hello_number("cores") or chosen["cores"],
        "cpu": recording.hello.get("cpu", chosen["cpu"]),
        "clock": {
            "cycle_hz": recording.hello_number("cycle_hz"),
            "counter_hz": recording.hello_number("counter_hz"),
            "cycle_is": "instruction" if mode == "icount" else "cycle",
        },
        "variant": recording.variant or dict(chosen["variant"]),
        "command": plain[0].command,
        "versions": {"qemu": qemu.version() if mode != "board" else "none", "cc": qemu.compiler_version()},
        "trace": {"events": report.records, "dropped": report.lost, "bytes": report.bytes},
        "benches": rows,
    }


def to_json(content: dict[str, Any]) -> bytes:
    """Readable, with the samples of a bench on one line."""
    rows = []
    for bench in content["benches"]:
        fields = [f"   {json.dumps(key)}: {json.dumps(value)}" for key, value in bench.items()]
        rows.append("  {\n" + ",\n".join(fields) + "\n  }")
    head = json.dumps({**content, "benches": []}, indent=1)
    assert head.endswith('"benches": []\n}')
    return (head.removesuffix("[]\n}") + "[\n" + ",\n".join(rows) + "\n ]\n}\n").encode()


def checked(content: dict[str, Any]) -> dict[str, Any]:
    """Refuses to write a file that a reader would refuse."""
    from analysis import schema

    wrong = schema.problems(content)
    if wrong:
        raise UserError(f"What the machine sent does not make a valid results file: {wrong[0]}")
    return content


def differing(runs: Sequence[Run]) -> list[str]:
    """The benches whose samples were not the same in every boot."""
    first = {_key(bench): bench.samples for bench in runs[0].benches}
    return sorted(
        {
            bench.label
            for run in runs[1:]
            for bench in run.benches
            if first.get(_key(bench)) != bench.samples and bench.status == "ok"
        }
    )
