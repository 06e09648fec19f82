"""MongoDB's roles and users of one Hub: each service its own databases, and no other's.

MongoDB has no rights by the beginning of a name, so a role lists every database: the service's own, one a
school, and the Hub's (who may do what, and which URN follows which), which every service reads with each
request and writes when a school is first stored. A school that joins is added to the overlay's `hub.json`.
Two users see more: `hub`, with which the administrators' api and the recount run, because both look into
every service; and `backup`, with MongoDB's own role for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from deploy.kafka_access import services

Document = dict[str, Any]

ADMINISTRATION: Final = "hub"
BACKUP: Final = "backup"


def databases_of(hub: str, service: str, schools: Sequence[str]) -> list[str]:
    """Name the databases of a service, as `services/runtime/tenancy.py` does."""
    return [f"{hub}_{service}", *(f"{hub}_{service}_{urn}" for urn in schools)]


def mongodb_access(hub: str, schools: Sequence[str]) -> Document:
    """Say which roles and users there are to be, in the words of MongoDB's commands."""
    own = {service: databases_of(hub, service, schools) for service in services()}
    allowed = own | {ADMINISTRATION: [name for names in own.values() for name in names]}
    roles = [
        {
            "role": f"{hub}-{user}",
            "roles": [{"role": "readWrite", "db": name} for name in sorted([f"{hub}_hub", *names])],
        }
        for user, names in allowed.items()
    ]
    users = [_user(hub, user, f"{hub}-{user}") for user in allowed]
    return {"roles": roles, "users": [*users, _user(hub, BACKUP, "backup")]}


def _user(hub: str, name: str, role: str) -> Document:
    """Describe a user; `password` is the name of the secret that holds it."""
    return {"user": f"{hub}-{name}", "password": name, "roles": [{"role": role, "db": "admin"}]}
