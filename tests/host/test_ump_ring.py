"""The ring of UMP between threads of the host, under sanitizers; and broken on purpose, which must show."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEADER = ROOT / "lib/ump/ump_ring.h"
SOURCE = ROOT / "tests/host/ump_ring_stress.c"
SANITIZERS = {"plain": [], "thread": ["-fsanitize=thread"], "address": ["-fsanitize=address,undefined"]}
ONE_WAY, CALLS, BOTH_WAYS, BYTES = 0, 1, 2, 3


def built(folder: Path, flags: list[str], first_include: Path | None = None) -> Path:
    path = folder / "stress"
    includes = [f"-I{first_include}"] if first_include else []
    includes += [f"-I{ROOT / 'include'}", f"-I{ROOT / 'lib'}"]
    subprocess.run(
        ["gcc", "-std=gnu17", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", *flags, *includes]
        + ["-o", path, SOURCE],
        check=True,
    )
    return path


def run(
    path: Path, seed: int, slots: int, messages: int, pattern: int, seconds: float = 60
) -> dict[str, int]:
    """What the run counted. An error, a wrong message and a wake that was lost raise."""
    arguments = [str(number) for number in (seed, slots, messages, pattern)]
    done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stderr
    return {name: int(count) for name, _, count in (word.partition("=") for word in done.stdout.split())}


@pytest.fixture(scope="module", params=SANITIZERS)
def stress(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp(request.param), SANITIZERS[request.param])


@pytest.mark.parametrize("pattern", [ONE_WAY, CALLS, BOTH_WAYS, BYTES])
@pytest.mark.parametrize("slots", [2, 3, 8, 63])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_message_comes_once_and_whole(stress: Path, seed: int, slots: int, pattern: int) -> None:
    counts = run(stress, seed, slots, 20000, pattern)
    assert counts["sleeps"] > 0 and counts["wakes"] > 0
    assert (counts["full"] > 0) == (pattern != CALLS)


BROKEN = {
    "payload may come after its control word": (
        "__atomic_store_n(&slot->control, control, __ATOMIC_SEQ_CST)",
        "__atomic_store_n(&slot->control, control, __ATOMIC_RELAXED)",
        ONE_WAY,
    ),
    "payload may be read before its control word": (
        "const uint64_t control = __atomic_load_n(&slot->control, __ATOMIC_ACQUIRE);",
        "const uint64_t control = __atomic_load_n(&slot->control, __ATOMIC_RELAXED);",
        ONE_WAY,
    ),
    "slots are given back before they were read": (
        "__atomic_store_n(&end->own->taken, end->rx_count, __ATOMIC_SEQ_CST)",
        "__atomic_store_n(&end->own->taken, end->rx_count, __ATOMIC_RELAXED)",
        ONE_WAY,
    ),
    "bytes may come after their control word": (
        "            __atomic_store_n(&slot->control, control, __ATOMIC_SEQ_CST);\n            from +=",
        "            __atomic_store_n(&slot->control, control, __ATOMIC_RELAXED);\n            from +=",
        BYTES,
    ),
    "bytes may be read before their control word": (
        "next = __atomic_load_n(&slot->control, __ATOMIC_ACQUIRE)",
        "next = __atomic_load_n(&slot->control, __ATOMIC_RELAXED)",
        BYTES,
    ),
    "the epoch stays": ("end->tx_epoch = epoch ^ UMP_EPOCH", "end->tx_epoch = epoch", ONE_WAY),
    "one slot too many is filled": ("end->tx_count) < 0)", "end->tx_count) < -1)", BOTH_WAYS),
    "a limit that goes back is believed": (
        "(int32_t)(end->tx_limit - end->tx_count) < 0",
        "end->tx_limit + 1 == end->tx_count",
        BOTH_WAYS,
    ),
    "a full ring is not looked at again": (
        "taken - end->tx_limit) > 0",
        "taken - end->tx_limit) > 1 << 30",
        ONE_WAY,
    ),
    "the middle of the ring wakes nobody": (
        "__ATOMIC_SEQ_CST);\n    ump_end_wake_sleeper(end);\n}\n\n/// `slot`",
        "__ATOMIC_SEQ_CST);\n}\n\n/// `slot`",
        ONE_WAY,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_ring_is_found(name: str, tmp_path: Path) -> None:
    right, wrong, pattern = BROKEN[name]
    text = HEADER.read_text()
    assert text.count(right) >= 1, "the header has changed: say anew how to break it"
    (tmp_path / "ump").mkdir()
    (tmp_path / "ump/ump_ring.h").write_text(text.replace(right, wrong))
    stress = built(tmp_path, SANITIZERS["thread"], tmp_path)
    with pytest.raises((AssertionError, subprocess.TimeoutExpired)):
        for seed in range(1, 9):
            run(stress, seed, 8, 20000, pattern, seconds=5)


def test_sleep_without_a_second_look_is_found(tmp_path: Path) -> None:
    stress = built(tmp_path, ["-DSHORTCUT_SLEEP"])
    with pytest.raises(subprocess.TimeoutExpired):
        for seed in range(1, 9):
            run(stress, seed, 8, 20000, CALLS, seconds=5)
