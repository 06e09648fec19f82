"""MongoDB's roles: each service its own databases, named as the code names them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest

from deploy.mongodb_access import mongodb_access
from deploy.rendering import K8S
from services.registry import SERVICES
from services.runtime.mongo import Store
from services.runtime.tenancy import Tenancy

SCHOOLS = ("136500", "147467")
ACCESS = mongodb_access("dorset", SCHOOLS)
# Names databases and never connects.
TENANCY = Tenancy(cast("Store", None), "dorset")
SCRIPT = K8S / "mongodb-users" / "users.js"


def allowed(user: str) -> set[str]:
    """Name the databases that a user may read and write."""
    [role] = [role for role in ACCESS["roles"] if role["role"] == f"dorset-{user}"]
    assert {granted["role"] for granted in role["roles"]} == {"readWrite"}
    return {granted["db"] for granted in role["roles"]}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_use_its_own_databases_and_the_hubs(service: str) -> None:
    own = {TENANCY.service(service).name, TENANCY.memberships().name}
    assert allowed(service) == own | {TENANCY.school(service, urn).name for urn in SCHOOLS}


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_may_use_anything_of_another(service: str) -> None:
    others = {
        name
        for other in SERVICES
        if other != service
        for name in (TENANCY.service(other).name, *(TENANCY.school(other, urn).name for urn in SCHOOLS))
    }
    assert not allowed(service) & others


def test_the_administrators_api_and_the_recount_see_all_services_and_no_other_hub() -> None:
    assert allowed("hub") == set.union(*(allowed(service) for service in SERVICES))


def test_every_user_has_one_role_and_a_password_that_is_a_secret() -> None:
    users = {user["user"]: user for user in ACCESS["users"]}
    assert set(users) == {f"dorset-{name}" for name in (*SERVICES, "hub", "backup")}
    for name, user in users.items():
        [role] = user["roles"]
        assert role["role"] == ("backup" if name == "dorset-backup" else name)
        assert user["password"] == name.removeprefix("dorset-")


@pytest.mark.skipif(
    shutil.which("node") is None, reason="the script is JavaScript, and there is no node here"
)
@pytest.mark.parametrize("known", [False, True], ids=["nothing is there", "all is there"])
def test_the_script_makes_what_is_missing_and_updates_what_is_there(tmp_path: Path, *, known: bool) -> None:
    (tmp_path / "access.json").write_text(json.dumps(ACCESS), encoding="utf-8")
    for user in ACCESS["users"]:
        (tmp_path / user["password"]).write_text(f"{user['user']}'s\n", encoding="utf-8")
    (tmp_path / "admin-url").write_text("mongodb://admin@db/\n", encoding="utf-8")
    script = SCRIPT.read_text(encoding="utf-8")
    script = script.replace("/run/secrets/mongodb-users/", f"{tmp_path}/").replace("/access/", f"{tmp_path}/")
    there = json.dumps([{}] if known else [])
    shell = f"""
        const said = []
        globalThis.print = () => {{}}
        globalThis.connect = (url) => ({{getSiblingDB: (db) => ({{runCommand: (command) => {{
          said.push([url, db, command])
          return {{ok: 1, roles: {there}, users: {there}}}
        }}}})}})
        {script}
        console.log(JSON.stringify(said))
    """
    done = subprocess.run(["node", "-e", shell], capture_output=True, text=True, check=True, timeout=30)  # noqa: S607 - found above
    said: list[tuple[str, str, dict[str, Any]]] = json.loads(done.stdout)

    assert {(url, db) for url, db, _ in said} == {("mongodb://admin@db/", "admin")}
    verb = "update" if known else "create"
    roles = [command for _, _, command in said if f"{verb}Role" in command]
    users = [command for _, _, command in said if f"{verb}User" in command]
    assert [{"role": c[f"{verb}Role"], "roles": c["roles"]} for c in roles] == ACCESS["roles"]
    assert [(c[f"{verb}User"], c["pwd"]) for c in users] == [
        (user["user"], f"{user['user']}'s") for user in ACCESS["users"]
    ]
    assert len(said) == 2 * (len(roles) + len(users))
