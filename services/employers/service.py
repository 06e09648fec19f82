"""The composition root of `employers`."""

from __future__ import annotations

from contracts.topics import EMPLOYERS
from services.employers.api import router
from services.employers.stream import ENGAGEMENT
from services.runtime.service import Service

SERVICE = Service("employers", routers=(router,), topic=EMPLOYERS, projections=(ENGAGEMENT,))
