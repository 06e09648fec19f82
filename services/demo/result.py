"""What a demonstration did, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from contracts.vocabulary import AcademicYear


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The totals of one run, and the Hub's report after it.

    `recorded` and `unchanged` divide the activities into those new to the Hub and those it knew.
    `attendances` are the participations that the activities stand for, absences included. `seconds` runs
    from the first request until the report has applied everything.
    """

    area: str
    academic_year: AcademicYear
    seed: int
    schools: int
    schools_without_roll: int
    employers: int
    pupils: int
    activities: int
    recorded: int
    unchanged: int
    attendances: int
    seconds: float
    report: dict[str, Any]
    attribution: str

    @property
    def changed_anything(self) -> bool:
        """Whether the Hub learnt anything new from this run."""
        return self.recorded > 0

    @property
    def encounters_per_second(self) -> float | None:
        """The report's encounters by `seconds`; None if they were not all new, or are withheld."""
        encounters = self.report.get("totals", {}).get("encounters")
        if self.unchanged or not isinstance(encounters, int) or not self.seconds:
            return None
        return round(encounters / self.seconds, 1)

    def to_json(self) -> dict[str, Any]:
        """Render everything as one JSON object."""
        return {
            **asdict(self),
            "seconds": round(self.seconds, 2),
            "changed_anything": self.changed_anything,
            "encounters_per_second": self.encounters_per_second,
        }

    def summary(self) -> str:
        """Put the totals into a few plain sentences, one a line."""
        lines = [
            f"{self.schools} schools, {self.pupils:,} pupils and {self.employers} employers.",
            f"{self.activities:,} activities in {self.academic_year} with {self.attendances:,} attendances.",
        ]
        if not self.changed_anything:
            lines.append("The Hub had all of it already: nothing has changed.")
        elif self.unchanged:
            lines.append(f"{self.recorded:,} activities were new; the Hub had {self.unchanged:,} already.")
        rate = self.encounters_per_second
        pace = f", {rate:,.0f} encounters a second" if rate is not None else ""
        lines.append(f"Posted, told and counted in {self.seconds:.1f} s{pace}.")
        if self.schools_without_roll:
            lines.append(
                f"{self.schools_without_roll} more schools and colleges are listed and post nothing, because "
                "the open data does not have their roll."
            )
        lines.append("Schools and employers are real; pupils, activities and evaluations are invented.")
        return "\n".join(lines)
