"""How an organisation is found by its name: by the beginnings of its words, whatever accents and case.

`sainsb super` finds Sainsbury's Supermarkets Ltd. Beginnings of words, because an index can answer them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_DROPPED: Final = re.compile(r"['’.]")
"""These join: `J.P. Morgan` is found as `jp`, and `Sainsbury's` as `sainsburys`."""
_LETTERS_ONLY: Final = "NFKD"


def words_of(text: str) -> tuple[str, ...]:
    """Split a name, or what somebody looks for, into its different words, folded, in order."""
    decomposed = unicodedata.normalize(_LETTERS_ONLY, text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(dict.fromkeys(_WORD.findall(_DROPPED.sub("", plain).casefold())))


def place_of(name: str, identity: str) -> str:
    """Give an entry's place in the alphabet: by name, then by id, so that no two share one."""
    return f"{' '.join(words_of(name))}\t{identity}"
