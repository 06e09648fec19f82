"""Every setting of a process, from environment variables `CAREERS_HUB_*`; a wrong one stops the start.

The same code runs embedded, under compose and in a cluster: only these values differ.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ENVIRONMENT_PREFIX = "CAREERS_HUB_"


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names each environment variable and what it needs."""


class Settings(BaseSettings):
    """What a process needs to know of its surroundings."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, frozen=True, extra="ignore")

    hub_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,29}$")]
    """The Hub's slug; begins every database name and is carried by every event."""

    mongodb_url: SecretStr
    store_concurrency: Annotated[int, Field(ge=1, le=1000)] = 64
    """Transactions under way at once. The embedded store has one core: more than 2 only wait."""

    kafka_bootstrap: str = ""
    kafka_idempotence: bool = True
    """Off for the embedded broker only, which cannot; the ledger's sequence gives order and once-only."""
    kafka_replication: Annotated[int, Field(ge=1, le=7)] = 3
    kafka_session_timeout_ms: Annotated[int, Field(ge=1_000, le=60_000)] = 10_000
    """How long a silent reader keeps its partitions. The embedded broker waits half of it at a join."""
    kafka_fetch_wait_ms: Annotated[int, Field(ge=1, le=5_000)] = 500
    """How long a broker may hold a fetch back for data. Kafka answers as soon as there is some; the embedded
    broker only afterwards, so there it is most of a report's delay."""
    kafka_ca_file: Path | None = None
    """Certificates that the brokers' own must be signed by (PEM). With it and the two below, TLS."""
    kafka_certificate_file: Path | None = None
    """This process's certificate (PEM): who it is to Kafka, whose ACLs go by it."""
    kafka_key_file: Path | None = None
    """The certificate's private key (PEM)."""
    topic_prefix: Annotated[str, Field(pattern=r"^[a-z0-9.-]{0,40}$")] = ""

    issuer: str = ""
    audience: str = "careers-hub"
    jwks_url: str = ""
    """Where the issuer's public keys are: https://, http://, or file:// for the embedded Hub."""
    public_url: str = ""
    """The address that people's browsers know, such as https://hub.example: for signing in, and it says
    whether cookies are for encrypted connections only."""
    sign_in_client: str = ""
    """The client id that people sign in with at the issuer (OpenID Connect, code flow with PKCE)."""
    sign_in_discovery_url: str = ""
    """Where the issuer describes itself, if not below its own address: seen from inside a container, say."""
    sign_in_secret_file: Path | None = None
    """Holds that client's secret, if the issuer gave it one."""
    sign_in_keys: Path | None = None
    """The embedded Hub only: the folder of the built-in issuer, which lets its owner sign in as anybody."""
    secret_file: Path | None = None
    """Holds 32 random bytes as hex: seals UPNs and keys the access logs' hash chains."""

    erasure_journal: Path | None = None
    """Who was erased, as keyed digests: a folder outside the store, so that no restore brings them back."""

    health_port: int = 0
    log_format: Literal["json", "text"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    otlp_endpoint: str = ""
    """Base address of an OpenTelemetry collector (OTLP over HTTP); empty: traces and metrics stay off."""
    trace_file: Path | None = None
    """Write finished spans to this file as JSON lines, for a look without a collector."""

    body_limit_bytes: Annotated[int, Field(ge=1024)] = 4 * 1024 * 1024
    """Larger requests are refused with 413. A roll of 36,000 rows takes about 2 MiB."""
    rate_limit_per_second: Annotated[float, Field(gt=0)] = 200.0
    """Requests a second that one school may make, with a burst of twice as many."""

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        """Refuse a part of TLS: it would talk without being known, or to anybody."""
        files = (self.kafka_ca_file, self.kafka_certificate_file, self.kafka_key_file)
        if any(files) and not all(files):
            message = (
                f"{ENVIRONMENT_PREFIX}KAFKA_CA_FILE, {ENVIRONMENT_PREFIX}KAFKA_CERTIFICATE_FILE and "
                f"{ENVIRONMENT_PREFIX}KAFKA_KEY_FILE: set all three, or none"
            )
            raise ValueError(message)
        return self


def load_settings() -> Settings:
    """Read the settings of this process; raises SettingsError that lists every one that is wrong."""
    try:
        return Settings()
    except ValidationError as invalid:
        lines = [
            f"  {_variables(error['loc'])}{error['msg']}"
            for error in invalid.errors(include_input=False, include_url=False)
        ]
        message = "These settings are missing or wrong:\n" + "\n".join(lines)
        raise SettingsError(message) from None


def _variables(place: tuple[int | str, ...]) -> str:
    """Name the variable that is wrong; what is wrong with several together says so itself."""
    return f"{ENVIRONMENT_PREFIX}{'_'.join(map(str, place)).upper()}: " if place else ""
