"""Boots that several system tests look at happen once a session."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.command.machine import Run, boot  # noqa: E402

ALL_SUITES = "mode=bench suites=all"


@pytest.fixture(scope="session")
def plain_run() -> Run:
    """Every suite on the default platform, tracing compiled out."""
    return boot("imx8mp", ALL_SUITES, smp=1)


@pytest.fixture(scope="session")
def traced_run() -> Run:
    """Every suite on the default platform, every trace point compiled in."""
    return boot("imx8mp", ALL_SUITES, smp=1, trace="all")
