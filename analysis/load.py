"""Loads results files, and says units as a reader must see them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis import schema

EMULATOR_NOTE = "Emulator: caches and DRAM are not modelled."


class ResultsError(Exception):
    """A results file cannot be used; the message is one sentence."""


def load(path: Path | str) -> dict[str, Any]:
    """A checked results file; `path` is the file or the output folder that holds it."""
    path = Path(path)
    if path.is_dir():
        path = path / "results.json"
    try:
        results = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
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
