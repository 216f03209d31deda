"""Reference encoder of the wire format, written from docs/trace-stream.md and apart from the decoder."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

HELLO, TRACE, CLOCK, BENCH, SAMPLES, END, PANIC, DOMAIN = range(1, 9)


def uvarint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def cobs(data: bytes) -> bytes:
    """Each block of up to 254 bytes without zero behind its length; a full last block needs no successor."""
    out = bytearray()
    block = bytearray()
    pending = True
    for byte in data:
        pending = True
        if byte:
            block.append(byte)
            if len(block) == 254:
                out += b"\xff" + block
                block.clear()
                pending = False
        else:
            out += bytes([len(block) + 1]) + block
            block.clear()
    if pending:
        out += bytes([len(block) + 1]) + block
    return bytes(out)


def raw_frame(kind: int, core: int, sequence: int, payload: bytes) -> bytes:
    body = struct.pack("<BBHI", kind, core, len(payload), sequence) + payload
    return body + struct.pack("<I", zlib.crc32(body))


def frame(kind: int, core: int, sequence: int, payload: bytes) -> bytes:
    return b"\0" + cobs(raw_frame(kind, core, sequence, payload)) + b"\0"


def text_payload(**values: object) -> bytes:
    return "".join(f"{key}={value}\n" for key, value in values.items()).encode()


def trace_payload(index: int, dropped: int, base: int, records: list[tuple[int, int, int]]) -> bytes:
    """Records are (time in cycles, number, word), as the decoder gives them."""
    out = bytearray(struct.pack("<QQQ", index, dropped, base))
    before = base
    for time, number, word in records:
        out += uvarint(number) + uvarint(time - before) + uvarint(word)
        before = time
    return bytes(out)


@dataclass
class StreamWriter:
    """Numbers frames and keeps each core's record index. `out` is what goes over the wire."""

    out: bytearray = field(default_factory=bytearray)
    sequence: int = 0
    index: dict[int, int] = field(default_factory=dict)
    dropped: dict[int, int] = field(default_factory=dict)

    def send(self, kind: int, payload: bytes, core: int = 0) -> None:
        self.out += frame(kind, core, self.sequence, payload)
        self.sequence += 1

    def text(self, text: str) -> None:
        self.out += text.encode()

    def hello(self, declaration: str, **values: object) -> None:
        fields = {
            "version": 1,
            "declaration": declaration,
            "platform": "imx8mp",
            "cores": 1,
            "cpu": "cortex-a53",
            "cycle_hz": 1_000_000_000,
            "counter_hz": 8_000_000,
            "variant": "alloc=rbtree,lock=two_level",
            "trace": "all",
            "git": "0123456789ab",
            "build": "release",
        }
        self.send(HELLO, text_payload(**(fields | values)))

    def domain(self, dispatcher: int, name: str, pid: int, core: int = 0) -> None:
        self.send(DOMAIN, text_payload(dispatcher=dispatcher, name=name, pid=pid, core=core), core)

    def records(self, core: int, records: list[tuple[int, int, int]], base: int | None = None) -> None:
        index = self.index.get(core, 0)
        base = records[0][0] if base is None else base
        self.send(TRACE, trace_payload(index, self.dropped.get(core, 0), base, records), core)
        self.index[core] = index + len(records)

    def drop(self, core: int, count: int) -> None:
        """The ring of `core` was full for `count` events."""
        self.dropped[core] = self.dropped.get(core, 0) + count

    def clock(self, cycles: int, counter: int, core: int = 0) -> None:
        self.send(CLOCK, struct.pack("<QQ", cycles, counter), core)

    def bench(self, event: str, **values: object) -> None:
        self.send(BENCH, text_payload(event=event, **values))

    def samples(self, bench: int, first: int, values: list[int]) -> None:
        self.send(SAMPLES, struct.pack(f"<II{len(values)}q", bench, first, *values))

    def panic(self, **values: object) -> None:
        self.send(PANIC, text_payload(**values))

    def end(self, status: int = 0) -> None:
        self.send(END, struct.pack("<IIQ", status, 0, self.sequence))
