"""Synthetic boots: streams like those of the real system, with the truth of what they hold.

Used by the tests of the decoder, of the Perfetto writer, and by the machine that stands in for QEMU.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from stream_encoder import StreamWriter

from trace.declaration import Declaration, load

ROOT = Path(__file__).resolve().parents[2]
DECLARATION = load(
    Path(__file__).with_name("stream_points.toml"), Path(__file__).with_name("stream_interfaces")
)
DOMAINS = ((1, "init", 1), (2, "lmp_server", 2), (3, "bench", 3))


@dataclass
class Scenario:
    """One synthetic boot; `truth` has each core's records in order."""

    declaration: Declaration = DECLARATION
    writer: StreamWriter = field(default_factory=StreamWriter)
    truth: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    pending: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    now: dict[int, int] = field(default_factory=dict)

    @property
    def bytes(self) -> bytes:
        return bytes(self.writer.out)

    def event(self, core: int, name: str, after: int = 50, **values: int) -> None:
        if name not in self.declaration:
            return
        point = self.declaration.by_name(name)
        self.now[core] = self.now.get(core, 1000) + after
        self.pending.setdefault(core, []).append((self.now[core], point.number, point.encode(values)))

    def receive(self, receiver: int, flow: int, sender: int, after: int = 100) -> None:
        """A receipt from another core: its point has an argument that is called as a parameter of event()."""
        point = self.declaration.by_name("ump.receive")
        self.now[receiver] += after
        word = point.encode({"flow": flow, "core": sender})
        self.pending.setdefault(receiver, []).append((self.now[receiver], point.number, word))

    def flush(self, core: int) -> None:
        records = self.pending.pop(core, [])
        for start in range(0, len(records), 40):
            batch = records[start : start + 40]
            self.writer.records(core, batch)
            self.truth.setdefault(core, []).extend(batch)

    def drop(self, core: int) -> None:
        """What stands in the ring of `core` never leaves it."""
        self.writer.drop(core, len(self.pending.pop(core, [])))


def start(
    cores: int = 1,
    hello: bool = True,
    declaration_hash: str | None = None,
    declaration: Declaration = DECLARATION,
    late: int = 0,
    **values: object,
) -> Scenario:
    """Each core's cycle counter starts `late` cycles after that of the core before it."""
    scenario = Scenario(declaration)
    writer = scenario.writer
    writer.text("U-Boot 2024.01\r\nLanternfish starts\r\n")
    if hello:
        writer.hello(declaration_hash or declaration.hash, cores=cores, **values)
    for core in range(cores):
        for dispatcher, name, pid in DOMAINS:
            writer.domain(core * 16 + dispatcher, name, core * 16 + pid, core)
    for core in range(cores):
        scenario.event(core, "boot.clock", counter=(scenario.now.get(core, 1000) + 50 + core * late) // 125)
        scenario.event(core, "boot.milestone", stage=1)
        scenario.event(core, "dispatch.switch", dispatcher=core * 16 + 1, previous_runnable=0)
    return scenario


def round_trips(scenario: Scenario, core: int, count: int, rng: random.Random, flow: int = 1) -> int:
    """Calls from `bench` to `lmp_server` and back; gives the next free flow number."""
    client, server = core * 16 + 3, core * 16 + 2
    event = scenario.event
    event(core, "dispatch.switch", dispatcher=client, previous_runnable=1)
    event(core, "bench.run_begin", bench=1, repetitions=count)
    for _ in range(count):
        event(core, "lmp.send", flow=flow, endpoint=0x10)
        event(core, "syscall.enter_begin", rng.randrange(20, 60), number=1, command=2, slot=7)
        event(core, "lmp.ring_fill", messages=rng.randrange(4))
        event(core, "syscall.enter_end", error=0)
        event(core, "dispatch.switch", dispatcher=server, previous_runnable=0)
        event(core, "lmp.receive", flow=flow, endpoint=0x10)
        event(core, "lmp.send", flow=flow + 1, endpoint=0x11)
        if rng.random() < 0.1:
            event(core, "dispatch.interrupt_begin", number=30)
            event(core, "dispatch.interrupt_end", number=30)
        event(core, "dispatch.switch", dispatcher=client, previous_runnable=1)
        event(core, "lmp.receive", flow=flow + 1, endpoint=0x11)
        flow += 2
    event(core, "bench.run_end", bench=1)
    event(core, "bench.free_memory", free=rng.randrange(1 << 30))
    return flow


def traced_boot(seed: int = 1, cores: int = 1, trips: int = 40, drops: bool = False) -> Scenario:
    """A boot with console text, records of every core, a clock and an END frame."""
    rng = random.Random(seed)
    scenario = start(cores)
    flows = [1] * cores
    for turn in range(3):
        scenario.writer.text(f"turn {turn}: grüße\r\n")
        for core in range(cores):
            flows[core] = round_trips(scenario, core, trips, rng, flows[core])
            if drops and turn == 1:
                scenario.drop(core)
            scenario.flush(core)
        scenario.writer.clock(max(scenario.now.values()), max(scenario.now.values()) // 125)
    scenario.writer.text("bye\r\n")
    scenario.writer.end()
    return scenario
