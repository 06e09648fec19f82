"""How an evaluation would score under a newer framework, as far as its answers allow: bounds, never a score.

An old answer says something of a new part only where the data file carries it. A share of pupils becomes the
new bands that its old band touches, so 76 to 99 per cent is `most` at least and `almost_all` at most. What
was not asked is unknown, `x`: anything between nothing and everything. A benchmark is surely achieved if even
the lower bound is 100, surely not if the upper is less. The two scores are never subtracted (domain rule 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.vocabulary import BENCHMARKS, Benchmark, Framework
from services.audit.model.answers import score
from services.audit.model.framework import (
    NO,
    NOT_APPLICABLE,
    YES,
    GatsbyFramework,
    Part,
    PartId,
    Profile,
    ShortText,
    benchmark_of,
)
from services.audit.model.scores import Points
from services.audit.model.stated import Stated, refuse_unsourced

How = Literal["same", "at_most", "all_of", "all_of_at_most"]
"""`at_most`: more is asked now. `all_of`: one part for several, all answered yes."""
_AT_MOST: Final = frozenset({"at_most", "all_of_at_most"})
_FULL: Final = 100


class Carried(Stated):
    """What says something of a new part."""

    part: PartId
    from_parts: Annotated[tuple[PartId, ...], Field(min_length=1, alias="from")]
    how: How
    why: ShortText


class AnswerMapping(BaseModel):
    """From one framework to a newer one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    from_framework: Framework
    to_framework: Framework
    carried: tuple[Carried, ...]
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that a part could be answered with; `known` if an old answer says anything."""

    part: Part
    least: str
    most: str
    known: bool


@dataclass(frozen=True, slots=True)
class Rescored:
    """One benchmark: its lowest and highest score, and of how many scored parts something is known."""

    benchmark: Benchmark
    low_percent: int | None
    high_percent: int | None
    parts: int
    known_parts: int

    @property
    def achieved(self) -> bool | None:
        """Whether it is achieved; None if the answers do not say."""
        if self.low_percent == _FULL:
            return True
        return False if self.high_percent is not None and self.high_percent < _FULL else None


def check_mapping(mapping: AnswerMapping, old: GatsbyFramework, new: GatsbyFramework) -> None:
    """Raise ValueError if a line names a part that is not there, twice, or of another kind."""
    refuse_unsourced(mapping.carried, mapping.sources)
    seen: set[str] = set()
    for line in mapping.carried:
        if line.part in seen or line.part not in new.by_part:
            message = f"{line.part} is there twice, or not a part of {new.version}"
            raise ValueError(message)
        seen.add(line.part)
        for name in line.from_parts:
            if name not in old.by_part or old.by_part[name].kind != new.by_part[line.part].kind:
                message = (
                    f"{line.part} is carried from {name}, which {old.version} has not, or not of its kind"
                )
                raise ValueError(message)
        several = line.how.startswith("all_of")
        if several != (len(line.from_parts) > 1) or (several and new.by_part[line.part].kind != "yes_no"):
            message = f"{line.part}: '{line.how}' does not go with {len(line.from_parts)} parts of its kind"
            raise ValueError(message)


def bounds_of(
    mapping: AnswerMapping,
    frameworks: tuple[GatsbyFramework, GatsbyFramework],
    profile: Profile,
    answers: Mapping[str, str],
) -> list[Bounds]:
    """Say for every scored part that applies what it could be answered with; (old, new) frameworks."""
    old, new = frameworks
    lines = {line.part: line for line in mapping.carried}
    found = []
    for part in new.parts_for(profile):
        if not part.is_scored:
            continue
        ladder = [answer for answer in new.answers_of(part) if answer != NOT_APPLICABLE]
        line = lines.get(part.id)
        touched = None if line is None else _touched(line, part, (old, new), answers)
        if line is None or touched is None:
            found.append(Bounds(part, ladder[0], ladder[-1], known=False))
            continue
        least = ladder[0] if line.how in _AT_MOST else touched[0]
        # All that is asked for before, and more is asked now: nothing is known.
        known = (least, touched[1]) != (ladder[0], ladder[-1])
        found.append(Bounds(part, least, touched[1], known))
    return found


def rescored(new: GatsbyFramework, profile: Profile, bounds: list[Bounds]) -> list[Rescored]:
    """Score the least and the most of every part."""
    low = score(new, profile, {bound.part.id: bound.least for bound in bounds}).points
    high = score(new, profile, {bound.part.id: bound.most for bound in bounds}).points
    return [
        Rescored(
            benchmark,
            _percent(low[benchmark]),
            _percent(high[benchmark]),
            sum(benchmark_of(bound.part.id) == benchmark for bound in bounds),
            sum(benchmark_of(bound.part.id) == benchmark and bound.known for bound in bounds),
        )
        for benchmark in BENCHMARKS
    ]


def _touched(
    line: Carried,
    part: Part,
    frameworks: tuple[GatsbyFramework, GatsbyFramework],
    answers: Mapping[str, str],
) -> tuple[str, str] | None:
    """Say which new answers the old ones could be; None where they say nothing."""
    old, new = frameworks
    given = [answers.get(name) for name in line.from_parts]
    if part.scale is None:
        if NO in given:
            return NO, NO
        return (YES, YES) if set(given) == {YES} else None
    [answer], [name] = given, line.from_parts
    scale = old.by_part[name].scale
    if answer is None or answer == NOT_APPLICABLE or scale is None:
        return None
    band, bands = old.scales[scale].bands[answer], new.scales[part.scale].bands
    if band.from_percent is None or band.to_percent is None:
        return (answer, answer) if answer in bands else None
    touching = [
        name
        for name, other in bands.items()
        if other.from_percent is not None
        and other.to_percent is not None
        and other.from_percent <= band.to_percent
        and band.from_percent <= other.to_percent
    ]
    return (touching[0], touching[-1]) if touching else None


def _percent(points: Points) -> int | None:
    return 100 * points.points // points.applicable_points if points.applies else None
