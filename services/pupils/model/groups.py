"""What a school may tell of its pupils beyond name and form: support, disadvantage, care (domain §8.3).

A school chooses which of these the platform may hold, its scopes (domain §9.2). A column outside them is
refused: nobody reads it, and the receipt and the access log say that it was there. Nothing is held unless the
school says so, and what it no longer wants held goes at once.

What is held of a pupil is a tuple of groups: sorted, and behind the others the needs in the order of their
rank, the primary one first. So a need is a group like any other, and its rank is its place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from contracts.vocabulary import TRACKED_GROUPS, TrackedGroup

Group = str
"""Something that is said of a pupil in an academic year, such as `sen_k`."""
Column = str

SEN: Final = "sen_provision"
SEN_NEEDS: Final = "sen_needs"
EHC_PLAN: Final[Group] = "sen_e"
NEED_CODES: Final = (
    "SPLD",
    "MLD",
    "SLD",
    "PMLD",
    "SEMH",
    "SLCN",
    "HI",
    "VI",
    "MSI",
    "PD",
    "ASD",
    "OTH",
    "NSA",
    "DS",
)
"""The school census's types of need; NSA is support without a specialist's assessment (domain §8.3)."""
MOST_NEEDS: Final = 4
"""The census takes two; systems keep some more, of which the later ones plan nothing."""
_NEED_OF: Final[Mapping[str, Group]] = MappingProxyType(
    {code.casefold(): f"need_{code.casefold()}" for code in NEED_CODES}
)
_SEN: Final[Mapping[str, tuple[Group, ...]]] = MappingProxyType(
    {
        "n": (),
        "none": (),
        "no sen": (),
        "k": ("sen_k",),
        "sen support": ("sen_k",),
        "e": ("sen_e",),
        "ehc plan": ("sen_e",),
        "ehcp": ("sen_e",),
        # Statements were replaced by EHC plans; some systems still write them.
        "s": ("sen_e",),
    }
)
_YES: Final = frozenset({"yes", "y", "true", "t", "1"})
_NO: Final = frozenset({"no", "n", "false", "f", "0"})
# A young carer is identified by a parent or by the school; N is not declared (school census since 2023).
_YOUNG_CARER: Final = frozenset({"p", "s"})
GROUPS_OF: Final[Mapping[Column, tuple[Group, ...]]] = MappingProxyType(
    {
        SEN: ("sen_k", "sen_e"),
        "fsm": ("fsm",),
        "fsm6": ("fsm6",),
        "pupil_premium": ("pupil_premium",),
        "eal": ("eal",),
        "in_care": ("in_care",),
        "young_carer": ("young_carer",),
        "service_child": ("service_child",),
        SEN_NEEDS: tuple(_NEED_OF.values()),
        "disability": ("disability",),
        "neurodiversity": ("neurodiversity",),
    }
)
COLUMNS: Final = tuple(GROUPS_OF)
YES_OR_NO: Final = frozenset(COLUMNS) - {SEN, SEN_NEEDS}
"""The columns that say yes or no."""
COMBINED: Final[Mapping[Group, frozenset[Group]]] = MappingProxyType(
    {
        "sen": frozenset({"sen_k", "sen_e"}),
        "disadvantaged": frozenset({"fsm6", "pupil_premium", "in_care"}),
    }
)
"""Groups that are made of others: whoever is in one of those."""
GROUPS: Final = tuple(group for groups in GROUPS_OF.values() for group in groups) + tuple(COMBINED)


def read_cell(column: Column, text: str) -> tuple[Group, ...] | str:
    """Read what a cell says; returns why it cannot be read as text. An empty cell says no."""
    word = text.strip().casefold()
    if not word:
        return ()
    if column == SEN:
        return _SEN.get(word, "is none of N (none), K (SEN support), E (EHC plan)")
    if column == SEN_NEEDS:
        return _read_needs(word)
    if word in _YES or (column == "young_carer" and word in _YOUNG_CARER):
        return GROUPS_OF[column]
    return () if word in _NO else "is neither yes nor no"


def _read_needs(word: str) -> tuple[Group, ...] | str:
    codes = [code.strip() for code in word.split(";") if code.strip()]
    needs = tuple(_NEED_OF[code] for code in codes if code in _NEED_OF)
    if len(needs) != len(codes):
        return (
            f"is no list of needs, the primary one first, such as ASD;SLCN; there are {', '.join(NEED_CODES)}"
        )
    if len(needs) > MOST_NEEDS:
        return f"names {len(needs)} needs; at most {MOST_NEEDS} are held"
    return needs if len(set(needs)) == len(needs) else "names a need twice"


def needs_of(groups: Collection[Group]) -> tuple[str, ...]:
    """Name the codes of the needs among what is held, the primary one first."""
    codes = dict(zip(GROUPS_OF[SEN_NEEDS], NEED_CODES, strict=True))
    return tuple(codes[group] for group in groups if group in codes)


def told(before: Collection[Group], said: Mapping[Column, tuple[Group, ...]]) -> tuple[Group, ...]:
    """Bring what is known of a pupil to what a row says; what no column of the file speaks of stays."""
    spoken_of = {group for column in said for group in GROUPS_OF[column]}
    now = [group for group in before if group not in spoken_of]
    now += [group for groups in said.values() for group in groups]
    needs = [group for group in now if group in GROUPS_OF[SEN_NEEDS]]
    return (*sorted({*now} - {*needs}), *needs)


def within(groups: Collection[Group], scopes: Collection[Column]) -> tuple[Group, ...]:
    """Keep of what is known what the school wants held."""
    allowed = {group for column in scopes for group in GROUPS_OF[column]}
    return tuple(group for group in groups if group in allowed)


def belongs(groups: Collection[Group], asked: Group) -> bool:
    """Whether somebody of whom this is said belongs to a group, or to one that is made of others."""
    return not COMBINED.get(asked, frozenset({asked})).isdisjoint(groups)


def tracked(groups: Collection[Group]) -> tuple[TrackedGroup, ...]:
    """Name the groups whose coverage is told, of those that somebody of whom this is said belongs to."""
    return tuple(group for group in TRACKED_GROUPS if belongs(groups, group))
