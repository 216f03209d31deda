"""./lantern bench: builds, boots without and with tracing, and writes results, trace, console and plots."""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.load import mode_sentence
from tools.command import board, results, symbols
from tools.command.build import Configuration, Image, build
from tools.command.machine import Ending, Run, boot_image
from tools.command.options import common_words
from tools.command.output import OutputFolder
from tools.command.qemu import Target
from tools.command.say import ROOT, Progress, UserError, info, note, shown
from tools.command.table import table
from trace import checker, perfetto_writer
from trace.items import Bench, Item

PLAIN, TRACED = "none", "all"


@dataclass
class Boots:
    plain: list[Run]
    traced: Run | None = None

    @property
    def all(self) -> list[Run]:
        return [*self.plain, *([self.traced] if self.traced else [])]


def run(options: argparse.Namespace) -> int:
    known_suites(options.suites)
    output = OutputFolder(options.out)
    configurations = [
        Configuration(options.platform, trace, options.debug, options.variant) for trace in (PLAIN, TRACED)
    ]
    plain = build(configurations[0], "building image 1 of 2")
    traced = build(configurations[1], "building image 2 of 2")
    total = options.repeat + 1
    boots = Boots(plain_boots(options, plain, total))
    if boots.plain[-1].ending is Ending.END:
        boots.traced = boot(options, traced, f"boot {total} of {total}, traced")
    return finish(options, output, boots)


def plain_boots(options: argparse.Namespace, image: Image, total: int, stage: str = "") -> list[Run]:
    """The boots that figures come from, up to the first that does not reach its end."""
    runs: list[Run] = []
    for number in range(1, options.repeat + 1):
        runs.append(boot(options, image, f"{stage}boot {number} of {total}, plain"))
        last = runs[-1]
        if last.ending is Ending.END and last.status and not last.benches:
            raise UserError("The machine refused to run, and nothing was written.")
        if last.ending is not Ending.END:
            break
    return runs


def suite_menu() -> list[str]:
    """Every suite: a file in bench/."""
    return sorted(path.stem for path in (ROOT / "bench").glob("*.c"))


def known_suites(suites: Sequence[str]) -> None:
    """Refuses an unknown suite before anything is built."""
    menu = suite_menu()
    unknown = [suite for suite in suites if menu and suite not in menu]
    if unknown:
        raise UserError(f"There is no bench suite {unknown[0]!r}; the suites are {', '.join(menu)}.", 2)


def boot(options: argparse.Namespace, image: Image, stage: str) -> Run:
    """One boot with a live line of what runs. Ctrl-C ends it and everything."""
    append = f"mode=bench suites={','.join(options.suites) or 'all'} {options.append}".strip()
    with Progress(stage) as progress:
        names: dict[str, str] = {}
        ended = 0

        def watch(items: list[Item]) -> None:
            nonlocal ended
            for values in (item.values for item in items if isinstance(item, Bench)):
                bench, event = values.get("bench", ""), values.get("event")
                if event == "plan":
                    names[bench] = values.get("name", "")
                ended += event == "end"
                current = f", {names.get(bench, '')}" if event == "begin" else ""
                progress.update(f"{ended} of {len(names)} benches done{current}")

        if options.serial and getattr(options, "unattended", False):
            done = board.load_and_listen(options, image, append, progress, watch)
        elif options.serial:
            done = board.listen(options, image, append, progress, watch)
        else:
            target = Target(options.platform, options.smp, options.mode, options.cpu)
            done = boot_image(image, target, append, timeout=options.timeout or 120.0, watch=watch)
    if not done.ok:
        note(done.why)
        for line in symbols.explain_panic(image, done.recording.panic.values) if done.recording.panic else []:
            note(line)
    return done


@dataclass
class Written:
    """What the output folder got."""

    content: dict[str, Any]
    complaints: list[str]


def finish(options: argparse.Namespace, output: OutputFolder, boots: Boots) -> int:
    """Writes the output folder, prints the table, and judges."""
    written = write(options, output, boots)
    info(table(written.content["benches"], written.content["clock"]["cycle_is"]))
    info(mode_sentence(written.content))
    return judge(options, output, boots, written)


def write(options: argparse.Namespace, output: OutputFolder, boots: Boots) -> Written:
    """Writes the output folder."""
    from analysis import plots  # only where something is drawn: what it needs is slow to load

    mode = "board" if options.serial else options.mode
    rows = results.all_rows(boots.plain, boots.traced)
    content = results.results(
        boots.plain,
        boots.traced,
        mode,
        rows,
        platform=options.platform,
        cores=options.smp,
        cpu=options.cpu,
        variant=options.variant,
    )
    results.checked(content)
    complaints: list[str] = []
    with Progress("writing results") as progress:
        output.stage_bytes("results.json", results.to_json(content))
        output.stage_bytes("console.log", console_log(boots).encode("utf-8", "replace"))
        if boots.traced is not None:
            progress.stage("writing the trace")
            complaints += write_trace(output, boots.traced, mode, progress)
        progress.stage("drawing plots")
        for name, data in plots.draw(content, command_line(options), progress.update):
            output.stage_bytes(f"plots/{name}", data)
        output.commit()
    return Written(content, complaints)


def command_line(options: argparse.Namespace) -> str:
    """The call that makes these results again, without what is default anyway."""
    return " ".join(["./lantern bench", *options.suites, *common_words(options)])


def console_log(boots: Boots) -> str:
    """Every boot's console, each under a heading."""
    parts = []
    for number, run in enumerate(boots.all, 1):
        kind = "with tracing" if run is boots.traced else "plain"
        parts.append(f"==== boot {number}, {kind}: {' '.join(run.command)}\n")
        text = run.annotated_console
        parts.append(text if text.endswith("\n") or not text else f"{text}\n")
        parts += [
            f"==== {sentence}\n" for sentence in [*filter(None, [run.why]), *run.recording.report.sentences()]
        ]
    return "".join(parts)


def write_trace(output: OutputFolder, run: Run, mode: str, progress: Progress) -> list[str]:
    """Writes and checks the trace; what the checker objects to is a fault of the system or of the writer."""
    buffer = io.BytesIO()
    problems = perfetto_writer.write(run.recording, buffer, mode, progress.update)
    data = buffer.getvalue()
    output.stage_bytes("trace.pftrace", data)
    progress.stage("checking the trace")
    found = checker.check(data, progress.update)
    return [f"The trace is not sound: {problem}" for problem in (*problems, *found.problems[:1])]


def judge(options: argparse.Namespace, output: OutputFolder, boots: Boots, written: Written) -> int:
    """Says what is worth knowing, and gives the exit status: 0 only if every suite finished."""
    rows = written.content["benches"]
    if len(boots.plain) > 1 and options.mode == "icount" and not options.serial:
        changed = results.differing(boots.plain)
        same = f"the {len(boots.plain)} plain boots gave the same samples"
        note(f"{same}." if not changed else f"samples differ between plain boots in {', '.join(changed)}.")
    for run in boots.all:
        for sentence in run.recording.report.sentences() if run.ok else []:
            note(sentence)
    failed = [r for r in rows if r["status"] != "ok"]
    complaints = [*written.complaints, *shortcomings(rows, options.suites, boots.all)]
    for complaint in complaints:
        note(complaint)
    info(f"written: {shown(output.path)}")
    if failed:
        note(f"{len(failed)} of {len(rows)} rows failed.")
    return 1 if failed or complaints or not all(run.ok for run in boots.all) else 0


def shortcomings(rows: Sequence[results.Row], suites: Sequence[str], runs: Sequence[Run]) -> list[str]:
    """What is missing without a failed row or boot that would say so."""
    found = [
        f"The machine ran no bench of the suite {suite!r}."
        for suite in suites
        if not any(row["name"].startswith(f"{suite}.") for row in rows)
    ]
    for run in runs:
        if run.ok and not run.recording.benches.done:
            found.append("A boot ended well without saying that all suites were over.")
    return found if rows else [*found, "No bench ran."]
