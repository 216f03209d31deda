"""./lantern report: one page with every table and plot of results folders."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis import load
from analysis.report import build, render, sources
from tools.command.output import OutputFolder
from tools.command.say import Progress, UserError, file_error, info, note, shown

SUFFIX = ".html"
PAGE = f"report{SUFFIX}"


def run(options: argparse.Namespace) -> int:
    folders = options.folders or [Path("results/latest")]
    out = options.out or (folders[0] if len(folders) == 1 else Path("results")) / PAGE
    if out.suffix != SUFFIX:
        raise UserError(f"The report is a page: --out {shown(out)} does not end in {SUFFIX}.", 2)
    for path in write_report(folders, out, options.markdown, note, links=not options.pack):
        if path.suffix in (".html", ".md"):
            info(f"written: {shown(path)} ({path.stat().st_size / 1e6:.1f} MB)")
    if options.pack:
        _pack(folders)
    return 0


def write_report(
    folders: Sequence[Path],
    out: Path,
    markdown: bool = True,
    tell: Callable[[str], None] = lambda sentence: None,
    links: bool = True,
) -> list[Path]:
    """Writes the page `out` about output folders of bench runs and comparisons, with `plots/` beside it, and
    as Markdown under the same name too; gives every path, the page first.

    `links` lead to the traces, which a folder that is kept packed has not. What cannot be read is a warning
    in the report, and `tell` is called with it. Raises UserError if there is nothing that can be read.
    """
    read = [sources.read(folder) for folder in folders]
    for source in read:
        for sentence in source.damaged:
            tell(sentence)
    if not any(source.with_results for source in read):
        raise UserError(f"There are no results to report in {', '.join(shown(f) for f in folders)}.")
    return write_report_of(read, out, markdown, links)


def write_report_of(
    read: Sequence[sources.Source], out: Path, markdown: bool = True, links: bool = True
) -> list[Path]:
    """As write_report(), about folders that have been read."""
    output = OutputFolder(out.parent, ())
    command = " ".join(["./lantern report", *(shown(source.folder) for source in read)])
    with Progress("drawing plots") as progress:
        built = build.build(read, out, command, progress.update, links)
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


def _pack(folders: Sequence[Path]) -> None:
    for folder in folders:
        try:
            with Progress(f"packing {shown(folder)}"):
                packed = load.pack(folder)
        except load.ResultsError as error:
            raise UserError(f"Nothing more is packed: {error}") from error
        except OSError as error:
            raise file_error(error, f"packing {shown(folder)}") from error
        info(f"packed: {len(packed)} files in {shown(folder)}")
