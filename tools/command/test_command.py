"""./lantern test: every kind of test, one line for each part, and a closing line that counts."""

from __future__ import annotations

import argparse
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.command import shell
from tools.command.options import TEST_KINDS
from tools.command.say import BUILD, ROOT, UserError, info, note, shown
from tools.command.setup import LIBFDT

REPORTS = BUILD / "test-reports"
HOST_TESTS = ROOT / "tests" / "host"
HOST_TESTS_BUILT = BUILD / "host-tests"
SYSTEM_TESTS = ROOT / "tests" / "system"
MODELS = ROOT / "tests" / "model"
PYTHON_SOURCES = ("trace", "analysis", "tools", "tests")
JOBS = max(os.cpu_count() or 1, 1)
FUZZ_SEEDS = "100000"
FUZZ_EXECUTABLES = "5000000"
FUZZ_RESULTS = "2500"
C_SOURCES = ("include", "kernel", "lib", "services", "bench", "trace", "tests/host", "tests/system/domains")
CPPCHECK_VERSION = "Cppcheck 2.10"
CPPCHECK = (
    "cppcheck",
    "--std=c11",
    "--language=c",
    "--enable=warning,performance,portability",
    "--inline-suppr",
    "--error-exitcode=1",
    "--quiet",
    "--suppress=missingIncludeSystem",
    # It takes variables that are bound to registers for array accesses without effect.
    "--suppress=constStatement:tests/system/domains/misuse/calls.c",
    *(f"-I{folder}" for folder in (".", "include", "kernel", "lib", "bench")),
)


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Tally) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def line(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def run(options: argparse.Namespace) -> int:
    kinds = [kind for kind in TEST_KINDS if kind in options.kinds] or list(TEST_KINDS)
    try:
        REPORTS.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {shown(REPORTS)} cannot be made: {error.strerror}.") from error
    total = Tally()
    for kind in kinds:
        info(f"== {kind}")
        part = Tally()
        for step in STEPS[kind]:
            part.add(step())
        info(f"== {kind}: {part.line()}")
        total.add(part)
    if not total.passed and not total.failed:
        note("no test ran.")
        info(total.line())
        return 1
    info(total.line())
    return 1 if total.failed else 0


def counted(report: Path, outcome: shell.Outcome, name: str) -> Tally:
    """Counts a JUnit report; a run that left none, or ended badly without a failure in it, is one failure."""
    tally = Tally()
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError):
        info(f"FAILED {name}: it ended with status {outcome.status} and no report")
        print(tail(outcome.output), flush=True)
        return Tally(failed=1)
    for case in root.iter("testcase"):
        children = {child.tag for child in case}
        if "failure" in children or "error" in children or case.get("status") == "fail":
            tally.failed += 1
        elif "skipped" in children or case.get("status") in ("notrun", "disabled"):
            tally.skipped += 1
        else:
            tally.passed += 1
    if outcome.status and not tally.failed:
        tally.failed = 1
        info(f"FAILED {name}: it ended with status {outcome.status}")
        print(tail(outcome.output), flush=True)
    return tally


def tail(output: str, lines: int = 40) -> str:
    return "\n".join(output.splitlines()[-lines:])


def pytest(name: str, arguments: list[str], env: dict[str, str] | None = None, jobs: int = 1) -> Tally:
    """Runs pytest with a line a test. With several jobs the tests of one file stay together."""
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "--tb=short", "--no-header"]
    argv += [f"--junit-xml={report}", "--color=no", *arguments]
    argv += [f"--numprocesses={jobs}", "--dist=loadfile"] if jobs > 1 else []
    failures = False

    def show(line: str) -> None:
        nonlocal failures
        failures |= bool(re.match(r"=+ (FAILURES|ERRORS) =+", line))
        if failures or re.search(r" (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b", line):
            info(line)

    outcome = shell.stream(argv, show, env={"PYTHONUNBUFFERED": "1", **(env or {})}, cwd=ROOT)
    if outcome.status == 5:  # pytest's own number for: nothing collected
        info(f"no tests in {name}")
        return Tally()
    return counted(report, outcome, name)


def step(name: str, argv: list[str], env: dict[str, str] | None = None) -> Tally:
    """A check that is one test: it passes, or its output says why not."""
    outcome = shell.stream(argv, env=env, cwd=ROOT)
    info(f"{name} {'FAILED' if outcome.status else 'PASSED'}")
    if outcome.status:
        print(tail(outcome.output), flush=True)
    return Tally(failed=1) if outcome.status else Tally(passed=1)


def lint() -> Tally:
    tally = Tally()
    ruff = [sys.executable, "-m", "ruff"]
    cache = ["--cache-dir", str(BUILD / "ruff")]
    tally.add(step("lint: ruff check", [*ruff, "check", "--output-format=concise", *cache, *PYTHON_SOURCES]))
    tally.add(step("lint: ruff format", [*ruff, "format", "--check", *cache, *PYTHON_SOURCES]))
    sources = sorted(str(path.relative_to(ROOT)) for folder in C_SOURCES for path in c_files(ROOT / folder))
    clang_format = str(Path(sys.executable).with_name("clang-format"))
    tally.add(step("lint: clang-format", [clang_format, "--dry-run", "--Werror", *sources]))
    tally.add(cppcheck())
    return tally


def cppcheck() -> Tally:
    """It comes from the system, and its findings differ from version to version: only one counts."""
    version = shell.first_line(["cppcheck", "--version"])
    if version != CPPCHECK_VERSION:
        info(f"lint: cppcheck SKIPPED: this is {version or 'missing'}, and not {CPPCHECK_VERSION}")
        return Tally(skipped=1)
    return step("lint: cppcheck", [*CPPCHECK, *C_SOURCES])


def c_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.[ch]") if path.is_file()]


def build_host_c() -> bool:
    """Builds the C tests that run on this machine under sanitizers: a CMake project of their own."""
    folder = HOST_TESTS_BUILT
    configure = [
        "cmake",
        "-S",
        str(HOST_TESTS),
        "-B",
        str(folder),
        "-G",
        "Ninja",
        f"-DLIBFDT_SOURCE_DIR={LIBFDT}",
    ]
    for doing, argv in (("configuring", configure), ("building", ["cmake", "--build", str(folder)])):
        outcome = shell.stream(argv)
        if outcome.status:
            info(f"FAILED {doing} the C host tests")
            print(tail(outcome.output), flush=True)
            return False
    return True


def host_c() -> Tally:
    if not (HOST_TESTS / "CMakeLists.txt").exists():
        info("no C host tests yet")
        return Tally()
    if not build_host_c():
        return Tally(failed=1)
    report = REPORTS / "host-c.xml"
    report.unlink(missing_ok=True)
    argv = [
        "ctest",
        "--test-dir",
        str(HOST_TESTS_BUILT),
        "--output-junit",
        str(report),
        "--output-on-failure",
        "-j",
        str(JOBS),
    ]
    outcome = shell.stream(argv, show_ctest)
    if "No tests were found" in outcome.output:
        info("no C host tests yet")
        return Tally()
    tally = counted(report, outcome, "C host tests")
    if tally.failed:
        print(tail(outcome.output, 120), flush=True)
    return tally


def show_ctest(line: str) -> None:
    if re.match(r"\s*\d+/\d+ Test", line):
        info(line.strip())


def host_python() -> Tally:
    return pytest("host", [str(HOST_TESTS.relative_to(ROOT))], jobs=JOBS)


def system() -> Tally:
    if not any(SYSTEM_TESTS.glob("test_*.py")):
        info("no system tests yet")
        return Tally(skipped=1)
    folder = str(SYSTEM_TESTS.relative_to(ROOT))
    tally = pytest("system", [folder, "-m", "not alone"], jobs=JOBS)
    tally.add(pytest("system-alone", [folder, "-m", "alone"]))
    return tally


def model() -> Tally:
    """Protocol models: each folder's or file's own test, by pytest."""
    if not MODELS.is_dir() or not any(MODELS.glob("test_*.py")):
        info("models SKIPPED: none yet")
        return Tally(skipped=1)
    return pytest("model", [str(MODELS.relative_to(ROOT))])


def fuzz() -> Tally:
    """Stream damage with many more seeds than the unit tests have."""
    arguments = ["tests/host/test_stream_damage.py"]
    return pytest("fuzz", arguments, {"LANTERN_DAMAGE_SEEDS": FUZZ_SEEDS})


def fuzz_results() -> Tally:
    """Damaged results files, likewise."""
    arguments = ["tests/host/test_results_damage.py", "-k", "random_damage"]
    return pytest("fuzz-results", arguments, {"LANTERN_RESULTS_DAMAGES": FUZZ_RESULTS})


def fuzz_executables() -> Tally:
    """Damaged executables, likewise."""
    if not build_host_c():
        return Tally(failed=1)
    argv = [str(HOST_TESTS_BUILT / "elf_fuzz_test")]
    return step("fuzz: damaged executables", argv, {"LANTERN_ELF_FUZZ": FUZZ_EXECUTABLES})


STEPS: dict[str, tuple[Callable[[], Tally], ...]] = {
    "unit": (lint, host_c, host_python),
    "system": (system,),
    "model": (model,),
    "fuzz": (fuzz, fuzz_results, fuzz_executables),
}
