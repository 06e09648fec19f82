"""Whether a text is an address of a web page: http or https, a host, and nothing that hides where it leads.

No address is ever fetched: people open it, in a page or a PDF of ours.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST_ADDRESS: Final = 2_000
"""Characters; what browsers and spreadsheets take without cutting it."""

# A name before '@' would hide the host ("https://school.example@elsewhere.example"); it is refused.
_ADDRESS: Final = re.compile(
    r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
    r"(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?"
)

NO_WEB_ADDRESS: Final = "is not a web address; write it like https://www.school.example/careers"


def is_web_address(text: str) -> bool:
    """Whether a text is the address of a page on the web."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None
