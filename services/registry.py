"""The four services, by name: where processes and tools find them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.audit.service import SERVICE as AUDIT
from services.employers.service import SERVICE as EMPLOYERS
from services.pupils.service import SERVICE as PUPILS
from services.reporting.service import SERVICE as REPORTING
from services.runtime.service import Service

SERVICES: Final[Mapping[str, Service]] = MappingProxyType(
    {service.name: service for service in (PUPILS, EMPLOYERS, AUDIT, REPORTING)}
)
