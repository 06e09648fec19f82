"""Whether a text names a criterion of a framework, such as `gb1.4` or a college's `gb5.c1`.

The one place where the other modules ask; what the criteria say is the frameworks' to tell.
"""

from __future__ import annotations

import re
from typing import Final

CRITERION_PATTERN: Final = r"^gb[1-8]\.(?:h|c?[1-9][0-9]?)$"
"""`gb3.h` is a benchmark's header duty, `gb5.c1` a college's variant (domain §1a, §1b)."""


def known_criterion(text: str) -> bool:
    """Whether this is a criterion's id."""
    return re.match(CRITERION_PATTERN, text) is not None
