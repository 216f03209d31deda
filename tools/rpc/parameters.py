"""What the arguments of a message are in C."""

from __future__ import annotations

from tools.rpc.model import Argument, Method
from tools.rpc.text import Locals


def c_arguments(argument: Argument) -> list[str]:
    """The names that an argument has in C, on either side."""
    if argument.type == "bytes":
        return [argument.name, f"{argument.name}_bytes"]
    if argument.is_array:
        return [argument.name, f"{argument.name}_count"]
    if argument.type == "buffer":
        return [argument.name, f"{argument.name}_max", f"{argument.name}_bytes"]
    return [argument.name]


def taken_names(argument: Argument) -> list[str]:
    """The same, and those of variables that the generated functions may have for it."""
    return [*c_arguments(argument), *([f"{argument.name}_bytes"] if argument.is_array else [])]


def in_parameters(argument: Argument) -> list[str]:
    """How an argument of the call is handed to a C function, on either side."""
    name = argument.name
    if argument.number:
        return [f"{argument.number.c} {name}"]
    if argument.is_cap:
        return [f"struct capref {name}"]
    if argument.type == "string":
        return [f"const char *{name}"]
    if argument.is_array:
        return [f"const {argument.element.c} *{name}", f"size_t {name}_count"]
    return [f"const void *{name}", f"size_t {name}_bytes"]


def client_parameters(argument: Argument) -> list[str]:
    """The parameters of the client's function."""
    name = argument.name
    if not argument.is_out:
        return in_parameters(argument)
    if argument.number:
        return [f"{argument.number.c} *{name}"]
    if argument.is_cap:
        return [f"struct capref *{name}"]
    if argument.type == "string":
        return [f"char **{name}"]
    if argument.is_array:
        return [f"{argument.element.c} **{name}", f"size_t *{name}_count"]
    if argument.type == "buffer":
        return [f"void *{name}", f"size_t {name}_max", f"size_t *{name}_bytes"]
    return [f"void **{name}", f"size_t *{name}_bytes"]


def locals_of(method: Method) -> Locals:
    """Names that are no argument's of the message."""
    return Locals([name for argument in method.arguments for name in taken_names(argument)])


def value(argument: Argument, word: str) -> str:
    """A C expression for a number out of a word that was checked."""
    assert argument.number is not None
    return argument.number.value(word)
