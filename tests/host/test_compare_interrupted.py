"""A comparison that is killed and called again gives what an undisturbed one gives."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_tree import Tree, one_sentence

CALL = ("alloc", "--suite", "lmp", "--smp", "1,2", "--out", "out", "--no-trace")
KILLS = 3
DATE = re.compile(rb"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\+00:00|Z| UTC)?")


def content(folder: Path) -> dict[str, bytes]:
    """Every file but for its dates."""
    return {
        str(path.relative_to(folder)): DATE.sub(b"DATE", path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def left_over(tree: Tree) -> list[str]:
    """Processes that still work in the tree."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if f"{tree.root}/" in words:
            found.append(words)
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("lantern"))


def test_killed_at_random_points_it_gives_the_same(tree: Tree) -> None:
    begun = time.monotonic()
    undisturbed = tree.run("compare", *CALL, timeout=300)
    took = time.monotonic() - begun
    assert undisturbed.returncode == 0, undisturbed.stderr
    wanted = content(tree.root / "out")
    assert {"compare.json", "report.html", "report.md"} <= set(wanted)
    shutil.rmtree(tree.root / "out")
    rng = random.Random(20)
    for _ in range(KILLS):
        process = subprocess.Popen(
            tree.argv("compare", *CALL),
            env=tree.environment(),
            cwd=tree.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(took * rng.uniform(0.1, 0.8))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for _ in range(50):
            if not left_over(tree):
                break
            time.sleep(0.1)
        assert not left_over(tree)
    done = tree.run("compare", *CALL, timeout=300)
    assert done.returncode == 0 and one_sentence(done.stderr), done.stderr
    again = content(tree.root / "out")
    assert set(again) == set(wanted)
    assert [name for name in wanted if again[name] != wanted[name]] == []


def test_ctrl_c_ends_all_of_it_and_the_rest_runs_later(tree: Tree) -> None:
    shutil.rmtree(tree.root / "out", ignore_errors=True)
    process = subprocess.Popen(
        tree.argv("compare", *CALL),
        env=tree.environment(),
        cwd=tree.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    for line in process.stderr:
        if ": done." in line:
            break
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    assert process.wait(20) == 130 and "interrupted" in said and "Traceback" not in said
    assert not left_over(tree)
    plan = tree.run("compare", *CALL, "--dry-run").stdout
    assert "is complete, will not run again" in plan
