"""What `careers-hub wonde` does: ask the Hub what may be held, read Wonde, send the whole roll.

The Hub is asked first, so that nothing is read of a pupil that the school does not want held. The roll goes
out in one request, after everything was read: an error before that changes nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from contracts.vocabulary import AcademicYear, academic_year_days, academic_year_of
from services.command_line.connection import answer_of, api_client
from services.command_line.output import CommandError, Exit, say
from services.connectors.wonde.pages import Source, WondePages, open_pages
from services.connectors.wonde.reading import SchoolRead, changed_since, read_school
from services.connectors.wonde.students import Roll, columns_to_send, includes, to_roll
from services.runtime.permissions import Role

ROLLED_OVER_BEFORE: Final = dt.timedelta(days=31)
"""Schools move their year groups up in August, ahead of the academic year."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asked for."""

    school: str
    year: str
    today: dt.date
    since: dt.datetime | None = None
    dry_run: bool = False
    confirm_leavers: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it. Without a read nothing had changed; without a receipt nothing was sent."""

    asked: Asked
    columns: tuple[str, ...] = ()
    read: SchoolRead | None = None
    roll: Roll | None = None
    receipt: dict[str, Any] | None = None

    def lines(self) -> list[str]:
        """Say it to people: counts, and rows that the Hub will refuse by the school's own id. No names."""
        if self.read is None or self.roll is None:
            return [
                f"Wonde tells of no change since {self.asked.since:%Y-%m-%d %H:%M}; nothing was imported."
            ]
        told = self._wonde(self.read, self.roll)
        counts = {name: number for name, number in told.items() if isinstance(number, int) and number}
        lines = [f"Wonde: {_counted(counts)}"]
        for label, part in (("Left out", told["left_out"]), ("Not understood", told["not_understood"])):
            lines += [f"{label}: {_counted(part)}"] if part else []
        if self.receipt is None:
            lines.append(f"Nothing was sent. {told['rows']} rows would be, with {', '.join(self.columns)}.")
        return lines

    def to_json(self) -> dict[str, Any]:
        """Say it to scripts: the Hub's receipt, and what Wonde had under `wonde`."""
        if self.read is None or self.roll is None:
            return {"outcome": "no_change_since"}
        wonde = self._wonde(self.read, self.roll)
        if self.receipt is None:
            return {"outcome": "dry_run", "wonde": wonde}
        return {**self.receipt, "wonde": wonde}

    def _wonde(self, read: SchoolRead, roll: Roll) -> dict[str, Any]:
        return {
            "students": len(read.students),
            "pages": read.pages,
            "deleted": read.deleted,
            "repeated": read.repeated,
            "rows": len(roll.rows),
            "without_upn": sum(not row["upn"] for row in roll.rows),
            "left_out": dict(roll.left_out),
            "not_understood": dict(roll.not_understood),
            "columns": list(self.columns),
        }


async def take(data: Path | None, source: Source, asked: Asked) -> Taken:
    """Take a school's roll from Wonde to the Hub as its careers leader."""
    first_day = _first_day(asked)
    async with (
        api_client(data, Role.CAREERS_LEADER, asked.school) as hub,
        open_pages(source, say) as pages,
    ):
        return await take_roll(hub, pages, asked, first_day)


async def take_roll(hub: httpx.AsyncClient, pages: WondePages, asked: Asked, first_day: dt.date) -> Taken:
    """Read and send; raises WondeError or CommandError, and then nothing was changed."""
    path = f"/pupils/v1/schools/{asked.school}/roll"
    held = (await answer_of(hub, "GET", f"{path}/scopes")).json()["columns"]
    columns = columns_to_send(held)
    if asked.since is not None and not await changed_since(pages, asked.since):
        return Taken(asked, columns)
    read = await read_school(pages, includes(columns), say)
    roll = to_roll(read.students, columns, first_day)
    if not roll.rows:
        raise CommandError(
            f"Wonde has nobody of Year 7 and above among {len(read.students)} students",
            "Nothing was imported. Check --wonde-school, and what the school grants to the token.",
            Exit.REFUSED,
        )
    if asked.dry_run:
        return Taken(asked, columns, read, roll)
    return Taken(asked, columns, read, roll, await _send(hub, path, asked, roll))


async def _send(hub: httpx.AsyncClient, path: str, asked: Asked, roll: Roll) -> dict[str, Any]:
    """Send the whole roll; returns the receipt, each refused row with the school's own id of the student."""
    query = {"academic_year": asked.year} | ({"confirm_leavers": "true"} if asked.confirm_leavers else {})
    try:
        answer = await answer_of(hub, "PUT", path, params=query, json={"pupils": roll.rows})
    except CommandError as error:
        if "confirm_leavers" not in error.advice:
            raise
        advice = f"{error.advice}\nHere that is --confirm-leavers."
        raise CommandError(str(error), advice, error.code) from error
    receipt: dict[str, Any] = answer.json()
    for problem in receipt["rejected"]:
        row = problem.get("row")
        if isinstance(row, int) and 0 < row <= len(roll.mis_ids):
            problem["mis_id"] = roll.mis_ids[row - 1]
    return receipt


def _first_day(asked: Asked) -> dt.date:
    """Return the academic year's first day; raises CommandError if Wonde cannot tell that year's roll."""
    try:
        first_day, _ = academic_year_days(AcademicYear(asked.year))
    except ValueError as error:
        raise CommandError(str(error), "Or leave --year out for this one.") from error
    now, soon = academic_year_of(asked.today), academic_year_of(asked.today + ROLLED_OVER_BEFORE)
    if asked.year not in {now, soon}:
        raise CommandError(
            f"Wonde tells the year groups of today, which are those of {now}, not of {asked.year}",
            f"Import {now} from Wonde, or another year's roll from a file with `careers-hub import`.",
        )
    return first_day


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items())
