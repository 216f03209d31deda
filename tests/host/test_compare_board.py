"""./lantern compare on a board: each image is loaded by U-Boot over the serial port, and runs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_tree import FAKE_CMAKE, Tree, one_sentence
from scripted_board import Board

from analysis import comparison

CALL = ("compare", "alloc", "--suite", "lmp", "--smp", "1", "--no-trace", "--timeout", "60")
IMAGE_BYTES = 5000


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Its images differ between variants, and are of more than a block."""
    tree = Tree(tmp_path_factory.mktemp("lantern"))
    noise = tree.bin / "noise"
    noise.write_bytes(random.Random(1).randbytes(IMAGE_BYTES))
    image = f'for name in lanternfish.img imx8mp.dtb; do echo "$2 $name" | cat - {noise} >"$2/$name"; done'
    tree.program("cmake", FAKE_CMAKE.replace("fi\nexit 0", f"{image}\nfi\nexit 0"))
    return tree


@pytest.fixture
def board(tree: Tree) -> Iterator[Board]:
    board = Board(tree.bin / "qemu-system-aarch64", tree.environment())
    board.start()
    yield board
    board.close()


def test_cells_run_one_after_the_other(tree: Tree, board: Board) -> None:
    done = tree.run(*CALL, "--serial", board.device, "--out", "board", timeout=400)
    assert done.returncode == 0 and one_sentence(done.stderr), done.stderr
    assert "boots one after another" in done.stdout
    read = comparison.load_comparison(tree.root / "board")
    assert read.plan.mode == "board" and [cell.status for cell in read.plan.cells] == ["ok", "ok"]
    assert all(variant.results["mode"] == "board" for variant in read.variants)
    assert len(board.boots) == 2
    images = set()
    for words, memory in board.boots:
        assert words.split() == ["mode=bench", "suites=lmp", "reset=1"]
        assert b"lanternfish.img" in memory[0x48000000][:200] and b"imx8mp.dtb" in memory[0x43000000][:200]
        images.add(memory[0x48000000])
    folders = [tree.root / "build" / f"imx8mp-release-none-alloc_{value}" for value in ("buddy", "rbtree")]
    loaded = {(folder / "lanternfish.img").read_bytes() for folder in folders}
    assert {image.rstrip(b"\x1a") for image in images} == loaded  # the protocol fills the last block
    assert len(loaded) == 2


def test_what_arrives_damaged_is_not_started(tree: Tree) -> None:
    board = Board(tree.bin / "qemu-system-aarch64", tree.environment(), damage=True)
    board.start()
    done = tree.run(*CALL, "--serial", board.device, "--out", "damaged", timeout=400)
    board.close()
    assert done.returncode == 1 and not board.boots and one_sentence(done.stderr)
    assert "What the board received of lanternfish.img is damaged: its checksum is wrong." in done.stderr


def test_a_board_that_is_off(tree: Tree, tmp_path: Path) -> None:
    import os
    import pty

    master, slave = pty.openpty()
    call = [*CALL[:-1], "1", "--serial", os.ttyname(slave), "--out", "off"]
    done = tree.run(*call, timeout=400)
    os.close(master)
    os.close(slave)
    assert done.returncode == 1 and "did not answer within 1 seconds; it said nothing" in done.stderr
