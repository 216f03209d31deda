#!/usr/bin/env python3
"""Writes tests/host/stream_vectors.json: known-good vectors that the encoder in C and the decoder share.

The bytes come from the reference encoder; the checks in test_stream.py that they decode to what stands beside
them, and a few written out by hand there, keep them honest. Run it only when the wire format changes.
"""

from __future__ import annotations

import json
from pathlib import Path

from stream_encoder import (
    BENCH,
    CLOCK,
    END,
    HELLO,
    SAMPLES,
    TRACE,
    cobs,
    frame,
    text_payload,
    trace_payload,
    uvarint,
)


def cobs_vectors() -> list[dict[str, str]]:
    data = [
        b"",
        b"\0",
        b"\0\0",
        b"a",
        b"a\0b",
        b"a\0",
        bytes(range(1, 255)),
        bytes(range(1, 256)),
        bytes(range(256)),
        b"x" * 254 + b"\0",
        b"y" * 600,
    ]
    return [{"data": d.hex(), "encoded": cobs(d).hex()} for d in data]


def frame_vectors() -> list[dict[str, object]]:
    frames = [
        ("hello", HELLO, 0, 0, text_payload(version=1, platform="virt", cores=4)),
        ("clock", CLOCK, 2, 7, (123456789012).to_bytes(8, "little") + (987654).to_bytes(8, "little")),
        (
            "bench",
            BENCH,
            0,
            256,
            text_payload(event="plan", bench=3, name="lmp.round_trip", params="", unit="cycles"),
        ),
        (
            "samples",
            SAMPLES,
            1,
            70000,
            (3).to_bytes(4, "little")
            + (0).to_bytes(4, "little")
            + b"".join(v.to_bytes(8, "little") for v in (1, 2)),
        ),
        ("end", END, 0, 4294967295, bytes(8) + (4294967295).to_bytes(8, "little")),
        ("empty", BENCH, 15, 1, b""),
        ("longest", BENCH, 0, 2, b"z" * 1024),
    ]
    return [
        {
            "name": name,
            "type": kind,
            "core": core,
            "sequence": sequence,
            "payload": payload.hex(),
            "wire": frame(kind, core, sequence, payload).hex(),
        }
        for name, kind, core, sequence, payload in frames
    ]


def trace_vectors() -> list[dict[str, object]]:
    cases = [
        ("one", 0, 5, 0, 0, 1000, [(1000, 1, 0)]),
        ("several", 3, 6, 41, 2, 5, [(5, 8, 0x1000000001), (133, 9, 0x1000000001), (16517, 21, 2**64 - 1)]),
        ("late", 1, 9, 2**40, 2**33, 2**63, [(2**63 + 2**40, 12, 3), (2**63 + 2**40, 17, 0)]),
        ("none", 0, 10, 12, 0, 77, []),
    ]
    return [
        {
            "name": name,
            "core": core,
            "sequence": sequence,
            "index": index,
            "dropped": dropped,
            "base": base,
            "records": [{"time": time, "number": number, "word": word} for time, number, word in records],
            "payload": trace_payload(index, dropped, base, records).hex(),
            "wire": frame(TRACE, core, sequence, trace_payload(index, dropped, base, records)).hex(),
        }
        for name, core, sequence, index, dropped, base, records in cases
    ]


def main() -> None:
    values = [0, 1, 127, 128, 300, 16383, 16384, 2**32 - 1, 2**63, 2**64 - 1]
    vectors = {
        "about": "Vectors of docs/trace-stream.md; bytes are hexadecimal, numbers can need 64 bits.",
        "uvarint": [{"value": value, "encoded": uvarint(value).hex()} for value in values],
        "cobs": cobs_vectors(),
        "frames": frame_vectors(),
        "trace": trace_vectors(),
    }
    path = Path(__file__).with_name("stream_vectors.json")
    path.write_text(json.dumps(vectors, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
