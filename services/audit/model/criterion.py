"""Whether a text can be a criterion's id, such as `gb1.4`, a header duty's `gb3.h` or a college's `gb5.c1`.

Which criteria there are, the frameworks tell (`frameworks.known_criterion`), and callers are held to that.
What is stored was held to the frameworks of its day, and is read by its shape alone.
"""

from __future__ import annotations

import re

from services.audit.model.framework import CRITERION_PATTERN


def can_be_criterion(text: str) -> bool:
    """Whether this has the form of a criterion's id."""
    return re.match(CRITERION_PATTERN, text) is not None
