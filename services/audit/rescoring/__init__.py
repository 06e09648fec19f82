"""What old answers say under a newer framework, as data: which part carries to which, and how.

The rules are in `model/rescoring.py`; one file a pair of frameworks. Every line has its reason and how sure
we are; nothing is carried that was not asked. A file is checked against both frameworks when it is read.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from services.audit.frameworks import frameworks
from services.audit.model.rescoring import AnswerMapping, check_mapping


@cache
def mapping_to_2025() -> AnswerMapping:
    """Load the mapping; raises ValueError for one that does not fit the frameworks."""
    text = files(__package__).joinpath("gatsby-2018-to-gatsby-2025.json").read_text("utf-8")
    mapping = AnswerMapping.model_validate_json(text)
    known = frameworks()
    check_mapping(mapping, known[mapping.from_framework], known[mapping.to_framework])
    return mapping
