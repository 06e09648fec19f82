"""What each cell of a table is, said at the cell: on a phone a row is a card without heads of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

_TAG: Final = re.compile(r"<(tr|td|th)\b([^>]*)")
_COLSPAN: Final = re.compile(r'\bcolspan="(\d+)"')


def labelled(rows: Markup, columns: Sequence[str]) -> Markup:
    """Give each cell of a table's rows the head of its column; the rows are our own templates' HTML.

    Raises IndexError for a row that has more cells than there are columns.
    """
    place = 0

    def label(tag: re.Match[str]) -> str:
        nonlocal place
        if tag[1] == "tr":
            place = 0
            return tag[0]
        head = escape(columns[place].removeprefix("#"))
        wide = _COLSPAN.search(tag[2])
        place += int(wide[1]) if wide else 1
        # The head of a row is the card's own heading.
        return tag[0] if tag[1] == "th" else f'<td data-label="{head}"{tag[2]}'

    # Only what was escaped before is put into what was HTML before.
    return Markup(_TAG.sub(label, rows))  # noqa: S704 - as above
