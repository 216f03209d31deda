"""The context of runs: what was measured, where, and with what."""

from __future__ import annotations

from analysis.report.content import Table
from analysis.report.sources import Results, Source

DATE_BEGIN, DATE_END = "<!--date-->", "<!--/date-->"
"""Stand around every date of a report; what is between them is all that may differ between two reports of
equal results."""


def table(source: Source) -> Table:
    """A line for each fact, a column for each set of facts that differs from the others."""
    facts = [(label, _facts(results)) for label, results in source.runs]
    rows = [[name, *(one[name] for _, one in facts)] for name in (facts[0][1] if facts else ())]
    head = ["", *(label for label, _ in facts)]
    return Table("Context", head, rows, [False] * len(head))


def _facts(results: Results) -> dict[str, str]:
    git, clock, trace = results["git"], results["clock"], results["trace"]
    return {
        "made": f"{DATE_BEGIN}{results['created']}{DATE_END}",
        "commit": git["rev"] + (" with changes" if git["dirty"] else ""),
        "platform": results["platform"],
        "cores": f"{results['cores']} x {results['cpu']}",
        "mode": results["mode"],
        "clock": f"{clock['cycle_hz'] / 1e6:,g} MHz, one step is a {clock['cycle_is']}",
        "variant": ", ".join(f"{axis}={value}" for axis, value in results["variant"].items()) or "-",
        "QEMU": results["versions"]["qemu"],
        "compiler": results["versions"]["cc"],
        "trace": f"{trace['events']:,} events, {trace['dropped']:,} dropped, {trace['bytes']:,} bytes",
        "command": " ".join(results["command"]),
    }
