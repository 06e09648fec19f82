"""The driver's errors, turned into ours where a caller can do something about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    PyMongoError,
    WTimeoutError,
)
from pymongo.errors import DuplicateKeyError as DriverDuplicateKeyError

from services.runtime.errors import DuplicateKeyError, HubError, UnavailableError

DUPLICATE_KEY_CODE: Final = 11000


class WriteConflictError(HubError):
    """Raised inside a unit of work that must be run again from the start."""

    status = 409
    title = "Others are writing here"


def is_transient(error: BaseException) -> bool:
    """Tell whether the store wants the whole transaction run again."""
    return isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours; a transaction's transient ones pass through to `transact`."""
    try:
        yield
    except BulkWriteError as error:
        codes = {failure.get("code") for failure in (error.details or {}).get("writeErrors", ())}
        if codes == {DUPLICATE_KEY_CODE}:
            message = "a document with this key exists already"
            raise DuplicateKeyError(message) from error
        raise
    except DriverDuplicateKeyError as error:
        message = "a document with this key exists already"
        raise DuplicateKeyError(message) from error
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError) as error:
        if is_transient(error):
            raise
        message = "the data store cannot be reached; nothing was acknowledged"
        raise UnavailableError(message) from error
