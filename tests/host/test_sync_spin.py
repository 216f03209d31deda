"""Every kind of spin lock under ThreadSanitizer: one holder at a time, whose work the next one sees."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KINDS = sorted((ROOT / "lib/sync/spin").glob("*.c"))


@pytest.fixture(scope="module", params=KINDS, ids=lambda path: path.stem)
def stress(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp(request.param.stem) / "stress"
    subprocess.run(
        ["gcc", "-std=gnu17", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=thread", "-pthread"]
        + [f"-I{ROOT / 'include'}", f"-I{ROOT / 'lib'}", "-o", path]
        + [ROOT / "tests/host/sync_spin_stress.c", request.param],
        check=True,
    )
    return path


@pytest.mark.parametrize(("threads", "rounds"), [(1, 1000), (2, 20000), (5, 4000)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_holder_at_a_time(stress: Path, seed: int, threads: int, rounds: int) -> None:
    done = subprocess.run(
        [stress, str(seed), str(threads), str(rounds)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert (int(done.stdout) > 0) == (threads > 1), "they were to meet"
