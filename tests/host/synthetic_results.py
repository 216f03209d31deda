"""Results as the suites `spawn` and `rpc` give them, made up, for the tests of their plots."""

from __future__ import annotations

from typing import Any

from analysis.compare import Variant
from tools.command import results

PHASES = {
    "load": 2_300,
    "elf": 21_000,
    "cspace": 14_100,
    "vspace": 92_000,
    "arguments": 6_200,
    "dispatcher": 9_900,
    "start": 38_000,
}
TOTAL, EXIT = 189_000, 251_000
SIZES = tuple(4**power for power in range(11))


def frame(benches: list[dict[str, Any]], **variant: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "created": "2024-02-03T04:05:06+00:00",
        "git": {"rev": "0123456789ab", "dirty": False},
        "platform": "imx8mp",
        "mode": "icount",
        "cores": 1,
        "cpu": "cortex-a53",
        "clock": {"cycle_hz": 1_000_000_000, "counter_hz": 8_000_000, "cycle_is": "instruction"},
        "variant": {"alloc": "rbtree", **variant},
        "command": ["qemu-system-aarch64", "-M", "imx8mp-evk"],
        "versions": {"qemu": "10.0.2", "cc": "gcc 12"},
        "trace": {"events": 10, "dropped": 0, "bytes": 1000},
        "benches": benches,
    }


def spawn_rows(total: int = TOTAL, **params: Any) -> list[dict[str, Any]]:
    params = {"source": "module", **params}
    rows = [
        results.row(f"spawn.{name}", params, "cycles", [cost - 3, cost, cost + 900])
        for name, cost in PHASES.items()
    ]
    rows.append(results.row("spawn.total", params, "cycles", [total - 9, total, total + 5000]))
    return [*rows, results.row("spawn.exit", params, "cycles", [EXIT])]


def footprint_rows() -> list[dict[str, Any]]:
    kinds = {
        "pages": 90_112,
        "tables": 28_672,
        "capabilities": 16_384,
        "dispatcher": 20_480,
        "total": 155_648,
    }
    return [
        results.row("spawn.footprint", {"source": "module", "kind": kind}, "bytes", [size])
        for kind, size in kinds.items()
    ]


def history_row(
    count: int = 2000, every: int = 10, growth: float = 0.0, n: int | None = None
) -> dict[str, Any]:
    samples = [189_000 + at % 7 * 40 + int(growth * at) for at in range(count)]
    return results.row("spawn.history", {"source": "module", "every": every}, "cycles", samples, n=n)


COSTS = {
    "chunked": lambda size: 900 + 38 * size / 7,
    "shared_frame": lambda size: 3_200 + 0.55 * size,
    "kernel_copy": lambda size: 1_500 + 1.3 * size,
}


def rpc_rows(transport: str, sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Up to 48 bytes travel in registers, whatever the transport."""
    rows = [results.row("rpc.number", {"transport": transport}, "cycles", [650, 651])]
    for name, more in (("rpc.string", 1.1), ("rpc.bytes", 1.0)):
        for size in sizes:
            cost = round(more * (800 + size if size <= 48 else COSTS[transport](size)))
            params = {"transport": transport, "bytes": size}
            rows.append(results.row(name, params, "cycles", [cost, cost, cost]))
    return rows


def rpc_variants() -> list[Variant]:
    return [Variant({"rpc": name}, frame(rpc_rows(name), rpc=name)) for name in COSTS]
