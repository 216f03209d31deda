"""The server's side of an interface: NAME_server.h and NAME_server.c."""

from __future__ import annotations

from tools.rpc.model import Argument, Interface, Method
from tools.rpc.parameters import in_parameters, locals_of, value
from tools.rpc.text import Locals, banner, call, comment, file_text, filled, guarded, if_any, method_comment

HANDLERS = [
    "A handler returns SYS_ERR_OK and has set the results, or an error and gives nothing, or RPC_LATER (see",
    "rpc_defer()). Strings and arrays of the call are there until it returns; capabilities of the call are",
    "its own, in slots that it frees. Results are 0 and NULL_CAP before it is called; a string that is left",
    "so is the empty one. A message whose handler is NULL is answered with RPC_ERR_NO_METHOD.",
]


def header(interface: Interface) -> str:
    """NAME_server.h."""
    name = interface.name
    lines = ["#include <aos/rpc_server.h>", f"#include <interfaces/{name}.h>", ""]
    lines += [*comment([f"What handles the messages of `{name}`.", "", *HANDLERS])]
    lines.append(f"struct {name}_operations {{")
    for at, method in enumerate(interface.methods):
        docs = method_comment(method, _notes(method, of_answer=False), 1)
        lines += ["", *docs] if at else docs
        lines += filled(f"    errval_t (*{method.name})", _handler_parameters(method), ");")
    lines += ["};", "", f"extern const struct rpc_skeleton {name}_skeleton;"]
    for method in _calls(interface):
        lines += ["", *_answer_comment(method), *_answer_prototype(method, ");")]
    what = f"Being the service of interface `{name}`: the server's side."
    return file_text([*banner(interface, what), *guarded(f"INTERFACES_{name.upper()}_SERVER_H", lines)])


def source(interface: Interface) -> str:
    """NAME_server.c."""
    name = interface.name
    lines = [
        *banner(interface, f"Being the service of interface `{name}`: the server's stubs."),
        f"#include <interfaces/{name}_server.h>",
    ]
    for method in interface.methods:
        lines += ["", *_skeleton(method)]
    lines += ["", "static const struct rpc_method methods[] = {"]
    lines.append("    // clang-format off")  # It would put some tables into columns.
    lines += [f"    {_entry(method)}," for method in interface.methods]
    lines.append("    // clang-format on")
    caps = max(len(method.call_caps) for method in interface.methods)
    lines += [
        "};",
        "",
        f"const struct rpc_skeleton {name}_skeleton = {{",
        f"    .interface = &{name}_interface,",
        "    .methods = methods,",
        f"    .caps = {caps},",
        "};",
    ]
    for method in _calls(interface):
        lines += ["", *_answer(method)]
    return file_text(lines)


def _calls(interface: Interface) -> list[Method]:
    return [method for method in interface.methods if not method.is_oneway]


def _entry(method: Method) -> str:
    if method.in_registers:
        return f"RPC_METHOD_REGISTERS(serve_{method.name}, {len(method.ins)})"
    oneway = "true" if method.is_oneway else "false"
    return f"RPC_METHOD_GENERAL(serve_{method.name}, {len(method.call_caps)}, {oneway})"


def _result_type(argument: Argument) -> str:
    if argument.number:
        return f"{argument.number.c} "
    return "struct capref " if argument.is_cap else "struct rpc_bytes "


def _result_parameters(method: Method) -> list[str]:
    return [f"{_result_type(argument)}{argument.name}" for argument in method.outs]


def _handler_parameters(method: Method) -> list[str]:
    parameters = [f"struct rpc_session *{locals_of(method).session}"]
    for argument in method.arguments:
        if not argument.is_out:
            parameters += in_parameters(argument)
            continue
        parameters += [f"size_t {argument.name}_max"] if argument.type == "buffer" else []
        parameters.append(f"{_result_type(argument)}*{argument.name}")
    return parameters


def _notes(method: Method, of_answer: bool) -> list[str]:
    notes = []
    for argument in method.reply_caps:
        if argument.gives:
            notes.append(f"\\param {argument.name} moved to the caller; its slot is freed then")
        else:
            notes.append(f"\\param {argument.name} copied to the caller")
    if method.fails and not of_answer:
        notes.append(f"\\return SYS_ERR_OK, {', '.join(method.fails)}, ...")
    return notes


def _answer_comment(method: Method) -> list[str]:
    text = f"Answers a call of {method.full_name} that was deferred; `{locals_of(method).call}` is gone then."
    if method.outs:
        text += " If it is an error the results are not looked at."
    notes = _notes(method, of_answer=True)
    return comment([text, "", *notes] if notes else [text])


def _answer_prototype(method: Method, tail: str) -> list[str]:
    local = Locals([argument.name for argument in method.outs])
    parameters = [f"struct rpc_call *{local.call}", f"errval_t {local.err}", *_result_parameters(method)]
    return filled(f"void {method.c_name}_answer", parameters, tail)


def _answer(method: Method) -> list[str]:
    local = Locals([argument.name for argument in method.outs])
    lines = [*_answer_prototype(method, ")"), "{", f"    struct rpc_message {local.reply};"]
    lines.append(f"    rpc_message_init(&{local.reply});")
    if method.outs:
        additions = _additions(method, f"&{local.reply}", 2)
        if not method.in_registers:
            names = [argument.name for argument in method.outs]
            additions = call(f"add_{method.name}_results", [f"&{local.reply}", *names], indent=2)
        lines += [f"    if (err_is_ok({local.err})) {{", *additions, "    }"]
    return [*lines, f"    rpc_answer({local.call}, {local.err}, &{local.reply});", "}"]


def _additions(method: Method, reply: str, indent: int = 1) -> list[str]:
    """Puts the results into a reply."""
    margin = "    " * indent
    member = f"{reply[1:]}." if reply.startswith("&") else f"{reply}->"
    lines = []
    for argument in method.outs:
        name = argument.name
        if argument.number:
            lines += call("rpc_add_word", [reply, name], indent=indent)
        elif argument.is_cap:
            gives = "true" if argument.gives else "false"
            lines += call("rpc_add_cap", [reply, name, gives], indent=indent)
        else:
            if argument.type == "string":
                empty = f'{name} = (struct rpc_bytes){{.data = "", .bytes = 1}};'
                lines += if_any([f"{name}.data == NULL"], [empty], indent)
            lines.append(f"{margin}{member}owned_blobs |= (uint8_t)({name}.owned << {member}blob_count);")
            lines += call("rpc_add_bytes", [reply, f"{name}.data", f"{name}.bytes"], indent=indent)
    return lines


def _skeleton(method: Method) -> list[str]:
    if method.in_registers:
        return _registers(method)
    local = locals_of(method)
    lines = []
    if method.outs:
        reply = Locals([argument.name for argument in method.outs]).reply
        parameters = [f"struct rpc_message *{reply}", *_result_parameters(method)]
        lines += filled(f"static void add_{method.name}_results", parameters, ")")
        lines += ["{", *_additions(method, reply), "}", ""]
    reply = f"struct rpc_message *{local.reply}" + ("" if method.outs else " __attribute__((unused))")
    parameters = [f"struct rpc_session *{local.session}", f"struct rpc_message *{local.call}", reply]
    lines += [*filled(f"static errval_t serve_{method.name}", parameters, ")"), "{"]
    lines += _general(method, local)
    return [*lines, "}"]


def _results(method: Method) -> list[str]:
    """Variables for the results."""
    lines = []
    for argument in method.outs:
        zero = "NULL_CAP" if argument.is_cap else "{0}" if argument.is_blob else "0"
        if argument.number and argument.number.is_bool:
            zero = "false"
        lines.append(f"    {_result_type(argument)}{argument.name} = {zero};")
    return lines


def _registers(method: Method) -> list[str]:
    local = locals_of(method)
    parameters = [f"struct rpc_session *{local.session}", f"struct lmp_message *{local.m}"]
    lines = [*filled(f"static unsigned serve_{method.name}", parameters, ")"), "{"]
    operations = f"struct {method.interface}_operations *{local.operations}"
    lines += [f"    const {operations} = {local.session}->operations;", *_results(method)]
    lines.append(f"    errval_t {local.err} = RPC_ERR_NO_METHOD;")
    words = {argument: f"{local.m}->w{at}" for at, argument in enumerate(method.ins, 1)}
    misfits = [argument.number.misfit(word) for argument, word in words.items() if argument.number]
    cut = [f"rpc_session_cut({local.session}); // The call is not as declared.", "return 0;"]
    checks = if_any([text for text in misfits if text], cut)
    handler = f"{local.operations}->{method.name}"
    lines += [*checks, f"    if ({handler} != NULL) {{"]
    items = [local.session]
    items += [f"&{a.name}" if a.is_out else value(a, words[a]) for a in method.arguments]
    lines += [*call(f"{local.err} = {handler}", items, indent=2), "    }"]
    failed = [f"{local.m}->w1 = {local.err};", f"return {local.err} == RPC_LATER ? 0 : 2;"]
    lines += if_any([f"err_is_fail({local.err})"], failed)
    lines.append(f"    {local.m}->w1 = SYS_ERR_OK;")
    lines += [f"    {local.m}->w{at} = {a.name};" for at, a in enumerate(method.outs, 2)]
    return [*lines, f"    return {len(method.outs) + 2};", "}"]


def _general(method: Method, local: Locals) -> list[str]:
    operations = f"struct {method.interface}_operations *{local.operations}"
    lines = [f"    const {operations} = {local.session}->operations;"]
    handler = f"{local.operations}->{method.name}"
    # Capabilities of a call that fails otherwise than by its form are not deleted by anybody else.
    drop = [f"rpc_message_drop({local.call});"] if method.call_caps else []
    lines += if_any([f"{handler} == NULL"], [*drop, "return RPC_ERR_NO_METHOD;"])
    words = {argument: f"{local.call}->words[{at}]" for at, argument in enumerate(method.call_words)}
    numbers = [argument for argument in method.ins if argument.number]
    faults = [f"!rpc_message_has({local.call}, {len(words)}, {len(method.call_caps)})"]
    misfits = [argument.number.misfit(words[argument]) for argument in numbers if argument.number]
    faults += [text for text in misfits if text]
    blobs = [argument for argument in method.ins if argument.is_blob]
    end = [f"!rpc_message_is_taken({local.call})"]
    lines += if_any(faults if blobs else faults + end, ["return RPC_MALFORMED;"])
    for argument in blobs:
        at = method.call_words.index(argument)
        lines += _take(argument, at, local, end if argument is blobs[-1] else [])
    if method.call_caps:
        # Whoever drops the call afterwards deletes what is still there.
        lines.append(f"    {local.call}->cap_count = 0; // They are the handler's now.")
    lines += _results(method)
    items = [local.session]
    caps = {cap: f"{local.call}->caps[{at}]" for at, cap in enumerate(method.call_caps)}
    for argument in method.arguments:
        if argument.is_out:
            items += [words[argument]] if argument.type == "buffer" else []
            items.append(f"&{argument.name}")
        elif argument.number:
            items.append(value(argument, words[argument]))
        else:
            items += [caps[argument]] if argument.is_cap else _taken(argument, local)
    if not method.outs:
        return [*lines, *call(f"return {handler}", items)]
    lines += call(f"errval_t {local.err} = {handler}", items)
    lines += if_any([f"err_is_fail({local.err})"], [f"return {local.err};"])
    names = [argument.name for argument in method.outs]
    return [*lines, *call(f"add_{method.name}_results", [local.reply, *names]), "    return SYS_ERR_OK;"]


def _take(argument: Argument, at: int, local: Locals, end: list[str]) -> list[str]:
    name = argument.name
    if argument.type == "string":
        lines = call(f"const char *{name} = rpc_take_string", [local.call, str(at)])
        return lines + if_any([f"{name} == NULL", *end], ["return RPC_MALFORMED;"])
    lines = [f"    const void *{name};", f"    size_t {name}_bytes;"]
    faults = [f"!rpc_take_bytes({local.call}, {at}, &{name}, &{name}_bytes)"]
    if argument.is_array and argument.element.bits > 8:
        faults.append(f"{name}_bytes % sizeof({argument.element.c}) != 0")
    return lines + if_any([*faults, *end], ["return RPC_MALFORMED;"])


def _taken(argument: Argument, local: Locals) -> list[str]:
    name = argument.name
    if argument.type == "string":
        return [name]
    size = f"{name}_bytes"
    return [name, f"{size} / sizeof({argument.element.c})"] if argument.is_array else [name, size]
