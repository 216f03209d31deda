"""Lets the tests import the tree's packages and the helpers beside the host tests; shared fixtures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT / "tests" / "host", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from command_tree import Tree  # noqa: E402


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A copy of the host side, with stand-ins for QEMU and CMake."""
    return Tree(tmp_path_factory.mktemp("lantern"))


@pytest.fixture(scope="session")
def benched(tree: Tree) -> subprocess.CompletedProcess[str]:
    """One good bench run that several tests look at."""
    return tree.run("bench", "--smp", "2", "--out", "good")
