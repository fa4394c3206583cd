"""Document: sections of words, tables and figures as one HTML file that needs no network."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from bokeh.models import LayoutDOM

from app.layout import theme
from app.reports.figures import drawn, library
from app.views import table
from app.views.table import Context, Field

_FOLDER = Path(__file__).parent
# Says to the browser what the file promises: nothing may be fetched from anywhere.
_POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:"


@dataclass(frozen=True)
class Fact:
    """One figure of a strip; `tone` is a word of the style sheet."""

    title: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Words:
    """A sentence or two; `kind` is `note`, `empty` (nothing there, and what to do) or `warn`."""

    text: str
    kind: str = "note"


@dataclass(frozen=True)
class Strip:
    """Facts side by side."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Figure:
    """A Bokeh model and what it shows, for who can't see it; `height` keeps its place until it is drawn."""

    model: LayoutDOM
    caption: str
    height: int


@dataclass(frozen=True)
class Rows:
    """A frame in the words of its fields; `limit` cuts it and says so."""

    frame: pd.DataFrame
    fields: Sequence[Field]
    context: Context
    caption: str
    empty: str
    limit: int = 0


@dataclass(frozen=True)
class Facts:
    """Names and values, one a line."""

    rows: tuple[tuple[str, str], ...]


Part = Words | Strip | Figure | Rows | Facts


@dataclass(frozen=True)
class Section:
    """Parts under a heading; `level` 2 or 3."""

    key: str
    title: str
    parts: tuple[Part, ...]
    level: int = 2


@dataclass(frozen=True)
class Document:
    """A report: what it is, as of when, and its sections."""

    title: str
    subtitle: str
    badge: str
    sections: tuple[Section, ...]

    def html(self) -> str:
        """The file's whole text; the same sections give the same text."""
        writer = _Writer()
        body = "".join(writer.section(section) for section in self.sections)
        menu = "".join(
            f'<li><a href="#{section.key}">{_text(section.title)}</a></li>'
            for section in self.sections
            if section.level == 2
        )
        badge = f' <span class="badge">{_text(self.badge)}</span>' if self.badge else ""
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
            f"<title>{_text(self.title)} · {_text(self.subtitle)}</title>\n<style>\n{_css()}</style>\n</head>\n<body>\n"
            '<a class="skip" href="#content">Skip to the content</a>\n'
            f"<header><h1>{_text(self.title)}{badge}</h1><p>{_text(self.subtitle)}</p>"
            f'<nav aria-label="Sections"><ul>{menu}</ul></nav></header>\n'
            '<noscript><p class="warn">Scripts are off: tables are here, charts can\'t be drawn.</p></noscript>\n'
            f'<main id="content">\n{body}</main>\n{writer.scripts()}</body>\n</html>\n'
        )


class _Writer:
    """Writes parts and keeps the figures for the end of the file."""

    def __init__(self) -> None:
        self._figures: list[Figure] = []

    def section(self, section: Section) -> str:
        parts = "".join(self._part(part) for part in section.parts)
        heading = f"<h{section.level}>{_text(section.title)}</h{section.level}>"
        return f'<section id="{section.key}" class="level{section.level}">{heading}\n{parts}</section>\n'

    def scripts(self) -> str:
        """BokehJS, the figures and what draws them; nothing when there is no figure."""
        if not self._figures:
            return ""
        items = [drawn(figure.model, f"figure{number}") for number, figure in enumerate(self._figures, 1)]
        data = json.dumps(items, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        return (
            f"<script>\n{library()}\n</script>\n"
            f'<script type="application/json" id="figures">{data}</script>\n'
            f"<script>\n{(_FOLDER / 'document.js').read_text('utf-8')}</script>\n"
        )

    def _part(self, part: Part) -> str:
        match part:
            case Words():
                return f'<p class="{part.kind}">{_text(part.text)}</p>\n'
            case Strip():
                return f'<dl class="strip">{"".join(_fact(fact) for fact in part.facts)}</dl>\n'
            case Facts():
                rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in part.rows)
                return f'<dl class="facts">{rows}</dl>\n'
            case Figure():
                return self._figure(part)
            case Rows():
                return _rows(part)

    def _figure(self, part: Figure) -> str:
        self._figures.append(part)
        name = f"figure{len(self._figures)}"
        return (
            f'<figure aria-labelledby="{name}-caption"><div id="{name}" class="plot" role="img"'
            f' aria-labelledby="{name}-caption" style="min-height:{part.height}px"></div>'
            f'<figcaption id="{name}-caption">{_text(part.caption)}</figcaption></figure>\n'
        )


def _fact(fact: Fact) -> str:
    note = f'<dd class="more">{_text(fact.note)}</dd>' if fact.note else ""
    return f'<div><dt>{_text(fact.title)}</dt><dd class="value {fact.tone}">{_text(fact.value)}</dd>{note}</div>'


def _rows(part: Rows) -> str:
    if part.frame.empty:
        return f'<p class="empty">{_text(part.empty)}</p>\n'
    few = part.frame.head(part.limit) if part.limit else part.frame
    cells = table.render(few, part.fields, part.context)
    kinds = [' class="number"' if field.is_number else "" for field in part.fields]
    head = "".join(
        f'<th scope="col"{kind}>{_text(field.title)}</th>' for field, kind in zip(part.fields, kinds, strict=True)
    )
    body = "".join(_row(row, kinds) for row in cells.itertuples(index=False, name=None))
    cut = f": the newest {len(few):,} of {len(part.frame):,}" if len(few) < len(part.frame) else ""
    caption = f"{part.caption}{cut}"
    # A wide table scrolls in its own box, which the keyboard can reach.
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{_text(caption)}"><table>'
        f"<caption>{_text(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>\n"
    )


def _row(row: tuple[str, ...], kinds: list[str]) -> str:
    first, *rest = (f"{kind}>{_text(cell)}" for cell, kind in zip(row, kinds, strict=True))
    return f'<tr><th scope="row"{first}</th>{"".join(f"<td{cell}</td>" for cell in rest)}</tr>'


def _css() -> str:
    light, dark = (
        "".join(f"--nd-{name}:{color};" for name, color in scheme.items()) for scheme in (theme.LIGHT, theme.DARK)
    )
    return (
        f":root{{--nd-font:{theme.FONT};{light}color-scheme:light}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}color-scheme:dark}}}}\n"
        + (_FOLDER / "document.css").read_text("utf-8")
    )


def _text(value: str) -> str:
    return html.escape(value)
