"""Answering the same request once: a stored answer a key, written with the effects that it reports.

A client that lost the answer sends the request again with the same `Idempotency-Key` and gets the first
answer, and nothing happens twice. The same key with another body is a mistake of the client and is refused.
An answer is kept for a week (`janitor.py`); after that the key is as good as new.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from services.runtime.errors import ConflictError, InvalidError
from services.runtime.mongo import Collection, Document
from services.runtime.uow import UnitOfWork

ANSWERS: Final = "answers"
MAX_KEY_LENGTH: Final = 128
# A client that was away over a weekend and the holiday after it still finds its answer.
ANSWERS_KEPT_FOR: Final = dt.timedelta(days=7)


def fingerprint(*parts: bytes) -> str:
    """Digest what a request asks for, to recognise it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


async def answer_once(
    unit: UnitOfWork, key: str | None, request: str, work: Callable[[], Awaitable[Document]], scope: str = ""
) -> Document:
    """Do the work and store its answer, or return the answer that the key has already.

    `request` is the fingerprint of what is asked. Keys of another `scope` are other keys: where callers that
    must not know of each other share a database, each has its own. Raises ConflictError for a key used for
    something else.
    """
    if key is None:
        return await work()
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        message = f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} characters."
        raise InvalidError(message)
    answers = unit.collection(ANSWERS)
    known = await answers.get(scope + key)
    if known is not None:
        if known["request"] != request:
            message = "This Idempotency-Key was used for another request; use a new key for a new request."
            raise ConflictError(message)
        answer: Document = known["answer"]
        return answer
    answer = await work()
    await answers.insert({"_id": scope + key, "request": request, "answer": answer, "at": unit.now})
    return answer


async def forget_answers(answers: Collection, now: dt.datetime, most: int) -> int:
    """Delete at most so many answers that have been kept long enough; returns how many that were."""
    old = await answers.find({"at": {"$lt": now - ANSWERS_KEPT_FOR}}, limit=most, fields=["_id"])
    return await answers.delete({"_id": {"$in": [row["_id"] for row in old]}}) if old else 0
