"""The Dockerfile by rules that can be read off it, and by hadolint where that is. Built: nowhere yet."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Final

import pytest

from tests.architecture.source_tree import PROJECT

TEXT: Final = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
HADOLINT: Final = shutil.which("hadolint")


def instructions() -> list[tuple[str, str]]:
    """Read the instructions, each on one line, without comments."""
    lines = [line for line in TEXT.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_every_stage_begins_at_the_pinned_base_or_at_another_stage() -> None:
    stages = [re.fullmatch(r"(\S+) AS (\w+)", rest) for word, rest in instructions() if word == "FROM"]
    assert all(stages)
    names = [(found.group(1), found.group(2)) for found in stages if found]
    base, build = "${PYTHON_IMAGE}", "build"
    assert names == [(base, "build"), (build, "pages"), (build, "bill"), (base, "run")]
    [image] = [rest for word, rest in instructions() if word == "ARG"]
    assert re.fullmatch(r"PYTHON_IMAGE=python:\d+\.\d+\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", image)


def test_the_last_stage_installs_nothing_and_ends_as_a_user_without_rights() -> None:
    last = instructions()[max(i for i, (word, _) in enumerate(instructions()) if word == "FROM") :]
    runs = [rest for word, rest in last if word == "RUN"]
    assert len(runs) == 1
    assert not re.search(r"\b(pip|apt-get|curl|wget|uv)\b", runs[0])
    assert [rest for word, rest in last if word == "USER"] == ["10001:10001"]
    after = [word for word, _ in last[[word for word, _ in last].index("USER") :]]
    assert not {"RUN", "COPY", "ADD"} & set(after)


def test_nothing_is_fetched_unpinned_and_nothing_secret_is_an_argument() -> None:
    words = {word for word, _ in instructions()}
    assert "ADD" not in words
    runs = " ".join(rest for word, rest in instructions() if word == "RUN")
    installed = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert len(installed) == 2
    for command in installed:
        assert re.match(r"(uv )?pip install (--\S+ (ignore |/\S+ )?)*\S+==\d+\.\d+\.\d+( |$)", command)
    assert not re.findall(r"\|\s*(?:ba)?sh\b", runs)
    assert not re.findall(r"(?i)(?:ARG|ENV)\s+\S*(?:secret|password|token|key)", TEXT)


def test_what_runs_is_started_without_a_shell() -> None:
    for word, rest in instructions():
        if word in {"ENTRYPOINT", "CMD"}:
            assert isinstance(json.loads(rest), list)


@pytest.mark.skipif(HADOLINT is None, reason="no hadolint on this machine")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(  # noqa: S603, RUF100 - the command is constant
        [str(HADOLINT), str(PROJECT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
