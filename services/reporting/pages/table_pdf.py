"""A table as a PDF, on A4 across: what it is, of when and of what, its rows, how to read them, the source.

It has a title, a language, page numbers and text in reading order; it is not tagged, so whoever uses a screen
reader is better served by the page. The font has the letters of western and central Europe; a sign that it
lacks is written as a question mark. The same table gives the same bytes.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import getFont, registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from services.reporting.pages.wording import cell_words, column_title
from services.reporting.reach.answers import Answer
from services.runtime.errors import FieldProblem, InvalidError
from services.web.words import moment

MOST_ROWS: Final = 2_000
"""Some 60 pages, which take about a second to set; longer tables are for spreadsheets."""
_REGULAR: Final = "Vera"
_BOLD: Final = "VeraBd"
_MARGIN: Final = 14 * mm
_WIDTH: Final = landscape(A4)[0] - 2 * _MARGIN - 12
"""The library keeps 6 points free at either side."""
_ONE_LINE: Final = 16
"""Characters; a longer cell is wrapped, which takes the library ten times as long."""
_NARROWEST: Final = 8
_WIDEST: Final = 36
# The library keeps fonts in globals of its process: one file at a time.
_ONE_AT_A_TIME: Final = threading.Lock()


def pdf_of(answer: Answer) -> bytes:
    """Render a table; raises InvalidError for one that is too long for paper."""
    if len(answer.rows) > MOST_ROWS:
        reason = f"the table has {len(answer.rows)} rows, and a PDF {MOST_ROWS} at most"
        detail = "This table is too long for paper. Choose a school or a year group, or take the CSV file."
        raise InvalidError(detail, (FieldProblem("rows", reason),))
    out = io.BytesIO()
    with _ONE_AT_A_TIME:
        _register_fonts()
        document = SimpleDocTemplate(
            out,
            pagesize=landscape(A4),
            **dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN),
            title=_drawable(answer.table.title),
            lang="en-GB",
            displayDocTitle=True,
            invariant=1,
        )
        footer = _drawable(f"{answer.table.title}, {answer.year}, as of {moment(answer.as_of)}")

        def draw_footer(canvas: Any, drawn: Any) -> None:  # noqa: ANN401 - the library is untyped
            canvas.setFont(_REGULAR, 7)
            canvas.drawString(_MARGIN + 6, _MARGIN / 2, footer)
            canvas.drawRightString(landscape(A4)[0] - _MARGIN - 6, _MARGIN / 2, f"Page {drawn.page}")

        document.build(_flow_of(answer), onFirstPage=draw_footer, onLaterPages=draw_footer)
    return out.getvalue()


@cache
def _register_fonts() -> None:
    for name in (_REGULAR, _BOLD):
        registerFont(TTFont(name, f"{name}.ttf"))


@cache
def _style(name: str) -> Any:  # noqa: ANN401 - the library is untyped
    text = ParagraphStyle("text", fontName=_REGULAR, fontSize=8, leading=11, spaceAfter=3)
    return {
        "text": text,
        "title": ParagraphStyle("title", text, fontName=_BOLD, fontSize=15, leading=19, spaceAfter=4),
        "cell": ParagraphStyle("cell", text, fontSize=7, leading=9, spaceAfter=0),
        "column": ParagraphStyle("column", text, fontName=_BOLD, fontSize=7, leading=9, spaceAfter=0),
    }[name]


def _flow_of(answer: Answer) -> list[Any]:
    said = answer.about()
    chosen = ", ".join(f"{column_title(name)} {value}" for name, value in answer.filters.items())
    flow = [
        _paragraph(answer.table.title, "title"),
        _paragraph(answer.table.about, "text"),
        _paragraph(f"Academic year {answer.year}, as of {moment(answer.as_of)}.", "text"),
        _paragraph(f"Chosen: {chosen or 'everything'}. {said['rounding']}", "text"),
        Spacer(1, 4),
        _table(answer) if answer.rows else _paragraph("There is no row for this choice.", "text"),
        Spacer(1, 8),
    ]
    flow += [_paragraph(f"{symbol}: {meaning}", "text") for symbol, meaning in said["legend"].items()]
    flow += [
        _paragraph(f"{column_title(name)}: {meaning}", "text") for name, meaning in said["columns"].items()
    ]
    return [*flow, _paragraph(said["attribution"], "text")]


def _table(answer: Answer) -> Any:  # noqa: ANN401 - the library is untyped
    columns = list(answer.table.columns)
    texts = [[_drawable(cell_words(name, row[name])) for name in columns] for row in answer.rows]
    rows: list[list[Any]] = [[_paragraph(column_title(name), "column") for name in columns]]
    rows += [[_paragraph(cell, "cell") if len(cell) > _ONE_LINE else cell for cell in row] for row in texts]
    grid = TableStyle(
        [
            ("FONT", (0, 1), (-1, -1), _REGULAR, 7),
            ("GRID", (0, 0), (-1, -1), 0.4, HexColor("#999999")),
            ("BACKGROUND", (0, 0), (-1, 0), HexColor("#e9edf2")),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), 1),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    return LongTable(rows, colWidths=_widths(columns, texts), repeatRows=1, splitInRow=1, style=grid)


def _widths(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> list[float]:
    """Share the width out by what the columns hold, within bounds."""
    wanted = []
    for place, name in enumerate(columns):
        longest_word = max(len(word) for word in column_title(name).split())
        longest = max([longest_word, *(len(row[place]) for row in texts)])
        wanted.append(min(max(longest, _NARROWEST), _WIDEST))
    return [_WIDTH * share / sum(wanted) for share in wanted]


def _paragraph(text: str, style: str) -> Any:  # noqa: ANN401 - the library is untyped
    return Paragraph(escape(_drawable(text)), _style(style))


def _drawable(text: str) -> str:
    """Write a text with the signs that the font has."""
    if text.isascii():
        return text
    glyphs = getFont(_REGULAR).face.charToGlyph
    return "".join(letter if ord(letter) in glyphs else "?" for letter in text)
