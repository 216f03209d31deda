"""Turns the addresses of panics and faults into functions, files and lines."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.command.build import Image
from tools.command.say import ROOT

ADDR2LINE = "aarch64-linux-gnu-addr2line"
_BACKTRACE = re.compile(r"\bbacktrace=((?:0x[0-9a-fA-F]+[ ,]?)+)")
_DOMAIN = re.compile(r"\bdomain=([A-Za-z0-9_.-]+)")
_PC = re.compile(r"\bpc=(0x[0-9a-fA-F]+)")
INSTRUCTION_BYTES = 4


def resolve(elf: Path, addresses: Sequence[int], pc: int | None) -> list[str]:
    """A line for each address. All but `pc` are return addresses: the call stands one instruction before."""
    if not elf.exists() or not addresses:
        return []
    wanted = [address if address == pc else address - INSTRUCTION_BYTES for address in addresses]
    argv = [ADDR2LINE, "-f", "-e", str(elf), *(f"{max(address, 0):#x}" for address in wanted)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = done.stdout.splitlines()
    if len(lines) != 2 * len(addresses):
        return []
    return [
        f"  {address:#x}  {function}  {_place(place)}"
        for address, function, place in zip(addresses, lines[::2], lines[1::2], strict=True)
    ]


def _place(place: str) -> str:
    """A source position relative to the tree."""
    path, colon, line = place.partition(":")
    if path.startswith("?") or not colon:
        return "(no source line)"
    relative = os.path.relpath(path, ROOT) if Path(path).is_absolute() else path
    if relative.startswith(".."):
        relative = path
    # Source paths are relative to the tree; addr2line puts the folder of the build before them.
    inside = re.sub(r"^build/[^/]+/", "", relative)
    return f"{inside if (ROOT / inside).exists() else relative}:{line.split()[0]}"


def explain_line(image: Image | None, line: str) -> list[str]:
    """What to print under a console line that carries a backtrace; nothing for other lines."""
    found = _BACKTRACE.search(line)
    if not found or image is None:
        return []
    domain, counter = _DOMAIN.search(line), _PC.search(line)
    addresses = [int(text, 16) for text in re.findall(r"0x[0-9a-fA-F]+", found[1])]
    pc = int(counter[1], 16) if counter else addresses[0]
    if pc not in addresses:
        addresses.insert(0, pc)
    is_kernel = domain is None or domain[1] == "kernel"
    elf = image.symbols if is_kernel or domain is None else image.domain(domain[1])
    return resolve(elf, addresses, pc)


def annotate(image: Image | None, console: str) -> str:
    """Console text with every backtrace explained under its line."""
    if "backtrace=" not in console:
        return console
    out: list[str] = []
    for line in console.split("\n"):
        out.append(line)
        out += explain_line(image, line)
    return "\n".join(out)


def explain_panic(image: Image | None, values: dict[str, str]) -> list[str]:
    """The lines of a PANIC frame's backtrace."""
    backtrace = values.get("backtrace", "")
    counter = f"pc={values['pc']} " if "pc" in values else ""
    return explain_line(image, f"{counter}backtrace={backtrace}") if backtrace else []
