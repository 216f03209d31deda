"""Configures and builds an image with CMake, one folder under build/ for each configuration."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.command import shell
from tools.command.say import BUILD, ROOT, Progress, UserError, file_error, shown


@dataclass(frozen=True)
class Configuration:
    """What distinguishes one build from another."""

    platform: str = "imx8mp"
    trace: str = "none"
    debug: bool = False
    variant: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        parts = [self.platform, "debug" if self.debug else "release", self.trace.replace(",", "+")]
        parts += [f"{axis}_{value}" for axis, value in sorted(self.variant.items())]
        return BUILD / "-".join(parts)

    @property
    def arguments(self) -> list[str]:
        values = [f"-DPLATFORM={self.platform}", f"-DCMAKE_BUILD_TYPE={'Debug' if self.debug else 'Release'}"]
        values.append(f"-DTRACE={self.trace}")
        values.append("-DVARIANT=" + ";".join(f"{a}={v}" for a, v in sorted(self.variant.items())))
        return values


@dataclass(frozen=True)
class Image:
    """What a build leaves in its folder."""

    folder: Path
    platform: str

    @property
    def kernel(self) -> Path:
        return self.folder / "lanternfish.img"

    @property
    def symbols(self) -> Path:
        return self.folder / "lanternfish.elf"

    @property
    def device_tree(self) -> Path | None:
        return self.folder / "imx8mp.dtb" if self.platform == "imx8mp" else None

    def domain(self, name: str) -> Path:
        return self.folder / "domains" / f"{name}.elf"


def build(configuration: Configuration, stage: str = "building", parallel: int = 0) -> Image:
    """Builds, with progress. A mistake in the choice of variants is told in CMake's own words.

    `parallel` is how many compilers may run at a time; 0 leaves it to Ninja. Waits while another process
    builds the same.
    """
    folder = _made(configuration.folder)
    with _locked(folder) as lock:
        _configure(configuration, folder, stage, lock)
        with Progress(f"{stage}: compiling {folder.name}") as progress:
            _compile(folder, progress, parallel, lock)
    image = Image(folder, configuration.platform)
    for artifact in filter(None, (image.kernel, image.symbols, image.device_tree)):
        if not artifact.exists():
            raise UserError(f"The build ended well but left no {shown(artifact)}.")
    return image


def configure(configuration: Configuration, stage: str = "building") -> Path:
    """Configures without building; gives the build folder."""
    folder = _made(configuration.folder)
    with _locked(folder) as lock:
        _configure(configuration, folder, stage, lock)
    return folder


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(error, f"making the folder {shown(folder)}") from error
    return folder


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """One process at a time works in a build folder. What it starts inherits the lock, and so holds it for as
    long as it lives, should the process itself be killed."""
    try:
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise file_error(error, f"locking the folder {shown(folder)}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _configure(configuration: Configuration, folder: Path, stage: str, lock: int) -> None:
    argv = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja"]
    argv += ["--toolchain", str(ROOT / "cmake" / "toolchain-aarch64.cmake"), *configuration.arguments]
    argv += compiler_cache()
    log = folder / "configure.log"
    with Progress(f"{stage}: configuring {folder.name}"):
        outcome = shell.stream(argv, log=log, pass_fds=[lock])
    if outcome.status:
        raise UserError(cmake_message(outcome.output) or f"CMake failed; see {shown(log)}.")


def compiler_cache() -> list[str]:
    """Has ccache, where it is installed, share objects between the builds of variants: they differ in few.

    The environment goes with the rule, so that it holds for whoever calls Ninja, too.
    """
    if not shutil.which("ccache"):
        return []
    settings = f"CCACHE_DIR={BUILD / 'ccache'};CCACHE_BASEDIR={ROOT};CCACHE_NOHASHDIR=1"
    return [f"-DCMAKE_C_COMPILER_LAUNCHER=env;{settings};ccache"]


def _compile(folder: Path, progress: Progress, parallel: int, lock: int) -> None:
    log = folder / "build.log"

    def step(line: str) -> None:
        found = re.match(r"\[(\d+/\d+)\] (.*)", line)
        if found:
            progress.update(f"{found[1]} {Path(found[2].split()[-1]).name if found[2].split() else ''}")

    argv = ["cmake", "--build", str(folder), *(["--parallel", str(parallel)] if parallel else [])]
    outcome = shell.stream(argv, step, log=log, pass_fds=[lock])
    if outcome.status:
        progress.clear()
        if "No space left on device" in outcome.output:
            raise UserError("Building failed: the disk is full.")
        print(failure_excerpt(outcome.output), flush=True)
        raise UserError(f"Building {folder.name} failed; the whole log is {shown(log)}.")


def cmake_message(output: str) -> str:
    """The text of CMake's first error, without where in CMake's files it arose."""
    if "No space left on device" in output:
        return "Configuring failed: the disk is full."
    found = re.search(
        r"^CMake Error(?: at [^\n]*)?:\n?(.*?)(?=^CMake (?:Error|Warning)|^Call Stack|^-- |\Z)",
        output,
        re.DOTALL | re.MULTILINE,
    )
    if not found:
        return ""
    lines = [line.strip() for line in found[1].strip().splitlines()]
    return "\n".join(lines)


def failure_excerpt(output: str, limit: int = 40) -> str:
    """The part of a failed build that says what failed: from the first FAILED line on."""
    lines = output.splitlines()
    start = next(
        (at for at, line in enumerate(lines) if line.startswith("FAILED:")), max(len(lines) - limit, 0)
    )
    return "\n".join(lines[start : start + limit])
