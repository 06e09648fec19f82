"""What a coordinator sends to bind an account, or to end it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from services.employers.fields import Body
from services.employers.model.account import Binding
from services.runtime.hub_api import SUBJECT_PATTERN

Subject = Annotated[str, Field(pattern=SUBJECT_PATTERN)]


class AccountBody(Body):
    """An account to bind: from now on unless `since` says otherwise, until it is ended or `until`."""

    subject: Subject
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def binding(self) -> Binding:
        """Hand it to the model."""
        return Binding(self.subject, self.since, self.until)


class EndBody(Body):
    """Which account acts no longer."""

    subject: Subject
