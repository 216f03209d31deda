"""./lantern compare on the real system: its smallest use."""

from __future__ import annotations

import subprocess
from pathlib import Path

from analysis import load
from tools.command.say import ROOT


def test_the_fast_path_is_compared(tmp_path: Path) -> None:
    """No cell is left out, both say which they are, and the figures of syscalls do not depend on the axis."""
    done = subprocess.run(
        [
            *(ROOT / "lantern", "compare", "fastpath", "--no-setup", "--suite", "syscall"),
            *("--smp", "1", "--out", tmp_path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "plots" / "syscall-instructions.png").stat().st_size > 10_000
    for value in ("off", "on"):
        content = load.load(tmp_path / "cells" / f"fastpath_{value}-run_1")
        assert content["variant"]["fastpath"] == value
        assert {bench["status"] for bench in content["benches"]} == {"ok"}
    lines = done.stdout.splitlines()
    heading = next(line for line in lines if line.startswith("bench, by fastpath"))
    assert heading.split()[-2:] == ["off", "on"]
    row = next(line for line in lines if line.startswith("syscall.null "))
    assert row.split()[1:] == ["instructions", "15", "=1", "15"]
