"""The compose file: valid by the specification's schema, and true to the settings, the routes and the tokens.

`compose-spec.json` beside this file is the Compose Specification's own schema, as compose-go 2.16.2 ships it
(Apache-2.0). What needs an engine is not tried here: building, starting, and what the other images make of
their configuration.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import yaml

from contracts.vocabulary import AcademicYear
from services.areas import load_area
from services.demo.plan import plan_demo
from services.demo.realm import CLIENT
from services.demo.run import DEFAULT_SEED
from services.registry import SERVICES
from services.runtime.context import utc_now
from services.runtime.errors import UnauthenticatedError
from services.runtime.issuer import issue_token
from services.runtime.permissions import SCHOOL_ROLES, Role
from services.runtime.settings import ENVIRONMENT_PREFIX, Settings
from services.runtime.tokens import TokenVerifier
from tests.architecture.source_tree import PROJECT
from tests.kafka.jars import version as kafka_of_the_tests

Tree = dict[str, Any]

COMPOSE: Final[Tree] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
RUNNING: Final[dict[str, Tree]] = COMPOSE["services"]
FOLDER: Final = PROJECT / "deploy" / "compose"
REALM: Final[Tree] = json.loads((FOLDER / "keycloak-realm.json").read_text(encoding="utf-8"))
OURS: Final = "careers-hub:"
# Another provider is named in .env; what stands after `:-` is for the one in the file.
DEFAULTED: Final = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")
# They end, or have nothing to ask with.
UNCHECKED: Final = {"mongodb-init", "topics", "recount", "demo", "demo-members", "collector", "tempo", "loki"}


def default(value: str) -> str:
    return DEFAULTED.sub(r"\1", value)


def test_the_file_is_valid_by_the_specifications_schema() -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text(encoding="utf-8"))
    problems = list(jsonschema.Draft202012Validator(schema).iter_errors(COMPOSE))
    assert not problems
    broken = {**COMPOSE, "services": {"x": {"image": "x:1.0.0", "depend_on": []}}}
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(broken)), "a misspelt key is not caught"


def test_every_variable_of_ours_is_a_setting_that_can_be_read() -> None:
    known = {ENVIRONMENT_PREFIX + field.upper() for field in Settings.model_fields}
    ours = {name: tree for name, tree in RUNNING.items() if tree["image"].startswith(OURS)}
    # It acts over the API as anybody would, and needs no setting of the Hub.
    assert "environment" not in ours.pop("demo")
    assert len(ours) == 11
    for tree in ours.values():
        given = {name: default(str(value)) for name, value in tree["environment"].items()}
        assert set(given) <= known
        values = {name.removeprefix(ENVIRONMENT_PREFIX).lower(): value for name, value in given.items()}
        assert Settings.model_validate(values).hub_id == "dorset"


def test_nothing_is_asked_of_the_environment_that_has_no_default_and_nothing_secret_is() -> None:
    text = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)[^}]*\}", text))
    own = ("HUB_ID", "ISSUER", "JWKS_URL", "PUBLIC_URL", "SIGN_IN_DISCOVERY_URL")
    assert asked == {f"CAREERS_HUB_{name}" for name in own}
    assert not re.findall(r"(?<!\$)\$\{[A-Z_]+(?![A-Z_]|:-)", text)
    for tree in RUNNING.values():
        for name, value in (tree.get("environment") or {}).items():
            assert "PASSWORD" not in name or str(value).startswith("/run/secrets/")


def test_every_secret_is_a_file_that_the_script_makes() -> None:
    made = (FOLDER / "secrets.sh").read_text(encoding="utf-8")
    [names] = re.findall(r"^for name in (.+); do$", made, re.MULTILINE)
    assert set(names.split()) == set(COMPOSE["secrets"])
    assert {tree["file"] for tree in COMPOSE["secrets"].values()} == {f".secrets/{n}" for n in names.split()}
    used = {secret for tree in RUNNING.values() for secret in tree.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the script makes secrets with openssl")
def test_the_script_makes_missing_secrets_and_keeps_those_that_there_are(tmp_path: Path) -> None:
    script = tmp_path / "deploy" / "compose" / "secrets.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(FOLDER / "secrets.sh", script)
    made = [
        subprocess.run(["/bin/sh", str(script)], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    secrets = {path.name: path for path in (tmp_path / ".secrets").iterdir()}
    assert len(made[0].splitlines()) == len(secrets) == 4
    assert made[1] == ""
    assert all(re.fullmatch(r"[0-9a-f]{64}\n", path.read_text("ascii")) for path in secrets.values())
    assert (tmp_path / ".secrets").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in secrets.values()} == {0o444}


def test_every_container_is_bounded_restarted_and_where_possible_checked() -> None:
    for name, tree in RUNNING.items():
        assert tree["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert tree["restart"] in {"unless-stopped", "no"}, name
        ours = tree["image"].startswith(OURS)
        disabled = tree.get("healthcheck", {}).get("disable", False)
        assert ("healthcheck" in tree and not disabled) or (ours and not disabled) or name in UNCHECKED, name


def test_what_waits_for_health_waits_for_something_that_tells_it() -> None:
    for name, tree in RUNNING.items():
        for awaited, how in tree.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert awaited not in UNCHECKED, name
            else:
                assert RUNNING[awaited]["restart"] == "no", name


def test_one_address_leads_to_every_service_and_nothing_else_is_published() -> None:
    published = {port for tree in RUNNING.values() for port in tree.get("ports", ())}
    assert published == {"127.0.0.1:8400:8400", "127.0.0.1:24224:24224"}
    text = (FOLDER / "Caddyfile").read_text(encoding="utf-8")
    routes = dict(re.findall(r"handle (/\S+?)/?\* \{\s+reverse_proxy (\S+)", text))
    assert routes == {
        **{f"/{service}": f"{service}-api:8000" for service in SERVICES},
        "/hub": "pupils-api:8000",
        "/identity": "keycloak:8080",
        "/grafana": "grafana:3000",
    }
    assert {upstream.partition(":")[0] for upstream in routes.values()} <= set(RUNNING)


def test_topics_have_three_partitions_or_more_but_for_control() -> None:
    from contracts.topics import CONTROL, LEDGER_TOPICS  # noqa: PLC0415 - for this test alone

    assert min(card.partitions for card in LEDGER_TOPICS) >= 3
    assert CONTROL.partitions == 1


def issuer_of_the_realm() -> str:
    """As Keycloak makes it: its own address, and the realm."""
    return f"{RUNNING['keycloak']['environment']['KC_HOSTNAME']}/realms/{REALM['realm']}"


def test_the_apis_trust_the_realm_that_is_imported() -> None:
    path = RUNNING["keycloak"]["environment"]["KC_HTTP_RELATIVE_PATH"]
    for service in SERVICES:
        given = RUNNING[f"{service}-api"]["environment"]
        assert default(given["CAREERS_HUB_ISSUER"]) == issuer_of_the_realm()
        keys = f"http://keycloak:8080{path}/realms/{REALM['realm']}/protocol/openid-connect/certs"
        assert default(given["CAREERS_HUB_JWKS_URL"]) == keys


def test_people_sign_in_with_a_client_that_the_realm_has_and_come_back_to_the_one_address() -> None:
    given = RUNNING["reporting-api"]["environment"]
    [client] = [one for one in REALM["clients"] if one["clientId"] == given["CAREERS_HUB_SIGN_IN_CLIENT"]]
    assert client["redirectUris"] == [f"{default(given['CAREERS_HUB_PUBLIC_URL'])}/sign-in/return"]
    assert client["standardFlowEnabled"]
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    discovery = default(given["CAREERS_HUB_SIGN_IN_DISCOVERY_URL"])
    keys = default(given["CAREERS_HUB_JWKS_URL"])
    assert discovery.partition("/realms/")[0] == keys.partition("/realms/")[0]
    # So that the description that a container reads names addresses that it reaches.
    assert RUNNING["keycloak"]["environment"]["KC_HOSTNAME_BACKCHANNEL_DYNAMIC"] == "true"


@pytest.mark.parametrize("client", REALM["clients"], ids=lambda client: client["clientId"])
async def test_a_token_with_the_realms_claims_passes_and_one_without_its_audience_does_not(
    settings: Settings, keys: Path, client: dict[str, Any]
) -> None:
    """Claims are put together here as the realm's mappers say; Keycloak itself is not asked."""
    mappers = {mapper["protocolMapper"]: mapper["config"] for mapper in client["protocolMappers"]}
    audience = mappers["oidc-audience-mapper"]["included.custom.audience"]
    assert mappers["oidc-audience-mapper"]["access.token.claim"] == "true"
    assert mappers["oidc-sub-mapper"]["access.token.claim"] == "true"
    assert REALM["defaultSignatureAlgorithm"] == "RS256"
    given = RUNNING["pupils-api"]["environment"]
    trusting = settings.model_copy(
        update={"issuer": default(given["CAREERS_HUB_ISSUER"]), "audience": given["CAREERS_HUB_AUDIENCE"]}
    )
    subject = REALM["users"][0]["id"]

    def token(audience: str) -> str:
        issuer = issuer_of_the_realm()
        return issue_token(keys, issuer=issuer, audience=audience, subject=subject, now=utc_now())

    verifier = TokenVerifier(trusting, utc_now)
    assert await verifier.subject(token(audience)) == subject
    with pytest.raises(UnauthenticatedError, match="another audience"):
        await verifier.subject(token("account"))


def test_the_realm_has_every_role_a_demo_user_for_each_and_no_password_in_it() -> None:
    roles = {role["name"] for role in REALM["roles"]["realm"]}
    assert roles == set(Role)
    assert {role for user in REALM["users"] for role in user["realmRoles"]} == roles
    passwords = {credential["value"] for user in REALM["users"] for credential in user["credentials"]}
    assert passwords == {"${DEMO_PASSWORD}"}
    assert "DEMO_PASSWORD" in RUNNING["keycloak"]["command"][0]


def test_the_demo_users_are_granted_the_roles_that_the_realm_says_they_have() -> None:
    [script] = RUNNING["demo-members"]["command"]
    granted = re.findall(r"^grant (\d) (\w+)(?: (\d{6}))?$", script, re.MULTILINE)
    users = {user["id"]: user["realmRoles"] for user in REALM["users"]}
    assert {f"00000000-0000-4000-8000-00000000000{n}": [role] for n, role, _ in granted} == users
    first = plan_demo(load_area("dorset"), AcademicYear("2025/26"), DEFAULT_SEED, 1).schools[0].school.urn
    for _, role, school in granted:
        assert school == (first if Role(role) in SCHOOL_ROLES else "")


def test_the_demonstration_is_loaded_as_the_realms_users_when_everything_that_it_needs_is_there() -> None:
    demo = RUNNING["demo"]
    given = dict(option.removeprefix("--").split("=", 1) for option in demo["command"][1:])
    assert demo["command"][0] == "demo"
    assert "demo-members" in demo["depends_on"], "its administrator"
    assert {f"{service}-worker" for service in SERVICES} | {"proxy", "keycloak"} <= set(demo["depends_on"])
    assert demo["secrets"] == ["demo-users"], "it has no right to the database, and not the Hub's secret"
    assert given["password-file"] == "/run/secrets/demo-users"
    proxy = next(iter(RUNNING["proxy"]["ports"])).rpartition(":")[2]
    assert given["address"] == f"http://proxy:{proxy}"
    # As a container reaches it; its description names a token endpoint that is reached the same way.
    discovery = default(RUNNING["reporting-api"]["environment"]["CAREERS_HUB_SIGN_IN_DISCOVERY_URL"])
    assert given["issuer"] == discovery.removesuffix("/.well-known/openid-configuration")
    assert demo["profiles"] == RUNNING["demo-members"]["profiles"] == ["demo"]
    assert demo["init"] is True
    [client] = [one for one in REALM["clients"] if one["clientId"] == CLIENT]
    assert client["publicClient"]
    assert client["directAccessGrantsEnabled"]


def test_whatever_ends_is_waited_for_by_something_that_runs() -> None:
    """Or else `up --wait` takes its end for a failure (docker/compose issue 10596)."""
    started = {name: tree for name, tree in RUNNING.items() if "profiles" not in tree}
    ending = {name for name, tree in started.items() if tree["restart"] == "no"}
    adopted = {
        awaited
        for tree in started.values()
        for awaited, how in tree.get("depends_on", {}).items()
        if tree["restart"] != "no" and how["condition"] == "service_completed_successfully"
    }
    assert ending == {"mongodb-init", "topics"}
    assert ending <= adopted


def test_compose_and_production_run_one_kafka_and_the_tests_none_that_is_older() -> None:
    def numbers(version: str) -> tuple[int, ...]:
        return tuple(map(int, version.split(".")))

    compose = RUNNING["kafka"]["image"].rpartition(":")[2]
    [cluster] = [
        tree
        for tree in yaml.safe_load_all(
            (PROJECT / "deploy" / "k8s" / "kafka" / "cluster.yaml").read_text("utf-8")
        )
        if tree["kind"] == "Kafka"
    ]
    assert compose == cluster["spec"]["kafka"]["version"]
    assert numbers(compose) <= numbers(kafka_of_the_tests())
    assert numbers(compose)[0] == numbers(kafka_of_the_tests())[0]


def test_one_mongodb_is_run_by_compose_and_by_every_job() -> None:
    images = {tree["image"] for tree in RUNNING.values() if tree["image"].startswith("mongo:")}
    for path in (PROJECT / "deploy" / "k8s").rglob("*.yaml"):
        images |= set(re.findall(r"image: (mongo:\S+)", path.read_text(encoding="utf-8")))
    assert len(images) == 1
