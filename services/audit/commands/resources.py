"""Records what a school puts into careers, and what training those who lead it have."""

from __future__ import annotations

from contracts.vocabulary import AcademicYear
from services.audit.commands.versions import refuse, store_telling
from services.audit.model.days import today_in_england
from services.audit.model.resources import Resources, Training, training_problems
from services.audit.store.resources import RESOURCES, THE_TRAINING, TRAINING
from services.runtime.mongo import Document
from services.runtime.uow import UnitOfWork
from services.runtime.versions import Telling


async def record_resources(unit: UnitOfWork, year: AcademicYear, seen: int, told: Resources) -> Document:
    """Record a year's staff time, budget and materials, in place of what was recorded."""
    return await store_telling(unit, RESOURCES, Telling(year, seen, told), f"resources/{year}")


async def record_training(unit: UnitOfWork, seen: int, told: Training) -> Document:
    """Record the training of the Careers Leader and the advisers, in place of what was recorded."""
    refuse("The training makes no sense.", training_problems(told, today_in_england(unit.now)))
    return await store_telling(unit, TRAINING, Telling(THE_TRAINING, seen, told), "training")
