"""One frame of the wire format: COBS, header, checksum, and the payloads of fixed layout.

`docs/trace-stream.md` is the rule. Every function here is total: damaged input gives None or a FrameError,
never another exception, because what arrives over a wire can be anything.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

HEADER = struct.Struct("<BBHI")
CHECKSUM = struct.Struct("<I")
TRACE_HEADER = struct.Struct("<QQQ")
CLOCK = struct.Struct("<QQ")
SAMPLES_HEADER = struct.Struct("<II")
END = struct.Struct("<IIQ")
PAYLOAD_LIMIT = 1024
FRAME_LIMIT = HEADER.size + PAYLOAD_LIMIT + CHECKSUM.size
# COBS adds one byte for each 254 begun, and a writer may end a full last block with an empty one.
ENCODED_LIMIT = FRAME_LIMIT + FRAME_LIMIT // 254 + 2


class FrameType(IntEnum):
    HELLO = 1
    TRACE = 2
    CLOCK = 3
    BENCH = 4
    SAMPLES = 5
    END = 6
    PANIC = 7
    DOMAIN = 8


class FrameError(Exception):
    """A frame's checksum is right, but its payload does not follow the format: the sender has a fault."""


@dataclass(frozen=True)
class Frame:
    type: int
    core: int
    sequence: int
    payload: bytes


def cobs_decode(chunk: bytes) -> bytes | None:
    """Undoes COBS on a chunk without zero bytes, or gives None."""
    out = bytearray()
    at, size = 0, len(chunk)
    while at < size:
        code = chunk[at]
        end = at + code
        if code == 0 or end > size:
            return None
        out += chunk[at + 1 : end]
        at = end
        if code < 0xFF and at < size:
            out.append(0)
    return bytes(out)


def parse_frame(chunk: bytes) -> Frame | None:
    """The frame that a chunk holds, or None if it holds none or a damaged one."""
    if not HEADER.size + CHECKSUM.size < len(chunk) <= ENCODED_LIMIT:
        return None
    raw = cobs_decode(chunk)
    if raw is None or len(raw) < HEADER.size + CHECKSUM.size:
        return None
    kind, core, length, sequence = HEADER.unpack_from(raw)
    if length > PAYLOAD_LIMIT or len(raw) != HEADER.size + length + CHECKSUM.size:
        return None
    if zlib.crc32(raw[: -CHECKSUM.size]) != CHECKSUM.unpack_from(raw, len(raw) - CHECKSUM.size)[0]:
        return None
    return Frame(kind, core, sequence, raw[HEADER.size : HEADER.size + length])


def parse_text(payload: bytes) -> dict[str, str]:
    """The `key=value` lines of a text payload, in order."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FrameError("its text is not UTF-8") from error
    values: dict[str, str] = {}
    for line in text.splitlines():
        if not line:
            continue
        key, equals, value = line.partition("=")
        if not equals or not key:
            raise FrameError(f"its line {line!r} is not key=value")
        values[key] = value
    return values


def parse_pairs(text: str) -> dict[str, str]:
    """`k=v,k=v` as used for variants and parameters."""
    pairs: dict[str, str] = {}
    for item in filter(None, text.split(",")):
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise FrameError(f"{item!r} in {text!r} is not key=value")
        pairs[key] = value
    return pairs


def unpack(layout: struct.Struct, payload: bytes) -> tuple[int, ...]:
    if len(payload) != layout.size:
        raise FrameError(f"its payload has {len(payload)} bytes where {layout.size} belong")
    return layout.unpack(payload)


def parse_samples(payload: bytes) -> tuple[int, int, list[int]]:
    """Bench, index of the first sample, samples. A sample is signed: noise can fall below the overhead."""
    count, rest = divmod(len(payload) - SAMPLES_HEADER.size, 8)
    if count < 0 or rest:
        raise FrameError(f"{len(payload)} bytes are not a whole number of samples")
    bench, first = SAMPLES_HEADER.unpack_from(payload)
    return bench, first, list(struct.unpack_from(f"<{count}q", payload, SAMPLES_HEADER.size))


def parse_records(payload: bytes, base: int) -> list[tuple[int, int, int]]:
    """Trace records as (time in cycles, event number, argument word)."""
    records: list[tuple[int, int, int]] = []
    fields: list[int] = []
    value = shift = 0
    time = base
    for byte in payload:
        if byte & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift > 63:
                raise FrameError("a number in it is longer than 64 bits")
            continue
        value |= byte << shift
        if value >> 64:
            raise FrameError("a number in it is longer than 64 bits")
        if len(fields) == 2:
            time += fields[1]
            records.append((time, fields[0], value))
            fields.clear()
        else:
            fields.append(value)
        value = shift = 0
    if fields or shift:
        raise FrameError("its last record is not complete")
    return records
