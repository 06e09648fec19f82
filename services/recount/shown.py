"""Recount of what the Hub must see: the exact counts, withheld and rounded the naive way.

A count of pupils is rounded to five by itself; a total is what is seen of its parts, with the rest that is
withheld rounded once. What a table must withhold is in `withheld.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.recount.reach import Figures, default, is_of_pupils, nearest_five
from services.recount.withheld import HUB, Name, Withheld, withheld

WITHHELD: Final = "c"
FEWEST_FOR_PERCENT: Final = 10
EVERYBODY: Final = 100
"""Per cent; it means all and no fewer."""


def shown_to_hub(
    published: Mapping[str, Figures], exact: Mapping[str, Figures]
) -> dict[str, dict[Name, Any]]:
    """Say what the Hub must see of each cell that is published, by whose it is and its name.

    Where the recount leaves it open whether a cell is withheld (`Withheld.may`), it is if it is published so.
    """
    seen = _Seen(published, exact, withheld(exact))
    return {urn: {name: seen.cell(urn, name) for name in figures} for urn, figures in published.items()}


@dataclass(slots=True)
class _Seen:
    published: Mapping[str, Figures]
    exact: Mapping[str, Figures]
    rule: Withheld
    known: dict[tuple[str, Name], Any] = field(default_factory=dict)

    def cell(self, urn: str, name: Name) -> Any:  # noqa: ANN401 - a figure
        """Work a cell out, once."""
        if (urn, name) not in self.known:
            self.known[urn, name] = self._cell(urn, name)
        return self.known[urn, name]

    def _cell(self, urn: str, name: Name) -> Any:  # noqa: ANN401 - a figure
        if name[-1] == "coverage_percent":
            return percent(self.cell(urn, (*name[:-1], "on_roll")), self.cell(urn, (*name[:-1], "reached")))
        number = self.exact[urn].get(name, default(name))
        if not isinstance(number, int) or not is_of_pupils(name):
            return number
        is_of_group = name[0] == "coverage" and name[2] != "all"
        if self._is_withheld(urn, name):
            return WITHHELD
        parts = self._parts(urn, name)
        if parts or urn == HUB or (name[1] == "all" and not is_of_group):
            visible = [(part, cell) for part in parts if isinstance(cell := self.cell(*part), int)]
            rest = number - sum(self.exact[part][place] for (part, place), _ in visible)
            return sum(cell for _, cell in visible) + nearest_five(rest)
        is_everybody = name[-1] == "reached" and number == self.exact[urn][*name[:-1], "on_roll"]
        return number if is_everybody and not is_of_group else nearest_five(number)

    def _is_withheld(self, urn: str, name: Name) -> bool:
        if (urn, name) in self.rule.must:
            return True
        return (urn, name) in self.rule.may and self.published[urn].get(name) == WITHHELD

    def _parts(self, urn: str, name: Name) -> list[tuple[str, Name]]:
        """Name what a total is of: the schools, or a school's year groups; nothing for what is no total."""
        if urn == HUB:
            places = [(part, name) for part in self.exact if part != HUB]
        elif name[1] != "all" or (name[0] == "coverage" and name[2] != "all"):
            return []
        else:
            places = [
                (urn, place)
                for place in self.exact[urn]
                if place[0] == name[0] and place[1] != "all" and place[2:] == name[2:]
            ]
        return [(part, place) for part, place in places if isinstance(self.exact[part].get(place), int)]


def percent(on_roll: int | str, reached: int | str) -> int | str:
    """Say which share is seen, of what is seen."""
    if "x" in {on_roll, reached}:
        return "x"
    if on_roll == 0:
        return "z"
    if not isinstance(on_roll, int) or not isinstance(reached, int) or on_roll < FEWEST_FOR_PERCENT:
        return WITHHELD
    return EVERYBODY if reached == on_roll else min(EVERYBODY - 1, EVERYBODY * reached // on_roll)
