"""Makes a machine ready: Debian packages, the virtual environment, and the C sources of libfdt.

Standard library only: it runs before the virtual environment exists. What is done is silent the second time:
a stamp names the state that was reached, and cheap checks look whether it still holds. Half-done work heals,
because each step checks what is there and the stamp is written last.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import shutil
import sys
import tarfile
from pathlib import Path

from tools.command import packages, shell
from tools.command.say import BUILD, ROOT, Progress, UserError, file_error, note

VENV = BUILD / "venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "tools" / "requirements.txt"
STAMP = BUILD / ".setup-done"
THIRD_PARTY = BUILD / "third_party"
LIBFDT = THIRD_PARTY / "libfdt"
LIBFDT_VERSION = "1.7.2"
LIBFDT_SHA256 = "b18c6c40400ed4374d0a142dcdb07e5402574ff1304454019a1fd92735b54756"
STATE_VERSION = 1
NETWORK_HINTS = (
    "NewConnectionError",
    "Name or service",
    "ConnectTimeout",
    "ProxyError",
    "Could not fetch URL",
)


def state() -> str:
    """What a finished setup depends on, as one line."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"{STATE_VERSION} {version} {LIBFDT_SHA256} {digest} {ROOT}\n"


def ready() -> bool:
    """Quick: reads the stamp and looks for what programs and files it promises."""
    try:
        stamped = STAMP.read_text(encoding="utf-8") == state()
    except OSError:
        return False
    if not stamped or not PYTHON.exists() or not (LIBFDT / "libfdt.h").exists():
        return False
    return all(need.package == "qemu-system-arm" or need.present() for need in packages.NEEDS) and (
        shutil.which(packages.QEMU) is not None
    )


def ensure(packages_only: bool = False, for_tests: bool = False) -> None:
    """Does what is missing; silent if nothing is. `for_tests` adds what only single tests need."""
    if for_tests:
        packages.install_for_tests()
    if packages_only:
        absent = packages.missing()
        if absent:
            packages.install(absent)
        return
    if ready():
        return
    try:
        BUILD.mkdir(parents=True, exist_ok=True)
        lock = (BUILD / ".setup-lock").open("w")
    except OSError as error:
        raise file_error(error, "making the folder build") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("waiting for another ./lantern that sets up this machine ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if ready():
            return
        absent = packages.missing()
        if absent:
            packages.install(absent)
        _environment()
        _libfdt()
        try:
            STAMP.write_text(state(), encoding="utf-8")
        except OSError as error:
            raise file_error(error, "writing the setup's stamp") from error
    note("this machine is ready.")


def _works(python: Path) -> bool:
    return python.exists() and shell.stream([str(python), "-c", "import pip"]).status == 0


def _environment() -> None:
    """The virtual environment with exactly the pinned packages; pip does nothing for those that are there."""
    if not _works(PYTHON):
        note("making the Python environment build/venv")
        shutil.rmtree(VENV, ignore_errors=True)
        outcome = shell.stream([sys.executable, "-m", "venv", str(VENV)])
        if outcome.status:
            shutil.rmtree(VENV, ignore_errors=True)
            raise UserError(_explain(outcome.output, "Making the Python environment"))
    with Progress("installing Python packages") as progress:
        argv = [*_pip(), "install", "--progress-bar", "off", "-r", str(REQUIREMENTS)]
        outcome = shell.stream(argv, lambda line: progress.update(_step(line)))
    if outcome.status:
        raise UserError(_explain(outcome.output, "Installing the Python packages"))


def _pip() -> list[str]:
    return [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]


def _step(line: str) -> str:
    words = line.split()
    known = {"Collecting", "Downloading", "Installing", "Using", "Preparing", "Successfully"}
    return " ".join(words[:2])[:60] if words and words[0] in known else "working"


def _explain(output: str, doing: str) -> str:
    """One sentence for a failed pip or venv."""
    if "No space left on device" in output or "Errno 28" in output:
        return f"{doing} failed: the disk is full."
    if any(hint in output for hint in NETWORK_HINTS):
        return f"{doing} failed: the package index cannot be reached."
    if "(from versions: none)" in output:
        return f"{doing} failed: the package index cannot be reached, or has none of the needed packages."
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    # pip's lines can hold the index's address; the first words say enough.
    reason = errors[-1].removeprefix("ERROR:").strip().split(" (from")[0] if errors else "no reason was given"
    return f"{doing} failed: {reason.rstrip('.')}."


def _libfdt() -> None:
    """The C sources of libfdt, out of the source archive of its Python binding."""
    if (LIBFDT / "libfdt.h").exists():
        return
    with Progress(f"fetching the sources of libfdt {LIBFDT_VERSION}"):
        folder = THIRD_PARTY / "download"
        archive = folder / f"pylibfdt-{LIBFDT_VERSION}.tar.gz"
        if not _intact(archive):
            archive.unlink(missing_ok=True)
            outcome = shell.stream(
                [*_pip(), "download", "--no-deps", "--no-binary", "pylibfdt", "-d", str(folder)]
                + [f"pylibfdt=={LIBFDT_VERSION}"]
            )
            if outcome.status:
                raise UserError(_explain(outcome.output, "Fetching libfdt"))
        if not _intact(archive):
            raise UserError(
                "The archive of libfdt that was fetched is not the expected one: its checksum is wrong."
            )
        try:
            _unpack(archive)
        except (OSError, tarfile.TarError) as error:
            cause = error if isinstance(error, OSError) else OSError(0, "the archive is damaged")
            raise file_error(cause, "unpacking libfdt") from error


def _intact(archive: Path) -> bool:
    try:
        return hashlib.sha256(archive.read_bytes()).hexdigest() == LIBFDT_SHA256
    except OSError:
        return False


def _unpack(archive: Path) -> None:
    """Only the C files, into a folder that takes its name when it is complete."""
    fresh = THIRD_PARTY / "libfdt.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        for member in tar:
            path = Path(member.name)
            if member.isfile() and path.parent.name == "libfdt" and path.suffix in (".c", ".h"):
                content = tar.extractfile(member) or io.BytesIO()
                (fresh / path.name).write_bytes(content.read())
    shutil.rmtree(LIBFDT, ignore_errors=True)
    fresh.rename(LIBFDT)


def inside() -> bool:
    """Whether this process runs in the project's virtual environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def enter(argv: list[str]) -> None:
    """Starts this command again under the environment's Python; does not return."""
    if not PYTHON.exists():
        raise UserError("The Python environment build/venv is missing: run ./lantern setup.")
    os.execv(PYTHON, [str(PYTHON), *argv])
