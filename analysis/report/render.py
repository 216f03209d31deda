"""Writes a report down: as one HTML page that needs nothing beside it, and as Markdown."""

from __future__ import annotations

import base64
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from analysis.report.content import Cell, Figure, Report
from analysis.report.context import DATE_BEGIN, DATE_END

TEMPLATES = Path(__file__).parent / "templates"


def html(report: Report) -> str:
    """The page; everything that came out of a file is escaped."""
    return _environment(escaping=True).get_template("report.html").render(report=report).lstrip()


def markdown(report: Report) -> str:
    """The same for places that show Markdown; the plots lie beside it."""
    return _environment(escaping=False).get_template("report.md").render(report=report).lstrip()


def _environment(escaping: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=escaping,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["data"] = _data
    environment.filters["dated"] = _html_text if escaping else _markdown_text
    environment.filters["marked"] = _markdown_cell
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment


def _data(figure: Figure) -> str:
    """The picture as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(figure.png).decode()


def _html_text(text: str) -> Markup:
    """Escaped, but with the marks around dates left as they are."""
    shown = str(escape(text))
    for mark in (DATE_BEGIN, DATE_END):
        shown = shown.replace(str(escape(mark)), mark)
    return Markup(shown)


def _markdown_text(text: str) -> str:
    """What would end a cell, or begin a markup, is masked."""
    for character in "|*_`[]":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", " ")


def _markdown_cell(cell: Cell) -> str:
    text = _markdown_text(cell.text)
    return {"best": f"**{text}** \\*", "maybe": f"{text} ~", "failed": f"**{text}**"}.get(cell.kind, text)
