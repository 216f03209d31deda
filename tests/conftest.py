"""Lets the tests import the tree's packages, and the helpers beside the host tests."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT / "tests" / "host", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
