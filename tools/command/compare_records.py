"""What is known of the cells of a comparison: of which state of the tree each is, and how it ended.

Every cell that has ended has a record, `cell.json`, written last. So a cell that was interrupted has none,
and whether a cell must run is decided from its folder alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis import comparison, load
from analysis.comparison import CELLS, OK, PLAN, Plan
from tools.command import results
from tools.command.compare_plan import Cell
from tools.command.output import OutputFolder
from tools.command.say import ROOT

RECORD = "cell.json"
FACTS = ("platform", "debug", "mode", "serial", "cpu", "append")
"""Options that can change a figure, beside what the cell itself says."""
APART = ("build", "results", "docs", ".git")
"""Folders of the tree that no image is made from."""


def facts(cell: Cell, options: argparse.Namespace) -> dict[str, Any]:
    """What a cell must have been made with to count as made, as JSON gives it back."""
    own = {
        "variant": cell.variant(options.variant),
        "cores": cell.cores,
        "suites": cell.suites,
        "traced": cell.traced,
    }
    return json.loads(json.dumps({**{name: getattr(options, name) for name in FACTS}, **own}))


def tree_state(out: Path) -> dict[str, Any]:
    """The commit, whether there are changes, and a digest of every file that an image could be made from.

    What lies in `out`, the comparison's own folder, is not a change.
    """
    return {**results.git_state(out), "digest": _digest(out)}


def _digest(out: Path) -> str:
    digest = hashlib.sha256()
    for name in _files():
        path = ROOT / name
        inside = path.is_relative_to(out)
        if inside or name.split("/")[0] in APART or name.endswith((".md", ".pyc")) or not path.is_file():
            continue
        digest.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files() -> list[str]:
    """As git has them, with new ones and without those that it ignores; all, where there is no repository."""
    argv = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        done = None
    if done is not None and done.returncode == 0:
        return sorted(set(done.stdout.split("\0")) - {""})
    found: list[str] = []
    for top in sorted(ROOT.iterdir()):
        if top.name not in APART:
            paths = sorted(top.rglob("*")) if top.is_dir() else [top]
            found += [str(path.relative_to(ROOT)) for path in paths if path.is_file()]
    return found


def write_record(folder: Path, status: str, made_with: Mapping[str, Any], tree: Mapping[str, Any]) -> None:
    content = {"status": status, "options": dict(made_with), "tree": dict(tree)}
    output = OutputFolder(folder, ())
    output.stage_bytes(RECORD, (json.dumps(content, indent=1) + "\n").encode())
    output.commit_files()


def read_record(folder: Path) -> dict[str, Any] | None:
    """None if there is none that can be read."""
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return content if isinstance(content["status"], str) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_current(folder: Path, made_with: Mapping[str, Any], tree: Mapping[str, Any]) -> bool:
    """Whether the cell in `folder` ended well, of this state of the tree, with these options."""
    record = read_record(folder)
    if record is None or record["status"] != OK:
        return False
    if record.get("options") != dict(made_with) or record.get("tree") != dict(tree):
        return False
    if made_with["traced"] and not (folder / "trace.pftrace").is_file():
        return False
    try:
        content = load.load(folder)
    except load.ResultsError:
        return False
    return all(bench["status"] == "ok" for bench in content["benches"])


def current(cells: Sequence[Cell], options: argparse.Namespace, tree: Mapping[str, Any]) -> list[bool]:
    """For each cell whether it is there already and need not run."""
    if options.again:
        return [False] * len(cells)
    return [is_current(options.out / CELLS / cell.folder, facts(cell, options), tree) for cell in cells]


def collect(out: Path, plan: Plan, lost: Mapping[str, str] | None = None) -> Plan:
    """Puts how every cell ended into the plan, and that into `out`.

    `lost` says of cells that left no record why that is; any other without one is still to come.
    """
    for cell in plan.cells:
        record = read_record(out / CELLS / cell.folder)
        missing = (lost or {}).get(cell.folder)
        cell.status = record["status"] if record else f"failed: {missing}" if missing else comparison.PENDING
    write_plan(out, plan)
    return plan


def write_plan(out: Path, plan: Plan) -> None:
    output = OutputFolder(out, ())
    output.stage_bytes(PLAN, plan.to_json())
    output.commit_files()
