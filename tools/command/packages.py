"""The Debian packages that the project needs: which are missing, and how they get installed.

Standard library only. A need is probed by what it gives (a program, a file), so that a machine that has it by
other means is left alone.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tools.command import shell
from tools.command.say import Progress, UserError, file_error, note

QEMU = "qemu-system-aarch64"
QEMU_MINIMUM = 10
SOURCES = Path("/etc/apt/sources.list.d")


def has_program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def has_file(path: str) -> Callable[[], bool]:
    return lambda: Path(path).exists()


def qemu_version() -> int:
    """QEMU's major version, or 0 if there is none."""
    found = re.search(r"version (\d+)", shell.first_line([QEMU, "--version"]))
    return int(found[1]) if found else 0


def has_venv() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("ensurepip", "venv"))


@dataclass(frozen=True)
class Need:
    package: str
    present: Callable[[], bool]


NEEDS = (
    Need("qemu-system-arm", lambda: qemu_version() >= QEMU_MINIMUM),
    Need("gcc-aarch64-linux-gnu", has_program("aarch64-linux-gnu-gcc")),
    Need("binutils-aarch64-linux-gnu", has_program("aarch64-linux-gnu-addr2line")),
    Need("picolibc-aarch64-linux-gnu", has_file("/usr/lib/picolibc/aarch64-linux-gnu/picolibc.specs")),
    Need("cmake", has_program("cmake")),
    Need("ninja-build", has_program("ninja")),
    Need("ccache", has_program("ccache")),
    Need("make", has_program("make")),
    Need("gcc", has_program("gcc")),
    Need("libc6-dev", has_file("/usr/include/stdio.h")),
    Need("libcmocka-dev", has_file("/usr/include/cmocka.h")),
    Need("device-tree-compiler", has_program("dtc")),
    Need("cppcheck", has_program("cppcheck")),
    Need("spin", has_program("spin")),
    Need("u-boot-qemu", has_file("/usr/lib/u-boot/qemu_arm64/u-boot.bin")),
    Need("git", has_program("git")),
    Need("python3-venv", has_venv),
)


TEST_NEEDS = (Need("chromium", has_program("chromium")),)
"""What single tests need beside these (124 MB to fetch, 414 MB on the disk); without it they are skipped by
name, so a machine that cannot get it is left as it is."""


def install_for_tests() -> None:
    """Installs what is missing of TEST_NEEDS where that needs no hand; says so where it fails."""
    absent = [need.package for need in TEST_NEEDS if not need.present()]
    if not absent or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    try:
        install(absent)
    except UserError as error:
        note(f"{error} Tests that need {' '.join(absent)} are skipped.")


def missing() -> list[str]:
    return [need.package for need in NEEDS if not need.present()]


def install(packages: list[str]) -> None:
    """Installs, with progress. Needs root and apt; what is wrong is said in one sentence."""
    if shutil.which("apt-get") is None:
        raise UserError(
            "This machine has no apt-get; install by its own package manager what Debian calls "
            f"{' '.join(packages)} (QEMU {QEMU_MINIMUM} or newer), then run ./lantern again."
        )
    if os.geteuid() != 0:
        note(f"needed Debian packages are missing: {' '.join(packages)}.")
        raise UserError("Installing them needs root; run: sudo ./lantern setup --packages")
    note(f"installing {len(packages)} Debian packages: {' '.join(packages)}")
    codename = os_release().get("VERSION_CODENAME", "")
    suites: dict[str, str] = {}
    if "qemu-system-arm" in packages and codename == "bookworm":
        suites["qemu-system-arm"] = "bookworm-backports"
        _enable_backports()
    with Progress("reading package lists") as progress:
        _apt(progress, ["update"])
        progress.stage("installing packages")
        for suite in sorted(set(suites.values())):
            _install(progress, ["-t", suite, *[p for p in packages if suites.get(p) == suite]])
        rest = [p for p in packages if p not in suites]
        if rest:
            _install(progress, rest)
    importlib.invalidate_caches()
    still = [p for p in missing() if p in packages]
    if still == ["qemu-system-arm"] and qemu_version():
        raise UserError(
            f"QEMU {qemu_version()} is too old and this machine's package sources have no newer one: "
            f"QEMU {QEMU_MINIMUM} or newer is needed."
        )
    if still:
        raise UserError(f"After installing, what these packages give is still missing: {' '.join(still)}.")


def _install(progress: Progress, arguments: list[str]) -> None:
    _apt(progress, ["install", "-y", "--no-install-recommends", *arguments])


def _apt(progress: Progress, arguments: list[str]) -> None:
    env = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    argv = ["apt-get", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120", *arguments]
    outcome = shell.stream(argv, lambda line: progress.update(_step(line)), env)
    if outcome.status and "dpkg --configure -a" in outcome.output:
        progress.update("finishing an interrupted installation")
        shell.stream(["dpkg", "--configure", "-a"], progress.update, env)
        outcome = shell.stream(argv, lambda line: progress.update(_step(line)), env)
    # apt-get update reports an unreachable source as a warning: with old lists an install can still work.
    if outcome.status:
        progress.clear()
        raise UserError(explain(outcome.output, arguments[0]))


def _step(line: str) -> str:
    """What apt does, without the addresses it does it with."""
    found = re.match(r"(Unpacking|Setting up|Preparing to unpack) (\S+)", line)
    if found:
        return f"{found[1].lower()} {Path(found[2]).name}"
    found = re.match(r"Get:(\d+) \S+ \S+ \S+ (\S+)", line)
    return f"fetching {found[2]}" if found else line.strip()[:60] or "working"


def explain(output: str, step: str) -> str:
    """One sentence for a failed apt-get."""
    if "No space left on device" in output or "enough free space" in output:
        return "Installing packages failed: the disk is full."
    if re.search(r"Could not resolve|Temporary failure|Failed to fetch|Could not connect", output):
        return "Installing packages failed: the package server cannot be reached."
    found = re.search(r"Unable to locate package (\S+)|Package '?([\w.+-]+)'? has no installation", output)
    if found:
        return f"Installing packages failed: the package sources have no {found[1] or found[2]}."
    if "Could not get lock" in output:
        return (
            "Installing packages failed: another program is installing packages; try again when it is done."
        )
    errors = [line.removeprefix("E: ") for line in output.splitlines() if line.startswith("E: ")]
    return f"Installing packages failed in apt-get {step}: {(errors or ['no reason given'])[-1].rstrip('.')}."


def os_release() -> dict[str, str]:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value.strip('"') for key, _, value in pairs}


def _enable_backports() -> None:
    """Debian 12's own QEMU has no imx8mp-evk machine; its backports, on the same mirror, have."""
    if "bookworm-backports" in _configured_suites():
        return
    text, name = backports_source(_source_texts())
    path = SOURCES / name
    note(f"adding the bookworm-backports suite of this machine's mirror: {path}")
    try:
        SOURCES.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise file_error(error, f"writing {path}") from error


def _configured_suites() -> set[str]:
    try:
        done = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(RELEASE)", "Created-By: Packages"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return set()
    return set(done.stdout.split())


def _source_texts() -> list[str]:
    paths = [
        Path("/etc/apt/sources.list"),
        *sorted(SOURCES.glob("*.list")),
        *sorted(SOURCES.glob("*.sources")),
    ]
    texts = []
    for path in paths:
        try:
            texts.append(path.read_text(encoding="utf-8"))
        except OSError:
            continue
    return texts


def backports_source(texts: list[str]) -> tuple[str, str]:
    """The source file (text, name) for bookworm-backports, made from the entry that gives bookworm itself."""
    for text in texts:
        for line in text.splitlines():
            found = re.match(r"deb\s+(\[[^\]]*\]\s+)?(\S+)\s+bookworm\s+main\b", line.strip())
            if found:
                entry = f"deb {found[1] or ''}{found[2]} bookworm-backports main\n"
                return entry, "bookworm-backports.list"
        for stanza in re.split(r"\n\s*\n", text):
            fields = {
                key.strip(): value.strip()
                for key, colon, value in (
                    line.partition(":") for line in stanza.splitlines() if not line.startswith("#")
                )
                if colon
            }
            if (
                "bookworm" in fields.get("Suites", "").split()
                and "main" in fields.get("Components", "").split()
            ):
                fields["Suites"], fields["Components"] = "bookworm-backports", "main"
                fields["Types"] = "deb"
                return "".join(f"{k}: {v}\n" for k, v in fields.items()), "bookworm-backports.sources"
    raise UserError(
        f"QEMU {QEMU_MINIMUM} is in Debian's bookworm-backports, and this machine's package sources name no "
        "mirror for bookworm: add bookworm-backports to them, then run ./lantern again."
    )
