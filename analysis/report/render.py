"""Writes a report down: as one HTML page that needs nothing beside it, and as Markdown."""

from __future__ import annotations

import base64
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from analysis.report.content import Figure, Report
from analysis.report.context import DATE_BEGIN, DATE_END

TEMPLATES = Path(__file__).parent / "templates"


def html(report: Report) -> str:
    return _environment(escaping=True).get_template("report.html").render(report=report)


def markdown(report: Report) -> str:
    return _environment(escaping=False).get_template("report.md").render(report=report)


def _environment(escaping: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=escaping,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"data": _data, "cell": _html_cell if escaping else _markdown_cell}
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment


def _data(figure: Figure) -> str:
    return "data:image/png;base64," + base64.b64encode(figure.png).decode()


def _html_cell(text: str) -> Markup:
    """Escaped, but with the marks around dates left as they are."""
    shown = str(escape(text))
    for mark in (DATE_BEGIN, DATE_END):
        shown = shown.replace(str(escape(mark)), mark)
    return Markup(shown)


def _markdown_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
