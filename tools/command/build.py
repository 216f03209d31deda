"""Configures and builds an image with CMake, one folder under build/ for each configuration."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.command import shell
from tools.command.say import BUILD, ROOT, Progress, UserError, file_error, shown

LOCK = "building.lock"


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


def build(configuration: Configuration, stage: str = "building") -> Image:
    """Builds, with progress. A mistake in the choice of variants is told in CMake's own words."""
    with _alone(configuration.folder):
        folder = _configured(configuration, stage)
        with Progress(f"{stage}: compiling {folder.name}") as progress:
            _compile(folder, progress)
    image = Image(folder, configuration.platform)
    for artifact in filter(None, (image.kernel, image.symbols, image.device_tree)):
        if not artifact.exists():
            raise UserError(f"The build ended well but left no {shown(artifact)}.")
    return image


def configure(configuration: Configuration, stage: str = "building") -> Path:
    """Configures without building; gives the build folder."""
    with _alone(configuration.folder):
        return _configured(configuration, stage)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Makes the folder. Nobody else builds in it meanwhile: tests and cells run side by side."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise file_error(error, f"making the folder {shown(folder)}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _configured(configuration: Configuration, stage: str) -> Path:
    folder = configuration.folder
    with Progress(f"{stage}: configuring {folder.name}"):
        _configure(configuration, folder)
    return folder


def _configure(configuration: Configuration, folder: Path) -> None:
    argv = ["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja"]
    argv += ["--toolchain", str(ROOT / "cmake" / "toolchain-aarch64.cmake"), *configuration.arguments]
    log = folder / "configure.log"
    outcome = shell.stream(argv, log=log)
    if outcome.status:
        raise UserError(cmake_message(outcome.output) or f"CMake failed; see {shown(log)}.")


def _compile(folder: Path, progress: Progress) -> None:
    log = folder / "build.log"

    def step(line: str) -> None:
        found = re.match(r"\[(\d+/\d+)\] (.*)", line)
        if found:
            progress.update(f"{found[1]} {Path(found[2].split()[-1]).name if found[2].split() else ''}")

    outcome = shell.stream(["cmake", "--build", str(folder)], step, log=log)
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
