"""Loads the declaration of trace points, `trace/points.toml`.

The build's generator and the stream decoder both read the declaration through this module, so that an event
number cannot mean two things. Only the standard library is used: the build runs before any package is there.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from trace import interfaces

KINDS = ("begin", "end", "instant", "counter", "flow_out", "flow_in")
TRACKS = ("kernel", "domain")
TYPES = {
    "u8": 8,
    "u16": 16,
    "u32": 32,
    "u48": 48,
    "u64": 64,
    "hex32": 32,
    "hex48": 48,
    "hex64": 64,
}
WORD_BITS = 64
DEFAULT_FILE = Path(__file__).resolve().parent / "points.toml"

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_UNIT = re.compile(r"[A-Za-z][A-Za-z0-9/]*\Z")
_PLACE = re.compile(r"\{([a-z0-9_]*)\}")
_KEYS = {"kind", "track", "text", "args", "values", "name", "arrows"}
INTERFACES = "interfaces"
"""Instead of a list of words: they are the names of messages, from the interface files."""


class DeclarationError(Exception):
    """The declaration cannot be used; the message names the file and the point."""


@dataclass(frozen=True)
class Argument:
    """One field of a point's 64-bit argument word."""

    name: str
    type: str
    unit: str
    shift: int
    words: Mapping[int, str] = field(default_factory=dict, hash=False)
    """What values mean, if they are names and not numbers."""

    @property
    def bits(self) -> int:
        return TYPES[self.type]

    @cached_property
    def label(self) -> str:
        """Its name with its unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @cached_property
    def hexadecimal(self) -> bool:
        return self.type.startswith("hex")

    @cached_property
    def _mask(self) -> int:
        return (1 << self.bits) - 1

    def extract(self, word: int) -> int:
        return (word >> self.shift) & self._mask

    def shown(self, value: int) -> int | str:
        """A value as people read it; one that the declaration has no word for stays a number."""
        return self.words.get(value, value)


@dataclass(frozen=True)
class Point:
    """One declared trace point."""

    number: int
    subsystem: str
    event: str
    kind: str
    track: str
    text: str
    arguments: tuple[Argument, ...]
    title: str = ""
    """What its slice is called, with {argument} for the word of an argument; empty: `slice_name`."""
    arrows: str = ""
    """The subsystem whose arrows end at the slice and begin there (trace/flow_slices.py)."""

    @cached_property
    def name(self) -> str:
        return f"{self.subsystem}.{self.event}"

    @cached_property
    def slice_name(self) -> str:
        """The name that a begin and its end share: without their suffix."""
        for suffix in ("_begin", "_end"):
            if self.kind in ("begin", "end") and self.event.endswith(suffix):
                return f"{self.subsystem}.{self.event.removesuffix(suffix)}"
        return self.name

    def shown_name(self, values: Mapping[str, int]) -> str:
        """What a slice with these values is called; a value without a word stands behind the slice's name."""
        named = self.naming
        if not named:
            return self.slice_name
        unknown = [f"{a.name} {values[a.name]}" for a in named if values[a.name] not in a.words]
        if unknown:
            return ", ".join([self.slice_name, *unknown])
        words = {argument.name: argument.words[values[argument.name]] for argument in named}
        return self.title.format(**words)

    @cached_property
    def naming(self) -> tuple[Argument, ...]:
        """The arguments that the slice is named by."""
        places = _PLACE.findall(self.title)
        return tuple(argument for argument in self.arguments if argument.name in places)

    def decode(self, word: int) -> dict[str, int]:
        return {argument.name: argument.extract(word) for argument in self.arguments}

    def encode(self, values: Mapping[str, int]) -> int:
        """The argument word for `values`; what is too wide is masked, as the generated C does."""
        word = 0
        for argument in self.arguments:
            word |= (values[argument.name] & ((1 << argument.bits) - 1)) << argument.shift
        return word

    def normalised(self) -> str:
        arguments = ",".join(f"{a.name}:{a.type}:{a.unit}" for a in self.arguments)
        return f"{self.number} {self.name} {self.kind} {self.track} {arguments}\n"


@dataclass(frozen=True)
class Declaration:
    """Every trace point, in order of number (the first has number 1)."""

    points: tuple[Point, ...]
    hash: str
    _names: dict[str, Point] = field(repr=False, compare=False, default_factory=dict)

    def by_number(self, number: int) -> Point | None:
        return self.points[number - 1] if 1 <= number <= len(self.points) else None

    def by_name(self, name: str) -> Point:
        return self._names[name]

    def __contains__(self, name: str) -> bool:
        return name in self._names

    @property
    def subsystems(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(point.subsystem for point in self.points))


def load(path: Path | str = DEFAULT_FILE, folder: Path = interfaces.DEFAULT_FOLDER) -> Declaration:
    """Reads and checks a declaration, with the interface files of `folder`.

    Raises DeclarationError with one sentence.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeclarationError(f"{path}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path}: is not valid TOML: {error}.") from error
    try:
        messages = interfaces.messages(folder)
    except interfaces.InterfaceError as error:
        raise DeclarationError(str(error)) from error
    return build(table, str(path), messages)


def build(table: Mapping[str, object], source: str, messages: Mapping[int, str] | None = None) -> Declaration:
    """Makes a declaration from a parsed TOML table; `source` names it in errors.

    `messages` are the names of messages by number; they are in the hash, as points are.
    """
    messages = messages or {}
    points: list[Point] = []
    for subsystem, events in table.items():
        _require(isinstance(events, dict), source, subsystem, "is not a table of points")
        _require(bool(_NAME.match(subsystem)), source, subsystem, "is not a lower-case identifier")
        for event, entry in events.items():
            points.append(_point(source, len(points) + 1, subsystem, event, entry, messages))
    if not points:
        raise DeclarationError(f"{source}: declares no trace point.")
    _check_pairs(source, points)
    points = [_like_its_begin(source, point, points) for point in points]
    lines = [point.normalised() for point in points]
    lines += [f"message {number} {name}\n" for number, name in messages.items()]
    digest = hashlib.sha256("".join(lines).encode("utf-8")).digest()
    return Declaration(tuple(points), digest[:8].hex(), {p.name: p for p in points})


def _require(condition: bool, source: str, point: str, what: str) -> None:
    if not condition:
        raise DeclarationError(f"{source}: point [{point}]: {what}.")


def _point(
    source: str, number: int, subsystem: str, event: str, entry: object, messages: Mapping[int, str]
) -> Point:
    name = f"{subsystem}.{event}"
    _require(isinstance(entry, dict), source, name, "is not a table")
    assert isinstance(entry, dict)
    _require(bool(_NAME.match(event)), source, name, "the event is not a lower-case identifier")
    unknown = ", ".join(sorted(set(entry) - _KEYS))
    _require(not unknown, source, name, f"unknown key {unknown}; known are {', '.join(sorted(_KEYS))}")
    kind, track, text = entry.get("kind"), entry.get("track"), entry.get("text")
    _require(kind in KINDS, source, name, f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    _require(track in TRACKS, source, name, f"track must be one of {', '.join(TRACKS)}, not {track!r}")
    _require(isinstance(text, str) and bool(text), source, name, "needs a text, one sentence")
    arguments = _arguments(source, name, entry.get("args", {}), _words(source, name, entry, messages))
    if kind in ("begin", "end"):
        _require(event.endswith(f"_{kind}"), source, name, f"kind {kind} needs an event named ..._{kind}")
    if kind in ("flow_out", "flow_in"):
        _require(
            any(a.name == "flow" for a in arguments), source, name, f"kind {kind} needs an argument `flow`"
        )
    if kind == "counter":
        _require(bool(arguments), source, name, "a counter needs an argument, its value")
    title, arrows = entry.get("name", ""), entry.get("arrows", "")
    _require(isinstance(title, str), source, name, "name is not a text")
    _require(isinstance(arrows, str), source, name, "arrows is not the name of a subsystem")
    _require(not (title or arrows) or kind == "begin", source, name, "only a begin can have name or arrows")
    if title:
        places = _PLACE.findall(str(title))
        whole = places and not re.search("[{}]", _PLACE.sub("", str(title)))
        _require(bool(whole), source, name, "name must hold an argument in braces: {argument}")
        for place in places:
            _require(
                any(a.name == place for a in arguments), source, name, f"name names no argument: {place!r}"
            )
    return Point(
        number, subsystem, event, str(kind), str(track), str(text), arguments, str(title), str(arrows)
    )


def _words(
    source: str, name: str, entry: Mapping[str, object], messages: Mapping[int, str]
) -> dict[str, Mapping[int, str]]:
    """The key `values` of a point, argument = [word for 0, ...]. They are only shown, so not in the hash."""
    table = entry.get("values", {})
    _require(isinstance(table, dict), source, name, "values is not a table")
    assert isinstance(table, dict)
    known = entry.get("args", {})
    found: dict[str, Mapping[int, str]] = {}
    for argument, words in table.items():
        _require(
            isinstance(known, dict) and argument in known,
            source,
            name,
            f"values names no argument: {argument}",
        )
        if words == INTERFACES:
            found[argument] = messages
            continue
        good = isinstance(words, list) and words and all(isinstance(w, str) and w for w in words)
        _require(bool(good), source, name, f'values of {argument} are not a list of words or "{INTERFACES}"')
        found[argument] = dict(enumerate(words))
    return found


def _arguments(
    source: str, name: str, entry: object, meanings: Mapping[str, Mapping[int, str]]
) -> tuple[Argument, ...]:
    _require(isinstance(entry, dict), source, name, "args is not a table")
    assert isinstance(entry, dict)
    arguments: list[Argument] = []
    shift = 0
    for argument, description in entry.items():
        _require(bool(_NAME.match(argument)), source, name, f"argument {argument!r} is not an identifier")
        words = description.split() if isinstance(description, str) else []
        _require(len(words) in (1, 2), source, name, f'argument {argument} is not written "type unit?"')
        _require(
            words[0] in TYPES,
            source,
            name,
            f"argument {argument} has the unknown type {words[0]}; known are {', '.join(TYPES)}",
        )
        unit = words[1] if len(words) == 2 else ""
        _require(
            not unit or bool(_UNIT.match(unit)),
            source,
            name,
            f"argument {argument} has odd unit {unit!r}",
        )
        arguments.append(Argument(argument, words[0], unit, shift, meanings.get(argument, {})))
        shift += TYPES[words[0]]
    _require(shift <= WORD_BITS, source, name, f"its arguments take {shift} of {WORD_BITS} bits")
    return tuple(arguments)


def _check_pairs(source: str, points: Iterable[Point]) -> None:
    """A begin without an end, or a flow with one side, could never be drawn: refuse it here."""
    points = list(points)
    for begin, end in (("begin", "end"), ("end", "begin")):
        for point in (p for p in points if p.kind == begin):
            twins = [p for p in points if p.kind == end and p.slice_name == point.slice_name]
            _require(bool(twins), source, point.name, f"has no matching {end}, [{point.slice_name}_{end}]")
            _require(twins[0].track == point.track, source, point.name, f"is not on the track of its {end}")
    senders = {p.subsystem for p in points if p.kind == "flow_out"}
    for point in (p for p in points if p.arrows):
        _require(point.arrows in senders, source, point.name, f"arrows: {point.arrows} has no flows")
    for near, far in (("flow_out", "flow_in"), ("flow_in", "flow_out")):
        for point in (p for p in points if p.kind == near):
            found = any(p.kind == far and p.subsystem == point.subsystem for p in points)
            _require(found, source, point.name, f"its subsystem has no point of kind {far}")


def _like_its_begin(source: str, end: Point, points: Iterable[Point]) -> Point:
    """An end takes over its slice's name and the words of the arguments that it shares with its begin."""
    if end.kind != "end":
        return end
    begin = next(p for p in points if p.kind == "begin" and p.slice_name == end.slice_name)
    words = {argument.name: argument.words for argument in begin.arguments}
    arguments = tuple(replace(a, words=a.words or words.get(a.name, {})) for a in end.arguments)
    end = replace(end, arguments=arguments, title=begin.title, arrows=begin.arrows)
    _require(
        [a.name for a in end.naming] == [a.name for a in begin.naming],
        source,
        end.name,
        f"lacks arguments that its slice is named by, {begin.title!r}",
    )
    return end
