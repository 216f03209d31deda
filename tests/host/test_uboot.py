"""Getting U-Boot's prompt, from boards that hear badly."""

from __future__ import annotations

import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator

import pytest

from tools.command import uboot
from tools.command.say import UserError
from tools.command.uboot import UBoot
from tools.command.wire import SerialWire

PROMPT = b"\r\n=> "
Play = Callable[[int], None]


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """A board's end of a serial line, and the port at the other end."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def catch(line: tuple[int, str], play: Play) -> None:
    board = threading.Thread(target=play, args=(line[0],))
    wire = SerialWire(line[1], 115200)
    board.start()
    try:
        UBoot(wire, "the port").catch(5)
    finally:
        board.join(10)
        wire.close()


def hears(board: int, seconds: float) -> bytes:
    return os.read(board, 64) if select.select([board], [], [], seconds)[0] else b""


def test_nothing_is_sent_to_a_board_that_has_not_set_up_its_uart(line: tuple[int, str]) -> None:
    early = []

    def play(board: int) -> None:
        time.sleep(0.25)
        early.append(hears(board, 0))
        os.write(board, b"\r\nU-Boot 2024.04\r\nHit any key to stop autoboot:  2 ")
        assert hears(board, 5) == uboot.INTERRUPT
        os.write(board, PROMPT)
        while hears(board, 1):
            os.write(board, PROMPT)

    catch(line, play)
    assert early == [b""]


def test_a_board_that_no_longer_hears_is_an_error(
    line: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uboot, "ANSWER_SECONDS", 0.5)
    with pytest.raises(UserError, match="has its prompt, but does not answer what is sent: reset the board"):
        catch(line, lambda board: os.write(board, PROMPT) and None)
