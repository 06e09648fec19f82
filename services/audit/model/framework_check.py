"""Whether a framework's statements fit together: every problem at once, each with its place.

Each statement is read by itself, so that one that cannot be read does not hide what is wrong with the others;
what refers to a statement that is there and cannot be read is not reported a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.vocabulary import BENCHMARKS
from services.audit.model.framework import (
    NO,
    QUARTERS,
    RESERVED_ANSWERS,
    YES,
    Criterion,
    GatsbyFramework,
    InUse,
    Part,
    Scale,
    Stated,
    benchmark_of,
)

Json = dict[str, Any]
M = TypeVar("M", bound=BaseModel)
_TOGETHER: Final = ("scales", "criteria", "parts")
"""The parts of a file that are read statement by statement."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file: where, and why."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(slots=True)
class _Read:
    """What could be read of a file, and the ids of all that is there."""

    raw: Json
    scales: dict[str, Scale]
    criteria: dict[str, Criterion]
    parts: dict[str, Part]
    places: dict[str, str]
    unread: set[str]


def check(raw: object) -> list[Problem]:
    """List everything that is wrong with a file's content."""
    if not isinstance(raw, dict):
        return [Problem("the file", "is not a JSON object")]
    problems: list[Problem] = []
    head = {name: value for name, value in raw.items() if name not in _TOGETHER}
    found, invalid = _parsed(GatsbyFramework, {**head, "scales": {}, "criteria": (), "parts": ()}, "")
    problems += invalid
    problems += [Problem(name, "is missing") for name in _TOGETHER if name not in raw]
    read = _Read(raw, {}, {}, {}, {}, set())
    problems += _read_scales(read)
    problems += _read_list(read, "criteria", Criterion, read.criteria)
    problems += _read_list(read, "parts", Part, read.parts)
    if found is not None:
        problems += _head_problems(found)
    for check_one in (_scale_problems, _criterion_problems, _part_problems, _gaps, _cycles, _source_problems):
        problems += check_one(read)
    return problems


def _parsed(model: type[M], value: object, place: str) -> tuple[M | None, list[Problem]]:
    try:
        return model.model_validate(value), []
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_context=False, include_input=False)
        return None, [
            Problem(".".join([*filter(None, [place]), *map(str, error["loc"])]) or "the file", error["msg"])
            for error in errors
        ]


def _read_scales(read: _Read) -> Iterator[Problem]:
    scales = read.raw.get("scales", {})
    if not isinstance(scales, dict):
        yield Problem("scales", "is not an object")
        return
    for name, value in scales.items():
        scale, problems = _parsed(Scale, value, f"scales.{name}")
        yield from problems
        if scale is None:
            read.unread.add(name)
        else:
            read.scales[name] = scale
            read.places[name] = f"scales.{name}"


def _read_list(read: _Read, where: str, model: type[M], into: dict[str, M]) -> Iterator[Problem]:
    listed = read.raw.get(where, [])
    if not isinstance(listed, list):
        yield Problem(where, "is not a list")
        return
    for place, value in enumerate(listed):
        identity = value.get("id") if isinstance(value, dict) else None
        known = identity if isinstance(identity, str) else ""
        shown = f"{where}[{place}]" + (f" {known}" if known else "")
        if known in into or known in read.unread:
            yield Problem(shown, f"'{known}' is the id of an earlier one too")
            continue
        found, problems = _parsed(model, value, shown)
        yield from problems
        if found is None:
            read.unread.add(known)
        else:
            into[known] = found
            read.places[known] = shown


def _head_problems(found: GatsbyFramework) -> Iterator[Problem]:
    if found.version.rpartition(".")[0] != found.framework:
        yield Problem("version", f"must begin with '{found.framework}.'")
    if found.in_use.last_day is not None and found.in_use.last_day < found.in_use.first_day:
        yield Problem("in_use", "last_day is before first_day")
    if missing := [benchmark for benchmark in BENCHMARKS if benchmark not in found.benchmarks]:
        yield Problem("benchmarks", f"{', '.join(missing)} missing")
    if not found.settings:
        yield Problem("settings", "none is named")


def _scale_problems(read: _Read) -> Iterator[Problem]:
    for name, scale in read.scales.items():
        place, bands = read.places[name], list(scale.bands.values())
        if reserved := RESERVED_ANSWERS & scale.bands.keys():
            yield Problem(place, f"a band cannot be called '{min(reserved)}'")
        quarters = [band.quarters for band in bands]
        if quarters != sorted(quarters) or (quarters[0], quarters[-1]) != (0, QUARTERS):
            yield Problem(place, f"quarters must rise from 0 to {QUARTERS}, in the order of the bands")
        if scale.is_of_shares and not _tiles(scale):
            yield Problem(place, "the bands' percentages must follow one another from 0 to 100 without a gap")


def _tiles(scale: Scale) -> bool:
    ranges = [(band.from_percent, band.to_percent) for band in scale.bands.values()]
    if any(first is None or last is None or first > last for first, last in ranges):
        return False
    follow = all(last is not None and first == last + 1 for (_, last), (first, _) in pairwise(ranges))
    return follow and ranges[0][0] == 0 and ranges[-1][1] == 100  # noqa: PLR2004 - a whole, in per cent


def _criterion_problems(read: _Read) -> Iterator[Problem]:
    settings = _named_settings(read)
    for criterion in read.criteria.values():
        place = read.places[criterion.id]
        if unknown := sorted({*criterion.settings, *criterion.titles} - settings):
            yield Problem(place, f"setting '{unknown[0]}' is not one of the file's settings")


def _part_problems(read: _Read) -> Iterator[Problem]:
    for part in read.parts.values():
        place = read.places[part.id]
        criterion = read.criteria.get(part.criterion)
        if not part.id.startswith(f"{part.criterion}."):
            yield Problem(place, f"its id must begin with its criterion, '{part.criterion}.'")
        if criterion is None and part.criterion not in read.unread:
            yield Problem(place, f"criterion '{part.criterion}' is not in the file")
        if criterion is not None and (outside := sorted(set(part.settings) - set(criterion.settings))):
            yield Problem(place, f"its criterion has no setting '{outside[0]}'")
        if part.is_scored and part.points is None:
            yield Problem(place, "has no weight; add points")
        if not part.is_scored and part.points is not None:
            yield Problem(place, "is not scored and has points; leave them out")
        yield from (Problem(place, reason) for reason in _scale_reasons(part, read))
        yield from (Problem(place, reason) for reason in _need_reasons(part, read))
        if part.derivable_from is not None:
            if part.derivable_from.measure == "reached" and part.derivable_from.benchmark is None:
                yield Problem(place, "derivable_from.benchmark is missing")
            if part.kind != "proportion":
                yield Problem(
                    place, "pupils' records give a share, which only a proportion can be answered by"
                )


def _scale_reasons(part: Part, read: _Read) -> Iterator[str]:
    if part.scale is None:
        if part.kind in {"proportion", "scale"}:
            yield f"is a {part.kind} and names no scale"
        return
    if part.kind == "yes_no":
        yield "is answered yes or no and names a scale"
    scale = read.scales.get(part.scale)
    if scale is None:
        if part.scale not in read.unread:
            yield f"scale '{part.scale}' is not in the file"
        return
    if part.kind in {"proportion", "scale"} and scale.is_of_shares != (part.kind == "proportion"):
        yield f"is a {part.kind}, which scale '{part.scale}' does not measure"
    if part.points is not None and any(part.points * b.quarters % QUARTERS for b in scale.bands.values()):
        yield f"its {part.points} points are not whole for every band; use a multiple of {QUARTERS}"


def _need_reasons(part: Part, read: _Read) -> Iterator[str]:
    if part.needs is None:
        return
    other = read.parts.get(part.needs.part)
    if other is None:
        if part.needs.part not in read.unread:
            yield f"needs '{part.needs.part}', which is not in the file"
        return
    if outside := sorted(set(part.settings) - set(other.settings)):
        yield f"needs '{other.id}', which is not asked in setting '{outside[0]}'"
    if other.applies_when is not None and part.applies_when != other.applies_when:
        yield f"needs '{other.id}', which is asked only when {other.applies_when}"
    scale = None if other.scale is None else read.scales.get(other.scale)
    possible = {YES, NO} if other.scale is None else set(() if scale is None else scale.bands)
    if possible and (wrong := [answer for answer in part.needs.answers if answer not in possible]):
        yield f"needs the answer '{wrong[0]}', which '{other.id}' cannot have"


def _gaps(read: _Read) -> Iterator[Problem]:
    """Find what nothing is asked about: a criterion in one of its settings, a benchmark in any."""
    asked: Counter[tuple[str, str]] = Counter()
    scored: Counter[tuple[str, str]] = Counter()
    for part in read.parts.values():
        for setting in part.settings:
            asked[part.criterion, setting] += 1
            if part.is_scored and part.applies_when is None:
                scored[benchmark_of(part.id), setting] += 1
    unread = {identity.rpartition(".")[0] for identity in read.unread}
    for criterion in read.criteria.values():
        for setting in criterion.settings:
            if not asked[criterion.id, setting] and criterion.id not in unread:
                yield Problem(read.places[criterion.id], f"has no part in setting '{setting}'")
    unread_benchmarks = {identity.partition(".")[0] for identity in read.unread}
    for named in sorted(_named_settings(read)):
        for benchmark in BENCHMARKS:
            if not scored[benchmark, named] and benchmark not in unread_benchmarks:
                yield Problem(f"benchmarks.{benchmark}", f"has no scored part for all of setting '{named}'")


def _cycles(read: _Read) -> Iterator[Problem]:
    """Find parts that wait for themselves; each cycle is told once, at its first part."""
    told: set[str] = set()
    for start in read.parts.values():
        path: list[str] = []
        part: Part | None = start
        while part is not None and part.id not in path:
            path.append(part.id)
            part = None if part.needs is None else read.parts.get(part.needs.part)
        if part is not None and part.id not in told:
            cycle = path[path.index(part.id) :]
            told.update(cycle)
            yield Problem(
                read.places[part.id], f"is shown only after itself: {' needs '.join([*cycle, part.id])}"
            )


def _source_problems(read: _Read) -> Iterator[Problem]:
    """Compare the sources and marks that statements name with those that the file explains."""
    sources, marks = _object(read.raw, "sources"), _object(read.raw, "confidence")
    used: set[str] = set()
    for place, stated in _statements(read):
        used.update(stated.sources)
        yield from (
            Problem(place, f"source '{key}' is not one of the file's sources")
            for key in stated.sources
            if key not in sources
        )
        if stated.confidence not in marks:
            yield Problem(place, f"confidence {stated.confidence} is not explained")
    if not read.unread:
        unused = sorted(sources.keys() - used)
        yield from (Problem("sources", f"nothing is said to come from '{key}'") for key in unused)


def _statements(read: _Read) -> Iterator[tuple[str, Stated]]:
    stated: Sequence[tuple[str, Mapping[str, Stated]]] = (
        ("", read.scales), ("", read.criteria), ("", read.parts),
    )  # fmt: skip
    for _, found in stated:
        yield from ((read.places[identity], value) for identity, value in found.items())
    for where in ("settings", "benchmarks"):
        for name, value in _object(read.raw, where).items():
            one = _stated(value)
            if one is not None:
                yield f"{where}.{name}", one
    in_use, _ = _parsed(InUse, read.raw.get("in_use"), "in_use")
    if in_use is not None:
        yield "in_use", in_use


def _stated(value: object) -> Stated | None:
    if not isinstance(value, dict):
        return None
    found, _ = _parsed(Stated, {name: value.get(name) for name in ("confidence", "sources")}, "")
    return found


def _object(raw: Json, name: str) -> Json:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def _named_settings(read: _Read) -> set[str]:
    return set(_object(read.raw, "settings"))
