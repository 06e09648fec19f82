"""The service's rules as data: versioned JSON files with their sources, loaded and checked once a process.

- `gatsby-2025.json`: which activity types can count for which benchmarks, and the tests that confirm it
  (read by `model/rules.py`). It judges activities of every academic year; each recorded activity keeps the
  version that it was judged by, so a later file changes nothing that has been told.
- `cdi-framework.json`: the learning areas and outcomes that an activity can name (read by
  `model/learning.py`).
- `activity-evaluation.json`: what is asked about an activity afterwards (read by
  `model/activity_evaluation.py`).
- `criteria-2025.json`: which criteria the records answer pupil by pupil (read by `model/criteria.py`).
- `destinations.json`: what a young person can do after leaving, and what that counts as (read by
  `model/destination_rules.py`).
- `future-skills.json`: what pupils are asked of their own career learning (read by
  `model/self_assessment.py`).
- `rights.json`: time limits, grounds of a restriction, and how long things are kept (read by
  `model/rights_rules.py`).
- `soc2020.csv`, `sic2007.csv`: occupations and industries to tag what pupils say with (read by
  `model/classification.py`): level, code, the code that it is part of, title. Office for National Statistics:
  SOC 2020 without its minor groups, UK SIC 2007 without its groups and subclasses (Open Government Licence
  v3.0).
- `roll-columns.json`: the headers by which common systems export a roll's columns (read by
  `model/roll_columns.py`).
- `upn-la-codes.json`: the local authority codes that a UPN can carry (read by `model/upn.py`).
"""

from __future__ import annotations

import csv
import json
from functools import cache
from importlib.resources import files

from services.pupils.model.activity_evaluation import EvaluationQuestions
from services.pupils.model.classification import Classification, Entry
from services.pupils.model.criteria import Criteria
from services.pupils.model.destination_rules import DestinationRules
from services.pupils.model.learning import LearningFramework
from services.pupils.model.rights_rules import RightsRules
from services.pupils.model.roll_columns import RollColumns
from services.pupils.model.rules import CreditRules
from services.pupils.model.self_assessment import QuestionSets


@cache
def credit_rules() -> CreditRules:
    """Load the credit rules; raises pydantic's ValidationError for a file that contradicts itself."""
    return CreditRules.model_validate_json(_read("gatsby-2025.json"))


@cache
def learning_framework() -> LearningFramework:
    """Load the CDI framework; raises pydantic's ValidationError for a file that contradicts itself."""
    return LearningFramework.model_validate_json(_read("cdi-framework.json"))


@cache
def evaluation_questions() -> EvaluationQuestions:
    """Load what is asked of activities; raises pydantic's ValidationError for a file that does not fit."""
    return EvaluationQuestions.model_validate_json(_read("activity-evaluation.json"))


@cache
def criteria() -> Criteria:
    """Load the criteria; raises pydantic's ValidationError for a file that does not fit."""
    return Criteria.model_validate_json(_read("criteria-2025.json"))


@cache
def destination_rules() -> DestinationRules:
    """Load the statuses of destinations; raises pydantic's ValidationError for a file that does not fit."""
    return DestinationRules.model_validate_json(_read("destinations.json"))


@cache
def question_sets() -> QuestionSets:
    """Load what pupils are asked; raises pydantic's ValidationError for a file that does not fit."""
    return QuestionSets.model_validate_json(_read("future-skills.json"))


@cache
def roll_columns() -> RollColumns:
    """Load the known headers; raises pydantic's ValidationError for a file that does not fit."""
    return RollColumns.model_validate_json(_read("roll-columns.json"))


@cache
def rights_rules() -> RightsRules:
    """Load the rules of rights; raises pydantic's ValidationError for a file that does not fit."""
    return RightsRules.model_validate_json(_read("rights.json"))


@cache
def la_codes() -> frozenset[str]:
    """Load the local authority codes, pseudo codes included, as three digits each."""
    ranges: list[tuple[str, str]] = json.loads(_read("upn-la-codes.json"))["ranges"]
    return frozenset(f"{code:03d}" for first, last in ranges for code in range(int(first), int(last) + 1))


@cache
def occupations() -> Classification:
    """Load SOC 2020: 9 major groups, 26 sub-major groups, 412 unit groups."""
    return _classification("soc2020.csv")


@cache
def industries() -> Classification:
    """Load SIC 2007: 21 sections, 88 divisions, 615 classes."""
    return _classification("sic2007.csv")


def _classification(name: str) -> Classification:
    rows = csv.DictReader(_read(name).splitlines())
    return Classification(
        Entry(row["level"], row["code"], row["parent"] or None, row["title"]) for row in rows
    )


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
