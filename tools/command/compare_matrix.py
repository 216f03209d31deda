"""Runs the cells of a comparison: describes them to Snakemake, and tells how far it is.

All that Snakemake needs and leaves is in a folder of build/compare. What a cell gives is in the folder of the
comparison. Which cells have ended is read there, so it makes no difference where they ran.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from analysis.comparison import CELLS, OK, Plan
from tools.command import compare_records, compare_times
from tools.command.compare_plan import Cell
from tools.command.compare_times import Estimate, Kind, Times
from tools.command.output import WHOLE_SET
from tools.command.qemu import FEW_CORES
from tools.command.say import BUILD, ROOT, Progress, UserError, file_error, note, shown

SNAKEFILE = ROOT / "tools" / "matrix" / "Snakefile"
LOOK_SECONDS = 0.2
MEMORY_MB = 1800
"""Of a job: the machine's memory, and the emulator's own; twice as much for many cores."""
CELL_MINUTES = 60
_PR_SET_PDEATHSIG = 1


@dataclass
class Work:
    """The cells that must run, and what they need."""

    cells: Sequence[Cell]
    options: argparse.Namespace
    plan: Plan
    tree: Mapping[str, Any]
    times: Times = field(default_factory=Times)

    @property
    def one_by_one(self) -> bool:
        """On this machine emulators that follow its clock disturb each other, and a board is one."""
        return bool(self.options.serial) or (self.options.mode == "realtime" and not self.options.profile)

    @property
    def parallel(self) -> int:
        return self.options.jobs or len(os.sched_getaffinity(0))

    @property
    def builds(self) -> dict[str, dict[str, Any]]:
        """By the names of their folders; cells of one configuration share one."""
        every = [cell.configuration(self.options) for cell in self.cells]
        return {configuration.folder.name: asdict(configuration) for configuration in every}

    def kind(self, cell: Cell) -> Kind:
        return Kind(self.options.platform, self.options.mode, cell.cores, cell.suites, cell.traced)

    def estimate(self, cells: Sequence[Cell], builds: int) -> Estimate:
        kinds = [self.kind(cell) for cell in cells]
        return compare_times.estimate(self.times, builds, kinds, self.parallel, self.one_by_one)

    def left(self, cells: Sequence[Cell], built: set[str]) -> float:
        """Seconds that the cells still need, by what was measured until now."""
        needed = {cell.configuration(self.options).folder.name for cell in cells} - built
        return self.estimate(cells, len(needed)).seconds


def place_of(out: Path) -> Path:
    """Where the workflow for the output folder `out` lives."""
    mark = hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:8]
    return BUILD / "compare" / f"{out.name}-{mark}"


def run(work: Work) -> dict[str, str]:
    """Runs the cells. Gives why, for those that left no record of how they ended."""
    place = place_of(work.options.out)
    try:
        with _hold(place):
            description = _prepare(work, place)
            status = _follow(work, place, _start(work, place, description))
    except OSError as error:
        raise file_error(error, f"preparing the matrix in {shown(place)}") from error
    return _lost(work, place, status)


def _hold(place: Path) -> IO[str]:
    place.mkdir(parents=True, exist_ok=True)
    lock = (place / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError("Another ./lantern compare is working in this output folder.") from None
    return lock


def _prepare(work: Work, place: Path) -> str:
    """Removes what is left of these cells, and writes what Snakemake and its jobs have to know."""
    for left in ("builds", "logs", "cache"):  # the last has copies of the workflow, old ones too
        shutil.rmtree(place / left, ignore_errors=True)
    (place / "collected").unlink(missing_ok=True)
    out = work.options.out.resolve()
    cells = {}
    for cell in work.cells:
        folder = out / CELLS / cell.folder
        for name in (compare_records.RECORD, *WHOLE_SET):
            (folder / name).unlink(missing_ok=True)
        cells[cell.folder] = {
            "build": cell.configuration(work.options).folder.name,
            "made_with": compare_records.facts(cell, work.options),
            "record": str(folder / compare_records.RECORD),
        }
    builds = work.builds
    cores = max(cell.cores for cell in work.cells)
    alone = work.one_by_one and not work.options.serial
    on_node = cores + 1 if work.options.mode == "realtime" else 1
    matrix = {
        "out": str(out),
        "python": sys.executable,
        "program": str(ROOT / "tools" / "command" / "compare_job.py"),
        "tree": dict(work.tree),
        "timeout": work.options.timeout,
        "plan": json.loads(work.plan.to_json()),
        "builds": builds,
        "cells": cells,
        "build_threads": max(1, work.parallel // len(builds)),
        "cell_threads": work.parallel if alone else on_node if work.options.profile else 1,
        "memory_mb": MEMORY_MB * (2 if cores > FEW_CORES else 1),
        "minutes": CELL_MINUTES,
    }
    description = place / "matrix.json"
    description.write_text(json.dumps(matrix, indent=1) + "\n", encoding="utf-8")
    return str(description)


def _arguments(work: Work, place: Path, description: str) -> list[str]:
    argv = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), "--directory", str(place)]
    argv += ["--config", f"matrix={description}", "--keep-going", "--nolock", "--ignore-incomplete"]
    argv += ["--drop-metadata", "--rerun-triggers", "mtime", "--scheduler", "greedy", "--nocolor"]
    argv += ["--runtime-source-cache-path", str(place / "cache"), "--workflow-profile", "none"]
    if work.options.profile:
        argv += ["--profile", str(work.options.profile.resolve())]
    else:
        argv += ["--cores", str(work.parallel)]
    if work.one_by_one:
        argv += ["--resources", "machines=1"]
    return [*argv, "--", "collect"]


def _start(work: Work, place: Path, description: str) -> subprocess.Popen[bytes]:
    """Snakemake, in a session of its own. It ends with this process, and its jobs with it."""
    farewell = signal.SIGINT if work.options.profile else signal.SIGKILL
    home = {name: str(place / "home") for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    env = {**os.environ, **home}
    env.pop("SNAKEMAKE_PROFILE", None)
    with (place / "snakemake.log").open("wb") as log:
        return subprocess.Popen(
            _arguments(work, place, description),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, farewell),
            env=env,
            cwd=ROOT,
        )


def _follow(work: Work, place: Path, snakemake: subprocess.Popen[bytes]) -> int:
    """Tells what goes on until it is over; gives Snakemake's status."""
    waiting = {cell.folder: cell for cell in work.cells}
    total = len(waiting)
    try:
        with Progress(f"running {total} cells") as progress:
            while True:
                status = snakemake.poll()
                for cell in [cell for cell in waiting.values() if _has_ended(work, cell)]:
                    del waiting[cell.folder]
                    _tell(work, cell, progress, f"{total - len(waiting)} of {total}")
                if status is not None:
                    return status
                progress.update(_state(work, place, list(waiting.values()), total))
                time.sleep(LOOK_SECONDS)
    except BaseException:
        _stop(snakemake, gently=work.options.profile is not None)
        raise


def _has_ended(work: Work, cell: Cell) -> bool:
    return (work.options.out / CELLS / cell.folder / compare_records.RECORD).exists()


def _tell(work: Work, cell: Cell, progress: Progress, count: str) -> None:
    """A line for a cell that has ended."""
    record = compare_records.read_record(work.options.out / CELLS / cell.folder)
    status = record["status"] if record else "failed: its record cannot be read."
    progress.clear()
    note(f"cell {count}, {cell.label}: {'done.' if status == OK else status}")


def _state(work: Work, place: Path, waiting: Sequence[Cell], total: int) -> str:
    work.times = Times()
    built = {path.stem for path in (place / "builds").glob("*.json")}
    left = compare_times.duration(work.left(waiting, built))
    logs = [log for log in (place / "logs").glob("*.log") if _is_running(log, waiting, built)]
    now = max(logs, key=lambda log: log.stat().st_mtime, default=None)
    doing = f"; {_last_words(now)}" if now else ""
    return f"{total - len(waiting)} of {total} done, about {left} left{doing}"


def _is_running(log: Path, waiting: Sequence[Cell], built: set[str]) -> bool:
    kind, _, name = log.stem.partition("-")
    return name not in built if kind == "build" else any(cell.folder == name for cell in waiting)


def _last_words(log: Path) -> str:
    """What a job last said, with the name of its cell or build."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = lines[-1].removeprefix("lantern: ") if lines else "begun"
    return f"{log.stem.partition('-')[2]}: {said}"


def _stop(snakemake: subprocess.Popen[bytes], gently: bool) -> None:
    """Ends it with its jobs; on a cluster it needs time to cancel them."""

    def signal_all(number: int) -> None:
        try:
            os.killpg(snakemake.pid, number)
        except ProcessLookupError:
            pass

    if gently:
        note("cancelling the jobs on the cluster ...")
        snakemake.send_signal(signal.SIGINT)
        try:
            snakemake.wait(60)
        except subprocess.TimeoutExpired:
            pass
    signal_all(signal.SIGKILL)
    snakemake.wait()


def _lost(work: Work, place: Path, status: int) -> dict[str, str]:
    """Why, for each cell that left no record. If none at all has run, that is one error."""
    missing = [cell for cell in work.cells if not _has_ended(work, cell)]
    if not missing:
        return {}
    log = place / "snakemake.log"
    text = log.read_text(encoding="utf-8", errors="replace")
    if "No space left on device" in text:
        raise UserError("The disk is full; what has ended is kept. Make room, and call it again.")
    if len(missing) == len(work.cells) and not list((place / "logs").glob("*.log")):
        said = f": {_complaint(text)}" if _complaint(text) else "."
        raise UserError(f"Snakemake ran no job (status {status}; its log is {shown(log)}){said}")
    return {cell.folder: _why_lost(place, cell, shown(log)) for cell in missing}


def _why_lost(place: Path, cell: Cell, log: str) -> str:
    own = place / "logs" / f"cell-{cell.folder}.log"
    if own.exists():
        return f"its job ended before it could say how; the last of it was: {_last_words(own)}"
    return f"its job never began; see {log}"


def _complaint(text: str) -> str:
    """What Snakemake objects to, in its own words."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    at = next((at for at, line in enumerate(lines) if "Error" in line or "error:" in line), None)
    if at is None:
        return lines[-1] if lines else ""
    return " ".join(lines[at : at + 2])
