"""What an interface file says, as Python objects."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from lark import Token

REGISTER_WORDS = 7  # Words of a message in registers, behind the header: RPC_REGISTER_WORDS.
REGISTER_RESULTS = 6  # A reply's first word is the error value.


@dataclass(frozen=True)
class NumberType:
    """A type whose values fit into a word."""

    c: str
    bits: int = 64
    is_signed: bool = False
    is_bool: bool = False

    def misfit(self, word: str) -> str:
        """A C condition: `word`, a uint64_t, is no value of this type. Empty if every word is one."""
        if self.is_bool:
            return f"{word} > 1"
        if self.bits == 64:
            return ""
        if self.is_signed:
            return f"(int64_t){word} != ({self.c}){word}"
        return f"{word} > UINT{self.bits}_MAX"

    def value(self, word: str) -> str:
        """A C expression of this type for a word that fits."""
        return word if self.bits == 64 and not self.is_signed else f"({self.c}){word}"

    @property
    def range(self) -> tuple[int, int]:
        if self.is_bool:
            return 0, 1
        half = 1 << (self.bits - 1)
        return (-half, half - 1) if self.is_signed else (0, 2 * half - 1)


NUMBERS = {
    **{f"u{bits}": NumberType(f"uint{bits}_t", bits) for bits in (8, 16, 32, 64)},
    **{f"s{bits}": NumberType(f"int{bits}_t", bits, is_signed=True) for bits in (8, 16, 32, 64)},
    "bool": NumberType("bool", 8, is_bool=True),
    "size": NumberType("size_t"),
    "errval": NumberType("errval_t"),
}
BLOBS = ("string", "bytes", "buffer")
TYPES = (*NUMBERS, *BLOBS, "cap")


@dataclass(frozen=True)
class Argument:
    """One argument of a message, in one direction."""

    name: str
    type: str
    """As it is written: a name of TYPES, followed by [] if it is an array."""
    is_out: bool
    gives: bool = False
    token: Token | None = field(default=None, compare=False, repr=False)

    @property
    def is_array(self) -> bool:
        return self.type.endswith("[]")

    @property
    def number(self) -> NumberType | None:
        """Its type if it is a number."""
        return NUMBERS.get(self.type)

    @property
    def element(self) -> NumberType:
        """The type of an array's elements."""
        return NUMBERS[self.type.removesuffix("[]")]

    @property
    def is_cap(self) -> bool:
        return self.type == "cap"

    @property
    def is_blob(self) -> bool:
        return self.is_array or self.type in BLOBS

    @property
    def declaration(self) -> str:
        direction = "out" if self.is_out else "in"
        return f"{direction} {'give ' if self.gives else ''}{self.type} {self.name}"


@dataclass(frozen=True)
class Constant:
    """A number that both sides know."""

    name: str
    type: str
    literal: str
    docs: tuple[str, ...] = ()

    @property
    def declaration(self) -> str:
        return f"const {self.type} {self.name}={int(self.literal, 0)};"


@dataclass(frozen=True)
class Method:
    """One message of an interface."""

    interface: str
    name: str
    index: int
    """Among the messages of its interface."""
    number: int
    """What trace events say: interface << 8 | index."""
    is_oneway: bool
    arguments: tuple[Argument, ...] = ()
    fails: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{self.interface}.{self.name}"

    @property
    def c_name(self) -> str:
        return f"{self.interface}_{self.name}"

    @property
    def constant(self) -> str:
        return f"{self.c_name}_NUMBER".upper()

    @cached_property
    def ins(self) -> list[Argument]:
        return [argument for argument in self.arguments if not argument.is_out]

    @cached_property
    def outs(self) -> list[Argument]:
        return [argument for argument in self.arguments if argument.is_out]

    @cached_property
    def call_words(self) -> list[Argument]:
        """What each word of the call is for: a number, a blob's length, a buffer's room."""
        return [a for a in self.arguments if (not a.is_out and not a.is_cap) or a.type == "buffer"]

    @cached_property
    def reply_words(self) -> list[Argument]:
        return [argument for argument in self.outs if not argument.is_cap]

    @cached_property
    def call_caps(self) -> list[Argument]:
        return [argument for argument in self.ins if argument.is_cap]

    @cached_property
    def reply_caps(self) -> list[Argument]:
        return [argument for argument in self.outs if argument.is_cap]

    @cached_property
    def in_registers(self) -> bool:
        """A call of only numbers, few enough that no message needs memory."""
        only_numbers = all(argument.number for argument in self.arguments)
        few = len(self.ins) <= REGISTER_WORDS and len(self.outs) <= REGISTER_RESULTS
        return only_numbers and few and not self.is_oneway

    @property
    def declaration(self) -> str:
        arguments = ",".join(argument.declaration for argument in self.arguments)
        fails = " fails " + ",".join(self.fails) if self.fails else ""
        return f"{'oneway' if self.is_oneway else 'call'} {self.name}({arguments}){fails};"


@dataclass(frozen=True)
class Interface:
    """What a service can be asked."""

    name: str
    number: int
    source: str
    """The file, as the generated code names it."""
    methods: tuple[Method, ...] = ()
    constants: tuple[Constant, ...] = ()
    docs: tuple[str, ...] = ()

    @property
    def declaration(self) -> str:
        """Everything but comments and white space."""
        members = "".join(member.declaration for member in (*self.constants, *self.methods))
        return f"interface {self.name}{{{members}}}"

    @property
    def hash(self) -> int:
        """32 bits that tell one declaration from another."""
        return int.from_bytes(hashlib.sha256(self.declaration.encode()).digest()[:4], "big")
