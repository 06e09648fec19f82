"""What an author of frameworks and an evaluator need without a Hub: show, validate, score."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.command_line.options import JsonOption
from services.command_line.output import CommandError, Exit, err, failing_clearly, out, print_json

if TYPE_CHECKING:
    from services.audit.model.answers import Scored
    from services.audit.model.framework import GatsbyFramework, Profile

app = typer.Typer()
framework = typer.Typer(help="The frameworks that schools evaluate against, as data.", no_args_is_help=True)

NameArgument = Annotated[
    str | None, typer.Argument(help="A framework, or one version: gatsby-2025, gatsby-2025.1.")
]
SettingOption = Annotated[
    str | None, typer.Option("--setting", help="Only what this setting is asked: school, college, special.")
]
AnswersFile = Annotated[Path, typer.Argument(help="A JSON file with setting, has_post16 and answers.")]
FrameworkOption = Annotated[
    str | None, typer.Option("--framework", help="A framework or version. Default: the one in use today.")
]
INDENT: Final = 4
ANSWER_KEYS: Final = frozenset({"setting", "has_post16", "answers"})


@framework.command("show")
def show_framework(
    name: NameArgument = None, setting: SettingOption = None, *, as_json: JsonOption = False
) -> None:
    """List the frameworks, or show what one asks."""
    with failing_clearly():
        from services.audit.frameworks import framework_versions

        if name is None:
            _show_list(list(framework_versions().values()), as_json=as_json)
            return
        found = _named(name)
        if setting is not None and setting not in found.settings:
            settings = ", ".join(found.settings)
            raise CommandError(f"{found.version} has no setting '{setting}'", f"It has {settings}.")
        body = _framework_json(found, setting)
        if as_json:
            print_json(body)
            return
        out.print(f"{found.version}: {found.title}", highlight=False)
        for part in body["parts"]:
            points = None if part["points"] is None else f"points: {part['points']}"
            everywhere = set(part["settings"]) == set(found.settings)
            where = None if everywhere else "only: " + ", ".join(part["settings"])
            facts = [part["kind"], points, where, f"confidence: {part['confidence']}"]
            line = f"{part['id']}  ({'; '.join(fact for fact in facts if fact)})"
            out.print(line, highlight=False, markup=False, soft_wrap=True)
            out.print(Padding(Text(part["text"]), (0, 0, 0, INDENT)))


@framework.command("validate")
def validate_framework(
    files: Annotated[list[Path], typer.Argument(help="Framework files to check.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Check framework files: names everything that is wrong, with place and reason. Exit code 1 if so."""
    with failing_clearly():
        from services.audit.frameworks import FrameworkFileError, read_framework

        body: list[dict[str, Any]] = []
        for file in files:
            text = _text_of(file, "Name framework files, such as gatsby-2025.2.json.")
            problems: list[dict[str, str]] = []
            try:
                read_framework(file.name, text)
            except FrameworkFileError as wrong:
                problems = [{"place": found.place, "reason": found.reason} for found in wrong.problems]
            body.append({"file": str(file), "valid": not problems, "problems": problems})
        if as_json:
            print_json(body)
        else:
            for checked in body:
                if checked["valid"]:
                    line = f"{checked['file']}: nothing is wrong"
                    out.print(line, highlight=False, markup=False, soft_wrap=True)
                for found in checked["problems"]:
                    line = f"{checked['file']}: {found['place']}: {found['reason']}"
                    out.print(line, highlight=False, markup=False, soft_wrap=True)
        if not all(checked["valid"] for checked in body):
            raise typer.Exit(Exit.FOUND_A_PROBLEM)


@app.command("score")
def score_answers(
    file: AnswersFile, framework_name: FrameworkOption = None, *, as_json: JsonOption = False
) -> None:
    """Score a file of answers: points, possible points, per cent and achieved, a benchmark.

    A required part without an answer counts as nothing and is named under `missing`. Answers that cannot be
    end with exit code 2, and all of them are named.
    """
    with failing_clearly():
        from services.audit.model.answers import score

        found = _named(framework_name) if framework_name else _in_use_today()
        profile, answers = _read_answers(file, found)
        body = _score_json(found, profile, score(found, profile, answers))
        if as_json:
            print_json(body)
            return
        table = Table("benchmark", "points", "of", "per cent", "achieved")
        for name, row in body["benchmarks"].items():
            percent = "n/a" if row["percent"] is None else str(row["percent"])
            achieved = {None: "n/a", True: "yes", False: "no"}[row["achieved"]]
            table.add_row(
                f"{name} {row['name']}", str(row["points"]), str(row["possible"]), percent, achieved
            )
        out.print(table)
        out.print(f"{body['achieved_count']} of {body['applicable_count']} benchmarks achieved")
        if body["missing"]:
            out.print(f"Not answered, and counted as nothing: {', '.join(body['missing'])}", soft_wrap=True)


def _named(name: str) -> GatsbyFramework:
    """Find a version by its name, or a framework's newest; raises CommandError if there is none."""
    from services.audit.frameworks import framework_versions, frameworks

    found = framework_versions().get(name) or frameworks().get(name)
    if found is None:
        known = ", ".join([*frameworks(), *framework_versions()])
        raise CommandError(f"there is no framework '{name}'", f"There are {known}.")
    return found


def _in_use_today() -> GatsbyFramework:
    from services.audit.frameworks import frameworks

    today = dt.datetime.now(dt.UTC).date()
    found = next((one for one in frameworks().values() if one.covers(today)), None)
    if found is None:
        raise CommandError("no framework is in use today", "Name one with --framework.")
    return found


def _read_answers(file: Path, found: GatsbyFramework) -> tuple[Profile, dict[str, str]]:
    """Read a file of answers; raises CommandError that names everything that is wrong with it."""
    from services.audit.model.answers import problems_of
    from services.audit.model.framework import NO, YES, Profile

    try:
        body = json.loads(_text_of(file, "Name a JSON file of answers."))
    except (ValueError, RecursionError) as wrong:
        raise CommandError(f"{file} is not JSON: {wrong}", "Save it as JSON again.") from wrong
    wrong_at = _problems_of_body(body, found)
    answers: dict[str, Any] = {}
    if not wrong_at:
        # A file made by another program may say true for yes.
        answers = {
            part: {True: YES, False: NO}[answer] if isinstance(answer, bool) else answer
            for part, answer in body["answers"].items()
        }
        profile = Profile(body["setting"], body["has_post16"])
        wrong_at = [f"{p.where}: {p.reason}" for p in problems_of(found, profile, answers)]
    if wrong_at:
        for line in wrong_at:
            err.print(line, highlight=False, markup=False, soft_wrap=True)
        raise CommandError(f"{file} cannot be scored: {len(wrong_at)} problems", "Mend what is named above.")
    return profile, answers


def _problems_of_body(body: object, found: GatsbyFramework) -> list[str]:
    if not isinstance(body, dict):
        return ["the file: is not a JSON object with setting, has_post16 and answers"]
    problems = [f"{name}: is not a field of a file of answers" for name in sorted(body.keys() - ANSWER_KEYS)]
    if body.get("setting") not in list(found.settings):
        problems.append(f"setting: must be one of {', '.join(found.settings)}")
    if not isinstance(body.get("has_post16"), bool):
        problems.append("has_post16: must be true or false")
    if not isinstance(body.get("answers"), dict):
        problems.append("answers: must be an object of part and answer")
    return problems


def _text_of(file: Path, advice: str) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", advice) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text", advice) from error


def _show_list(versions: list[GatsbyFramework], *, as_json: bool) -> None:
    if as_json:
        print_json([_head_json(found) for found in versions])
        return
    table = Table("version", "title", "in use", "settings")
    for found in versions:
        first, last = found.in_use.first_day, found.in_use.last_day
        table.add_row(found.version, found.title, f"{first} to {last or 'now'}", " ".join(found.settings))
    out.print(table)


def _head_json(found: GatsbyFramework) -> dict[str, Any]:
    return found.model_dump(mode="json", include={"framework", "version", "title", "in_use", "settings"})


def _framework_json(found: GatsbyFramework, setting: str | None) -> dict[str, Any]:
    """Render a framework whole, or only what one setting is asked."""
    body = found.model_dump(mode="json")
    if setting is not None:
        for name in ("criteria", "parts"):
            body[name] = [one for one in body[name] if setting in one["settings"]]
    return body


def _score_json(found: GatsbyFramework, profile: Profile, scored: Scored) -> dict[str, Any]:
    from services.audit.model.scores import achieved_count, scores_of

    scores = scores_of(scored.points)
    by_benchmark = {one.benchmark: one for one in scores}
    benchmarks: Mapping[str, dict[str, Any]] = {
        benchmark: {
            "name": found.benchmarks[benchmark].name,
            "points": points.points,
            "possible": points.applicable_points,
            "percent": by_benchmark[benchmark].score_percent if points.applies else None,
            "achieved": by_benchmark[benchmark].achieved if points.applies else None,
        }
        for benchmark, points in scored.points.items()
    }
    return {
        "framework": found.framework,
        "framework_version": found.version,
        "setting": profile.setting,
        "has_post16": profile.has_post16,
        "benchmarks": benchmarks,
        "achieved_count": achieved_count(scores),
        "applicable_count": len(scores),
        "criteria": dict(scored.criteria),
        "missing": list(scored.missing),
    }
