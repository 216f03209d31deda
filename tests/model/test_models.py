"""Runs Spin over every model here: the protocol must hold, and each deliberate shortcut must be caught.

A model that can be broken on purpose says so by a line `#define SHORTCUT 0`, and lists its shortcuts in its
first comment, each on a line or in a sentence that starts with its number.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

MODELS = sorted(Path(__file__).parent.glob("*.pml"))


def shortcuts(model: Path) -> list[int]:
    comment = model.read_text().partition("*/")[0]
    return [int(number) for number in re.findall(r"(?:^ \* |, )(\d) \w+s ", comment, re.MULTILINE)]


def errors(model: Path, folder: Path, shortcut: int) -> int:
    """Number of errors that an exhaustive search finds; the search itself must be complete."""
    subprocess.run(
        ["spin", f"-DSHORTCUT={shortcut}", "-a", model], cwd=folder, check=True, capture_output=True
    )
    subprocess.run(["gcc", "-O2", "-w", "-o", "pan", "pan.c"], cwd=folder, check=True)
    done = subprocess.run(["./pan", "-m100000"], cwd=folder, check=True, capture_output=True, text=True)
    assert "max search depth too small" not in done.stdout
    found = re.search(r"errors: (\d+)", done.stdout)
    assert found, done.stdout
    return int(found[1])


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_protocol_holds(model: Path, tmp_path: Path) -> None:
    assert errors(model, tmp_path, 0) == 0


@pytest.mark.parametrize(
    ("model", "shortcut"), [(model, number) for model in MODELS for number in shortcuts(model)]
)
def test_shortcut_is_caught(model: Path, shortcut: int, tmp_path: Path) -> None:
    assert errors(model, tmp_path, shortcut) > 0
