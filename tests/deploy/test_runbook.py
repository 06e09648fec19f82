"""The runbook has a section for each alert, with what is safe and what to do, in commands that there are."""

from __future__ import annotations

import re
from typing import Final

import typer.main

from deploy.alerts import alert_groups
from services.command_line.app import app
from tests.architecture.source_tree import PROJECT

OPERATIONS: Final = PROJECT / "docs" / "operations"
RUNBOOK: Final = (OPERATIONS / "runbook.md").read_text(encoding="utf-8")
SECTION: Final = re.compile(r"^## (\w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
COMMAND: Final = re.compile(r"careers-hub ((?:[a-z-]+ ?)+)((?:[^`\n;,|]*))")
OPTION: Final = re.compile(r"(?<!\S)(--[a-z-]+)")
PARTS: Final = ("**Means:**", "**Safe:**", "**Do:**")


def test_each_alert_has_its_section_and_no_section_is_of_another() -> None:
    alerts = [rule["alert"] for group in alert_groups() for rule in group["rules"]]
    assert [name for name, _ in SECTION.findall(RUNBOOK)] == alerts


def test_each_section_says_what_it_means_what_is_safe_and_what_to_do() -> None:
    for name, text in SECTION.findall(RUNBOOK):
        assert [part for part in PARTS if part in text] == list(PARTS), name
        assert text.count("`") >= 2, f"{name} names no command"


def test_the_pages_name_commands_and_options_that_there_are() -> None:
    known = commands()
    asked = [
        (page.name, words, options)
        for page in sorted(OPERATIONS.glob("*.md"))
        for words, options in asked_in(page.read_text(encoding="utf-8"))
    ]
    assert len(asked) > 20
    wrong = [
        f"{page}: careers-hub {words} {' '.join(sorted(options))}"
        for page, words, options in asked
        if words not in known or not options <= known[words]
    ]
    assert not wrong, "\n".join(wrong)


def asked_in(text: str) -> list[tuple[str, set[str]]]:
    """Find every `careers-hub ...` that stands in code, with its options."""
    known = commands()
    found = []
    for code in re.findall(r"`([^`\n]+)`", text) + re.findall(r"^    (.+)$", text, re.MULTILINE):
        for words, rest in COMMAND.findall(code):
            parts = words.split()
            if parts[0] == "serve":
                continue
            name = " ".join(parts[:2]) if " ".join(parts[:2]) in known else parts[0]
            found.append((name, set(OPTION.findall(f" {rest}"))))
    return found


def commands() -> dict[str, set[str]]:
    """Every command of the command line, with its options."""
    found = {}
    root = typer.main.get_command(app)
    waiting = [("", root)]
    while waiting:
        name, command = waiting.pop()
        below = getattr(command, "commands", None)
        if below is None:
            found[name] = {option for parameter in command.params for option in parameter.opts}
        else:
            waiting += [(f"{name} {part}".strip(), one) for part, one in below.items()]
    return found
