"""./lantern soak: boots a test domain that lasts in a debug build, and keeps what it said and its trace."""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Sequence

from tools.command import board, symbols
from tools.command.build import Configuration, Image, build
from tools.command.machine import Run, boot_image
from tools.command.options import common_words
from tools.command.output import OutputFolder
from tools.command.qemu import Target
from tools.command.say import Progress, UserError, info, note, shown
from tools.command.soak_kinds import Kind, Threads, kind_of, repeat_words
from trace import checker, perfetto_writer
from trace.items import Item, Text
from trace.recording import Recording
from trace.summary import Summary, shown_time

TRACED = Threads.traced
OUTPUT = ("console.log", "trace.pftrace")
LINES_SHOWN = 25
"""Of the end of the console, if the soak failed."""
_PROGRESS = re.compile(r"(?:soak|processes): (\d+) of (\d+)( million)?\s")


def run(options: argparse.Namespace) -> int:
    chosen = [f"--{name}" for name in ("famine", "domains", "processes", "cores") if getattr(options, name)]
    if len(chosen) > 1:
        raise UserError(f"{' and '.join(chosen)} are different soaks: choose one.")
    output = OutputFolder(options.out, OUTPUT)
    kind = kind_of(options)
    options.slice_us = options.slice_us or kind.slice_us
    trace = kind.traced if options.trace else "none"
    image = build(Configuration(options.platform, trace, options.debug, options.variant))
    done = boot(options, image)
    output.stage_bytes("console.log", console_log(done).encode("utf-8", "replace"))
    complaints = kind.complaints(done.console)
    if options.trace:
        complaints += write_trace(output, done, "board" if options.serial else options.mode, kind)
    output.commit()
    passed = done.ok and not complaints
    for sentence in told(kind, done.console, done.recording.hello.get("variant", "")):
        info(sentence)
    for complaint in complaints:
        note(complaint)
    info(f"written: {shown(output.path)}")
    info(f"to repeat: {command_line(options)}")
    info(f"the soak {'passed' if passed else 'failed'}.")
    return 0 if passed else 1


def boot(options: argparse.Namespace, image: Image) -> Run:
    """The boot, with a live line of how far it is. Ctrl-C ends it and everything."""
    append = kernel_words(options)
    with Progress("soaking") as progress:
        text = ""

        def watch(items: list[Item]) -> None:
            nonlocal text
            text += "".join(item.text for item in items if isinstance(item, Text))
            for found in _PROGRESS.finditer(text):
                progress.update(f"{found[1]} of {found[2]}{found[3] or ''} done")
            text = text.rpartition("\n")[2]

        if options.serial:
            done = board.listen(options, image, append, progress, watch)
        else:
            target = Target(options.platform, options.smp, options.mode, options.cpu)
            done = boot_image(image, target, append, timeout=options.timeout or 120.0, watch=watch)
    if not done.ok:
        for line in done.annotated_console.rstrip().splitlines()[-LINES_SHOWN:]:
            info(line)
        note(done.why)
        for line in symbols.explain_panic(image, done.recording.panic.values) if done.recording.panic else []:
            note(line)
    for sentence in done.recording.report.sentences():
        note(sentence)
    return done


def kernel_words(options: argparse.Namespace) -> str:
    """The kernel's command line."""
    words = kind_of(options).words(options)
    return f"mode=test {words} slice_us={options.slice_us} {options.append}".strip()


def command_line(options: argparse.Namespace) -> str:
    """The call that does the same again."""
    words = [f"--seed {options.seed}", f"--millions {options.millions}", f"--slice-us {options.slice_us}"]
    words += [*repeat_words(options), *(["--trace"] if options.trace else [])]
    return " ".join(["./lantern soak", *words, *common_words(options)])


def told(kind: Kind, console: str, variant: str) -> Sequence[str]:
    """What the soak itself says that it did; nothing if it came to no end."""
    sentences = kind.told(console)
    return sentences + ([f"variant: {variant}"] if sentences and variant else [])


def console_log(done: Run) -> str:
    text = done.annotated_console
    return f"==== {' '.join(done.command)}\n{text}" + ("" if text.endswith("\n") or not text else "\n")


def write_trace(output: OutputFolder, done: Run, mode: str, kind: Kind) -> list[str]:
    """Writes, checks and sums up the trace; gives what is wrong with it."""
    buffer = io.BytesIO()
    with Progress("writing the trace") as progress:
        perfetto_writer.write(done.recording, buffer, mode, progress.update)
        data = buffer.getvalue()
        output.stage_bytes("trace.pftrace", data)
        progress.stage("checking the trace")
        found = checker.check(data, progress.update)
    info(trace_line(found.summary, done.recording, kind.domain))
    return [f"The trace is not sound: {found.problems[0]}"] if found.problems else []


def trace_line(summary: Summary, recording: Recording, name: str) -> str:
    """What the trace holds, in a line."""
    parts = []
    pids = [domain.pid for domain in recording.domains.values() if domain.name == name]
    parts.append(f"{sum(summary.threads.get(pid, 1) for pid in pids)} threads")
    for slice_name, noun in (("paging.fault", "faults"), ("sync.wait", "waits")):
        total = summary.totals.get(slice_name)
        longest = f" (longest {shown_time(total.longest)})" if total else ""
        parts.append(f"{total.count if total else 0} {noun}{longest}")
    parts.append(f"{recording.events} events, {summary.lost} dropped")
    return f"trace: {', '.join(parts)}"
