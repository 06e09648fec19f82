"""The composition root of `audit`."""

from __future__ import annotations

from contracts.topics import AUDIT
from services.audit.api.evaluations import router
from services.audit.store.evaluations import SCHOOL_INDEXES
from services.runtime.service import Service

SERVICE = Service("audit", routers=(router,), topic=AUDIT, school_indexes=SCHOOL_INDEXES)
