"""Settings: each variable that is missing or wrong is named, all at once, and no secret is shown."""

from __future__ import annotations

import pytest

from services.runtime.settings import ENVIRONMENT_PREFIX, Settings, SettingsError, load_settings

GOOD = {"HUB_ID": "dorset", "MONGODB_URL": "mongodb://hub:hunter2@127.0.0.1/?replicaSet=rs0"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what is needed and nothing else."""
    for name in Settings.model_fields:
        monkeypatch.delenv(ENVIRONMENT_PREFIX + name.upper(), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(ENVIRONMENT_PREFIX + name, value)


def test_a_name_and_a_store_are_all_that_is_needed() -> None:
    settings = load_settings()
    assert settings.hub_id == "dorset"
    assert settings.kafka_idempotence
    assert settings.kafka_replication == 3


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(ENVIRONMENT_PREFIX + name)
    with pytest.raises(SettingsError, match=f"{ENVIRONMENT_PREFIX}{name}: Field required"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_ID", "Dorset"),
        ("HUB_ID", "d"),
        ("HUB_ID", "dorset_county"),
        ("HUB_ID", "a" * 31),
        ("HUB_ID", "dorset/.."),
        ("STORE_CONCURRENCY", "0"),
        ("STORE_CONCURRENCY", "many"),
        ("KAFKA_IDEMPOTENCE", "perhaps"),
        ("KAFKA_REPLICATION", "0"),
        ("KAFKA_SESSION_TIMEOUT_MS", "10"),
        ("KAFKA_FETCH_WAIT_MS", "0"),
        ("TOPIC_PREFIX", "Über"),
        ("HEALTH_PORT", "http"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "CHATTY"),
        ("BODY_LIMIT_BYTES", "1"),
        ("RATE_LIMIT_PER_SECOND", "0"),
        ("RATE_LIMIT_PER_SECOND", "-1"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(ENVIRONMENT_PREFIX + name, value)
    with pytest.raises(SettingsError, match=f"{ENVIRONMENT_PREFIX}{name}: "):
        load_settings()


def test_everything_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAREERS_HUB_HUB_ID")
    monkeypatch.setenv("CAREERS_HUB_LOG_FORMAT", "xml")
    monkeypatch.setenv("CAREERS_HUB_STORE_CONCURRENCY", "0")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    named = [line.strip().partition(":")[0] for line in str(caught.value).splitlines()[1:]]
    assert sorted(named) == [
        "CAREERS_HUB_HUB_ID",
        "CAREERS_HUB_LOG_FORMAT",
        "CAREERS_HUB_STORE_CONCURRENCY",
    ]


def test_a_part_of_tls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREERS_HUB_KAFKA_CERTIFICATE_FILE", "/run/secrets/kafka/user.crt")
    with pytest.raises(SettingsError, match="CAREERS_HUB_KAFKA_KEY_FILE: set all three, or none"):
        load_settings()


def test_what_was_set_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREERS_HUB_HUB_ID", "A secret, by mistake")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_password_in_the_url_of_the_store_is_not_shown() -> None:
    settings = load_settings()
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)
    assert "hunter2" in settings.mongodb_url.get_secret_value()
