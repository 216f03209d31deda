"""./lantern report: one page with every table and plot of results folders."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from analysis.report import build, render, sources
from tools.command.output import OutputFolder
from tools.command.say import Progress, UserError, info, note, shown

PAGE = "report.html"


def run(options: argparse.Namespace) -> int:
    folders = options.folders or [Path("results/latest")]
    out = options.out or (folders[0] if len(folders) == 1 else Path("results")) / PAGE
    written = write_report(folders, out, options.markdown)
    for path in written:
        if path.suffix in (".html", ".md"):
            info(f"written: {shown(path)} ({path.stat().st_size / 1e6:.1f} MB)")
    return 0


def write_report(folders: Sequence[Path], out: Path, markdown: bool = True) -> list[Path]:
    """Writes the page `out` about output folders of bench runs and comparisons, with `plots/` beside it, and
    as Markdown under the same name too; gives every path, the page first.

    A folder that has nothing readable in it is a warning in the report and a note; raises UserError if none
    has anything.
    """
    read = [sources.read(folder) for folder in folders]
    for source in read:
        for sentence in source.damaged:
            note(sentence)
    if not any(source.with_results for source in read):
        raise UserError(f"There are no results to report in {', '.join(shown(f) for f in folders)}.")
    output = OutputFolder(out.parent, ())
    command = " ".join(["./lantern report", *(shown(folder) for folder in folders)])
    with Progress("drawing plots") as progress:
        built = build.build(read, out, command, progress.update)
        progress.stage("writing the report")
        written = [out]
        output.stage_bytes(out.name, render.html(built.report).encode())
        if markdown:
            written.append(out.with_suffix(".md"))
            output.stage_bytes(written[-1].name, render.markdown(built.report).encode())
        for name, data in built.plots:
            output.stage_bytes(str(name), data)
            written.append(out.parent / name)
        output.commit()
    return written
