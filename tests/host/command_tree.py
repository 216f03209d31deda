"""A copy of the host side in a folder of its own, with stand-ins for QEMU and CMake on its PATH.

So ./lantern runs whole in the tests, and what it writes cannot meet what a person builds in the real tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAKE_CMAKE = """#!/bin/sh
[ "${FAKE_CMAKE:-}" = variant ] && { printf 'CMake Error at cmake/strategies.cmake:12 (message):\\n  %s\\n\\n  %s\\n\\n\\nCall Stack (most recent call first):\\n  CMakeLists.txt:3 (strategy)\\n' "There is no value slow of the axis alloc." "The menu is first_fit, rbtree." >&2; exit 1; }
if [ "$1" = -S ]; then
    mkdir -p "$4"
    printf '%s' '{"alloc": {"default": "rbtree", "values": ["buddy", "rbtree"]}, "fastpath": {"default": "on", "values": ["off", "on"]}}' >"$4/strategies.json"
fi
if [ "$1" = --build ]; then
    case "$2" in *"${FAKE_CMAKE_BREAKS:-nothing}"*) FAKE_CMAKE=compile ;; esac
    [ "${FAKE_CMAKE:-}" = compile ] && { echo "FAILED: a.o"; echo "a.c:1: error: no"; exit 1; }
    echo "[1/1] Linking lanternfish.elf"
    mkdir -p "$2/domains"
    for name in lanternfish.img lanternfish.elf imx8mp.dtb; do echo x >"$2/$name"; done
fi
exit 0
"""  # noqa: E501


class Tree:
    """The copy; `run` calls its ./lantern."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "tree"
        self.bin = folder / "bin"
        self.root.mkdir()
        self.bin.mkdir()
        skip = shutil.ignore_patterns("__pycache__")
        for part in ("tools", "trace", "analysis"):
            shutil.copytree(ROOT / part, self.root / part, ignore=skip)
        if (ROOT / "interfaces").is_dir():  # the stand-in for QEMU reads the real tree's
            shutil.copytree(ROOT / "interfaces", self.root / "interfaces")
        shutil.copy2(ROOT / "lantern", self.root / "lantern")
        (self.root / "build").mkdir()
        (self.root / "bench").mkdir()
        for suite in ("boot", "caps", "lmp", "trace"):
            (self.root / "bench" / f"{suite}.c").touch()
        (self.root / "build" / "venv").symlink_to(sys.prefix)
        self.program("cmake", FAKE_CMAKE)
        fake = ROOT / "tests" / "host" / "fake_qemu.py"
        self.program("qemu-system-aarch64", f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "$@"\n')

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", **more}

    def argv(self, *arguments: str) -> list[str]:
        command, *rest = arguments
        return [str(self.root / "lantern"), command, "--no-setup", *rest]

    def run(self, *arguments: str, timeout: float = 60, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*arguments),
            env=self.environment(**more),
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )


def one_sentence(text: str) -> bool:
    """No stack trace, and nothing but lines that are sentences of the command."""
    return "Traceback" not in text and all(
        line.startswith(("lantern: ", "./lantern")) or not line for line in text.splitlines()
    )
