"""A comparison on a real Slurm of one node. The machine is a stand-in, for this is about the way there."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest
import slurm
from command_tree import Tree, one_sentence

from analysis import comparison
from tools.command.say import ROOT

pytestmark = pytest.mark.skipif(bool(slurm.missing()), reason=slurm.missing() or "-")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm.Slurm]:
    with slurm.Slurm(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("lantern"))


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """With the profile that the tree has, but for how often it asks."""
    profile = tmp_path_factory.mktemp("profile") / "slurm"
    shutil.copytree(ROOT / "tools" / "matrix" / "slurm", profile)
    text = (profile / "config.yaml").read_text()
    assert text.count("status-checks: 5") == 2
    (profile / "config.yaml").write_text(text.replace("status-checks: 5", "status-checks: 1"))
    common = ["--suite", "lmp", "--smp", "1", "--out", "out", "--no-trace", "--profile", str(profile)]
    return ["compare", "alloc", *common]


def environment(tree: Tree, cluster: slurm.Slurm, **more: str) -> dict[str, str]:
    return {**cluster.environment, "PATH": f"{tree.bin}:{cluster.environment['PATH']}", **more}


def test_cells_run_as_jobs_of_a_cluster(tree: Tree, cluster: slurm.Slurm, call: list[str]) -> None:
    done = tree.run(*call, timeout=240, **environment(tree, cluster, FAKE_CMAKE_BREAKS="alloc_buddy"))
    jobs = cluster.call("squeue", "--states=all", "--noheader", "--format=%T")
    assert done.returncode == 1 and one_sentence(done.stderr), done.stderr
    assert "1 of 2 cells failed: alloc_buddy-run_1 (Building " in done.stderr
    assert jobs.split() == ["COMPLETED"] * 4, jobs
    states = [cell.status for cell in comparison.read_plan(tree.root / "out").cells]
    assert [state.partition(":")[0] for state in states] == ["failed", "ok"]


def test_an_interrupted_comparison_leaves_no_job(tree: Tree, cluster: slurm.Slurm, call: list[str]) -> None:
    process = subprocess.Popen(
        tree.argv(*call, "--again"),
        env={**tree.environment(), **environment(tree, cluster)},
        cwd=tree.root,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while len(jobs(cluster)) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(1)  # until Snakemake has their numbers, too
    process.send_signal(2)
    _, said = process.communicate(timeout=90)
    assert process.returncode == 130 and "cancelling the jobs" in said and "Traceback" not in said
    for _ in range(50):
        if not jobs(cluster):
            break
        time.sleep(0.1)
    assert not jobs(cluster)


def jobs(cluster: slurm.Slurm) -> list[str]:
    """Those that wait or run."""
    return cluster.call("squeue", "--noheader", "--states=PENDING,RUNNING", "--format=%i").split()
