"""The target's encoder in C, under sanitizers, against the vectors and the reference encoder."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from tests.host import stream_encoder as reference

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "tests/host/stream_vectors.json").read_text())


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "stream_tool"
    subprocess.run(
        ["gcc", "-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"]
        + ["-fno-sanitize-recover=all", f"-I{ROOT}", "-o", path]
        + [ROOT / "tests/host/stream_tool.c", ROOT / "trace/stream.c"],
        check=True,
    )
    return path


def ask(tool: Path, lines: list[str]) -> list[str]:
    done = subprocess.run([tool], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = done.stdout.split("\n")[:-1]
    assert len(answers) == len(lines)
    return answers


def frame_line(kind: int, core: int, sequence: int, payload: bytes) -> str:
    return f"frame {kind} {core} {sequence} {payload.hex() or '-'}"


def trace_line(index: int, dropped: int, records: list[tuple[int, int, int]]) -> str:
    return f"trace {index} {dropped} " + " ".join(f"{time}:{event}:{word}" for time, event, word in records)


def test_frames_of_the_vectors(tool: Path) -> None:
    cases = VECTORS["frames"]
    lines = [
        frame_line(case["type"], case["core"], case["sequence"], bytes.fromhex(case["payload"]))
        for case in cases
    ]
    assert ask(tool, lines) == [case["wire"] for case in cases]


def test_random_frames_match_the_reference(tool: Path) -> None:
    random_source = random.Random(1)
    cases = []
    for _ in range(2000):
        length = random_source.choice([0, 1, 2, 240, 241, 242, 243, 253, 254, 255, 500, 1023, 1024])
        alphabet = random_source.choice([b"\0", b"\1", b"\0\1", bytes(range(256)), bytes(range(1, 256))])
        payload = bytes(random_source.choice(alphabet) for _ in range(length))
        cases.append(
            (random_source.randrange(9), random_source.randrange(16), random_source.getrandbits(32), payload)
        )
    answers = ask(tool, [frame_line(*case) for case in cases])
    assert answers == [reference.frame(*case).hex() for case in cases]


def test_random_trace_payloads_match_the_reference(tool: Path) -> None:
    random_source = random.Random(2)
    lines, wanted = [], []
    for _ in range(500):
        time = random_source.getrandbits(random_source.choice([1, 20, 47]))
        records = []
        for _ in range(random_source.randrange(1, 30)):
            word = random_source.getrandbits(random_source.choice([1, 8, 32, 64]))
            records.append((time, random_source.randrange(1, 200), word))
            time += random_source.getrandbits(random_source.choice([1, 7, 14, 30]))
        index, dropped = random_source.getrandbits(40), random_source.getrandbits(20)
        lines.append(trace_line(index, dropped, records))
        wanted.append(reference.trace_payload(index, dropped, records[0][0], records).hex())
    assert ask(tool, lines) == wanted


def test_payload_never_exceeds_a_frame(tool: Path) -> None:
    longest = [(0, 65535, 2**64 - 1)] + [((1 << 47) + i, 65535, 2**64 - 1) for i in range(200)]
    (answer,) = ask(tool, [trace_line(2**64 - 1, 2**64 - 1, longest)])
    assert len(answer) // 2 <= 1024


def test_incomplete_records_and_time_that_goes_back(tool: Path) -> None:
    """Event 0 is an incomplete record; a time before the last one is taken as the last one."""
    (answer,) = ask(tool, [trace_line(7, 1, [(0, 0, 0), (100, 3, 5), (90, 4, 6), (120, 5, 7)])])
    assert (
        answer
        == reference.trace_payload(7, 1, 100, [(100, 0, 0), (100, 3, 5), (100, 4, 6), (120, 5, 7)]).hex()
    )
