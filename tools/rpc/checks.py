"""What an interface file must keep to beyond its grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from lark import Token

from tools.rpc.grammar import InterfaceError, Source
from tools.rpc.model import NUMBERS, TYPES, Argument, Interface, Method
from tools.rpc.parameters import taken_names

MAX_WORDS = 16  # In one direction: include/aos/rpc_message.h.
MAX_CAPS = 4
MAX_BLOBS = 8
MAX_METHODS = 250
MAX_INTERFACES = 255

_C_WORDS = """
auto break case char const continue default do double else enum extern float for goto if inline int long
register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
alignas alignof asm bool constexpr errno false linux nullptr static_assert thread_local true typeof
typeof_unqual unix
"""
KEYWORDS = set(_C_WORDS.split())
# Names that the generated functions themselves use: an argument of that name would hide them.
USED = re.compile(r"(rpc|err|lmp|sys|trace)_.*|.*_t|slot_free|memcpy")
RESERVED_METHODS = {"interface", "skeleton", "operations"}

_LOWER = re.compile(r"[a-z][a-z0-9_]*\Z")
_UPPER = re.compile(r"[A-Z][A-Z0-9_]*\Z")


def c_names(interface: Interface) -> Iterable[str]:
    """Everything that an interface defines in C for others to see."""
    yield from (f"{interface.name}_{name}" for name in RESERVED_METHODS)
    for method in interface.methods:
        yield method.c_name
        yield method.constant
        if not method.is_oneway:
            yield f"{method.c_name}_answer"
    for constant in interface.constants:
        yield f"{interface.name}_{constant.name}".upper()


def check_interface(source: Source, name: Token, members: int) -> None:
    """The name of an interface."""
    if not _LOWER.match(name) or name in KEYWORDS:
        raise source.error_at(name, f"'{name}' cannot name an interface; {_rule(name, 'lower')}")
    file = PurePosixPath(source.name)
    if file.stem != name:
        raise source.error_at(name, f"interface '{name}' belongs into a file {name}.rpc, not {file.name}")
    if re.search(r"_(server|client)\Z", name):
        what = f"interface '{name}' is named like a generated file; it must not end in _server or _client"
        raise source.error_at(name, what)
    if members == 0:
        raise source.error_at(name, f"interface '{name}' is empty; expected a message, 'call' or 'oneway'")


def check_together(interfaces: list[Interface]) -> None:
    """What two interfaces of one build must not share."""
    if len(interfaces) > MAX_INTERFACES:
        raise InterfaceError(
            f"There are {len(interfaces)} interfaces; their numbers are from 1 to {MAX_INTERFACES}."
        )
    owner: dict[str, Interface] = {}
    for interface in interfaces:
        for name in c_names(interface):
            other = owner.setdefault(name, interface)
            if other is not interface:
                raise InterfaceError(f"{interface.source}: {name} would be defined by {other.source}, too.")


def _rule(name: str, case: str) -> str:
    if name in KEYWORDS:
        return "it is a word of C"
    return f"names here are {case}-case letters, digits and _, and begin with a letter"


class Checker:
    """The checks of one file, and the names that it has used so far."""

    def __init__(self, source: Source, interface: str, errors: set[str]) -> None:
        self.source = source
        self.interface = interface
        self._errors = errors
        self._members: dict[str, Token] = {}
        self._methods = 0

    def check_constant(self, type_name: Token, name: Token, literal: Token) -> None:
        if type_name not in NUMBERS:
            what = f"'{type_name}' is no type for a constant; they are {', '.join(NUMBERS)}"
            raise self.source.error_at(type_name, what)
        if not _UPPER.match(name) or name.startswith("ERR_"):
            rule = "it would look like an error value" if name.startswith("ERR_") else _rule(name, "upper")
            raise self.source.error_at(name, f"'{name}' cannot name a constant; {rule}")
        if re.match(r"-?0[0-9]", literal):
            raise self.source.error_at(literal, f"'{literal}' begins with 0; numbers are decimal, or 0x...")
        low, high = NUMBERS[type_name].range
        if not low <= int(literal, 0) <= high:
            what = f"'{literal}' does not fit into {type_name}, which is from {low} to {high}"
            raise self.source.error_at(literal, what)
        self._define(f"{self.interface}_{name}".upper(), name)

    def check_type(self, base: Token, gives: bool, is_array: bool, direction: Token) -> None:
        if base not in TYPES:
            what = f"unknown type '{base}'; types are {', '.join(TYPES)}, and [] behind a number type"
            raise self.source.error_at(base, what)
        if is_array and (base not in NUMBERS or base == "bool"):
            menu = ", ".join(name for name in NUMBERS if name != "bool")
            raise self.source.error_at(base, f"there are no arrays of '{base}'; of {menu} there are")
        if gives and base != "cap":
            raise self.source.error_at(base, f"'give {base}' means nothing; only a cap can be given")
        if base == "buffer" and direction == "in":
            raise self.source.error_at(base, "'buffer' is for 'out'; what goes in is 'bytes'")

    def check_method(self, method: Method, name: Token, errors: list[Token]) -> None:
        if not _LOWER.match(name) or name in KEYWORDS:
            raise self.source.error_at(name, f"'{name}' cannot name a message; {_rule(name, 'lower')}")
        if name in RESERVED_METHODS:
            what = f"'{name}' cannot name a message; {method.c_name} is something else in C"
            raise self.source.error_at(name, what)
        self._methods += 1
        if self._methods > MAX_METHODS:
            raise self.source.error_at(name, f"'{name}' is one message too many; {MAX_METHODS} are allowed")
        self._define(method.c_name, name)
        self._define(method.constant, name)
        if not method.is_oneway:
            self._define(f"{method.c_name}_answer", name)
        self._check_arguments(method)
        self._check_sizes(method, name)
        self._check_errors(method, errors)

    def _define(self, c_name: str, token: Token) -> None:
        other = self._members.setdefault(c_name, token)
        if other is token:
            return
        if other == token:
            raise self.source.error_at(token, f"'{token}' is there twice; the first is in line {other.line}")
        what = f"'{token}' and '{other}' in line {other.line} would both be {c_name} in C"
        raise self.source.error_at(token, what)

    def _check_arguments(self, method: Method) -> None:
        seen: dict[str, Argument] = {}
        for argument in method.arguments:
            token = argument.token
            assert token is not None
            if not _LOWER.match(token) or token in KEYWORDS:
                raise self.source.error_at(
                    token, f"'{token}' cannot name an argument; {_rule(token, 'lower')}"
                )
            frees = any(other.is_out and other.is_blob for other in method.arguments)
            if USED.fullmatch(token) or (token == "free" and frees):
                what = f"'{token}' cannot name an argument; the generated code uses such names"
                raise self.source.error_at(token, what)
            if argument.is_out and method.is_oneway:
                what = f"'{token}' is out, but '{method.name}' is oneway: nothing comes back"
                raise self.source.error_at(token, what)
            for c_name in taken_names(argument):
                other = seen.setdefault(c_name, argument)
                if other is argument:
                    continue
                if other.name == argument.name:
                    raise self.source.error_at(token, f"'{method.name}' has two arguments '{token}'")
                what = f"'{token}' and '{other.name}' would both have an argument {c_name} in C"
                raise self.source.error_at(token, what)

    def _check_sizes(self, method: Method, name: Token) -> None:
        for direction, words, caps, blobs in (
            ("in", method.call_words, method.call_caps, [a for a in method.ins if a.is_blob]),
            ("out", method.reply_words, method.reply_caps, [a for a in method.outs if a.is_blob]),
        ):
            for found, limit, what in (
                (len(caps), MAX_CAPS, "capabilities"),
                (len(blobs), MAX_BLOBS, "strings and arrays"),
                (len(words), MAX_WORDS, "words: numbers, lengths, and room of buffers"),
            ):
                if found > limit:
                    text = f"'{name}' has {found} {what}, '{direction}'; {limit} are allowed"
                    raise self.source.error_at(name, text)

    def _check_errors(self, method: Method, errors: list[Token]) -> None:
        seen = set()
        for error in errors:
            if error not in self._errors:
                raise self.source.error_at(error, f"there is no error '{error}' in include/abi/errors.toml")
            if error in seen:
                raise self.source.error_at(error, f"'{error}' is there twice")
            if method.is_oneway:
                raise self.source.error_at(error, f"'{method.name}' is oneway: no error comes back")
            seen.add(error)
