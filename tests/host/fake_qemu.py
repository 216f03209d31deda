#!/usr/bin/env python3
"""Stands in for QEMU in the tests of ./lantern: sends a synthetic boot over standard output.

FAKE_QEMU names the behaviour. Whether tracing is compiled in is told by the folder of the image.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scenario import Scenario, round_trips, start  # noqa: E402

from trace.declaration import load  # noqa: E402

BENCHES = [
    (1, "lmp.round_trip", "words=8", "cycles", 400),
    (2, "lmp.one_way", "", "cycles", 190),
    (3, "caps.copy", "type=frame", "cycles", 900),
    (4, "boot.init", "", "ns", 700_000),
    (5, "boot.memory", "", "ns", 120_000),
]


def send(data: bytes | bytearray) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def benches(scenario: Scenario, traced: bool, behaviour: str) -> None:
    """Plans, samples and ends, and in a traced boot the records between them."""
    writer = scenario.writer
    rows = [*BENCHES, (6, "trace.point", "", "cycles", 12)] if traced else BENCHES
    for number, name, params, unit, _ in rows:
        writer.bench("plan", bench=number, name=name, params=params, unit=unit)
    for number, name, _, _, typical in rows:
        rng = random.Random(f"{number} {traced} {os.getpid() if behaviour == 'unsteady' else 0}")
        writer.bench("begin", bench=number, repetitions=100)
        if behaviour == "kill" and number == 2:
            writer.text("halfway there\r\n")
            send(writer.out)
            os.kill(os.getpid(), signal.SIGKILL)
        if behaviour == "panic" and number == 2:
            writer.text("panic: the scheduler lost itself\r\n")
            writer.panic(reason="the scheduler lost itself", core=1, pc="0x1000", backtrace="0x1000 0x1010")
            return
        if traced:
            round_trips(scenario, 0, 20, rng, number * 1000)
            scenario.flush(0)
        samples = [typical + 60 * traced + rng.randrange(9) for _ in range(100)]
        writer.samples(number, 0, samples[:60])
        writer.samples(number, 60, samples[60:])
        status = "failed: the answer was wrong" if behaviour == "fail" and number == 2 else "ok"
        writer.bench("end", bench=number, status=status, overhead=7, n=100)
        if name in ("lmp.one_way", "caps.copy"):
            writer.bench("suite", name=name.partition(".")[0], status="ok")
    writer.bench("done")


def main() -> None:
    if "--version" in sys.argv:
        print("QEMU emulator version 10.0.2 (stands in)")
        return
    behaviour = os.environ.get("FAKE_QEMU", "ok")
    image = Path(sys.argv[sys.argv.index("-kernel") + 1])
    traced = "-all" in image.parent.name
    if behaviour == "refuse":
        print("qemu-system-aarch64: could not load kernel", file=sys.stderr)
        sys.exit(1)
    words = sys.argv[sys.argv.index("-append") + 1].split()
    if "mode=run" in words:
        shell()
        return
    if "test=swarm" in words:
        swarm(words, behaviour)
        return
    if "test=soak" in words:
        soak(words, "threads" in image.parent.name, behaviour)
        return
    cores = int(sys.argv[sys.argv.index("-smp") + 1])
    declaration = load()
    wrong = "0123456789abcdef" if behaviour == "stranger" else None
    scenario = start(
        cores, declaration_hash=wrong, declaration=declaration, trace="all" if traced else "none"
    )
    if not traced:
        scenario.pending.clear()
    if behaviour == "refuse_words":
        scenario.writer.text("init: there is no word frob\r\n")
        scenario.writer.end(2)
        send(scenario.bytes)
        return
    if behaviour == "silent":
        scenario.writer.text("waiting for nothing\r\n")
        send(scenario.bytes)
        time.sleep(60)
    benches(scenario, traced, behaviour)
    for core in range(cores):
        scenario.flush(core)
    if behaviour == "noise":
        scenario.writer.out += b"\x00\x01\xff\xfe noise \x00"
    if behaviour not in ("panic", "no_end"):
        scenario.writer.clock(max(scenario.now.values()) + 100, 12)
        scenario.writer.end(1 if behaviour == "bad_end" else 0)
    send(scenario.bytes)


def soak(words: list[str], traced: bool, behaviour: str) -> None:
    """A soak of two threads, of which each faults and waits once; its console tells the kernel's words."""
    scenario = start(declaration=load(), trace="threads" if traced else "none")
    scenario.pending.clear()
    scenario.writer.domain(9, "soak", 9)
    scenario.writer.text(f"called: {' '.join(words)}\r\nsoak: 500 of 1000 million cycles\r\n")
    if traced:
        scenario.event(0, "dispatch.switch", dispatcher=9, previous_runnable=1)
        for thread in (2, 3):
            scenario.event(0, "threads.switch", **{"from": thread - 1, "to": thread})
            scenario.event(0, "paging.fault_begin", address=0x1000, kind=1)
            scenario.event(0, "paging.fault_end", mapped=1)
            scenario.event(0, "sync.wait_begin", lock=0x2000, kind=0)
            scenario.event(0, "sync.wait_end", lock=0x2000)
            scenario.event(0, "mm.free_memory", free=0)
        scenario.flush(0)
        if behaviour == "loses":
            scenario.writer.drop(0, 4)
            scenario.event(0, "mm.free_memory", free=4096)
            scenario.flush(0)
    bad = behaviour == "bad_end"
    famines = 2 * ("how=famine" in words)
    scenario.writer.text(
        "soak: 4096 bytes are missing: FAILED\r\n"
        if bad
        else f"soak: 7000 actions, {20 * famines} refused, {famines} famines\r\n"
    )
    scenario.writer.end(1 if bad else 0)
    send(scenario.bytes)


def swarm(words: list[str], behaviour: str) -> None:
    """A soak of domains, of which two write lines; a bad one mixes them up and leaves one out."""
    scenario = start(declaration=load(), trace="none")
    scenario.pending.clear()
    writer = scenario.writer
    writer.text(f"called: {' '.join(words)}\r\nsoak: 500 of 1000 million\r\n")
    for number in (1, 3) if behaviour == "bad_end" else (1, 2):
        writer.text(f"swarm member 4, process 11: line {number}.\r\n")
    broken = "swarm memb" if behaviour == "bad_end" else ""
    writer.text(f"{broken}swarm member 5, process 12: line 1.\r\n")
    writer.text("soak: 9000 calls, 70 processes, 5 killed, 65 ended by themselves\r\n")
    writer.end(0)
    send(scenario.bytes)


def shell() -> None:
    """A shell that echoes lines, and ends on `exit`."""
    scenario = start(declaration=load())
    scenario.writer.text("$ ")
    send(scenario.bytes)
    line = b""
    while True:
        key = os.read(0, 1)
        if not key:
            time.sleep(60)
        if key != b"\r":
            line += key
            send(key)
            continue
        if line == b"fault":
            send(b"\r\nfault: domain=bench pc=0x1000 backtrace=0x1000 0x1010\r\n$ ")
        elif line == b"exit":
            before = len(scenario.writer.out)
            scenario.writer.end()
            send(b"\r\nbye\r\n" + scenario.writer.out[before:])
            return
        else:
            send(b"\r\nyou said " + line + b"\r\n$ ")
        line = b""


if __name__ == "__main__":
    main()
