"""Units of work on the driver's transactions: run again when others were quicker, committed once.

What may be repeated is told apart with care. The work is run again only while nothing can have been
committed. A commit whose answer was lost is asked for again, for `COMMIT_WITHIN_S` in all; after that only
the caller, who sends the same again under the same key, can find out what became of it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import pymongo
from pymongo.errors import (
    ConnectionFailure,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.runtime.errors import UnavailableError
from services.runtime.mongo.collection import Session
from services.runtime.mongo.failures import WriteConflictError, is_transient, translated

T = TypeVar("T")

# A transaction that meets another one's write is run again; under one lock a school these are rare.
TRANSACTION_ATTEMPTS: Final = 12
# Lost connections in a row after which the store counts as away.
CONNECTION_ATTEMPTS: Final = 4
# All attempts at one commit together. A stopping api gives requests under way 10 s to be answered, and this
# answer ("may or may not be there") must be among them. Commits take milliseconds; an election takes longer.
COMMIT_WITHIN_S: Final = 8.0
# Nobody waits for an abort but the caller whose work has failed: a store forgets the transaction by itself.
ABORT_WITHIN_S: Final = 2.0
BACKOFF_FIRST_S: Final = 0.01
BACKOFF_CEILING_S: Final = 0.5
NO_SUCH_TRANSACTION: Final = 251
UNKNOWN_COMMIT: Final = "UnknownTransactionCommitResult"
MAJORITY: Final = "majority"


async def transact(client: Any, gate: asyncio.Semaphore, work: Callable[[Session], Awaitable[T]]) -> T:  # noqa: ANN401 - the driver is untyped
    """Run `work` in one transaction and commit it; see `Store.transact`."""
    for attempt in range(TRANSACTION_ATTEMPTS):
        try:
            async with gate:
                return await _attempt(client, work)
        except WriteConflictError:
            await _back_off(attempt)
        except PyMongoError as error:
            if not is_transient(error):
                raise
            if isinstance(error, ServerSelectionTimeoutError | NetworkTimeout):
                # The caller has waited a whole time-out already.
                break
            if isinstance(error, ConnectionFailure) and attempt >= CONNECTION_ATTEMPTS:
                break
            await _back_off(attempt)
    message = "the data store did not take this in time; nothing was acknowledged, try again"
    raise UnavailableError(message)


async def _attempt(client: Any, work: Callable[[Session], Awaitable[T]]) -> T:  # noqa: ANN401 - the driver is untyped
    with translated():
        opening = await client.start_session()
    async with opening as driver_session:
        driver_session.start_transaction(
            read_concern=ReadConcern("snapshot"), write_concern=WriteConcern(MAJORITY)
        )
        try:
            result = await work(Session(driver_session))
        except BaseException:
            await abandon(driver_session)
            raise
        await _commit(driver_session)
        return result


async def _commit(driver_session: Any) -> None:  # noqa: ANN401 - the driver is untyped
    """Commit, asking again while time is left: a commit may be repeated, the work may not.

    The driver asks again by itself, so "no such transaction" can come from a store that has committed and
    forgotten. Then nobody but the caller, who sends the same again, may repeat the work.
    """
    deadline_s = time.monotonic() + COMMIT_WITHIN_S
    attempt = 0
    while (left_s := deadline_s - time.monotonic()) > 0:
        try:
            # The driver's own deadline: it ends the call in its thread too, which a cancelled wait would not.
            with pymongo.timeout(left_s):
                await driver_session.commit_transaction()
        except PyMongoError as error:
            if is_transient(error):
                if attempt or getattr(error, "code", None) == NO_SUCH_TRANSACTION:
                    break
                raise
            if not error.has_error_label(UNKNOWN_COMMIT):
                raise
            await _back_off(attempt)
            attempt += 1
        else:
            return
    message = (
        "the data store went away while this was being stored; it may or may not be there. "
        "Send the same again: it is counted once"
    )
    raise UnavailableError(message)


async def abandon(driver_session: Any) -> None:  # noqa: ANN401 - the driver is untyped
    """Abort; a store that is away has forgotten the transaction anyway, and the cause is being raised."""
    if not driver_session.in_transaction:
        return
    try:
        with pymongo.timeout(ABORT_WITHIN_S):
            await driver_session.abort_transaction()
    except (ConnectionFailure, OperationFailure):
        return


async def _back_off(attempt: int) -> None:
    """Wait a random while that grows with each attempt, so that rivals do not meet again."""
    ceiling = min(BACKOFF_CEILING_S, BACKOFF_FIRST_S * 2**attempt)
    await asyncio.sleep(random.uniform(0, ceiling))  # noqa: S311 - jitter, not a secret
