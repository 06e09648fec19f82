"""A store and a broker on loopback for a benchmark, and the settings to use them with.

They are the tests' own (`tests/substrate.py`): the embedded ones, or those that MONGODB_URL and
KAFKA_BOOTSTRAP name.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from services.runtime.issuer import PUBLIC_KEYS, ensure_issuer
from services.runtime.settings import Settings
from tests.substrate import Substrate, start_substrate

ISSUER: Final = "https://issuer.benchmarks"
# As the embedded Hub has it: its broker lets a new reader wait for half of it. Kafka allows no less than 6 s.
EMBEDDED_SESSION_MS: Final = 1_500
KAFKA_SESSION_MS: Final = 6_000
# As the embedded Hub has it: its store has one core.
STORE_CONCURRENCY: Final = 2


@contextmanager
def running_substrate(folder: Path) -> Iterator[Substrate]:
    """Start a store and a broker with nothing in them."""
    with start_substrate(folder) as substrate:
        yield substrate


def bare_settings(substrate: Substrate, folder: Path, **more: object) -> Settings:
    """Make the settings of a Hub that no other benchmark has, with keys of its own."""
    hub = f"b{secrets.token_hex(5)}"
    keys = folder / hub
    keys.mkdir()
    ensure_issuer(keys)
    secret = keys / "secret"
    secret.write_text(secrets.token_hex(32), encoding="ascii")
    secret.chmod(0o600)
    embedded = not substrate.kafka_idempotence
    values: dict[str, object] = {
        "hub_id": hub,
        "mongodb_url": SecretStr(substrate.mongodb_url),
        "store_concurrency": STORE_CONCURRENCY,
        "kafka_bootstrap": substrate.kafka_bootstrap,
        "kafka_idempotence": substrate.kafka_idempotence,
        "kafka_replication": 1,
        "kafka_session_timeout_ms": EMBEDDED_SESSION_MS if embedded else KAFKA_SESSION_MS,
        "topic_prefix": f"{hub}.",
        "issuer": ISSUER,
        "jwks_url": (keys / PUBLIC_KEYS).as_uri(),
        "secret_file": secret,
        "log_format": "text",
        "log_level": "WARNING",
    }
    return Settings.model_validate(values | more)
