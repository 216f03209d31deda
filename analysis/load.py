"""Loads results files, and says units as a reader must see them."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis import schema

RESULTS, PACKED = "results.json", "results.json.xz"
"""A folder holds either; the packed one has a twentieth of the size, for folders that a repository keeps."""
EMULATOR_NOTE = "Emulator: caches and DRAM are not modelled."


class ResultsError(Exception):
    """A results file cannot be used; the message is one sentence."""


def load(path: Path | str) -> dict[str, Any]:
    """A checked results file; `path` is the file or the output folder that holds it, packed or not."""
    path = Path(path)
    if path.is_dir():
        packed = path / PACKED
        path = packed if packed.is_file() and not (path / RESULTS).exists() else path / RESULTS
    try:
        data = path.read_bytes()
        text = (lzma.decompress(data) if path.name == PACKED else data).decode("utf-8")
        results = json.loads(text, parse_constant=_refuse)
    except (lzma.LZMAError, EOFError) as error:
        raise ResultsError(f"{path} cannot be unpacked: it is damaged.") from error
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be read: {(error.strerror or 'no reason given').lower()}."
        ) from error
    except (ValueError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise ResultsError(f"{path} is not a results file: it is not JSON ({why}).") from error
    version = results.get("schema", schema.SCHEMA) if isinstance(results, dict) else schema.SCHEMA
    if version != schema.SCHEMA:
        raise ResultsError(
            f"{path} is of schema version {str(version)[:20]}; only version {schema.SCHEMA} is understood."
        )
    wrong = schema.problems(results)
    if wrong:
        first = f", the first of {len(wrong)} faults is that" if len(wrong) > 1 else ":"
        raise ResultsError(f"{path} is not a results file of version {schema.SCHEMA}{first} {wrong[0]}")
    return results


def pack(folder: Path) -> list[Path]:
    """Packs every results file below a folder, each once it is known to be good; gives the new files.

    Raises ResultsError for one that is not, and OSError.
    """
    packed = []
    for path in sorted(folder.rglob(RESULTS)):
        load(path)
        fresh = path.with_name(PACKED)
        fresh.write_bytes(lzma.compress(path.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
        path.unlink()
        packed.append(fresh)
    return packed


def _refuse(word: str) -> None:
    """JSON has no NaN and no Infinity, though Python writes and reads them."""
    raise ValueError(f"{word} is not a number")


def display_unit(unit: str, cycle_is: str) -> str:
    """What icount mode counts are instructions: a reader never sees them called cycles."""
    return unit.replace("cycles", "instructions") if cycle_is == "instruction" else unit


def mode_sentence(results: Mapping[str, Any]) -> str:
    """What a cycle is in these results."""
    sentences = {
        "icount": f"QEMU icount: figures are instruction counts. {EMULATOR_NOTE}",
        "realtime": f"QEMU realtime: cycles are the emulator's clock on the host. {EMULATOR_NOTE}",
        "board": "Measured on a board.",
    }
    return sentences[results["mode"]]


def bench_label(bench: Mapping[str, Any]) -> str:
    """A bench's name with its parameters, as one line."""
    params = ", ".join(f"{key}={value}" for key, value in bench["params"].items())
    return f"{bench['name']} [{params}]" if params else str(bench["name"])


def suite_of(bench: Mapping[str, Any]) -> str:
    return str(bench["name"]).partition(".")[0]
