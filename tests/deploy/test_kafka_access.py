"""Kafka's topics, users and ACLs are those of the topic cards: no more, no less, and as committed."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from contracts.topics import ALL_TOPICS, CONTROL, LEDGER_TOPICS
from deploy.generate import OVERLAYS, Hub, generated, hubs
from deploy.kafka_access import TOPICS_JOB, kafka_topics, kafka_users, services
from services.registry import SERVICES
from services.runtime.broker import _new_topic
from services.runtime.settings import Settings

HUBS = sorted(hubs().items())


def written(folder: Path, name: str) -> list[dict]:  # type: ignore[type-arg]
    text = (folder / "kafka" / name).read_text(encoding="utf-8")
    return [tree for tree in yaml.safe_load_all(text) if tree]


def who_may(folder: Path, hub: Hub, operation: str) -> dict[str, set[str]]:
    """Read, by topic card, who may do something with its topic in the committed users."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for user in written(folder, "users.yaml"):
        name = user["metadata"]["name"].removeprefix(f"{hub.hub}-")
        for acl in user["spec"]["authorization"]["acls"]:
            if acl["resource"]["type"] == "topic" and operation in acl["operations"]:
                assert acl["resource"]["patternType"] == "literal"
                found[acl["resource"]["name"].removeprefix(hub.topic_prefix)].add(name)
    return dict(found)


def test_what_is_committed_is_what_the_contracts_say() -> None:
    stale = [str(path) for path, text in generated() if path.read_text(encoding="utf-8") != text]
    assert not stale, "run python -m deploy.generate"


@pytest.mark.parametrize(("folder", "hub"), HUBS, ids=lambda value: getattr(value, "hub", ""))
def test_only_the_owner_writes_a_topic_and_only_its_readers_read_it(folder: Path, hub: Hub) -> None:
    everybody = set(SERVICES)
    writers = {card.name: {card.owner} for card in LEDGER_TOPICS} | {CONTROL.name: everybody}
    readers = {card.name: set(card.readers) for card in LEDGER_TOPICS} | {CONTROL.name: everybody}

    assert who_may(folder, hub, "Write") == writers
    assert who_may(folder, hub, "Read") == readers
    assert who_may(folder, hub, "Describe") == {card.name: everybody | {TOPICS_JOB} for card in ALL_TOPICS}


@pytest.mark.parametrize(("folder", "hub"), HUBS, ids=lambda value: getattr(value, "hub", ""))
def test_nobody_may_do_anything_else(folder: Path, hub: Hub) -> None:
    rules = [
        (user["metadata"]["name"], acl)
        for user in written(folder, "users.yaml")
        for acl in user["spec"]["authorization"]["acls"]
    ]
    assert {operation for _, acl in rules for operation in acl["operations"]} == {"Describe", "Read", "Write"}
    assert {acl["resource"]["type"] for _, acl in rules} == {"topic", "group"}
    groups = {name: acl["resource"] for name, acl in rules if acl["resource"]["type"] == "group"}
    assert groups == {
        f"{hub.hub}-{service}": {"type": "group", "name": f"{hub.hub}.{service}.", "patternType": "prefix"}
        for service in SERVICES
    }


def test_the_readers_of_every_service_fall_under_its_own_groups() -> None:
    """As `delivery.py` names a group: the Hub, the service, and what reads."""
    for service in SERVICES.values():
        topics = {card for p in service.projections for card in p.topics}
        topics |= {card for reaction in service.reactions for card in reaction.topics}
        assert all(service.name in card.readers for card in topics)


def test_the_cards_name_every_service_there_is() -> None:
    assert set(services()) == set(SERVICES)


@pytest.mark.parametrize(("folder", "hub"), HUBS, ids=lambda value: getattr(value, "hub", ""))
def test_the_operator_makes_the_topics_that_we_would_make(folder: Path, hub: Hub) -> None:
    settings = Settings(
        hub_id=hub.hub, mongodb_url=SecretStr("mongodb://not-used.invalid/"), topic_prefix=hub.topic_prefix
    )
    ours = {topic.name: topic for topic in (_new_topic(settings, card) for card in ALL_TOPICS)}
    theirs = {topic["metadata"]["name"]: topic["spec"] for topic in written(folder, "topics.yaml")}

    assert theirs.keys() == ours.keys()
    for name, spec in theirs.items():
        assert spec["partitions"] == ours[name].num_partitions
        assert spec["replicas"] == ours[name].replication_factor
        assert {key: str(value) for key, value in spec["config"].items()} == ours[name].topic_configs


@pytest.mark.parametrize(("folder", "hub"), HUBS, ids=lambda value: getattr(value, "hub", ""))
def test_an_overlays_settings_are_those_of_its_hub(folder: Path, hub: Hub) -> None:
    tree = yaml.safe_load((folder / "settings" / "kustomization.yaml").read_text(encoding="utf-8"))
    literals = dict(
        literal.split("=", 1) for one in tree["configMapGenerator"] for literal in one["literals"]
    )

    assert literals["CAREERS_HUB_HUB_ID"] == hub.hub
    assert literals["CAREERS_HUB_TOPIC_PREFIX"] == hub.topic_prefix


def test_two_hubs_of_a_cluster_share_no_topic_no_user_and_no_group() -> None:
    def names(hub: str) -> set[str]:
        rules = [acl for user in kafka_users(hub, f"{hub}.") for acl in user["spec"]["authorization"]["acls"]]
        return {rule["resource"]["name"] for rule in rules} | {
            manifest["metadata"]["name"]
            for manifest in (*kafka_topics(hub, f"{hub}."), *kafka_users(hub, f"{hub}."))
        }

    one, other = names("york"), names("yorkshire")
    assert not one & other
    # A group is named by its beginning, and none begins as another does.
    assert not [a for a in one for b in other if b.startswith(a) and a.endswith(".")]


def test_every_hub_has_a_name_of_its_own() -> None:
    assert HUBS
    assert len({hub.hub for _, hub in HUBS}) == len({hub.topic_prefix for _, hub in HUBS}) == len(HUBS)
    assert json.loads((OVERLAYS / "prod" / "hub.json").read_text(encoding="utf-8"))["schools"]
