"""Recount of what the Hub may not see: which counts of pupils a table has to withhold, from the exact ones.

Shares nothing with the suppression of `reporting`. Counts of everybody and of categories are decided here in
full, cell by cell, by the rules of ADR 16. Of groups and of the Hub's categories the report looks for other
worlds, which is a search; here it is only said which cells *must* be withheld, and which *may* be, because
something near them must. A table that withholds less or more than that differs from its recount.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Name = tuple[str, ...]
Figures = Mapping[Name, Any]
Part = tuple[int, int | None]
"""A count, and how many of the roll it leaves, if it is of different pupils."""
HUB: Final = "hub"
FEW: Final = range(1, 6)
FEWEST_IN_A_GROUP: Final = 10
FEWEST_SCHOOLS: Final = 3
GROUPS: Final = ("sen", "disadvantaged", "eal", "in_care")


@dataclass(frozen=True, slots=True)
class Withheld:
    """Cells, each by whose it is and its name."""

    must: set[tuple[str, Name]] = field(default_factory=set)
    may: set[tuple[str, Name]] = field(default_factory=set)


def withheld(exact: Mapping[str, Figures]) -> Withheld:
    """Say which of the Hub's cells are withheld; `exact` are the schools' counts by URN, and the Hub's."""
    found = Withheld()
    schools = {urn: figures for urn, figures in exact.items() if urn != HUB}
    benchmarks = {name[3] for name in exact[HUB] if name[0] == "coverage"}
    for benchmark in sorted(benchmarks):
        _everybody(found, schools, benchmark)
    for group in GROUPS:
        _group(found, schools, group, sorted(benchmarks))
    _work(found, schools)
    _destinations(found, schools)
    for urn, figures in schools.items():
        alone = ("provider-access", "participations"), ("data-quality", "registered_elsewhere")
        found.must.update(
            (urn, name) for name, n in figures.items() if (name[0], name[-1]) in alone and n in FEW
        )
    return found


def hidden_of_tree(
    schools: Mapping[str, Mapping[str, Part]],
) -> tuple[dict[str, set[str]], set[str], bool]:
    """Withhold in counts that have a total a school and one of the Hub: parts, schools, and the Hub's."""
    parts: dict[str, set[str]] = {}
    lost: set[str] = set()
    for urn, of_school in schools.items():
        chosen = _hide(of_school, {key for key, part in of_school.items() if _is_few(part)})
        parts[urn] = set(of_school) if chosen is None else chosen
        lost |= {urn} if chosen is None else set()
    totals = {urn: _added(of_school.values()) for urn, of_school in schools.items()}
    more = _hide(totals, lost)
    something = sum(1 for count, _ in totals.values() if count)
    if more is None or something in range(1, FEWEST_SCHOOLS):
        return parts, lost, True
    for urn in more:
        parts[urn] = set(schools[urn])
    return parts, more, False


def _is_few(part: Part) -> bool:
    count, left = part
    return count in FEW or (count > 0 and left in FEW)


def _hide(parts: Mapping[str, Part], first: Iterable[str]) -> set[str] | None:
    """Withhold the next smallest until the sum of what is withheld is of several and not few; None: all."""
    chosen = set(first)
    while chosen:
        count, left = _added(parts[key] for key in chosen)
        if len(chosen) > 1 and count > max(FEW) and (left is None or left > max(FEW)):
            break
        rest = [(parts[key][0], key) for key in parts if key not in chosen and parts[key][0]]
        if not rest:
            return None
        chosen.add(min(rest)[1])
    return chosen


def _added(parts: Iterable[Part]) -> Part:
    known = list(parts)
    left = [rest for _, rest in known if rest is not None]
    return sum(count for count, _ in known), sum(left) if left else None


def _everybody(found: Withheld, schools: Mapping[str, Figures], benchmark: str) -> None:
    trees = {
        urn: {
            name[1]: (n, max(0, figures[*name[:-1], "on_roll"] - n))
            for name, n in figures.items()
            if name[0] == "coverage" and name[2:] == ("all", benchmark, "reached") and name[1] != "all"
        }
        for urn, figures in schools.items()
    }
    parts, lost, hub = hidden_of_tree({urn: of_school for urn, of_school in trees.items() if of_school})
    rest = ("all", benchmark, "reached")
    found.must.update((urn, ("coverage", key, *rest)) for urn, keys in parts.items() for key in keys)
    found.must.update((urn, ("coverage", "all", *rest)) for urn in lost)
    found.must.update({(HUB, ("coverage", "all", *rest))} if hub else set())


def _work(found: Withheld, schools: Mapping[str, Figures]) -> None:
    trees = {
        urn: {
            name[1]: (n, None)
            for name, n in figures.items()
            if name[0] == "work-experience" and name[-1] == "participations" and name[1] != "all"
        }
        for urn, figures in schools.items()
    }
    parts, lost, hub = hidden_of_tree(trees)
    cells = {(urn, key) for urn, keys in parts.items() for key in keys} | {(urn, "all") for urn in lost}
    cells |= {(HUB, "all")} if hub else set()
    # Hours are withheld where those who worked them are.
    for column in ("participations", "pupil_hours"):
        found.must.update((urn, ("work-experience", key, column)) for urn, key in cells)


def _group(found: Withheld, schools: Mapping[str, Figures], group: str, benchmarks: list[str]) -> None:
    for benchmark in benchmarks:
        of = ("coverage", "all", group, benchmark)
        everybody = ("coverage", "all", "all", benchmark)
        holders = {
            urn: figures for urn, figures in schools.items() if isinstance(figures.get((*of, "on_roll")), int)
        }
        few_rolls = {urn for urn, figures in holders.items() if _is_few_roll(figures, of, everybody)}
        hidden = {urn for urn in schools if (urn, (*everybody, "reached")) in found.must}
        few = {urn for urn, figures in holders.items() if _is_few_reached(figures, of, everybody)}
        must = few_rolls | (hidden & holders.keys()) | few
        found.must.update((urn, (*of, "on_roll")) for urn in few_rolls)
        found.must.update((urn, (*of, "reached")) for urn in must)
        if 0 < len(holders) < FEWEST_SCHOOLS:
            found.must.update({(HUB, (*of, "on_roll")), (HUB, (*of, "reached"))})
        if (HUB, (*everybody, "reached")) in found.must and holders:
            found.must.add((HUB, (*of, "reached")))
        if few_rolls:
            found.may.update((urn, (*of, "on_roll")) for urn in (HUB, *holders))
        if must:
            found.may.update((urn, (*of, "reached")) for urn in (HUB, *holders))
        elif hidden:
            found.may.add((HUB, (*of, "reached")))


def _is_few_roll(figures: Figures, of: Name, everybody: Name) -> bool:
    members = figures[*of, "on_roll"]
    others = figures[*everybody, "on_roll"] - members
    return bool(members < FEWEST_IN_A_GROUP or 0 < others < FEWEST_IN_A_GROUP)


def _is_few_reached(figures: Figures, of: Name, everybody: Name) -> bool:
    """Whether the group or the rest has few who were reached, or, where some were, few who were not."""
    members, inside = figures[*of, "on_roll"], figures[*of, "reached"]
    others, outside = figures[*everybody, "on_roll"] - members, figures[*everybody, "reached"] - inside
    return _is_few((inside, members - inside)) or _is_few((outside, others - outside))


def _destinations(found: Withheld, schools: Mapping[str, Figures]) -> None:
    rows: dict[tuple[str, str], dict[str, dict[str, int]]] = {}
    for urn, name, n in _pupils_by_category(schools):
        rows.setdefault((name[1], name[2]), {}).setdefault(urn, {})[name[3]] = n
    for (year_group, kind), of_schools in rows.items():
        of = ("destinations", year_group, kind)
        hidden = {urn: _categories(row) for urn, row in of_schools.items()}
        found.must.update((urn, (*of, c, "pupils")) for urn, chosen in hidden.items() for c in chosen)
        categories = next(iter(of_schools.values())).keys()
        together = {c: sum(row[c] for row in of_schools.values()) for c in categories}
        few_schools = len(of_schools) < FEWEST_SCHOOLS
        found.must.update(
            (HUB, (*of, c, "pupils")) for c in (categories if few_schools else _categories(together))
        )
        if any(hidden.values()):
            found.may.update((HUB, (*of, c, "pupils")) for c in categories)


def _pupils_by_category(schools: Mapping[str, Figures]) -> Iterator[tuple[str, Name, int]]:
    for urn, figures in schools.items():
        for name, n in figures.items():
            if name[0] == "destinations" and name[-1] == "pupils":
                yield urn, name, n


def _categories(row: Mapping[str, int]) -> set[str]:
    """Withhold categories of a row whose sum is public."""
    if sum(row.values()) < FEWEST_IN_A_GROUP:
        return set(row)
    chosen = {category for category, n in row.items() if n in FEW}
    while chosen and (len(chosen) == 1 or sum(row[c] for c in chosen) <= max(FEW)):
        rest = [(n, category) for category, n in row.items() if n and category not in chosen]
        if not rest:
            return set(row)
        chosen.add(min(rest)[1])
    return chosen
