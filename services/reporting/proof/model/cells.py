"""What a recount says of a table: its cells by name, each as published and as recounted. Pure."""

from __future__ import annotations

from typing import Any, Final

HUB: Final = "hub"
"""Whose tables: the Hub's, or else a school's URN."""
A_NUMBER: Final = "#"
"""Stands for a number that is not kept, because it should be withheld or is withheld wrongly."""
NO_ROW: Final = "no row"
"""Stands for a cell that ought to be published and is not."""

PLACES: Final = ("year_group", "group", "benchmark", "size_band", "sector", "phase", "kind", "category")
"""Columns that say, besides the school, which row it is; the others are figures."""
NOT_COUNTED: Final = frozenset({"school", "name", "waiting", "parked", "held"})
"""Names, and how far reporting is with the events: no figures, and no ledger knows of them."""

Name = tuple[str, ...]
"""The table, the values of the columns that say which row it is, and the figure's column."""
Place = tuple[str, ...]
"""Those values: for the Hub's tables the school's first."""
Pair = tuple[Any, Any]
"""As published, and as recounted."""
Cells = dict[Name, Pair]


def is_same(pair: Pair) -> bool:
    """Whether a cell was published as it was recounted.

    Two numbers of which neither is kept differ: they would have been kept.
    """
    return bool(pair[0] == pair[1] != A_NUMBER)
