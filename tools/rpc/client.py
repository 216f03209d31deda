"""The client's side of an interface: NAME.h and NAME_client.c."""

from __future__ import annotations

from tools.rpc.model import NUMBERS, Argument, Constant, Interface, Method
from tools.rpc.parameters import c_arguments, client_parameters, locals_of, value
from tools.rpc.text import (
    Locals,
    banner,
    call,
    comment,
    file_text,
    filled,
    guarded,
    if_any,
    method_comment,
)


def header(interface: Interface) -> str:
    """NAME.h."""
    what = f"What the service of interface `{interface.name}` can be asked: the client's side."
    lines = ["#include <aos/rpc.h>", "", "/* Numbers of the messages: interface << 8 | message. */"]
    width = max(len(method.constant) for method in interface.methods)
    lines += [f"#define {m.constant:{width}} 0x{m.number:04x}" for m in interface.methods]
    for constant in interface.constants:
        lines += ["", *comment(list(constant.docs)), constant_definition(interface, constant)]
    lines += ["", f"extern const struct rpc_interface {interface.name}_interface;"]
    for method in interface.methods:
        lines += ["", *method_comment(method, _notes(method)), *prototype(method, ");")]
    return file_text([*banner(interface, what), *guarded(f"INTERFACES_{interface.name.upper()}_H", lines)])


def constant_definition(interface: Interface, constant: Constant) -> str:
    kind = NUMBERS[constant.type]
    value = constant.literal
    if kind.bits == 64:
        value = f"{'INT64_C' if kind.is_signed else 'UINT64_C'}({value})"
        if int(constant.literal, 0) == kind.range[0] < 0:
            value = "INT64_MIN"
    elif value.startswith("-"):
        value = f"({value})"
    return f"#define {interface.name.upper()}_{constant.name} {value}"


def source(interface: Interface) -> str:
    """NAME_client.c."""
    includes = [f"#include <interfaces/{interface.name}.h>"]
    includes += ["#include <stdlib.h>"] if any(_frees(method) for method in interface.methods) else []
    copies = any(argument.type == "buffer" for method in interface.methods for argument in method.outs)
    includes += ["#include <string.h>"] if copies else []
    # A one-way message has no room but its registers.
    calls = [method for method in interface.methods if not method.is_oneway]
    blobs = any(argument.is_blob for method in calls for argument in method.arguments)
    lines = [
        *banner(interface, f"Asking the service of interface `{interface.name}`: the client's stubs."),
        *includes,
        "",
        f"const struct rpc_interface {interface.name}_interface = {{",
        f'    .name = "{interface.name}",',
        f"    .number = {interface.number},",
        f"    .hash = 0x{interface.hash:08x},",
        f"    .method_count = {len(interface.methods)},",
        f"    .has_bytes = {'true' if blobs else 'false'},",
        "};",
    ]
    for method in interface.methods:
        lines += ["", *stub(method)]
    return file_text(lines)


def prototype(method: Method, tail: str) -> list[str]:
    local = locals_of(method)
    parameters = [f"struct rpc_client *{local.client}"]
    for argument in method.arguments:
        parameters += client_parameters(argument)
    return filled(f"errval_t {method.c_name}", parameters, tail)


def _notes(method: Method) -> list[str]:
    notes = []
    for argument in method.arguments:
        if argument.is_cap and argument.is_out:
            notes.append(f"\\param {argument.name} set to a slot of the caller's")
        elif argument.gives:
            when = "if SYS_ERR_OK is returned" if method.is_oneway else "whatever is returned"
            notes.append(f"\\param {argument.name} moved away, and its slot freed, {when}")
        elif argument.type == "buffer":
            notes.append(f"\\param {argument.name} where at most `{argument.name}_max` bytes are put")
        elif argument.is_blob and argument.is_out:
            empty = "" if argument.type == "string" else ", or NULL if it is empty"
            notes.append(f"\\param {argument.name} set to memory for the caller to free(){empty}")
    if method.fails:
        notes.append(f"\\return SYS_ERR_OK, {', '.join(method.fails)}, or RPC_ERR_*")
    return notes


def _blobs(method: Method) -> list[Argument]:
    return [argument for argument in method.outs if argument.is_blob]


def _frees(method: Method) -> bool:
    return any(argument.type != "buffer" for argument in _blobs(method))


def stub(method: Method) -> list[str]:
    """The client's function of a message, and a function for the results if they are more than numbers."""
    lines = _results(method) if _blobs(method) else []
    lines += [*prototype(method, ")"), "{"]
    if method.is_oneway:
        lines += _oneway(method)
    elif method.in_registers:
        lines += _registers(method)
    else:
        lines += _general(method)
    return [*lines, "}"]


def _registers(method: Method) -> list[str]:
    local = locals_of(method)
    words = [argument.name for argument in method.ins]
    items = [local.client, method.constant, str(len(words)), *words, *["0"] * (7 - len(words))]
    lines = call(f"struct lmp_message {local.reply} = rpc_call_registers", items)
    result = f"rpc_result(&{local.reply}, {len(method.outs)})"
    if not method.outs:
        return [*lines, f"    return {result};"]
    values = {argument: f"{local.reply}.w{at}" for at, argument in enumerate(method.outs, 2)}
    lines.append(f"    errval_t {local.err} = {result};")
    lines += if_any([f"err_is_fail({local.err})"], [f"return {local.err};"])
    lines += if_any(_misfits(values), ["return RPC_ERR_PROTOCOL;"])
    lines += [f"    *{argument.name} = {value(argument, word)};" for argument, word in values.items()]
    return [*lines, "    return SYS_ERR_OK;"]


def _misfits(values: dict[Argument, str]) -> list[str]:
    conditions = [argument.number.misfit(word) for argument, word in values.items() if argument.number]
    return [condition for condition in conditions if condition]


def _additions(method: Method, message: str) -> list[str]:
    """Fills the message of a call."""
    lines = [f"    rpc_message_init(&{message});"]
    for argument in method.arguments:
        name = argument.name
        if argument.type == "buffer":
            lines += call("rpc_add_word", [f"&{message}", f"{name}_max"])
        elif argument.is_out:
            continue
        elif argument.is_cap:
            lines += call("rpc_add_cap", [f"&{message}", name, "true" if argument.gives else "false"])
        elif argument.type == "string":
            lines += call("rpc_add_string", [f"&{message}", name])
        elif argument.is_array:
            size = f"{name}_count * sizeof({argument.element.c})"
            lines += call("rpc_add_bytes", [f"&{message}", name, size])
        elif argument.is_blob:
            lines += call("rpc_add_bytes", [f"&{message}", name, f"{name}_bytes"])
        else:
            lines += call("rpc_add_word", [f"&{message}", name])
    return lines


def _oneway(method: Method) -> list[str]:
    local = locals_of(method)
    lines = [f"    struct rpc_message {local.message};", *_additions(method, local.message)]
    send = f"rpc_send({local.client}, {method.constant}, &{local.message})"
    return [*lines, f"    return {send};"]


def _general(method: Method) -> list[str]:
    local = locals_of(method)
    lines = [f"    struct rpc_message {local.call}, {local.reply};", *_additions(method, local.call)]
    may_bytes = "true" if _blobs(method) else "false"
    items = [local.client, method.constant, f"&{local.call}", may_bytes, str(len(method.reply_caps))]
    lines += call(f"errval_t {local.err} = rpc_call", [*items, f"&{local.reply}"])
    lines += if_any([f"err_is_fail({local.err})"], [f"return {local.err};"])
    drop = f"rpc_message_drop(&{local.reply});"
    if _blobs(method):
        names = [name for argument in method.outs for name in c_arguments(argument)]
        lines += call(f"{local.err} = {_results_name(method)}", [f"&{local.reply}", *names])
        lines += if_any([f"err_is_fail({local.err})"], [drop, f"return {local.err};"])
    else:
        lines += if_any(
            _reply_faults(method, f"{local.reply}.", f"&{local.reply}"), [drop, "return RPC_ERR_PROTOCOL;"]
        )
        lines += _stores(method, f"{local.reply}.")
    lines.append(f"    rpc_message_release(&{local.reply});")
    return [*lines, "    return SYS_ERR_OK;"]


def _reply_faults(method: Method, member: str, pointer: str) -> list[str]:
    """Conditions under which a reply is not as declared, but for its bytes."""
    faults = [f"!rpc_message_has({pointer}, {len(method.reply_words)}, {len(method.reply_caps)})"]
    return faults + _misfits(_reply_values(method, member))


def _reply_values(method: Method, member: str) -> dict[Argument, str]:
    return {a: f"{member}words[{at}]" for at, a in enumerate(method.reply_words) if a.number}


def _stores(method: Method, member: str) -> list[str]:
    lines = [f"    *{cap.name} = {member}caps[{at}];" for at, cap in enumerate(method.reply_caps)]
    words = _reply_values(method, member)
    return lines + [f"    *{argument.name} = {value(argument, word)};" for argument, word in words.items()]


def _results_name(method: Method) -> str:
    return f"take_{method.name}_results"


def _results(method: Method) -> list[str]:
    """A function that takes the results out of a reply that has strings or arrays; all of them or none."""
    local = locals_of(method)
    parameters = [f"struct rpc_message *{local.reply}"]
    parameters += [parameter for argument in method.outs for parameter in client_parameters(argument)]
    lines = [*filled(f"static errval_t {_results_name(method)}", parameters, ")"), "{"]
    member = f"{local.reply}->"
    lines += if_any(_reply_faults(method, member, local.reply), ["return RPC_ERR_PROTOCOL;"])
    blobs = _blobs(method)
    if _frees(method):
        lines.append(f"    errval_t {local.err} = SYS_ERR_OK;")
    end = f"!rpc_message_is_taken({local.reply})"
    taken: list[str] = []
    for at, argument in enumerate(method.reply_words):
        if argument in blobs:
            undo = [f"free({name});" for name in taken]
            lines += _take(argument, at, local, undo, end if argument is blobs[-1] else "")
            taken += [] if argument.type == "buffer" else [_new(argument, local)]
    for argument in blobs:
        lines += _store_blob(argument, local)
    return [*lines, *_stores(method, member), "    return SYS_ERR_OK;", "}", ""]


def _new(argument: Argument, local: Locals) -> str:
    return getattr(local, f"new_{argument.name}")


def _new_size(argument: Argument, local: Locals) -> str:
    return getattr(local, f"new_{argument.name}_bytes")


def _take(argument: Argument, at: int, local: Locals, undo: list[str], end: str) -> list[str]:
    """Takes a string or array; `undo` frees those before it, and `end` is asked behind the last one."""
    new, size = _new(argument, local), _new_size(argument, local)
    refusal = "return RPC_ERR_PROTOCOL;"
    faults = [end] if end else []
    if argument.type == "buffer":
        lines = [f"    const void *{new};", f"    size_t {size};"]
        taken = f"!rpc_take_bytes({local.reply}, {at}, &{new}, &{size})"
        return lines + if_any([taken, f"{size} > {argument.name}_max", *faults], [*undo, refusal])
    if argument.type == "string":
        lines = call(f"char *{new} = rpc_take_string_copy", [local.reply, str(at), f"&{local.err}"])
        lines += if_any([f"{new} == NULL"], [*undo, f"return {local.err};"])
    else:
        lines = [f"    void *{new};", f"    size_t {size};"]
        taken = f"!rpc_take_bytes_copy({local.reply}, {at}, &{new}, &{size}, &{local.err})"
        lines += if_any([taken], [*undo, f"return {local.err};"])
    if argument.is_array and argument.element.bits > 8:
        faults.insert(0, f"{size} % sizeof({argument.element.c}) != 0")
    return lines + if_any(faults, [*undo, f"free({new});", refusal])


def _store_blob(argument: Argument, local: Locals) -> list[str]:
    name, new, size = argument.name, _new(argument, local), _new_size(argument, local)
    if argument.type == "string":
        return [f"    *{name} = {new};"]
    if argument.type == "buffer":
        copy = if_any([f"{size} != 0"], [f"memcpy({name}, {new}, {size});"])
        return [*copy, f"    *{name}_bytes = {size};"]
    if argument.is_array:
        return [f"    *{name} = {new};", f"    *{name}_count = {size} / sizeof({argument.element.c});"]
    return [f"    *{name} = {new};", f"    *{name}_bytes = {size};"]
