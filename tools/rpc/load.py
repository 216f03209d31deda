"""From the files of a folder to checked interfaces with their numbers."""

from __future__ import annotations

import tomllib
from pathlib import Path

from lark import Token, Tree

from tools.rpc import checks
from tools.rpc.grammar import InterfaceError, Source, parse
from tools.rpc.model import Argument, Constant, Interface, Method

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "interfaces"
ERRORS = ROOT / "include" / "abi" / "errors.toml"

FIRST_NUMBER = 1  # Of interfaces, so that no message of any has number 0.


def load_interfaces(folder: Path = FOLDER, errors: Path = ERRORS) -> list[Interface]:
    """Reads and checks every interface file of a folder; their numbers follow from the order of their names.

    Raises InterfaceError, or OSError for a file that cannot be read.
    """
    known = error_names(errors)
    files = sorted(folder.glob("*.rpc"), key=lambda file: file.stem)
    interfaces = [load(file, FIRST_NUMBER + at, known) for at, file in enumerate(files)]
    checks.check_together(interfaces)
    return interfaces


def error_names(path: Path) -> set[str]:
    """The names of all errors of errors.toml."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return {f"{group}_{name}" for group, entries in table.items() for name in entries}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InterfaceError(f"{path}: is not valid TOML: {error}.") from error


def load(file: Path, number: int, errors: set[str]) -> Interface:
    """Reads and checks one interface file."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InterfaceError(f"{file}: is not text in UTF-8.") from error
    return build(Source(f"{file.resolve().parent.name}/{file.name}", text), number, errors)


def build(source: Source, number: int, errors: set[str]) -> Interface:
    """The interface that a file's text declares."""
    docs, name, *members = parse(source).children
    checks.check_interface(source, name, len(members))
    checker = checks.Checker(source, str(name), errors)
    methods: list[Method] = []
    constants: list[Constant] = []
    for member in members:
        member_docs, declared = member.children
        if declared.data == "constant":
            constants.append(_constant(checker, declared, _docs(member_docs)))
        else:
            index = len(methods)
            methods.append(_method(checker, declared, index, number << 8 | index, _docs(member_docs)))
    if not methods:
        raise source.error_at(name, f"interface '{name}' has no message")
    return Interface(str(name), number, source.name, tuple(methods), tuple(constants), _docs(docs))


def _docs(tree: Tree) -> tuple[str, ...]:
    """The lines of a comment, without what makes them one."""
    lines = [str(token).removeprefix("///").rstrip() for token in tree.children]
    return tuple(line.removeprefix(" ") for line in lines)


def _constant(checker: checks.Checker, tree: Tree, docs: tuple[str, ...]) -> Constant:
    type_name, name, literal = tree.children
    checker.check_constant(type_name, name, literal)
    return Constant(str(name), str(type_name), str(literal), docs)


def _method(checker: checks.Checker, tree: Tree, index: int, number: int, docs: tuple[str, ...]) -> Method:
    kind, name, arguments, *fails = tree.children
    errors = fails[0].children if fails else []
    method = Method(
        interface=checker.interface,
        name=str(name),
        index=index,
        number=number,
        is_oneway=kind == "oneway",
        arguments=tuple(_argument(checker, argument) for argument in arguments.children),
        fails=tuple(str(error) for error in errors),
        docs=docs,
    )
    checker.check_method(method, name, errors)
    return method


def _argument(checker: checks.Checker, tree: Tree) -> Argument:
    tokens: list[Token] = list(tree.children)
    direction, name = tokens[0], tokens[-1]
    gives = any(token.type == "GIVE" for token in tokens)
    is_array = any(token.type == "ARRAY" for token in tokens)
    base = tokens[1 + gives]
    checker.check_type(base, gives, is_array, direction)
    return Argument(str(name), f"{base}[]" if is_array else str(base), direction == "out", gives, name)
