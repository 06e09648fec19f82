"""The composition root of `audit`."""

from __future__ import annotations

from typing import Final

from contracts.topics import AUDIT
from services.audit.api import SERVICE_NAME, departments, evaluations, plan, resources, surveys
from services.audit.store.departments import DEPARTMENT_INDEXES
from services.audit.store.evaluations import SCHOOL_INDEXES
from services.audit.store.plan import PLAN_INDEXES
from services.audit.store.resources import RESOURCE_INDEXES
from services.audit.store.surveys import SURVEY_INDEXES
from services.runtime.service import Service

SERVICE: Final = Service(
    SERVICE_NAME,
    routers=(evaluations.router, departments.router, surveys.router, resources.router, plan.router),
    topic=AUDIT,
    school_indexes={
        **SCHOOL_INDEXES,
        **DEPARTMENT_INDEXES,
        **SURVEY_INDEXES,
        **RESOURCE_INDEXES,
        **PLAN_INDEXES,
    },
)
