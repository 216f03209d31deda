"""The declaration of trace points, and the header that the build generates from it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from scenario import ROOT

from trace.declaration import DeclarationError, build, load

GENERATOR = ROOT / "tools" / "generate_trace.py"
POINTS = ROOT / "trace" / "points.toml"
GOOD = {"kind": "instant", "track": "kernel", "text": "Something happened", "args": {"number": "u32 count"}}


def test_the_tree_declaration_is_good() -> None:
    declaration = load(POINTS)
    assert len(declaration.hash) == 16
    assert [point.number for point in declaration.points] == list(range(1, len(declaration.points) + 1))
    assert {"lmp", "dispatch", "bench", "syscall"} <= set(declaration.subsystems)


def test_the_hash_is_of_the_normalised_form() -> None:
    """Worked out apart from the code: a text or a comment does not change the hash, anything else does."""
    import hashlib

    declaration = build({"a": {"b": GOOD}}, "here")
    assert declaration.hash == hashlib.sha256(b"1 a.b instant kernel number:u32:count\n").hexdigest()[:16]
    assert build({"a": {"b": GOOD | {"text": "Otherwise"}}}, "here").hash == declaration.hash
    assert build({"a": {"b": GOOD | {"args": {"number": "u32"}}}}, "here").hash != declaration.hash


def test_arguments_share_the_word_from_its_low_end() -> None:
    arguments = {"first": "u8", "second": "hex48", "third": "u8"}
    point = build({"a": {"b": GOOD | {"args": arguments}}}, "here").points[0]
    word = point.encode({"first": 0x1FF, "second": 0xABCDEF, "third": 7})
    assert word == 7 << 56 | 0xABCDEF << 8 | 0xFF
    assert point.decode(word) == {"first": 0xFF, "second": 0xABCDEF, "third": 7}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": "slice"}, "kind must be one of"),
        ({"track": "user"}, "track must be one of"),
        ({"text": ""}, "needs a text"),
        ({"colour": "red"}, "unknown key colour"),
        ({"args": {"x": "u7"}}, "unknown type u7"),
        ({"args": {"x": "u64", "y": "u8"}}, "take 72 of 64 bits"),
        ({"args": {"X": "u8"}}, "not an identifier"),
        ({"args": {"x": ""}}, "not written"),
        ({"kind": "counter", "args": {}}, "needs an argument, its value"),
        ({"kind": "flow_out"}, "needs an argument `flow`"),
        ({"kind": "begin"}, "needs an event named"),
        ({"name": "{number}"}, "only a begin can have name"),
        ({"arrows": "lmp"}, "only a begin can have name or arrows"),
        ({"name": 3}, "name is not a text"),
    ],
)
def test_mistakes_name_file_and_point(change: dict, complaint: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        build({"a": {"b": GOOD | change}}, "points.toml")
    assert complaint in str(caught.value)
    assert "points.toml" in str(caught.value) and "[a.b]" in str(caught.value)


def test_pairs_must_be_whole() -> None:
    with pytest.raises(DeclarationError, match="no matching end"):
        build({"a": {"x_begin": GOOD | {"kind": "begin"}}}, "here")
    with pytest.raises(DeclarationError, match="flow_in"):
        build({"a": {"x": GOOD | {"kind": "flow_out", "args": {"flow": "u32"}}}}, "here")


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", str(GENERATOR), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("enable", ["all", "none", "lmp,bench"])
def test_the_header_compiles(tmp_path: Path, enable: str) -> None:
    """Without any warning, with every macro used, in C and in assembler."""
    compiler = shutil.which("aarch64-linux-gnu-gcc") or shutil.which("gcc")
    assert compiler, "no C compiler"
    header = tmp_path / "trace_points.h"
    assert generate(str(POINTS), "--enable", enable, "--output", str(header)).returncode == 0
    declaration = load(POINTS)
    calls = []
    for point in declaration.points:
        given = ", ".join(["field->bits", "pointer", "number", "7"][: len(point.arguments)])
        calls.append(f"    trace_{point.subsystem}_{point.event}({given});")
    source = tmp_path / "use.c"
    source.write_text(
        "#include <stdint.h>\nvoid emit(int number, uint64_t word);\n"
        "#define TRACE_EMIT(number, word) emit(number, word)\n"
        '#include "trace_points.h"\n'
        "struct field { unsigned bits : 3; };\n"
        "void use(struct field *field, void *pointer, int number);\n"
        "void use(struct field *field, void *pointer, int number)\n{\n" + "\n".join(calls) + "\n}\n"
        "#if TRACE_ENABLED_LMP\nextern int lmp_is_in[TRACE_POINT_COUNT];\n#endif\n"
    )
    flags = [
        "-ffreestanding",
        "-std=c17",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-pedantic",
        "-Werror",
        "-I",
        tmp_path,
    ]
    done = subprocess.run(
        [compiler, *flags, "-c", source, "-o", tmp_path / "use.o"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assembler = tmp_path / "use.S"
    assembler.write_text('#include "trace_points.h"\n.word TRACE_LMP_SEND, TRACE_ENABLED_LMP\n')
    done = subprocess.run(
        [compiler, "-I", tmp_path, "-c", assembler, "-o", tmp_path / "a.o"], capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert declaration.hash in header.read_text()


def test_an_unknown_subsystem_stops_with_the_menu(tmp_path: Path) -> None:
    header = tmp_path / "trace_points.h"
    done = generate(str(POINTS), "--enable", "lmp,frob", "--output", str(header))
    assert done.returncode == 1 and not header.exists()
    assert "frob" in done.stderr and "syscall" in done.stderr and done.stderr.count("\n") == 1


def test_a_bad_declaration_stops_with_a_sentence(tmp_path: Path) -> None:
    for text in ("[a.b]\nkind = 'instant'\n", "not toml", ""):
        bad = tmp_path / "bad.toml"
        bad.write_text(text)
        done = generate(str(bad), "--output", str(tmp_path / "x.h"))
        assert done.returncode == 1 and "bad.toml" in done.stderr and "Traceback" not in done.stderr
    done = generate(str(tmp_path / "none.toml"), "--output", str(tmp_path / "x.h"))
    assert done.returncode == 1 and "cannot be read" in done.stderr
    done = generate(str(POINTS), "--output", "/proc/no/x.h")
    assert (
        done.returncode == 1 and "cannot be read or written" in done.stderr and "Traceback" not in done.stderr
    )


def test_words_for_values_do_not_change_the_hash() -> None:
    words = {"values": {"number": ["none", "one"]}}
    declaration = build({"a": {"b": GOOD | words}}, "here")
    assert declaration.hash == build({"a": {"b": GOOD}}, "here").hash
    argument = declaration.points[0].arguments[0]
    assert [argument.shown(value) for value in (0, 1, 2)] == ["none", "one", 2]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"other": ["x"]}, "names no argument: other"),
        ({"number": "x"}, "are not a list of words"),
        ({"number": [1]}, "are not a list of words"),
        ({"number": []}, "are not a list of words"),
        ([], "values is not a table"),
    ],
)
def test_words_for_values_are_checked(values: object, complaint: str) -> None:
    with pytest.raises(DeclarationError, match=complaint):
        build({"a": {"b": GOOD | {"values": values}}}, "here")


BEGIN = GOOD | {"kind": "begin", "args": {"other": "u8", "number": "u16"}}
END = GOOD | {"kind": "end", "args": {"number": "u16"}}
MESSAGES = {0: "mem.get_ram", 0x100: "serial.write"}


def pair(begin: dict, end: dict | None = None) -> dict:
    return {"a": {"b_begin": BEGIN | begin, "b_end": END | (end or {})}}


def test_a_slice_is_named_by_an_argument() -> None:
    named = {"name": "serve {number}", "values": {"number": "interfaces"}}
    begin, end = build(pair(named), "here", MESSAGES).points
    assert begin.shown_name({"other": 1, "number": 0x100}) == "serve serial.write"
    assert begin.shown_name({"other": 1, "number": 1}) == "a.b, number 1"
    assert end.shown_name({"number": 0}) == "serve mem.get_ram"
    assert end.arguments[0].shown(0) == "mem.get_ram" and end.slice_name == "a.b"


def test_the_hash_covers_the_messages() -> None:
    """Number and name of each: neither may move without the decoder noticing."""
    import hashlib

    wanted = b"1 a.b instant kernel number:u32:count\nmessage 0 mem.get_ram\nmessage 256 serial.write\n"
    assert build({"a": {"b": GOOD}}, "here", MESSAGES).hash == hashlib.sha256(wanted).hexdigest()[:16]
    assert build({"a": {"b": GOOD}}, "here", {}).hash == build({"a": {"b": GOOD}}, "here").hash


@pytest.mark.parametrize(
    ("begin", "end", "complaint"),
    [
        ({"name": "{third}"}, {}, "name names no argument: 'third'"),
        ({"name": "call"}, {}, "must hold an argument in braces"),
        ({"name": "{number"}, {}, "must hold an argument in braces"),
        ({"name": "{number} {"}, {}, "must hold an argument in braces"),
        ({"name": "{number!r}"}, {}, "must hold an argument in braces"),
        ({"name": "{other}"}, {}, "lacks arguments that its slice is named by"),
        ({"arrows": "lmp"}, {}, "arrows: lmp has no flows"),
        ({"values": {"number": "files"}}, {}, 'not a list of words or "interfaces"'),
    ],
)
def test_mistakes_in_names(begin: dict, end: dict, complaint: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        build(pair(begin, end), "points.toml")
    assert complaint in str(caught.value) and "points.toml" in str(caught.value)
