"""Several cores: their monitors, channels in shared memory, and what goes over them."""

from __future__ import annotations

from tools.command.machine import boot


def test_channels_come_and_go() -> None:
    run = boot("imx8mp", "mode=test test=channels", smp=1, timeout=120)
    assert run.ok, run.why
    assert "channels: 20 came and went" in run.console
