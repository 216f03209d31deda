#!/usr/bin/env python3
"""Generates the C of every interface file: NAME.h, NAME_client.c, NAME_server.h and NAME_server.c.

Used by the build, with a Python that has lark: that of build/venv, or Debian's with python3-lark.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.generator import run, write  # noqa: E402
from tools.rpc import Interface, InterfaceError, client, load_interfaces, server  # noqa: E402


def generate(interfaces: list[Interface]) -> dict[str, str]:
    """The generated files: name and content."""
    files = {}
    for interface in interfaces:
        files[f"{interface.name}.h"] = client.header(interface)
        files[f"{interface.name}_client.c"] = client.source(interface)
        files[f"{interface.name}_server.h"] = server.header(interface)
        files[f"{interface.name}_server.c"] = server.source(interface)
    return files


def write_if_new(path: Path, text: str) -> None:
    """A file that stays as it was keeps its time, and nothing that includes it is compiled again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write(path, text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("interfaces", type=Path, help="the folder interfaces/")
    parser.add_argument("--errors", type=Path, required=True, help="include/abi/errors.toml")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write into")
    options = parser.parse_args()

    def work() -> None:
        files = generate(load_interfaces(options.interfaces, options.errors))
        for name, text in files.items():
            write_if_new(options.output / name, text)

    return run("generate_rpc", work, InterfaceError)


if __name__ == "__main__":
    sys.exit(main())
