"""Renders a paper as a PDF: the same sections, texts, tables and charts as the page, on A4.

It has a title, a language, an outline of its sections, page numbers, an embedded font and text in reading
order. It is not tagged: the library cannot, so whoever uses a screen reader is better served by the page.

The font has the letters of western and central Europe. A letter that it lacks is written without its accent,
and a sign that it lacks as a question mark; the page shows them all.

What somebody typed is escaped before it reaches the library, whose paragraphs understand a mark-up that could
otherwise read files. The same paper gives the same bytes.
"""

from __future__ import annotations

import io
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from reportlab.graphics.shapes import Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import getFont, registerFont, registerFontFamily
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    CondPageBreak,
    KeepTogether,
    LongTable,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus.flowables import CallerMacro

from services.audit.model.paper import BarChart, Block, Bullets, Cell, Link, Paper, Section, Table, Text
from services.audit.pages import chart

LANGUAGE: Final = "en-GB"
_REGULAR: Final = "Vera"
_BOLD: Final = "VeraBd"
_MARGIN: Final = 18 * mm
# What the library's frames leave free inside their margins, in points.
_PADDING: Final = 6
_WIDTH: Final = A4[0] - 2 * (_MARGIN + _PADDING)
# A table begins where its caption, its header and a few rows fit under each other.
_TABLE_BEGINS_WITHIN: Final = 45 * mm
_SIGNS: Final = {"−": "-", "\u00a0": " ", "\u2011": "-"}
# A column is as wide as its text asks for, within these numbers of characters.
_NARROWEST: Final = 17
_WIDEST: Final = 36
# The library keeps fonts and styles in globals of its process: one paper at a time.
_ONE_AT_A_TIME: Final = threading.Lock()


def pdf_of(paper: Paper) -> bytes:
    """Render a paper as a PDF file."""
    out = io.BytesIO()
    with _ONE_AT_A_TIME:
        _register_fonts()
        document = SimpleDocTemplate(
            out,
            pagesize=A4,
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            topMargin=_MARGIN,
            bottomMargin=_MARGIN,
            title=_drawable(paper.title),
            author=_drawable(paper.author),
            subject=_drawable(paper.subtitle),
            lang=LANGUAGE,
            displayDocTitle=True,
            invariant=1,
        )
        footer = _drawable(f"{paper.title} – {paper.author}")

        def draw_footer(canvas: Any, drawn: Any) -> None:  # noqa: ANN401 - the library is untyped
            canvas.setFont(_REGULAR, 8)
            canvas.drawString(_MARGIN + _PADDING, _MARGIN / 2, footer)
            canvas.drawRightString(A4[0] - _MARGIN - _PADDING, _MARGIN / 2, f"Page {drawn.page}")

        document.build(list(_flow_of(paper)), onFirstPage=draw_footer, onLaterPages=draw_footer)
    return out.getvalue()


@cache
def _register_fonts() -> None:
    for name in (_REGULAR, _BOLD):
        registerFont(TTFont(name, f"{name}.ttf"))
    registerFontFamily(_REGULAR, normal=_REGULAR, bold=_BOLD, italic=_REGULAR, boldItalic=_BOLD)


@cache
def _style(name: str) -> Any:  # noqa: ANN401 - the library is untyped
    base = ParagraphStyle("text", fontName=_REGULAR, fontSize=9, leading=12.5, spaceAfter=5)
    styles = {
        "text": base,
        "title": ParagraphStyle("title", base, fontName=_BOLD, fontSize=17, leading=21, spaceAfter=3),
        "heading": ParagraphStyle(
            "heading", base, fontName=_BOLD, fontSize=12.5, leading=16, spaceBefore=12, keepWithNext=1
        ),
        "small_heading": ParagraphStyle(
            "small_heading", base, fontName=_BOLD, spaceBefore=5, spaceAfter=2, keepWithNext=1
        ),
        # Not kept with what follows: a table would then go to the next page as a whole.
        "caption": ParagraphStyle("caption", base, fontName=_BOLD, spaceBefore=5, spaceAfter=3),
        "warning": ParagraphStyle(
            "warning", base, borderWidth=0.8, borderColor=HexColor(chart.LINE), borderPadding=5,
            leftIndent=6, rightIndent=6, spaceBefore=8, spaceAfter=10,
        ),
        "line": ParagraphStyle("line", base, leftIndent=12, bulletIndent=2, spaceAfter=2),
        "cell": ParagraphStyle("cell", base, fontSize=7.5, leading=9.5, spaceAfter=0),
        "column": ParagraphStyle("column", base, fontName=_BOLD, fontSize=7.5, leading=9.5, spaceAfter=0),
        "number": ParagraphStyle("number", base, fontSize=7.5, leading=9.5, spaceAfter=0, alignment=TA_RIGHT),
    }  # fmt: skip
    return styles[name]


def _flow_of(paper: Paper) -> Iterator[Any]:
    yield _paragraph(paper.title, "title")
    yield _paragraph(paper.subtitle, "text")
    for section in paper.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[Any]:
    yield CallerMacro(drawCallable=lambda macro: _note_in_outline(macro.canv, section))
    yield _paragraph(section.heading, "heading")
    for block in section.blocks:
        yield from _block(block)


def _note_in_outline(canvas: Any, section: Section) -> None:  # noqa: ANN401 - the library is untyped
    canvas.bookmarkPage(section.id)
    canvas.addOutlineEntry(_drawable(section.heading), section.id, level=0)


def _block(block: Block) -> Iterator[Any]:
    match block:
        case Text(text, warning):
            yield (
                Paragraph(f"<b>Note.</b> {_marked_up(text)}", _style("warning"))
                if warning
                else _paragraph(text, "text")
            )
        case Bullets(heading, lines):
            yield _paragraph(heading, "small_heading")
            for line in lines:
                yield Paragraph(_marked_up(line), _style("line"), bulletText="•")
        case Table():
            yield CondPageBreak(_TABLE_BEGINS_WITHIN)
            yield _paragraph(block.caption, "caption")
            yield _table(block)
            yield Spacer(1, 6)
        case BarChart():
            yield KeepTogether([_paragraph(block.title, "small_heading"), _drawing(block), Spacer(1, 8)])


def _table(table: Table) -> Any:  # noqa: ANN401 - the library is untyped
    rows = [[_paragraph(column, "column") for column in table.columns]]
    for row in table.rows:
        styles = ["number" if place in table.numbers else "cell" for place in range(len(row))]
        rows.append([Paragraph(_cell(cell), _style(style)) for cell, style in zip(row, styles, strict=True)])
    grid = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.5, HexColor("#999999")),
            ("BACKGROUND", (0, 0), (-1, 0), HexColor("#e9edf2")),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    # A row may be longer than a page is: it is split rather than refused.
    return LongTable(rows, colWidths=_widths(table), repeatRows=1, splitInRow=1, style=grid)


def _widths(table: Table) -> list[float]:
    wanted = []
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        longest = max([len(column), *(len(cell if isinstance(cell, str) else cell.text) for cell in cells)])
        wanted.append(min(max(longest, _NARROWEST), _WIDEST))
    return [_WIDTH * share / sum(wanted) for share in wanted]


def _drawing(bars: BarChart) -> Any:  # noqa: ANN401 - the library is untyped
    """Draw a chart; the library's y grows upwards."""
    placed = chart.laid_out(bars)
    top, line = placed.height, HexColor(chart.LINE)
    drawing = Drawing(chart.WIDTH, placed.height)
    for x, text in placed.ticks:
        drawing.add(
            Line(
                x,
                top,
                x,
                top - placed.bars_bottom,
                strokeColor=HexColor("#bbbbbb"),
                strokeWidth=0.4,
                strokeDashArray=(2, 3),
            )
        )
        anchor = "middle" if x else "start"
        drawing.add(String(x, 4, text, fontName=_REGULAR, fontSize=7, textAnchor=anchor))
    for bar in placed.bars:
        label = _drawable(bar.label)
        drawing.add(String(0, top - bar.label_y, label, fontName=_REGULAR, fontSize=8))
        fill = HexColor(chart.DARK if bar.marked else chart.LIGHT)
        bottom = top - bar.y - chart.BAR_HEIGHT
        if bar.has_figure:
            drawing.add(
                Rect(
                    0, bottom, bar.length, chart.BAR_HEIGHT, fillColor=fill, strokeColor=line, strokeWidth=0.6
                )
            )
        if bar.marked:
            points = [point for x, y in bar.mark for point in (x, top - y)]
            drawing.add(Polygon(points, fillColor=white, strokeColor=line, strokeWidth=1.2))
        font = _BOLD if bar.marked else _REGULAR
        drawing.add(
            String(bar.figure_x, top - bar.figure_y, _drawable(bar.figure), fontName=font, fontSize=8)
        )
    return drawing


def _paragraph(text: str, style: str) -> Any:  # noqa: ANN401 - the library is untyped
    return Paragraph(_marked_up(text), _style(style))


def _cell(cell: Cell) -> str:
    if isinstance(cell, Link):
        return (
            f"<link href={quoteattr(cell.url)} color={quoteattr(chart.DARK)}>{_marked_up(cell.text)}</link>"
        )
    return _marked_up(cell)


def _marked_up(text: str) -> str:
    return escape(_drawable(text))


def _drawable(text: str) -> str:
    """Write a text with the letters that the font has."""
    if text.isascii():
        return text
    return "".join(_drawn(letter) for letter in unicodedata.normalize("NFC", text))


def _drawn(letter: str) -> str:
    letter = _SIGNS.get(letter, letter)
    if _has(letter):
        return letter
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return plain if plain and all(map(_has, plain)) else "?"


def _has(letter: str) -> bool:
    return ord(letter) in getFont(_REGULAR).face.charToGlyph
