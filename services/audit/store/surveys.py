"""Where surveys, their links and the answers are kept, so that no answer can be traced to a link.

A link is its secret's digest, the survey and the batch, and whether it was used; never when. An answer is the
survey and what was answered: an id drawn by lot, no digest, no batch, no day, because a survey's own days are
all that anybody needs to know. Its `_id` is drawn here, since one that the store makes would tell the second.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Collection as Numbers
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import TypeAdapter

from services.audit.model.question_set import Answers
from services.audit.model.survey import Survey
from services.runtime.mongo import Index
from services.runtime.uow import UnitOfWork
from services.runtime.version_store import Database, Kind, find_all
from services.runtime.versions import Kept

SURVEYS: Final = Kind("surveys", TypeAdapter(Survey))
LINKS: Final = "survey_links"
ANSWERS: Final = "survey_answers"
_SECRET_BYTES: Final = 32
_ANSWER_ID_BYTES: Final = 16

SURVEY_INDEXES: Final[Mapping[str, tuple[Index, ...]]] = {
    **SURVEYS.indexes,
    LINKS: (Index((("survey", 1), ("batch", 1), ("used", 1))),),
    ANSWERS: (Index((("survey", 1),)),),
}


def new_secrets(count: int) -> list[str]:
    """Draw so many secrets of 256 bits, as text that fits into an address."""
    return [secrets.token_urlsafe(_SECRET_BYTES) for _ in range(count)]


def digest_of(secret: str) -> str:
    """Digest a secret. Unsalted: nobody can guess 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def surveys_of(database: Database, first: dt.date, last: dt.date) -> list[Kept[Survey]]:
    """Read the surveys that close from one day to another, both included, the last one first."""
    closing = {"content.closes_on": {"$gte": first.isoformat(), "$lte": last.isoformat()}}
    return await find_all(database, SURVEYS, closing, (("content.closes_on", -1), ("_id", 1)))


async def add_links(unit: UnitOfWork, survey: str, batch: int, fresh: Sequence[str]) -> None:
    """Store the digests of a batch of secrets."""
    await unit.collection(LINKS).insert(
        *({"_id": digest_of(secret), "survey": survey, "batch": batch, "used": False} for secret in fresh)
    )


async def find_link(database: Database, secret: str) -> tuple[str, int] | None:
    """Find the survey and the batch of a link that was not used, or None."""
    link = await database.collection(LINKS).get(digest_of(secret))
    return None if link is None or link["used"] else (link["survey"], link["batch"])


async def use_link(unit: UnitOfWork, secret: str) -> tuple[str, int] | None:
    """Use a link up; returns its survey and batch, or None if it was used already or there is none."""
    where = {"_id": digest_of(secret), "used": False}
    link = await unit.collection(LINKS).find_and_update(where, {"$set": {"used": True}})
    return None if link is None else (link["survey"], link["batch"])


async def add_answers(unit: UnitOfWork, survey: str, answers: Answers) -> None:
    """Store what one person answered."""
    document = {"_id": secrets.token_hex(_ANSWER_ID_BYTES), "survey": survey, "answers": dict(answers)}
    await unit.collection(ANSWERS).insert(document)


async def answers_to(database: Database, survey: str) -> list[Answers]:
    """Read all that was answered, in the order of the ids drawn by lot."""
    found = await database.collection(ANSWERS).find({"survey": survey}, sort=(("_id", 1),))
    return [document["answers"] for document in found]


async def count_answers(database: Database, survey: str) -> int:
    """Count the answers of a survey."""
    return await database.collection(ANSWERS).count({"survey": survey})


async def count_used(database: Database, survey: str, batches: Numbers[int]) -> int:
    """Count the links of some batches that were used."""
    if not batches:
        return 0
    where = {"survey": survey, "batch": {"$in": sorted(batches)}, "used": True}
    return await database.collection(LINKS).count(where)
