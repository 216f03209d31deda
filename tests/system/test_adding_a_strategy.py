"""docs/adding-a-strategy.md, done as it is written, in a copy of the tree."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from analysis import comparison
from tools.command.say import ROOT

PAGE = (ROOT / "docs" / "adding-a-strategy.md").read_text(encoding="utf-8")
FILE = "lib/mm/strategy/last_fit.c"
TEST = "tests/host/mm_last_fit_test.c"
SHARED = ("venv", "third_party", "ccache")
"""What a copy may use of this tree's build folder; the first two it would fetch."""


def blocks(language: str) -> list[str]:
    """The code on the page."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for named, text in found if named == language]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("copy") / "tree"
    skip = shutil.ignore_patterns("build", "results", ".git", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=skip)
    (copy / "build").mkdir()
    for name in SHARED:
        (ROOT / "build" / name).mkdir(exist_ok=True)
        (copy / "build" / name).symlink_to(ROOT / "build" / name)
    strategy, test = blocks("c")
    (copy / FILE).write_text(strategy, encoding="utf-8")
    (copy / TEST).write_text(test, encoding="utf-8")
    return copy


def call(argv: list[str], where: Path) -> str:
    done = subprocess.run(argv, cwd=where, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_names_the_files() -> None:
    assert FILE in PAGE and TEST in PAGE and not (ROOT / FILE).exists()
    assert [len(blocks(language)) for language in ("c", "")] == [2, 1]


def test_it_passes_the_suite_of_its_axis(copy: Path) -> None:
    built = copy / "build" / "host-tests"
    call(["cmake", "-S", "tests/host", "-B", str(built), "-G", "Ninja"], copy)
    call(["cmake", "--build", str(built), "--target", Path(TEST).stem], copy)
    (program,) = built.rglob(Path(TEST).stem)
    call([str(program)], copy)


def test_it_is_compared_and_in_the_report(copy: Path) -> None:
    (command,) = blocks("")
    program, name, *words = command.split()
    call([program, name, "--no-setup", *words], copy)
    folder = copy / words[words.index("--out") + 1]
    read = comparison.load_comparison(folder)
    assert [variant.label for variant in read.variants] == ["rbtree", "last_fit"] and not read.damaged
    assert read.plan.baseline == {"alloc": "rbtree"}
    other = read.variants[1].results
    assert other and other["variant"]["alloc"] == "last_fit"
    assert all(bench["status"] == "ok" for bench in other["benches"])
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "last_fit" in report and "mm.alloc" in report and 'src="data:image' in report or "<svg" in report
