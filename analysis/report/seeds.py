"""Our figures beside those of the two reports that the system goes back to, as seeds.toml pairs them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.compare import good
from analysis.load import display_unit
from analysis.report.content import Cell, Section, Table
from analysis.report.numbers import number
from analysis.report.sources import Source
from tools.command.say import ROOT

SUITES = ROOT / "bench"
"""Has a file for each suite."""
MENU = Path(__file__).with_name("seeds.toml")
ROWS_LIMIT = 4
"""So many of our rows stand beside one of theirs; there may be one a size."""
INTRODUCTION = (
    "A (2020) and B (2022) are the reports of two systems of the same design on an i.MX8X board; their "
    "figures are times on that board. Ours are in the unit that stands with them: an instruction count is "
    "not a time, and no ratio of the two means anything. On a board, ./lantern bench --serial gives ours in "
    "time too."
)
Bench = Mapping[str, Any]


def section(sources: Sequence[Source]) -> Section:
    """The whole section; our figures are those of the first source that has a row."""
    menu = tomllib.loads(MENU.read_text(encoding="utf-8"))
    rows = []
    not_here: list[str] = []
    not_yet: list[str] = []
    for entry in menu["figure"]:
        ours = _ours(entry, menu["defaults"], sources)
        if ours is None:
            exists = (SUITES / f"{entry['bench'].partition('.')[0]}.c").is_file()
            ours = Cell("not in these results" if exists else "does not exist yet", "missing")
            (not_here if exists else not_yet).append(f"{entry['what']} ({entry['bench']})")
        rows.append([entry["what"], entry.get("a", "-"), entry.get("b", "-"), ours, entry.get("note", "")])
    head = ["what", "A", "B", "ours", "note"]
    table = Table("Theirs and ours", head, rows, [False] * len(head))
    sentences = [INTRODUCTION]
    if not_here:
        sentences.append(f"Ours, but not in these results: {'; '.join(not_here)}.")
    if not_yet:
        sentences.append(f"Does not exist yet: {'; '.join(not_yet)}.")
    return Section("seeds", "Beside the figures of the first systems", sentences, tables=[table])


def _ours(entry: Mapping[str, Any], defaults: Mapping[str, Any], sources: Sequence[Source]) -> Cell | None:
    """None where the results have no such row."""
    if "bench" not in entry:
        return Cell("no bench; see the note" if "note" in entry else "-")
    for source in sources:
        for variant in source.with_results:
            benches: Sequence[Bench] = variant.results["benches"] if variant.results else ()
            wanted = {**entry.get("with", {})}
            found = [bench for bench in benches if _fits(bench, entry["bench"], wanted, defaults)]
            texts = [_text(bench, entry, benches, source.cycle_is) for bench in found]
            if texts := [text for text in texts if text]:
                more = f"; {len(texts) - ROWS_LIMIT} more" if len(texts) > ROWS_LIMIT else ""
                return Cell("; ".join(texts[:ROWS_LIMIT]) + more)
    return None


def _fits(bench: Bench, name: str, wanted: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    params = {**defaults, **bench["params"]}
    fits = all(
        params.get(key) in (value if isinstance(value, list) else [value]) for key, value in wanted.items()
    )
    return bench["name"] == name and good(bench) and fits


def _text(bench: Bench, entry: Mapping[str, Any], benches: Sequence[Bench], cycle_is: str) -> str:
    """One of our rows as it is to be shown; empty where it cannot be."""
    params = ", ".join(
        f"{key}={value}" for key, value in bench["params"].items() if key not in entry.get("with", {})
    )
    where = f" ({params})" if params else ""
    show = entry.get("show", "median")
    if show == "share":
        whole = next(
            (b for b in benches if b["name"] == entry["of"] and b["params"] == bench["params"]), None
        )
        if whole is None or not good(whole):
            return ""
        return f"{100 * bench['stats']['median'] / whole['stats']['median']:.1f} %{where}"
    if show == "change":
        first, last = bench["samples"][0], bench["samples"][-1]
        if len(bench["samples"]) != bench["stats"]["n"] or not first:
            return ""
        return f"{100 * (last - first) / first:+.2f} % after {len(bench['samples']):,}{where}"
    return f"{number(bench['stats']['median'])} {display_unit(bench['unit'], cycle_is)}{where}"
