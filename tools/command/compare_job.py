"""What one job of the workflow of ./lantern compare does: a build, a cell, or the collecting of the cells.

Called by Snakemake (tools/matrix/Snakefile), on this machine or a node of a cluster. A job ends well if it
could write how its work ended, and a failure is one of the ways.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
PARENT = "LANTERN_MATRIX_PROCESS"


def _end_with_parent() -> None:
    """Whatever ends Snakemake ends its jobs; before all else, for the rest takes a while to load."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(os.environ.get(PARENT, os.getppid())):
        sys.exit(1)


if __name__ == "__main__":
    _end_with_parent()
sys.path[0] = str(Path(__file__).resolve().parents[2])

from analysis import comparison  # noqa: E402
from analysis.comparison import OK  # noqa: E402
from tools.command import bench_command, compare_records, results  # noqa: E402
from tools.command.bench_command import Boots  # noqa: E402
from tools.command.build import Configuration, Image, build  # noqa: E402
from tools.command.compare_times import Kind, Times  # noqa: E402
from tools.command.machine import Run  # noqa: E402
from tools.command.output import OutputFolder  # noqa: E402
from tools.command.say import Progress, UserError, file_error, note  # noqa: E402

Matrix = dict[str, Any]


def main(argv: Sequence[str]) -> int:
    """`build`, `cell` or `collect`, the file that describes the matrix, and the name of the build or cell."""
    kind, description, *names = argv
    place = Path(description).parent
    matrix = json.loads(Path(description).read_text(encoding="utf-8"))
    try:
        _speak_into(place / "logs" / f"{kind}-{names[0] if names else 'all'}.log")
        if kind == "build":
            _build(matrix, place, names[0])
        elif kind == "cell":
            _cell(matrix, place, names[0])
        else:
            compare_records.collect(Path(matrix["out"]), comparison.Plan.of(matrix["plan"]))
            (place / "collected").touch()
    except UserError as error:
        note(str(error))
        return 1
    except OSError as error:
        note(str(file_error(error, "writing how a job ended")))
        return 1
    return 0


def _speak_into(log: Path) -> None:
    """What this job says is read from there by who started the comparison."""
    log.parent.mkdir(parents=True, exist_ok=True)
    stream = log.open("w", encoding="utf-8")
    os.dup2(stream.fileno(), 1)
    os.dup2(stream.fileno(), 2)


def _build(matrix: Matrix, place: Path, name: str) -> None:
    begun = time.monotonic()
    chosen = matrix["builds"][name]
    status = OK
    try:
        if compare_records.tree_state(Path(matrix["out"])) != matrix["tree"]:
            raise UserError("Files of the tree were changed while the comparison ran; call it again.")
        build(Configuration(**chosen), parallel=matrix["build_threads"])
        Times().add("build", time.monotonic() - begun)
    except UserError as error:
        status = f"failed: {error}"
    output = OutputFolder(place / "builds", ())
    output.stage_bytes(f"{name}.json", json.dumps({"status": status}).encode())
    output.commit_files()


def _cell(matrix: Matrix, place: Path, name: str) -> None:
    cell = matrix["cells"][name]
    made_with = cell["made_with"]
    folder = Path(matrix["out"]) / comparison.CELLS / name
    built = json.loads((place / "builds" / f"{cell['build']}.json").read_text(encoding="utf-8"))
    status = built["status"]
    if status == OK:
        image = Image(Configuration(**matrix["builds"][cell["build"]]).folder, made_with["platform"])
        try:
            status = _run(_options(matrix, made_with, folder), image, matrix["tree"])
        except UserError as error:
            status = f"failed: {error}"
    compare_records.write_record(folder, status, made_with, matrix["tree"])


def _options(matrix: Matrix, made_with: dict[str, Any], folder: Path) -> argparse.Namespace:
    """As if `./lantern bench` had been called for the cell."""
    own = {"smp": made_with["cores"], "timeout": matrix["timeout"], "out": folder, "repeat": 1}
    return argparse.Namespace(**{**made_with, **own, "command": "bench", "unattended": True})


def _run(options: argparse.Namespace, image: Image, tree: dict[str, Any]) -> str:
    """One boot, into the cell's own folder; gives the status."""
    begun = time.monotonic()
    run = bench_command.plain_boots(options, image, 1)[0]
    rows = results.all_rows([run], None)
    content = results.results(
        [run],
        None,
        "board" if options.serial else options.mode,
        rows,
        platform=options.platform,
        cores=options.smp,
        cpu=options.cpu,
        variant=options.variant,
        git={"rev": tree["rev"], "dirty": tree["dirty"]},
    )
    results.checked(content)
    output = OutputFolder(options.out)
    output.stage_bytes("results.json", results.to_json(content))
    boots = Boots([], run) if options.traced else Boots([run])
    output.stage_bytes("console.log", bench_command.console_log(boots).encode("utf-8", "replace"))
    complaints: list[str] = []
    if options.traced:
        with Progress("writing the trace") as progress:
            complaints = bench_command.write_trace(output, run, content["mode"], progress)
    output.commit()
    why = _why(run, rows, [*complaints, *bench_command.shortcomings(rows, options.suites, [run])])
    if not why:
        kind = Kind(options.platform, options.mode, options.smp, tuple(options.suites), options.traced)
        Times().add(kind.key, time.monotonic() - begun)
    return f"failed: {why}" if why else OK


def _why(run: Run, rows: Sequence[results.Row], complaints: Sequence[str]) -> str:
    """The first thing that went wrong, in a sentence; "" if nothing did."""
    if not run.ok:
        return run.why
    failed = [row for row in rows if row["status"] != "ok"]
    if failed:
        return f"{len(failed)} of {len(rows)} rows failed, the first is {failed[0]['name']}."
    return next(iter(complaints), "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
