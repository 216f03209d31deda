"""Interface files: what is refused and where, and what C comes out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from scenario import ROOT

from tools.generate_rpc import generate
from tools.rpc import Interface, InterfaceError, load_interfaces
from tools.rpc.grammar import Source
from tools.rpc.load import build, error_names
from tools.rpc.model import NUMBERS

INTERFACES = ROOT / "interfaces"
ERRORS = ROOT / "include" / "abi" / "errors.toml"
KNOWN = error_names(ERRORS)
SPECS = "/usr/lib/picolibc/aarch64-linux-gnu/picolibc.specs"

# What the stubs call their own arguments and variables.
OWN_NAMES = ("client", "session", "call", "reply", "err", "m", "operations", "message", "methods")


def built(text: str, number: int = 3) -> Interface:
    return build(Source("interfaces/x.rpc", text), number, KNOWN)


def with_message(message: str) -> Interface:
    return built(f"interface x {{\n    {message}\n}}\n")


def function(text: str, name: str) -> str:
    """One function of a generated file, from its first line to its closing brace."""
    found = re.search(rf"^[^\n;{{}}]*\b{name}\([^;{{}}]*\)\n\{{.*?^\}}", text, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[0]


def run_generator(folder: Path, output: Path) -> subprocess.CompletedProcess[str]:
    argv = [
        sys.executable,
        ROOT / "tools" / "generate_rpc.py",
        folder,
        "--errors",
        ERRORS,
        "--output",
        output,
    ]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("text", "place", "complaint"),
    [
        ("", "1:1", "the file ends too early; expected a comment with '///' or 'interface'"),
        ("interface x {\n    cal a();\n}", "2:5", "'cal' cannot stand here; expected 'call', 'oneway'"),
        ("interface x {\n    call a()\n}", "3:1", "'}' cannot stand here; expected 'fails' or ';'"),
        (
            "interface x {\n    call a(u8 b);\n}",
            "2:12",
            "'u8' cannot stand here; expected 'in', 'out' or ')'",
        ),
        ("interface x {\n    call a(in u8);\n}", "2:17", "expected '[]' or a name"),
        ("interface x {\n    call a() @;\n}", "2:14", "'@' cannot stand here"),
        ("interface x {\n    call a();", "2:14", "the file ends too early"),
        ("interface x {\n\n  /* call a();\n}", "3:3", "this comment has no end"),
        ("interface x {\n  call a(\n  /// A\n  in u8 b);\n}", "3:3", "a comment with '///' stands before"),
        ("interface x { call a(); }\ninterface y { }", "2:1", "expected the end of the file"),
        ("interface x {\n    const u8 A = b;\n}", "2:18", "'b' cannot stand here; expected a number"),
    ],
)
def test_syntax_errors_have_a_place(text: str, place: str, complaint: str) -> None:
    with pytest.raises(InterfaceError) as refusal:
        built(text)
    message = str(refusal.value)
    assert message.startswith(f"interfaces/x.rpc:{place}: ")
    assert complaint in message


def test_an_error_shows_the_line_and_marks_the_text() -> None:
    with pytest.raises(InterfaceError) as refusal:
        built("/// X.\ninterface x {\n\tcall a(in u7 b);\n}\n")
    _, shown, mark = str(refusal.value).split("\n")
    assert shown == "    \tcall a(in u7 b);"
    assert shown[mark.index("^") :] == "u7 b);"


@pytest.mark.parametrize(
    ("message", "column", "complaint"),
    [
        ("call a(in u7 b);", 15, "unknown type 'u7'; types are u8, "),
        ("call a(in cap[] b);", 15, "there are no arrays of 'cap'"),
        ("call a(in bool[] b);", 15, "there are no arrays of 'bool'"),
        ("call a(in string[] b);", 15, "there are no arrays of 'string'"),
        ("call a(in give u8 b);", 20, "only a cap can be given"),
        ("call a(in buffer b);", 15, "'buffer' is for 'out'"),
        ("oneway a(out u8 b);", 21, "'b' is out, but 'a' is oneway"),
        ("call a() fails NO_SUCH;", 20, "there is no error 'NO_SUCH'"),
        ("call a() fails RPC_ERR_BUSY, RPC_ERR_BUSY;", 34, "'RPC_ERR_BUSY' is there twice"),
        ("oneway a() fails RPC_ERR_BUSY;", 22, "'a' is oneway: no error comes back"),
        ("call while();", 10, "'while' cannot name a message; it is a word of C"),
        ("call a(in u8 int);", 18, "'int' cannot name an argument; it is a word of C"),
        ("call A();", 10, "lower-case"),
        ("call a(in u8 B);", 18, "lower-case"),
        ("call interface();", 10, "x_interface is something else"),
        ("call a(in u8 rpc_call);", 18, "the generated code uses such names"),
        ("call a(out u8 free, out string b);", 19, "the generated code uses such names"),
        ("call a(in u8 b, out u8 b);", 28, "'a' has two arguments 'b'"),
        ("call a(in bytes b, in u8 b_bytes);", 30, "both have an argument b_bytes"),
        ("call a(in u8[] b, out u8 b_bytes);", 30, "both have an argument b_bytes"),
        ("call a(); call a();", 20, "'a' is there twice; the first is in line 2"),
        ("call a(); call a_answer();", 20, "'a_answer' and 'a' in line 2 would both be x_a_answer"),
        ("call a(); const u8 A_NUMBER = 1;", 24, "would both be X_A_NUMBER"),
        ("call a(); const u8 A = 1; const u8 A = 2;", 40, "'A' is there twice"),
        ("call a(); const u8 a = 1;", 24, "upper-case"),
        ("call a(); const u8 ERR_A = 1;", 24, "it would look like an error value"),
        ("call a(); const string A = 1;", 21, "no type for a constant"),
        ("call a(); const u8 A = 256;", 28, "'256' does not fit into u8, which is from 0 to 255"),
        ("call a(); const s8 A = -129;", 28, "which is from -128 to 127"),
        ("call a(); const u8 A = 010;", 28, "numbers are decimal, or 0x"),
        (f"call a({', '.join(f'in u8 a{i}' for i in range(17))});", 10, "17 words"),
        (f"call a({', '.join(f'out u8 a{i}' for i in range(17))});", 10, "17 words"),
        (f"call a({', '.join(f'in cap a{i}' for i in range(5))});", 10, "5 capabilities"),
        (f"call a({', '.join(f'out string a{i}' for i in range(9))});", 10, "9 strings and arrays"),
        ("const u8 A = 1;", 0, "has no message"),
        ("", 0, "interface 'x' is empty"),
    ],
)
def test_checks(message: str, column: int, complaint: str) -> None:
    with pytest.raises(InterfaceError) as refusal:
        with_message(message)
    assert complaint in str(refusal.value)
    assert str(refusal.value).startswith(
        f"interfaces/x.rpc:2:{column}: " if column else "interfaces/x.rpc:1:11: "
    )


def test_buffers_take_words_of_the_call() -> None:
    buffers = ", ".join(f"out buffer b{i}" for i in range(8))
    numbers = ", ".join(f"in u8 a{i}" for i in range(8))
    assert len(with_message(f"call a({buffers}, {numbers});").methods[0].call_words) == 16
    with pytest.raises(InterfaceError, match="17 words"):
        with_message(f"call a({buffers}, {numbers}, in u8 c);")


def test_at_most_250_messages() -> None:
    assert len(with_message(" ".join(f"call a{i}();" for i in range(250))).methods) == 250
    with pytest.raises(InterfaceError, match="'a250' is one message too many"):
        with_message(" ".join(f"call a{i}();" for i in range(251)))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("y", "belongs into a file y.rpc, not x.rpc"),
        ("X", "lower-case"),
        ("int", "it is a word of C"),
    ],
)
def test_names_of_interfaces(name: str, complaint: str) -> None:
    with pytest.raises(InterfaceError, match=re.escape(complaint)):
        built(f"interface {name} {{ call a(); }}")


def test_two_interfaces_do_not_define_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "a.rpc").write_text("interface a { call b_c(); }")
    (tmp_path / "a_b.rpc").write_text("interface a_b { call c(); }")
    with pytest.raises(InterfaceError, match="a_b_c would be defined by"):
        load_interfaces(tmp_path)


def test_keywords_of_the_language_are_names_where_a_name_stands() -> None:
    method = with_message(
        "call call(in u8 in, out u8 out, in give cap give, in u8 fails, in u8 oneway);"
    ).methods[0]
    assert [argument.name for argument in method.arguments] == ["in", "out", "give", "fails", "oneway"]


def test_numbers_and_names() -> None:
    interfaces = load_interfaces()
    assert [interface.name for interface in interfaces] == sorted(
        file.stem for file in INTERFACES.glob("*.rpc")
    )
    numbers = [method.number for interface in interfaces for method in interface.methods]
    assert len(numbers) == len(set(numbers))
    assert 0 not in numbers
    for at, interface in enumerate(interfaces, 1):
        assert interface.number == at
        assert [method.number for method in interface.methods] == [
            at << 8 | index for index in range(len(interface.methods))
        ]
    assert "mem.get_ram" in {method.full_name for interface in interfaces for method in interface.methods}


def test_the_hash_is_of_the_declaration_alone() -> None:
    plain = built("interface x { const u8 A = 16; call a(in u8 b); }")
    same = built(
        "/// Docs.\ninterface x {\n// Note.\n/// A.\nconst u8 A = 0x10; /* B */ call a ( in u8 b ) ;}"
    )
    assert same.hash == plain.hash
    for other in (
        "interface x { const u8 A = 17; call a(in u8 b); }",
        "interface x { const u8 A = 16; call a(in u16 b); }",
        "interface x { const u8 A = 16; oneway a(in u8 b); }",
        "interface x { const u8 A = 16; call a(in u8 c); }",
        "interface x { const u8 A = 16; call a(in u8 b); call c(); }",
    ):
        assert built(other).hash != plain.hash


def test_a_call_of_numbers_is_straight_code() -> None:
    files = generate([with_message("call a(in u64 b, in s16 c, out u64 d);")])
    assert function(files["x_client.c"], "x_a") == (
        "errval_t x_a(struct rpc_client *client, uint64_t b, int16_t c, uint64_t *d)\n"
        "{\n"
        "    struct lmp_message reply = rpc_call_registers(client, X_A_NUMBER, 2, b, c, 0, 0, 0, 0, 0);\n"
        "    errval_t err = rpc_result(&reply, 1);\n"
        "    if (err_is_fail(err)) {\n"
        "        return err;\n"
        "    }\n"
        "    *d = reply.w2;\n"
        "    return SYS_ERR_OK;\n"
        "}"
    )
    assert function(files["x_server.c"], "serve_a") == (
        "static unsigned serve_a(struct rpc_session *session, struct lmp_message *m)\n"
        "{\n"
        "    const struct x_operations *operations = session->operations;\n"
        "    uint64_t d = 0;\n"
        "    errval_t err = RPC_ERR_NO_METHOD;\n"
        "    if ((int64_t)m->w2 != (int16_t)m->w2) {\n"
        "        rpc_session_cut(session); // The call is not as declared.\n"
        "        return 0;\n"
        "    }\n"
        "    if (operations->a != NULL) {\n"
        "        err = operations->a(session, m->w1, (int16_t)m->w2, &d);\n"
        "    }\n"
        "    if (err_is_fail(err)) {\n"
        "        m->w1 = err;\n"
        "        return err == RPC_LATER ? 0 : 2;\n"
        "    }\n"
        "    m->w1 = SYS_ERR_OK;\n"
        "    m->w2 = d;\n"
        "    return 3;\n"
        "}"
    )
    assert "RPC_METHOD_REGISTERS(serve_a, 2)," in files["x_server.c"]
    assert "    .has_bytes = false,\n" in files["x_client.c"]


@pytest.mark.parametrize(
    ("ins", "outs", "way"), [(7, 6, "registers"), (8, 0, "general"), (0, 7, "general"), (0, 0, "registers")]
)
def test_which_messages_travel_in_registers(ins: int, outs: int, way: str) -> None:
    arguments = [f"in u8 a{i}" for i in range(ins)] + [f"out u8 b{i}" for i in range(outs)]
    server = generate([with_message(f"call a({', '.join(arguments)});")])["x_server.c"]
    assert f"RPC_METHOD_{way.upper()}(serve_a, " in server


def test_a_call_with_more_than_numbers() -> None:
    files = generate(
        [with_message("call a(in string b, in give cap c, in u8 d, out give cap e, out u32[] f);")]
    )
    client = function(files["x_client.c"], "x_a")
    assert "rpc_call(client, X_A_NUMBER, &call, true, 1, &reply);" in client
    assert "rpc_add_cap(&call, c, true);" in client
    assert "slot_free" not in files["x_client.c"]  # The runtime frees the slots of what was given.
    assert "    .has_bytes = true,\n" in files["x_client.c"]
    results = function(files["x_client.c"], "take_a_results")
    assert "new_f_bytes % sizeof(uint32_t) != 0 || !rpc_message_is_taken(reply)" in results
    assert results.index("free(new_f);") < results.index("*f = new_f;")
    server = function(files["x_server.c"], "serve_a")
    assert "if (!rpc_message_has(call, 2, 1) || call->words[1] > UINT8_MAX) {" in server
    assert "if (b == NULL || !rpc_message_is_taken(call)) {" in server
    assert "return RPC_ERR_PROTOCOL;" not in server
    assert server.index("rpc_message_drop(call);") < server.index("return RPC_ERR_NO_METHOD;")
    # Once the handler may have them, nobody else deletes them.
    assert server.index("call->cap_count = 0;") < server.index("operations->a(session, b, call->caps[0], ")
    assert "RPC_METHOD_GENERAL(serve_a, 1, false)," in files["x_server.c"]
    assert "rpc_add_cap(reply, e, true);" in function(files["x_server.c"], "add_a_results")
    assert (
        "void x_a_answer(struct rpc_call *call, errval_t err, struct capref e, struct rpc_bytes f);"
        in (files["x_server.h"])
    )


def test_a_oneway_message_has_no_answer() -> None:
    files = generate([with_message("oneway a(in u64 b, in give cap c); oneway d(in u8 e);")])
    assert "answer(" not in files["x_server.h"]
    assert "RPC_METHOD_GENERAL(serve_a, 1, true)," in files["x_server.c"]
    assert "RPC_METHOD_GENERAL(serve_d, 0, true)," in files["x_server.c"]
    assert "return rpc_send(client, X_D_NUMBER, &message);" in function(files["x_client.c"], "x_d")


def test_comments_and_constants_are_carried_over() -> None:
    text = (
        "/// The interface.\ninterface x {\n    /// The most.\n    const u32 MOST = 0x40;\n"
        "    const s64 LOW = -9223372036854775808;\n    const u64 HIGH = 1;\n"
        "    /// Does it.\n    ///\n    /// Then ends.\n"
        "    call a(out cap b) fails RPC_ERR_BUSY;\n    /// One line.\n    call c();\n}\n"
    )
    header = generate([built(text)])["x.h"]
    assert "Generated by tools/generate_rpc.py from interfaces/x.rpc; edit that file." in header
    assert " * The interface.\n" in header
    assert "/// The most.\n#define X_MOST 0x40\n" in header
    assert "#define X_LOW INT64_MIN\n" in header
    assert "#define X_HIGH UINT64_C(1)\n" in header
    assert "/**\n * Does it.\n *\n * Then ends.\n *\n * \\param b " in header
    assert " * \\return SYS_ERR_OK, RPC_ERR_BUSY, or RPC_ERR_*\n */\nerrval_t x_a(" in header
    assert "/// One line.\nerrval_t x_c(struct rpc_client *client);" in header


def test_names_that_the_stubs_have_themselves() -> None:
    arguments = ", ".join(f"in u8 {name}" for name in OWN_NAMES)
    files = generate([with_message(f"call a({arguments}, out string b);")])
    assert "struct rpc_client *client_, uint8_t client," in files["x.h"]
    assert "struct rpc_message call_, reply_;" in files["x_client.c"]


def every_type() -> Interface:
    types = [
        *NUMBERS,
        "string",
        "bytes",
        "cap",
        "give cap",
        *(f"{name}[]" for name in NUMBERS if name != "bool"),
    ]
    messages = []
    for at, name in enumerate(types):
        messages.append(f"call both{at}(in {name} a, out {name} b);")
        messages.append(f"call mixed{at}(in {name} a, in string s, out {name} b, out bytes r, out string t);")
        messages.append(f"call ins{at}(in {name} a, in {name} b) fails RPC_ERR_BUSY;")
        messages.append(f"call outs{at}(out {name} a, out {name} b);")
        messages.append(f"oneway sent{at}(in {name} client, in u8 message);")
    messages += [
        "call none();",
        "oneway nothing();",
        "call buffer(in u8 a, out buffer b, out u8 c, out buffer d);",
    ]
    messages.append(
        f"call names({', '.join(f'in u8 {name}' for name in OWN_NAMES)}, in bytes b, out string c);"
    )
    messages.append(
        "call names_few(in u8 client, in u8 session, in u8 err, in u8 m, out s8 reply, out bool call);"
    )
    messages.append("call deferred(out string reply, out cap call, out u8 err, in string operations);")
    constants = "const s64 A = -9223372036854775808; const u8 B = 255; const size C = 1; const s8 D = -1;"
    return with_message("\n".join([constants, *messages]))


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The headers of the tree that are generated, the stubs of its interfaces, and those of x: every type."""
    folder = tmp_path_factory.mktemp("generated")
    tools = ROOT / "tools"
    for argv in (
        [tools / "generate_errors.py", ERRORS, "--header", folder / "abi/errno.h"],
        [tools / "generate_capabilities.py", ROOT / "include/abi/capabilities.toml"]
        + ["--header", folder / "abi/captypes.h"],
        [tools / "generate_trace.py", ROOT / "trace/points.toml", "--output", folder / "trace_points.h"],
    ):
        subprocess.run([sys.executable, *argv], check=True)
    assert run_generator(INTERFACES, folder / "interfaces").returncode == 0
    for name, text in generate([every_type()]).items():
        (folder / "interfaces" / name).write_text(text)
    return folder


def test_every_type_compiles_without_a_warning(generated: Path) -> None:
    argv = [
        "aarch64-linux-gnu-gcc",
        "-std=gnu17",
        f"--specs={SPECS}",
        "-mgeneral-regs-only",
        "-O2",
        "-fsyntax-only",
    ]
    argv += [
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wstrict-prototypes",
        "-Wmissing-prototypes",
        "-march=armv8-a+crc",
    ]
    argv += [f"-I{folder}" for folder in (ROOT / "include", ROOT / "lib", generated, ROOT)]
    files = sorted((generated / "interfaces").iterdir())
    assert len(files) == 4 * (len(load_interfaces()) + 1)
    outcome = subprocess.run([*argv, "-DCONFIG_DEBUG=0", *files], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr


def test_generated_code_is_laid_out_as_the_tree_is(generated: Path) -> None:
    clang_format = Path(sys.executable).with_name("clang-format")
    own = [file for file in sorted((generated / "interfaces").iterdir()) if not file.name.startswith("x")]
    argv = [clang_format, f"--style=file:{ROOT / '.clang-format'}", "--dry-run", "--Werror", *own]
    outcome = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr


def test_a_refused_file_leaves_the_output_as_it_was(tmp_path: Path) -> None:
    folder, output = tmp_path / "interfaces", tmp_path / "out"
    folder.mkdir()
    (folder / "a.rpc").write_text("interface a { call b(); }")
    assert run_generator(folder, output).returncode == 0
    before = {file.name: (file.read_text(), file.stat().st_mtime_ns) for file in output.iterdir()}
    assert sorted(before) == ["a.h", "a_client.c", "a_server.c", "a_server.h"]
    assert run_generator(folder, output).returncode == 0
    (folder / "a.rpc").write_text("interface a { call b(); call c(); }")
    (folder / "z.rpc").write_text("interface z {\n    call b(in u7 x);\n}")
    refused = run_generator(folder, output)
    assert refused.returncode == 1
    assert refused.stderr.startswith("generate_rpc: interfaces/z.rpc:2:15: unknown type 'u7'")
    assert {file.name: (file.read_text(), file.stat().st_mtime_ns) for file in output.iterdir()} == before


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.rpc").write_bytes(b"interface a { \xff }")
    refused = run_generator(tmp_path, tmp_path / "out")
    assert refused.returncode == 1
    assert "is not text in UTF-8" in refused.stderr
