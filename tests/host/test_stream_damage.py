"""Damaged streams: nothing is invented, and every loss is reported.

The number of seeds is raised by ./lantern test fuzz.
"""

from __future__ import annotations

import os
import random

import pytest
from scenario import DECLARATION, Scenario, traced_boot

from trace.items import Records
from trace.recording import Recording
from trace.stream import Decoder

SEEDS = int(os.environ.get("LANTERN_DAMAGE_SEEDS", "4000"))
BLOCKS = 20


def flip_bits(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 5, 40))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def overwrite(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    size = rng.choice((1, 3, 30, 300))
    data[at : at + size] = rng.randbytes(len(data[at : at + size]))


def cut(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 1, 2, 20, 400, 3000))]


def insert(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.randbytes(rng.choice((1, 2, 20, 400)))


def insert_zeros(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 3, 10))):
        data.insert(rng.randrange(len(data)), 0)


def duplicate(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    size = rng.choice((1, 10, 300, 2000))
    data[at + size : at + size] = data[at : at + size]


def move(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    piece = data[at : at + rng.choice((10, 300, 2000))]
    del data[at : at + len(piece)]
    to = rng.randrange(len(data) + 1)
    data[to:to] = piece


def truncate(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


DAMAGES = (flip_bits, overwrite, cut, insert, insert_zeros, duplicate, move, truncate)


def is_subsequence(part: list, whole: list) -> bool:
    rest = iter(whole)
    return all(any(entry == other for other in rest) for entry in part)


def check(scenario: Scenario, data: bytes, rng: random.Random, what: str) -> None:
    decoder = Decoder(DECLARATION)
    items: list = []
    at = 0
    while at < len(data):
        size = rng.choice((1, 17, 256, 4096))
        items += decoder.feed(data[at : at + size])
        if rng.random() < 0.1:
            items += decoder.idle()
        at += size
    items += decoder.finish()
    report = decoder.report
    decoded: dict[int, list] = {}
    for item in items:
        if isinstance(item, Records):
            decoded.setdefault(item.core, []).extend(item.records)
    assert decoded.keys() <= scenario.truth.keys(), what
    everything = True
    for core, truth in scenario.truth.items():
        got = decoded.get(core, [])
        assert is_subsequence(got, truth), f"{what}: core {core} has an event that never was"
        dropped = report.ring_full.get(core, 0)
        assert dropped <= scenario.writer.dropped.get(core, 0), f"{what}: core {core} counts too many drops"
        lost = report.records_lost.get(core, 0) - dropped
        assert len(got) + lost <= len(truth), f"{what}: core {core} counts losses that were none"
        if got and got[-1] == truth[-1]:
            assert len(got) + lost == len(truth), f"{what}: core {core} lost events in silence"
        everything &= got == truth
    assert everything or not report.complete, f"{what}: a loss was not reported"
    assert not (scenario.writer.dropped and report.complete), f"{what}: drops were not reported"
    if not report.cut_short:
        # The END frame arrived: every frame is either there or counted.
        assert report.frames + report.frames_lost == scenario.writer.sequence, what
        if not report.frames_lost:
            assert everything, what


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    sizes = ((1, 1, 12, False), (2, 2, 8, False), (3, 4, 4, False), (4, 2, 6, True))
    return [traced_boot(seed, cores, trips, drops) for seed, cores, trips, drops in sizes]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_damaged_streams(scenarios: list[Scenario], block: int) -> None:
    for seed in range(block, SEEDS, BLOCKS):
        rng = random.Random(seed)
        scenario = scenarios[seed % len(scenarios)]
        data = bytearray(scenario.bytes)
        done = []
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            damage = rng.choice(DAMAGES)
            if data:
                damage(data, rng)
                done.append(damage.__name__)
        check(scenario, bytes(data), rng, f"seed {seed} ({', '.join(done)})")


def test_a_damaged_byte_costs_at_most_one_frame(scenarios: list[Scenario]) -> None:
    """Every single byte of a stream, replaced and removed."""
    scenario = scenarios[0]
    data = scenario.bytes
    for at in range(0, len(data), 3):
        for changed in (data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :], data[:at] + data[at + 1 :]):
            decoder = Decoder(DECLARATION)
            decoder.feed(changed)
            decoder.finish()
            missing = scenario.writer.sequence - decoder.report.frames
            assert missing <= 1, f"byte {at} cost {missing} frames"
            assert missing == decoder.report.frames_lost or decoder.report.cut_short


def test_pure_noise_gives_nothing() -> None:
    rng = random.Random(5)
    for _ in range(50):
        recording = Recording(DECLARATION)
        recording.feed(rng.randbytes(5000))
        recording.finish()
        assert not recording.cores and not recording.report.frames
        assert recording.report.cut_short and recording.report.damaged_bytes
