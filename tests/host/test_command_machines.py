"""./lantern with machines that fail, a terminal, and a board on a serial port."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_tree import Tree, one_sentence

from analysis import load

# What can go wrong with a machine.


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("kill", "QEMU was killed by signal 9 before the END frame in bench lmp.one_way"),
        ("panic", "The kernel panicked on core 1: the scheduler lost itself."),
        ("no_end", "QEMU ended with status 0 before the END frame"),
        ("bad_end", "The machine ended with status 1"),
        (
            "refuse",
            "QEMU ended with status 1 before the END frame (could not load kernel); it had said nothing",
        ),
        ("fail", "rows failed"),
    ],
)
def test_a_machine_that_fails(tree: Tree, behaviour: str, sentence: str) -> None:
    done = tree.run("bench", "--smp", "2", "--out", f"bad-{behaviour}", FAKE_QEMU=behaviour)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert one_sentence(done.stderr)
    folder = tree.root / f"bad-{behaviour}"
    content = load.load(folder)
    assert any(bench["status"].startswith("failed: ") for bench in content["benches"])
    if behaviour in ("kill", "panic"):
        assert "halfway there" in (folder / "console.log").read_text() or behaviour == "panic"
        statuses = {bench["name"]: bench["status"] for bench in content["benches"]}
        assert statuses["lmp.round_trip"] == "ok" and statuses["lmp.one_way"].startswith("failed: ")
        assert "boot.end" in statuses


def test_a_silent_machine(tree: Tree) -> None:
    """On a busy host the stand-in may need longer than that to say anything: then with more patience."""
    for seconds in ("1", "8", "40"):
        done = tree.run("bench", "--timeout", seconds, "--out", "bad-silent", timeout=120, FAKE_QEMU="silent")
        assert done.returncode == 1 and one_sentence(done.stderr)
        if "it had said nothing" not in done.stderr:
            break
    assert (
        f"The machine said nothing for {seconds} seconds; the last it said was: waiting for nothing."
        in done.stderr
    )


def test_a_machine_that_refuses_leaves_older_results_alone(tree: Tree) -> None:
    (tree.root / "older").mkdir()
    (tree.root / "older" / "results.json").write_text("older")
    done = tree.run("bench", "--out", "older", FAKE_QEMU="refuse_words")
    assert done.returncode == 1 and one_sentence(done.stderr)
    assert "there is no word frob" in done.stderr and "nothing was written" in done.stderr
    assert [(p.name, p.read_text()) for p in (tree.root / "older").iterdir()] == [("results.json", "older")]


def test_damage_on_the_wire_is_told(tree: Tree) -> None:
    done = tree.run("bench", "--smp", "1", "--out", "noise", FAKE_QEMU="noise")
    assert done.returncode == 0 and "damaged pieces" in done.stderr


def test_a_stream_of_another_declaration(tree: Tree) -> None:
    done = tree.run("bench", "--smp", "1", "--out", "stranger", FAKE_QEMU="stranger")
    assert "0123456789abcdef" in done.stderr and "rebuild" in done.stderr
    assert load.load(tree.root / "stranger")["trace"]["dropped"] > 0


def test_no_qemu(tree: Tree) -> None:
    empty = tree.root.parent / "no-qemu"
    empty.mkdir(exist_ok=True)
    for name in ("sh", "readlink", "dirname", "mkdir", "id", "git"):
        (empty / name).symlink_to(shutil.which(name) or "/bin/sh")
    (empty / "cmake").symlink_to(tree.bin / "cmake")
    (empty / "python3").symlink_to(sys.executable)
    done = subprocess.run(
        tree.argv("bench", "--out", "none"),
        env={**os.environ, "PATH": str(empty)},
        cwd=tree.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "qemu-system-aarch64 is not installed: run ./lantern setup." in done.stderr


# ./lantern run


def test_run_from_a_pipe(tree: Tree) -> None:
    done = subprocess.run(
        tree.argv("run"),
        env=tree.environment(),
        cwd=tree.root,
        input="hello\nexit\n",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "$ hello" in done.stdout and "you said hello" in done.stdout and "bye" in done.stdout
    assert "\0" not in done.stdout and "declaration=" not in done.stdout


def read_until(fd: int, text: bytes, seconds: float = 20) -> bytes:
    got = b""
    end = time.monotonic() + seconds
    while text not in got and time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                got += os.read(fd, 4096)
            except OSError:
                break
    assert text in got, got
    return got


def test_run_on_a_terminal_and_ctrl_c(tree: Tree) -> None:
    import termios

    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    process = subprocess.Popen(
        tree.argv("run"),
        env=tree.environment(),
        cwd=tree.root,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        preexec_fn=lambda: (os.setsid(), __import__("fcntl").ioctl(0, termios.TIOCSCTTY, 0)),
    )
    try:
        read_until(master, b"$ ")
        os.write(master, b"hi\r")
        read_until(master, b"you said hi")
        assert not termios.tcgetattr(slave)[3] & termios.ECHO
        os.write(master, b"\x03")
        read_until(master, b"the machine was ended")
        assert process.wait(10) == 0
        assert termios.tcgetattr(slave)[:4] == before[:4]
    finally:
        process.kill()
        os.close(master)
        os.close(slave)


def test_bench_ends_on_ctrl_c_with_a_sentence(tree: Tree) -> None:
    process = subprocess.Popen(
        tree.argv("bench", "--out", "stopped"),
        env=tree.environment(FAKE_QEMU="silent"),
        cwd=tree.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    assert any("boot 1 of 2" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    assert process.wait(10) == 130 and "interrupted" in said and "Traceback" not in said


# A board on a serial port: a pseudo-terminal with a scripted peer.


def test_bench_on_a_serial_port(tree: Tree) -> None:
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    device = os.ttyname(slave)
    process = subprocess.Popen(
        tree.argv("bench", "--serial", f"{device}:115200", "--out", "board", "--timeout", "10"),
        env=tree.environment(),
        cwd=tree.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr
        for kind in ("none", "all"):
            said = ""
            for line in process.stderr:
                said += line
                if "listening on" in line:
                    break
            assert "booti" in said and "setenv bootargs 'mode=bench suites=all'" in said
            stream = subprocess.run(
                [
                    tree.bin / "qemu-system-aarch64",
                    "-kernel",
                    f"x-{kind}/i",
                    "-append",
                    "mode=bench",
                    "-smp",
                    "4",
                ],
                capture_output=True,
                check=True,
            ).stdout
            time.sleep(0.3)
            # The board was running something before: a stale frame, then its boot loader, then the system.
            stale = stream[stream.index(b"\0") :][:120]
            data = stale + b"\r\nresetting\r\n\0" + stream
            for at in range(0, len(data), 512):
                os.write(master, data[at : at + 512])
                time.sleep(0.002)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        os.close(master)
        os.close(slave)
    assert process.returncode == 0, out
    content = load.load(tree.root / "board")
    assert content["mode"] == "board" and content["clock"]["cycle_is"] == "cycle"
    assert content["command"] == [device, "115200"]
    assert "Measured on a board" in out
    assert json.loads((tree.root / "board" / "results.json").read_text())["trace"]["dropped"] == 0


def test_serial_ports_that_cannot_be_used(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for device in ("/dev/ttyNONE9", str(tmp_path / "file"), "/dev/null"):
        done = tree.run("bench", "--serial", device, "--out", "board2", "--timeout", "1")
        assert done.returncode == 1 and one_sentence(done.stderr)
        assert f"The serial port {device} cannot be opened" in done.stderr


def test_a_board_that_says_nothing(tree: Tree) -> None:
    master, slave = pty.openpty()
    done = tree.run("bench", "--serial", os.ttyname(slave), "--out", "board3", "--timeout", "1")
    os.close(master)
    os.close(slave)
    assert done.returncode == 1 and "said nothing for 1 seconds" in done.stderr
