"""Merging employers that are one: the survivor keeps its id, and the merged id goes on meaning it.

Nothing that names the merged id is rewritten: what was recorded with it counts for the survivor because it is
read as the survivor's. So a merge can be taken back, and everything is as it was.

What is said of two employers that are not the same is kept too (`Distinction`), and no merge may make them
one until it is taken back.

Invariant: who is merged is merged into one that was not merged then, so following `into` ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from contracts.vocabulary import EmployerId
from services.employers.model.duplicates import Distinctions, Evidence, Pair, pair_of
from services.runtime.errors import ConflictError, FieldProblem, InvalidError

Merges = Mapping[EmployerId, EmployerId]
"""Each merged employer, and the one that it was merged into."""


@dataclass(frozen=True, slots=True)
class Distinction:
    """Whether two employers are known not to be the same, and what had spoken for them being one then."""

    pair: Pair
    seen: frozenset[Evidence]
    stands: bool


def survivor_of(merges: Merges, identity: EmployerId) -> EmployerId:
    """Name the employer that an id means now."""
    while identity in merges:
        identity = merges[identity]
    return identity


def ids_of(merges: Merges, identity: EmployerId) -> frozenset[EmployerId]:
    """Name all ids that mean the same employer as this one, itself included."""
    survivor = survivor_of(merges, identity)
    return frozenset({survivor, *(one for one in merges if survivor_of(merges, one) == survivor)})


def merge_is_new(merges: Merges, merged: EmployerId, into: EmployerId) -> bool:
    """Tell whether a merge would change anything.

    Raises InvalidError for an employer and itself, ConflictError if one of the two is merged otherwise.
    """
    if merged == into:
        problem = FieldProblem("into", "is the employer itself")
        raise InvalidError("An employer cannot be merged into itself.", (problem,))
    if merges.get(merged) == into:
        return False
    if merged in merges:
        raise ConflictError("This employer is merged into another one. Take that back first.")
    if into in merges:
        raise ConflictError("The employer to merge into is merged itself. Merge into its survivor instead.")
    return True


def require_not_apart(
    distinctions: Distinctions, merges: Merges, merged: EmployerId, into: EmployerId
) -> None:
    """Raise ConflictError if a merge would make one of two that were said not to be the same.

    It asks for all that the two mean, so a third one cannot bring together what was kept apart.
    """
    for one, other in product(sorted(ids_of(merges, merged)), sorted(ids_of(merges, into))):
        if pair_of(one, other) in distinctions:
            raise ConflictError(
                f"A coordinator said that {one} and {other} are not the same. Take that back first."
            )
