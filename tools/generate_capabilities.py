#!/usr/bin/env python3
"""Generates captypes.h (numbers, sizes) and captable.c (the kernel's tables) from the capability types.

Used by the build, before any package is installed: standard library only.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from generator import run, write

REGIONS = ("none", "memory", "irq", "pte", "core")
MAX_TYPES = 32

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_KEYS = {"region", "bytes", "multiple", "align", "from", "zero", "copy", "maps_in", "mapping", "text"}


class CapabilityError(Exception):
    """The declaration cannot be used; the message names the file and the type."""


@dataclass(frozen=True)
class CapabilityType:
    """One declared type."""

    number: int
    name: str
    region: str
    bytes: int
    multiple: int
    align: int
    sources: tuple[str, ...]
    zero: bool
    copy: bool
    maps_in: tuple[str, ...]
    mapping: str
    text: str
    shares_region: bool

    @property
    def constant(self) -> str:
        return f"OBJTYPE_{self.name}"


def load(path: Path) -> list[CapabilityType]:
    """Reads and checks the declaration, in the order of the type numbers."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CapabilityError(f"{path}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CapabilityError(f"{path}: is not valid TOML: {error}.") from error
    if next(iter(table), None) != "Null":
        raise CapabilityError(f"{path}: the first type must be [Null].")
    if len(table) > MAX_TYPES:
        raise CapabilityError(f"{path}: {len(table)} types do not fit into masks of {MAX_TYPES} bits.")
    types = [_type(path, table, number, name) for number, name in enumerate(table)]
    for kind in types:
        _check_references(path, types, kind)
    return types


def _require(condition: object, path: Path, name: str, what: str) -> None:
    if not condition:
        raise CapabilityError(f"{path}: [{name}]: {what}.")


def _type(path: Path, table: dict, number: int, name: str) -> CapabilityType:
    entry = table[name]
    _require(_NAME.match(name), path, name, "is not an identifier")
    _require(isinstance(entry, dict), path, name, "is not a table")
    unknown = ", ".join(sorted(set(entry) - _KEYS))
    _require(not unknown, path, name, f"unknown key {unknown}; known are {', '.join(sorted(_KEYS))}")
    _require(entry.get("region") in REGIONS, path, name, f"region must be one of {', '.join(REGIONS)}")
    _require(isinstance(entry.get("text"), str) and entry["text"], path, name, "needs a text, one sentence")
    for key in ("zero", "copy"):
        _require(isinstance(entry.get(key, False), bool), path, name, f"{key} must be true or false")
    size = _power_of_two(path, name, entry, "bytes")
    multiple = _power_of_two(path, name, entry, "multiple")
    align = _power_of_two(path, name, entry, "align") or size or multiple or 1
    _require(not (size and multiple), path, name, "has both bytes and multiple")
    sources = _names(path, name, entry, "from")
    shares = bool(sources) and not size and not multiple
    if shares:
        _require(len(sources) == 1, path, name, "without bytes or multiple it needs exactly one type in from")
        size = _power_of_two(path, name, table.get(sources[0], {}), "bytes")
        _require(size, path, name, f"shares the region of {sources[0]}, which has no fixed bytes")
    return CapabilityType(
        number=number,
        name=name,
        region=entry["region"],
        bytes=size,
        multiple=multiple,
        align=align,
        sources=sources,
        zero=entry.get("zero", False),
        copy=entry.get("copy", True),
        maps_in=_names(path, name, entry, "maps_in"),
        mapping=entry.get("mapping", ""),
        text=entry["text"],
        shares_region=shares,
    )


def _power_of_two(path: Path, name: str, entry: dict, key: str) -> int:
    value = entry.get(key, 0)
    fine = key not in entry or (type(value) is int and value > 0 and value & (value - 1) == 0)
    _require(fine, path, name, f"{key} must be a power of two")
    return value


def _names(path: Path, name: str, entry: dict, key: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    fine = isinstance(value, list) and all(isinstance(item, str) for item in value)
    _require(fine, path, name, f"{key} must be a list of types")
    return tuple(value)


def _check_references(path: Path, types: list[CapabilityType], kind: CapabilityType) -> None:
    by_name = {other.name: other for other in types}
    for other in (*kind.sources, *kind.maps_in, *([kind.mapping] if kind.mapping else [])):
        _require(other in by_name, path, kind.name, f"there is no type {other}")
    for source in (by_name[name] for name in kind.sources):
        _require(source.region == kind.region, path, kind.name, f"is not of the region of {source.name}")
        # The mapping database sorts equal regions by type number: ancestors must come first.
        _require(source.number <= kind.number, path, kind.name, f"must stand behind {source.name}")
    _require(bool(kind.maps_in) == bool(kind.mapping), path, kind.name, "maps_in and mapping go together")
    if kind.mapping:
        _require(
            by_name[kind.mapping].region == "pte", path, kind.name, f"{kind.mapping} is not of region pte"
        )
    _require(kind.copy or not kind.sources, path, kind.name, "can be retyped but not copied")


def mask(types: Iterable[CapabilityType], wanted: Callable[[CapabilityType], object]) -> str:
    """A C expression with the bits of the types for which `wanted` holds."""
    return f"0x{sum(1 << kind.number for kind in types if wanted(kind)):x}"


def masks(types: list[CapabilityType]) -> list[tuple[str, str, str]]:
    """The sets of types that the kernel asks for, as (name, mask, sentence)."""
    mappings = {kind.mapping for kind in types if kind.mapping}

    def is_vnode(kind: CapabilityType) -> bool:
        return kind.name.startswith("VNode") and kind.region == "memory"

    return [
        ("COPYABLE", mask(types, lambda k: k.copy), "may be copied and minted"),
        ("MEMORY", mask(types, lambda k: k.region == "memory"), "name physical memory"),
        ("IRQ", mask(types, lambda k: k.region == "irq"), "name interrupt numbers"),
        ("PTE", mask(types, lambda k: k.region == "pte"), "name page table entries"),
        ("MAPPABLE", mask(types, lambda k: k.mapping), "can be mapped in a page table"),
        ("MAPPING", mask(types, lambda k: k.name in mappings), "record a mapping"),
        ("CNODE", mask(types, lambda k: "CNode" in k.name), "are CNodes"),
        (
            "VNODE",
            mask(types, is_vnode),
            "are page tables",
        ),
    ]


def generate_header(types: list[CapabilityType], source: str) -> str:
    width = max(len(kind.constant) for kind in types) + 1
    lines = [
        "/**",
        " * Types of capabilities.",
        " *",
        f" * Generated by tools/generate_capabilities.py from {source}; edit that file.",
        " */",
        "#ifndef ABI_CAPTYPES_H",
        "#define ABI_CAPTYPES_H",
        "",
    ]
    lines += [f"#define {kind.constant:{width}} {kind.number}" for kind in types]
    lines += [
        f"#define {'OBJTYPE_Num':{width}} {len(types)}",
        "",
        "/* Bytes of one object, where the type fixes it. */",
    ]
    sized = [kind for kind in types if kind.bytes]
    lines += [f"#define {'OBJSIZE_' + kind.name:{width}} {kind.bytes}" for kind in sized]
    lines += ["", "/* Sets of types: bit n stands for type n. */"]
    lines += [
        f"#define {'OBJTYPES_' + name:{width}} {value} ///< They {text}."
        for name, value, text in masks(types)
    ]
    lines += ["", "#ifndef __ASSEMBLER__", "", "enum objtype {"]
    for kind in types:
        lines += [f"    /// {kind.text}.", f"    ObjType_{kind.name} = {kind.constant},"]
    lines += ["    ObjType_Num = OBJTYPE_Num,", "};", "", "#endif /* __ASSEMBLER__ */", ""]
    lines += ["#endif /* ABI_CAPTYPES_H */", ""]
    return "\n".join(lines)


def table_entry(types: list[CapabilityType], kind: CapabilityType) -> list[str]:
    fields = [f'.name = "{kind.name}"', f".region = REGION_{kind.region.upper()}"]
    fields += [f".bytes = {kind.bytes}"] if kind.bytes else []
    fields += [f".multiple = {kind.multiple}"] if kind.multiple else []
    fields += [f".align = {kind.align}"]
    fields += [f".from = {mask(types, lambda k: k.name in kind.sources)}"] if kind.sources else []
    fields += [f".maps_in = {mask(types, lambda k: k.name in kind.maps_in)}"] if kind.maps_in else []
    fields += [f".mapping = ObjType_{kind.mapping}"] if kind.mapping else []
    fields += [".zero = true"] if kind.zero else []
    fields += [".copy = true"] if kind.copy else []
    fields += [".shares_region = true"] if kind.shares_region else []
    return [f"    [ObjType_{kind.name}] = {{", *(f"        {field}," for field in fields), "    },"]


def generate_source(types: list[CapabilityType], source: str) -> str:
    lines = [
        "/**",
        " * What the kernel checks of each type of capability.",
        " *",
        f" * Generated by tools/generate_capabilities.py from {source}; edit that file.",
        " */",
        "#include <cap/captable.h>",
        "",
        "const struct captable_entry captable[ObjType_Num] = {",
    ]
    for kind in types:
        lines += table_entry(types, kind)
    lines += ["};", ""]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("capabilities", type=Path, help="include/abi/capabilities.toml")
    parser.add_argument("--header", type=Path, required=True, help="captypes.h to write")
    parser.add_argument("--source", type=Path, help="captable.c to write")
    options = parser.parse_args()

    def work() -> None:
        types = load(options.capabilities)
        source = "/".join(options.capabilities.resolve().parts[-3:])
        write(options.header, generate_header(types, source))
        if options.source:
            write(options.source, generate_source(types, source))

    return run("generate_capabilities", work, CapabilityError)


if __name__ == "__main__":
    sys.exit(main())
