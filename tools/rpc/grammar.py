"""The language of interface files: from text to a tree, or to an error with its place."""

from __future__ import annotations

from dataclasses import dataclass

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

GRAMMAR = r"""
start: docs _INTERFACE NAME _LBRACE member* _RBRACE
docs: DOC*
?member: docs (message | constant) -> member
message: KIND NAME _LPAR arguments _RPAR fails? _SEMICOLON
constant: _CONST NAME NAME _EQUAL NUMBER _SEMICOLON
arguments: (argument (_COMMA argument)*)?
argument: DIRECTION GIVE? NAME ARRAY? NAME
fails: _FAILS NAME (_COMMA NAME)*

KIND.2: /(call|oneway)\b/
DIRECTION.2: /(in|out)\b/
GIVE.2: /give\b/
ARRAY: /\[[ \t]*\]/
NUMBER: /-?(0[xX][0-9A-Fa-f]+|[0-9]+)\b/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
DOC: /\/\/\/[^\n]*/
_INTERFACE.2: /interface\b/
_CONST.2: /const\b/
_FAILS.2: /fails\b/
_LBRACE: "{"
_RBRACE: "}"
_LPAR: "("
_RPAR: ")"
_SEMICOLON: ";"
_COMMA: ","
_EQUAL: "="

%ignore /[ \t\r\n]+/
%ignore /\/\/(?!\/)[^\n]*/
%ignore /\/\*(.|\n)*?\*\//
"""

# What each kind of token is called where one was expected.
WORDS = {
    "KIND": "'call', 'oneway'",
    "DIRECTION": "'in', 'out'",
    "GIVE": "'give'",
    "ARRAY": "'[]'",
    "NUMBER": "a number",
    "NAME": "a name",
    "DOC": "a comment with '///'",
    "_INTERFACE": "'interface'",
    "_CONST": "'const'",
    "_FAILS": "'fails'",
    "_LBRACE": "'{'",
    "_RBRACE": "'}'",
    "_LPAR": "'('",
    "_RPAR": "')'",
    "_SEMICOLON": "';'",
    "_COMMA": "','",
    "_EQUAL": "'='",
    "$END": "the end of the file",
}

PARSER = Lark(GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True)


class InterfaceError(Exception):
    """An interface file cannot be used; the message says where, what is wrong and what is allowed."""


@dataclass(frozen=True)
class Source:
    """An interface file's name and content."""

    name: str
    text: str

    def error(self, line: int, column: int, what: str) -> InterfaceError:
        """The error, with the line and a mark under the place."""
        lines = self.text.split("\n")
        if not 1 <= line <= len(lines):
            return InterfaceError(f"{self.name}: {what}.")
        shown = lines[line - 1].rstrip()
        margin = "".join(character if character == "\t" else " " for character in shown[: column - 1])
        return InterfaceError(f"{self.name}:{line}:{column}: {what}.\n    {shown}\n    {margin}^")

    def error_at(self, token: Token, what: str) -> InterfaceError:
        return self.error(token.line or 0, token.column or 0, what)


def parse(source: Source) -> Tree:
    """The tree of one file."""
    try:
        return PARSER.parse(source.text)
    except UnexpectedToken as error:
        raise _unexpected(source, error.token, error.accepts or error.expected) from None
    except UnexpectedCharacters as error:
        character = source.text[error.pos_in_stream or 0]
        if source.text.startswith("/*", error.pos_in_stream or 0):
            raise source.error(error.line, error.column, "this comment has no end") from None
        what = f"{character!r} cannot stand here; expected {_menu(error.allowed or set())}"
        raise source.error(error.line, error.column, what) from None
    except UnexpectedInput as error:  # pragma: no cover: lark has no third kind today
        raise source.error(error.line, error.column, "is not understood") from None


def _unexpected(source: Source, token: Token, expected: set[str]) -> InterfaceError:
    if token.type == "$END":
        lines = source.text.rstrip().split("\n")
        where, text = (len(lines), len(lines[-1]) + 1), "the file ends too early"
    else:
        where = (token.line or 0, token.column or 0)
        text = f"'{token}' cannot stand here"
    if token.type == "DOC":
        text = "a comment with '///' stands before an interface, a message or a constant only"
    return source.error(*where, f"{text}; expected {_menu(expected)}")


def _menu(expected: set[str]) -> str:
    names = ", ".join(WORDS[name] for name in WORDS if name in expected).split(", ")
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
