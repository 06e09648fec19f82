"""What a school posts next: seeded, and each post knows how its acknowledgement enters the journal."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.faults.journal import Journal, Kept
from tests.faults.schools import EMPLOYERS, KINDS, YEAR, YEAR_GROUPS, Kind, Pupil, make_evaluation, roll_csv

Receipt = dict[str, Any]
FIRST_DAY: Final = dt.date(2024, 9, 9)
SCHOOL_DAYS: Final = 280
UNKNOWN_TYPE: Final = "balloon_ride"
# Mostly new activities; the others often enough that a few dozen posts hold some of each.
_MIX: Final = {
    "record": 55,
    "bulk": 12,
    "correct": 12,
    "retract": 6,
    "repeat": 7,
    "roll": 4,
    "evaluate": 4,
    "tell": 4,
}


@dataclass(frozen=True, slots=True)
class Post:
    """One request. `enter(receipt, attempts)` takes the acknowledgement."""

    what: str
    method: str
    path: str
    body: dict[str, Any] | str
    enter: Callable[[Receipt, int], None]
    key: str | None = None


@dataclass(slots=True)
class Planner:
    """Decides what one school posts next."""

    journal: Journal
    dice: random.Random
    _number: int = 0
    _said: list[Post] = field(default_factory=list)
    """Acknowledged single records, to be said again."""

    def next(self) -> Post:
        """Plan a post that fits what the journal has."""
        what = self.dice.choices(list(_MIX), list(_MIX.values()))[0]
        plan: dict[str, Callable[[], Post | None]] = {
            "bulk": self._bulk,
            "correct": self._correct,
            "retract": self._retract,
            "repeat": self._repeat,
            "tell": self._tell_again,
            "roll": self.roll,
            "evaluate": self.evaluate,
        }
        return (plan[what]() if what in plan else None) or self._record()

    def roll(self) -> Post | None:
        """Import the roll, with one pupil more than is known."""
        school, known = self.journal.school, self.journal.on_roll
        newcomers = [pupil for pupil in school.newcomers if pupil.upn not in known]
        if known and not newcomers:
            return None
        pupils = (*known.values(), newcomers[0]) if known else school.pupils

        def enter(receipt: Receipt, attempts: int) -> None:
            self._expect(attempts, receipt["outcome"], "imported")
            self._count("roll", "pupils")
            self.journal.on_roll |= {pupil.upn: pupil for pupil in pupils}

        path = f"/pupils/v1/schools/{school.urn}/roll?academic_year={YEAR}"
        # Always with a key: an older roll that arrives late must not undo a newer one.
        return Post("roll", "PUT", path, roll_csv(tuple(pupils)), enter, self._new_key())

    def evaluate(self) -> Post:
        """Complete an evaluation, of a later day than the one before."""
        number = self.journal.acknowledged["evaluate"]
        body = make_evaluation(number, self.dice)

        def enter(receipt: Receipt, attempts: int) -> None:
            self._expect(attempts, receipt["result"], "recorded")
            # Each after the first also tells that the one before is superseded.
            self._count("evaluate", "audit", 2 if number else 1)
            self.journal.scores = {
                benchmark: 100 * points["points"] // points["applicable_points"]
                for benchmark, points in body["benchmarks"].items()
            }

        return Post("evaluate", "POST", self._path("audit", "evaluations"), body, enter)

    def _record(self) -> Post:
        kept = self._make_activity()

        def enter(receipt: Receipt, attempts: int) -> None:
            self._expect(attempts, receipt["outcome"], "recorded")
            self._count("record", "pupils")
            kept.activity_id = receipt["activity_id"]
            self.journal.activities[kept.reference] = kept
            self._said.append(post)

        key = self._new_key() if self.dice.random() < 0.5 else None
        post = Post("record", "POST", self._path("pupils", "activities"), kept.body, enter, key)
        return post

    def _bulk(self) -> Post:
        activities = [self._make_activity() for _ in range(self.dice.randint(2, 4))]
        bodies = [kept.body for kept in activities]
        wrong = self.dice.random() < 0.5
        if wrong:
            bodies.insert(1, {**self._make_activity().body, "activity_type": UNKNOWN_TYPE})

        def enter(receipt: Receipt, attempts: int) -> None:
            done, known = receipt["recorded"], receipt["unchanged"]
            rejected = [item["index"] for item in receipt["rejected"]]
            if done + known != len(activities) or rejected != [1] * wrong or (attempts == 1 and known):
                self.journal.surprises.append(f"a bulk of {len(bodies)} was answered {receipt}")
            self._count("bulk", "pupils", len(activities))
            self.journal.activities |= {kept.reference: kept for kept in activities}

        return Post("bulk", "POST", self._path("pupils", "activities/bulk"), {"activities": bodies}, enter)

    def _correct(self) -> Post | None:
        before = self._pick_standing()
        if before is None:
            return None
        number = int(before.reference.rpartition("-")[2])
        after = self._activity_of(number, before)

        def enter(receipt: Receipt, attempts: int) -> None:
            self._expect(attempts, receipt["outcome"], "corrected")
            self._count("correct", "pupils")
            after.activity_id, after.version = before.activity_id, before.version + 1
            self.journal.activities[after.reference] = after

        path = self._path("pupils", f"activities/{before.activity_id}")
        return Post("correct", "PUT", path, {**after.body, "version": before.version}, enter)

    def _retract(self) -> Post | None:
        kept = self._pick_standing()
        if kept is None:
            return None

        def enter(receipt: Receipt, attempts: int) -> None:
            self._expect(attempts, receipt["outcome"], "retracted")
            self._count("retract", "pupils")
            kept.retracted, kept.version = True, kept.version + 1
            for merged in self.journal.merged:
                if merged.merged_into == kept.reference:
                    merged.retracted, merged.version = True, merged.version + 1

        path = self._path("pupils", f"activities/{kept.activity_id}/retraction")
        return Post("retract", "POST", path, {"reason": "entered_in_error"}, enter)

    def _tell_again(self) -> Post | None:
        """Tell an encounter again under another reference, as a second system of the school would.

        Only one with listed pupils: those of a group may have become more, which would correct the first.
        """
        told = [kept for kept in self.journal.standing if not kept.groups]
        if not told:
            return None
        first = self.dice.choice(told)
        self._number += 1
        reference = f"{self.journal.school.mark}-{self._number:04d}"
        body = {**first.body, "reference": reference}
        kept = replace(first, reference=reference, body=body, activity_id=None, version=1)

        def enter(receipt: Receipt, attempts: int) -> None:
            self._expect(attempts, receipt["outcome"], "merged")
            into = first.activity_id
            if receipt.get("merged_into") is None or into not in {None, receipt["merged_into"]}:
                self.journal.surprises.append(
                    "an encounter that was told again was not merged with the first"
                )
            self._count("tell", "pupils", 0)
            kept.merged_into = first.reference
            self.journal.activities[reference] = kept

        return Post("tell", "POST", self._path("pupils", "activities"), body, enter)

    def _repeat(self) -> Post | None:
        said_and_standing = self._standing_posts()
        if not said_and_standing:
            return None
        said = self.dice.choice(said_and_standing)

        def enter(receipt: Receipt, _attempts: int) -> None:
            # With its key the first answer comes back; without, the post is recognised by its reference.
            expected = "unchanged" if said.key is None else "recorded"
            if receipt["outcome"] != expected:
                self.journal.surprises.append(f"a post said again was answered {receipt['outcome']}")
            self.journal.acknowledged["repeat"] += 1

        return Post("repeat", said.method, said.path, said.body, enter, said.key)

    def repeats(self) -> Sequence[Post]:
        """Every acknowledged single record without its key, to be said again at the end."""
        return [
            Post("repeat", said.method, said.path, said.body, lambda _receipt, _attempts: None)
            for said in self._standing_posts()
        ]

    def _standing_posts(self) -> list[Post]:
        """What was said of activities that were not taken back since: to say those again is a mistake."""
        standing = {kept.reference for kept in self.journal.standing}
        return [
            said for said in self._said if isinstance(said.body, dict) and said.body["reference"] in standing
        ]

    def _make_activity(self) -> Kept:
        self._number += 1
        return self._activity_of(self._number)

    def _activity_of(self, number: int, before: Kept | None = None) -> Kept:
        """Make an activity up, or what `before` is to be corrected to."""
        kind = self.dice.choice(KINDS)
        employer = self.dice.choice(EMPLOYERS) if kind.employer else None
        reference = f"{self.journal.school.mark}-{number:04d}"
        groups, invited = self._invite(kind)
        if before is not None and groups and groups == before.groups:
            # A correction for the same groups means their members of the day that it was recorded.
            invited = before.invited
        absent = self.dice.sample(invited, min(len(invited) - 1, self.dice.randint(0, 3))) if groups else []
        body = {
            "reference": reference,
            "activity_type": kind.activity_type,
            "title": f"{kind.activity_type} {number} told by {self.journal.school.mark}",
            "held_on": (FIRST_DAY + dt.timedelta(days=number % SCHOOL_DAYS)).isoformat(),
            "mode": kind.mode,
            # Every version has other hours, so that no correction says what is known already.
            "hours": 1.0 + (before.version / 4 if before else 0),
            "tests_met": list(kind.tests_met),
            "attendance": {
                "year_groups": list(groups),
                "pupils": [{"upn": pupil.upn, "status": "absent"} for pupil in absent]
                if groups
                else [{"upn": pupil.upn} for pupil in invited],
            },
        }
        if employer is not None:
            body["employer_id"] = employer
        return Kept(reference, kind, employer, groups, invited, frozenset(p.upn for p in absent), body)

    def _invite(self, kind: Kind) -> tuple[tuple[int, ...], tuple[Pupil, ...]]:
        """Choose year groups and everybody in them, or some pupils and no group."""
        on_roll = list(self.journal.on_roll.values())
        if kind.one_by_one:
            return (), tuple(self.dice.sample(on_roll, self.dice.randint(1, 4)))
        groups = self.dice.choice([YEAR_GROUPS[:1], YEAR_GROUPS[1:], YEAR_GROUPS])
        return groups, tuple(pupil for pupil in on_roll if pupil.year_group in groups)

    def _pick_standing(self) -> Kept | None:
        standing = [kept for kept in self.journal.standing if kept.activity_id is not None]
        return self.dice.choice(standing) if standing else None

    def _path(self, service: str, rest: str) -> str:
        return f"/{service}/v1/schools/{self.journal.school.urn}/{rest}"

    def _new_key(self) -> str:
        return f"{self.dice.getrandbits(128):032x}"

    def _count(self, what: str, service: str, events: int = 1) -> None:
        self.journal.acknowledged[what] += 1
        self.journal.events[service] += events

    def _expect(self, attempts: int, outcome: str, expected: str) -> None:
        """Only a post that was attempted before may be known already."""
        if outcome != expected and (attempts == 1 or outcome != "unchanged"):
            self.journal.surprises.append(f"a new post was answered {outcome}")
