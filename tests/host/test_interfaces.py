"""Names of messages from interface files: numbering, and what is not understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario import DECLARATION

from trace import declaration, interfaces

FOLDER = Path(__file__).with_name("stream_interfaces")


def test_numbers_are_by_file_name_and_order_in_the_file() -> None:
    assert interfaces.messages(FOLDER) == {
        0x100: "mem.get_ram",
        0x101: "mem.available",
        0x200: "serial.write",
    }
    assert DECLARATION.by_name("rpc.call_begin").arguments[0].shown(0x101) == "mem.available"


def test_constants_take_no_number_and_an_interface_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "b.rpc").write_text("interface b {}")
    (tmp_path / "a_c.rpc").write_text("interface a_c { const u32 X = 1 << 4; call x(); oneway y(in u8 z); }")
    (tmp_path / "a.rpc").write_text('interface a{const string N = "a";\ncall x ( )\n\tfails A_B ,\n C;}\n')
    (tmp_path / "notes.txt").write_text("no interface")
    assert interfaces.messages(tmp_path) == {0x100: "a.x", 0x200: "a_c.x", 0x201: "a_c.y"}


def test_no_folder_has_no_messages(tmp_path: Path) -> None:
    assert interfaces.messages(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a.rpc:1: is not"),
        ("interface a { call x(); } interface b { }", "a.rpc:1: is not"),
        ("interface a { call x(); ", "a.rpc:1: is not"),
        ("\n\ninterface b { }", "a.rpc:3: the interface b must be in a file of its name"),
        ("interface a {\n  call x()\n}", "a.rpc:2: expected"),
        ("interface a {\n  call x();\n\n  method y();\n}", "a.rpc:4: expected"),
        ("interface a {\n  /* two\n lines */\n  call X();\n}", "a.rpc:4: expected"),
        ("interface a {\n  call x(); ;\n}", "a.rpc:2: expected"),
        ("interface a {\n  call x() call y();\n}", "a.rpc:2: expected"),
        ("interface a {\n  const u32 X = 1\n  call y();\n}", "a.rpc:2: expected"),
        ("interface a {\n  call x();\n call x();\n}", "a.rpc:3: the message x is declared twice"),
        ("interface a {" + "".join(f" call x{n}();" for n in range(257)) + "}", "has 257 messages"),
    ],
)
def test_what_is_not_understood_is_an_error(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "a.rpc").write_text(text)
    with pytest.raises(interfaces.InterfaceError) as caught:
        interfaces.messages(tmp_path)
    assert complaint in str(caught.value)
    with pytest.raises(declaration.DeclarationError):
        declaration.load(folder=tmp_path)


@pytest.mark.parametrize("folder", [FOLDER, interfaces.DEFAULT_FOLDER], ids=["test", "tree"])
def test_the_generator_of_stubs_gives_the_same_numbers(folder: Path) -> None:
    """What stubs put into events, and what the decoder makes of it, are worked out apart."""
    generator = pytest.importorskip("tools.rpc.load")
    wanted = {
        method.number: f"{interface.name}.{method.name}"
        for interface in generator.load_interfaces(folder)
        for method in interface.methods
    }
    assert interfaces.messages(folder) == wanted
