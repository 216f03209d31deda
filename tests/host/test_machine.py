"""The conversation with a machine, symbols, and the setup's parts that need no installing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_tree import ROOT

from tools.command import build, packages, qemu, say, setup, symbols
from tools.command.machine import Ending, Keyboard, Run, boot_image
from tools.command.output import OutputFolder
from trace.items import Item, Text

FAKE = ROOT / "tests" / "host" / "fake_qemu.py"


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> build.Image:
    """An image for the stand-in for QEMU, which is on PATH for this test."""
    program = tmp_path / "qemu-system-aarch64"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    folder = tmp_path / "imx8mp-release-all"
    folder.mkdir()
    return build.Image(folder, "imx8mp")


def boot(image: build.Image, append: str = "mode=bench", **more: object) -> Run:
    return boot_image(image, qemu.Target(smp=1), append, **({"timeout": 10.0} | more))  # type: ignore[arg-type]


def test_a_run_tells_everything(image: build.Image) -> None:
    seen: list[Item] = []
    run = boot(image, watch=seen.extend)
    assert run.ok and run.why == "" and run.ending is Ending.END
    assert (run.status, run.qemu_status) == (0, 0)
    assert len(run.benches) == 6 and all(row.status == "ok" for row in run.benches)
    assert run.recording.events > 0 and run.recording.report.complete
    assert "\r" not in run.console and "Lanternfish starts" in run.console
    assert "".join(item.text for item in seen if isinstance(item, Text)) == run.recording.console
    assert bytes(run.raw).startswith(b"U-Boot")


def test_a_script_types_answers_in_order(image: build.Image) -> None:
    run = boot(image, "mode=run", script=[("$ ", "one\r"), ("said one\r\n$ ", "two\r"), ("$ ", "exit\r")])
    assert run.ok
    assert run.console.index("you said one") < run.console.index("you said two") < run.console.index("bye")


def test_until_ends_a_run(image: build.Image) -> None:
    run = boot(image, "mode=run", script=[("$ ", "hello\r")], until="said hello")
    assert run.ok and run.ending is Ending.UNTIL and run.seconds < 9


def test_silence_and_limit_end_a_run(image: build.Image) -> None:
    """However long the machine takes to start: silence counts from its first frame."""
    run = boot(image, "mode=run", timeout=0.3, first_timeout=60.0)
    assert run.ending is Ending.SILENT and "said nothing for 0.3 seconds; the last it said was: $" in run.why
    run = boot(image, "mode=run", limit=0.3)
    assert run.ending is Ending.LIMIT and not run.ok


class Pipe(Keyboard):
    def __init__(self, data: bytes) -> None:
        self.fd, write = os.pipe()
        os.write(write, data)
        os.close(write)

    def read(self) -> bytes | None:
        return os.read(self.fd, 100) or None


def test_input_that_is_over_ends_a_quiet_machine(image: build.Image) -> None:
    run = boot(image, "mode=run", timeout=4.0, keyboard=Pipe(b"hi\r"))
    assert run.ending is Ending.INPUT and "you said hi" in run.console


def test_command_lines() -> None:
    image = build.Image(build.Configuration("virt").folder, "virt")
    line = " ".join(qemu.command(qemu.Target("virt", 16, "realtime", "cortex-a72"), image, "mode=run"))
    assert "-M virt,gic-version=3 -cpu cortex-a72 -smp 16 -m 2G" in line
    assert "-accel tcg,thread=multi" in line and "-dtb" not in line and line.count("-serial") == 1
    image = build.Image(build.Configuration().folder, "imx8mp")
    line = " ".join(qemu.command(qemu.Target(), image, "mode=run"))
    assert "-M imx8mp-evk -smp 4" in line and "-serial null -serial stdio" in line
    assert "-dtb build/imx8mp-release-none/imx8mp.dtb" in line and "-icount shift=0,sleep=off" in line


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> build.Image:
    """An image folder whose kernel and one domain are a small program with symbols."""
    if not shutil.which("aarch64-linux-gnu-gcc"):
        pytest.skip("no cross compiler")
    folder = tmp_path_factory.mktemp("symbols")
    source = folder / "deep.c"
    source.write_text(
        "void inner(void);\nvoid outer(void);\nvoid outer(void)\n{\n    inner();\n    inner();\n}\n"
    )
    (folder / "domains").mkdir()
    for elf in (folder / "lanternfish.elf", folder / "domains" / "bench.elf"):
        flags = ["-g", "-O0", "-nostdlib", "-ffreestanding", "-static", "-Wl,--unresolved-symbols=ignore-all"]
        flags += ["-Wl,-e,outer", "-Wl,-Ttext=0x10000", f"-ffile-prefix-map={folder}/="]
        subprocess.run(["aarch64-linux-gnu-gcc", *flags, source, "-o", elf], check=True)
    return build.Image(folder, "imx8mp")


def test_backtraces_name_function_file_and_line(program: build.Image) -> None:
    """The code at 0x10000: two instructions of entry, then a call at 0x10008 and one behind it."""
    line = "fault: domain=bench pc=0x10008 backtrace=0x10008 0x10010"
    explained = symbols.explain_line(program, line)
    assert explained == ["  0x10008  outer  deep.c:5", "  0x10010  outer  deep.c:6"]
    text = symbols.annotate(program, f"before\n{line}\nafter")
    assert text.split("\n") == ["before", line, *explained, "after"]
    panic = symbols.explain_panic(program, {"reason": "x", "pc": "0x10008", "backtrace": "0x10008 0x1000c"})
    assert panic[1] == "  0x1000c  outer  deep.c:5"  # a return address: the call stands before it
    apart = symbols.explain_panic(program, {"pc": "0x10008", "backtrace": "0x10010"})
    assert apart == ["  0x10008  outer  deep.c:5", "  0x10010  outer  deep.c:6"]


def test_backtraces_that_cannot_be_explained(program: build.Image) -> None:
    assert symbols.explain_line(program, "fault: domain=absent backtrace=0x10008") == []
    assert symbols.explain_line(program, "no address here") == []
    assert symbols.explain_line(None, "backtrace=0x10008") == []
    outside = symbols.explain_line(program, "backtrace=0x99999999")
    assert outside == ["  0x99999999  ??  (no source line)"]


def test_backports_come_from_the_mirror_that_is_configured() -> None:
    one_line = "# comment\ndeb [arch=amd64] http://mirror.example/debian bookworm main contrib\n"
    text, name = packages.backports_source(["", one_line])
    assert text == "deb [arch=amd64] http://mirror.example/debian bookworm-backports main\n"
    assert name.endswith(".list")
    stanzas = (
        "Types: deb\nURIs: http://mirror.example/security\nSuites: bookworm-security\nComponents: main\n\n"
        "Types: deb deb-src\n# note\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main contrib\nSigned-By: /usr/share/keyrings/key.gpg\n"
    )
    text, name = packages.backports_source([stanzas])
    assert "Suites: bookworm-backports\n" in text and "URIs: http://mirror.example/debian\n" in text
    assert "Signed-By: /usr/share/keyrings/key.gpg\n" in text and "Types: deb\n" in text
    assert name.endswith(".sources")
    with pytest.raises(say.UserError, match="no mirror"):
        packages.backports_source(["deb http://mirror.example/ubuntu noble main\n"])


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "the disk is full"),
        ("E: Failed to fetch http://x/y  Could not connect", "cannot be reached"),
        ("E: Unable to locate package qemu-system-arm", "have no qemu-system-arm"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "another program"),
        ("E: Something else.", "apt-get install: Something else."),
    ],
)
def test_failing_installations_are_one_sentence(output: str, sentence: str) -> None:
    explained = packages.explain(output, "install")
    assert sentence in explained and "\n" not in explained and "http" not in explained


def test_a_setup_heals_what_is_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is done when its result is missing, and the stamp comes last."""
    venv = tmp_path / "venv"
    done: list[str] = []
    monkeypatch.setattr(setup, "BUILD", tmp_path)
    monkeypatch.setattr(setup, "STAMP", tmp_path / ".setup-done")
    monkeypatch.setattr(setup, "VENV", venv)
    monkeypatch.setattr(setup, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(setup, "LIBFDT", tmp_path / "libfdt")
    monkeypatch.setattr(setup.packages, "missing", list)
    monkeypatch.setattr(setup.packages, "NEEDS", ())
    monkeypatch.setattr(setup.packages, "QEMU", "sh")

    def environment() -> None:
        done.append("environment")
        (venv / "bin").mkdir(parents=True, exist_ok=True)
        (venv / "bin" / "python").touch()

    def libfdt() -> None:
        done.append("libfdt")
        if len(done) == 2:
            raise say.UserError("Fetching libfdt failed: the package index cannot be reached.")
        (tmp_path / "libfdt").mkdir()
        (tmp_path / "libfdt" / "libfdt.h").touch()

    monkeypatch.setattr(setup, "_environment", environment)
    monkeypatch.setattr(setup, "_libfdt", libfdt)
    with pytest.raises(say.UserError):
        setup.ensure()
    assert not setup.ready()
    setup.ensure()
    assert setup.ready() and done == ["environment", "libfdt"] * 2
    setup.ensure()
    assert len(done) == 4
    (venv / "bin" / "python").unlink()
    assert not setup.ready()


def test_a_failed_write_leaves_no_temporary_files(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("older")
    folder = OutputFolder(tmp_path)
    folder.stage_bytes("console.log", b"text")
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(say.UserError, match="the disk is full"):
        folder.stage("results.json", lambda file: full.write(b"x"))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("results.json", "older")]


def test_what_only_tests_need_stops_nobody(monkeypatch, capsys):
    def fails(wanted: list[str]) -> None:
        raise say.UserError(f"Installing packages failed: {wanted}.")

    monkeypatch.setattr(packages, "TEST_NEEDS", (packages.Need("browser", lambda: False),))
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(packages, "install", fails)
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    packages.install_for_tests()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    packages.install_for_tests()
    assert "Tests that need browser are skipped." in capsys.readouterr().err
