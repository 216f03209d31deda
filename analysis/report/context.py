"""The context of runs: what was measured, where, with what, and how to do it again."""

from __future__ import annotations

import os
from pathlib import Path

from analysis.report.content import Link, Table
from analysis.report.sources import Results, Source

DATE_BEGIN, DATE_END = "<!--date-->", "<!--/date-->"
"""Stand around every date of a report: reports of equal results differ only between them."""


def tables(source: Source) -> list[Table]:
    """The facts that all runs share, and those in which they differ with a line a run.

    What stands where must not depend on dates.
    """
    facts = [(label, _facts(results)) for label, results in source.runs]
    if not facts:
        return []
    names = list(facts[0][1])
    shared = [name for name in names if len({one[name] for _, one in facts}) == 1]
    differing = [name for name in names if name not in shared]
    found = [
        Table(
            "What was run" if not differing else "What all runs share",
            ["", "value"],
            [*([name, facts[0][1][name]] for name in shared), ["made", _made(source)]],
            [False, False],
        )
    ]
    if differing:
        rows = [[label, *(one[name] for name in differing)] for label, one in facts]
        head = ["run", *differing]
        found.append(Table("What differs", head, rows, [False] * len(head), is_folded=len(rows) > 8))
    return found


def _made(source: Source) -> str:
    """When the runs were made, from the first to the last."""
    dates = sorted(results["created"] for _, results in source.runs)
    span = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    return f"{DATE_BEGIN}{span}{DATE_END}"


def _facts(results: Results) -> dict[str, str]:
    git, clock, trace = results["git"], results["clock"], results["trace"]
    article = "an" if clock["cycle_is"] == "instruction" else "a"
    return {
        "commit": git["rev"] + (" with changes" if git["dirty"] else ""),
        "platform": results["platform"],
        "cores": f"{results['cores']} x {results['cpu']}",
        "mode": results["mode"],
        "clock": f"{clock['cycle_hz'] / 1e6:,g} MHz, one step is {article} {clock['cycle_is']}",
        "QEMU": results["versions"]["qemu"],
        "compiler": results["versions"]["cc"],
        "choices": ", ".join(f"{axis}={value}" for axis, value in results["variant"].items()) or "-",
        "rows": f"{len(results['benches']):,}",
        "trace": (
            f"{trace['events']:,} events, {trace['dropped']:,} dropped, {trace['bytes']:,} bytes on the wire"
        ),
        "machine": " ".join(results["command"]),
    }


def commands(source: Source) -> list[str]:
    """The calls that make the results of a folder again."""
    revisions = dict.fromkeys(results["git"]["rev"] for _, results in source.runs)
    checkout = [f"git checkout {rev}" for rev in revisions] if len(revisions) == 1 else []
    if source.plan is not None:
        return [*checkout, source.plan.command]
    return checkout + [bench_command(results) for _, results in source.runs]


def bench_command(results: Results) -> str:
    """The call of ./lantern bench that gave these results. Every axis is named: defaults may change."""
    words = ["./lantern bench", *_suites(results)]
    words.append(f"--platform {results['platform']}")
    words.append(f"--smp {results['cores']}")
    if results["mode"] == "board":
        words.append(f"--serial {' '.join(results['command'])}")
    else:
        words.append(f"--mode {results['mode']}")
    if results["platform"] == "virt":
        words.append(f"--cpu {results['cpu']}")
    if results["variant"]:
        words.append("--variant " + ",".join(f"{axis}={value}" for axis, value in results["variant"].items()))
    return " ".join(words)


def _suites(results: Results) -> list[str]:
    """What was asked for, out of the machine's boot arguments; nothing means all."""
    words = " ".join(results["command"]).split()
    named = next((word.partition("=")[2] for word in words if word.startswith("suites=")), "all")
    return [] if named == "all" else named.split(",")


def trace_links(source: Source, out: Path) -> list[Link]:
    """To the traces of a folder, from the folder that the report lies in."""
    links = []
    for path in source.traces:
        target = Path(os.path.relpath(path.resolve(), out.parent.resolve())).as_posix()
        name = path.parent.name if source.plan else path.name
        links.append(Link(name, target, f"{path.stat().st_size / 1e6:,.1f} MB; ./lantern trace {target}"))
    return links
