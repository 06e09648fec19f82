"""`careers-hub match-advisers`: a stable matching of a file, solved with no Hub running.

The file is JSON (`docs/advisers.md`): type HR with residents and hospitals, or SPA-S with students, projects
and lecturers. Standard output has the matching, who has nobody and why, and that it is stable; that is
checked by other code than what made it, and exit code 1 says that it is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from services.command_line.options import JsonOption
from services.command_line.output import CommandError, Exit, err, failing_clearly, out, print_json

if TYPE_CHECKING:
    from services.employers.advising.projects import ProjectInstance
    from services.employers.advising.stable import Instance

app = typer.Typer()

LARGEST_FILE: Final = 50_000_000
"""Bytes: a million preferences of fifty characters, which is as many as are solved."""

InstanceFile = Annotated[Path, typer.Argument(metavar="INSTANCE.json", help="The instance, as JSON.")]
NameOption = Annotated[
    str | None, typer.Option("--name", help="Which instance, if the file has a list of them.")
]


@app.command("match-advisers")
def match_advisers(file: InstanceFile, name: NameOption = None, *, as_json: JsonOption = False) -> None:
    """Match two sides with capacities stably, from a file: schools and advisers, say.

    The file: {"type": "HR", "residents": {"school": ["adviser", ...], ...}, "hospitals": {"adviser":
    {"capacity": 2, "preferences": ["school", ...]}, ...}}, the dearest first. A pair must be in both lists.
    With type SPA-S it has students, projects (capacity, lecturer) and lecturers (capacity, preferences).
    A file with a list of "instances" needs --name.
    """
    with failing_clearly():
        from services.employers.advising.instances import read_instance, read_json
        from services.employers.advising.projects import ProjectInstance
        from services.runtime.errors import InvalidError

        try:
            body = _chosen(read_json(_text_of(file)), name)
            instance = read_instance(body)
        except InvalidError as wrong:
            for problem in wrong.problems:
                line = f"{problem.where}: {problem.reason}"
                err.print(line, highlight=False, markup=False, soft_wrap=True)
            advice = f"Mend what is named above in {file}." if wrong.problems else f"It was {file}."
            raise CommandError(wrong.detail, advice) from wrong
        solved = _projects(instance) if isinstance(instance, ProjectInstance) else _residents(instance)
        answer = {"name": body.get("name"), **solved}
        if as_json:
            print_json(answer)
        else:
            _print(answer)
        if not answer["stable"]:
            raise typer.Exit(Exit.FOUND_A_PROBLEM)


def _residents(instance: Instance) -> dict[str, Any]:
    from services.employers.advising import explained, stable
    from services.employers.advising.blocking import blocking_pairs, faults

    placement = stable.resident_optimal(instance)
    other = stable.hospital_optimal(instance)
    blocking = [*blocking_pairs(instance, placement), *blocking_pairs(instance, other)]
    return {
        "type": "HR",
        "resident_optimal": stable.by_hospital(instance, placement),
        "hospital_optimal": stable.by_hospital(instance, other),
        "size": len(placement),
        "unmatched": [
            {"resident": because.name, "reason": because.reason, "why": explained.in_words(because)}
            for because in explained.unmatched_residents(instance, placement)
        ],
        "free": [
            {
                "hospital": because.name,
                "places": places,
                "reason": because.reason,
                "why": explained.in_words(because),
            }
            for places, because in explained.free_places(instance, placement)
        ],
        "stable": not blocking and not faults(instance, placement) and not faults(instance, other),
        "blocking_pairs": [list(pair) for pair in blocking],
    }


def _projects(instance: ProjectInstance) -> dict[str, Any]:
    from services.employers.advising import explained, projects
    from services.employers.advising.blocking import blocking_projects

    placement = projects.student_optimal(instance)
    having = projects.by_project(instance, placement)
    blocking = blocking_projects(instance, placement)
    return {
        "type": "SPA-S",
        "student_optimal": having,
        "size": len(placement),
        "unmatched": [
            {"student": because.name, "reason": because.reason, "why": explained.in_words(because)}
            for because in explained.unmatched_students(instance, placement)
        ],
        "free": [
            {"project": name, "places": free}
            for name, project in sorted(instance.projects.items())
            if (free := project.capacity - len(having[name])) > 0
        ],
        "stable": not blocking,
        "blocking_pairs": [list(pair) for pair in blocking],
    }


def _print(answer: dict[str, Any]) -> None:
    best = "resident_optimal" if answer["type"] == "HR" else "student_optimal"
    for name, those in answer[best].items():
        _line(f"{name}: {', '.join(those) or 'nobody'}")
    if answer.get("hospital_optimal", answer[best]) != answer[best]:
        _line("Best for the hospitals instead:")
        for name, those in answer["hospital_optimal"].items():
            _line(f"  {name}: {', '.join(those) or 'nobody'}")
    for row in answer["unmatched"]:
        _line(f"without a place: {row.get('resident', row.get('student'))} ({row['why']})")
    for row in answer["free"]:
        why = f" ({row['why']})" if "why" in row else ""
        _line(f"with room for {row['places']}: {row.get('hospital', row.get('project'))}{why}")
    _line("stable: no pair would rather have each other" if answer["stable"] else "NOT stable")


def _line(text: str) -> None:
    out.print(text, highlight=False, markup=False, soft_wrap=True)


def _chosen(body: Any, name: str | None) -> Any:  # noqa: ANN401 - whatever the file has
    """Take the file's instance, or of a list of them the one that is named."""
    if not isinstance(body, dict) or not isinstance(body.get("instances"), list):
        if name is not None:
            raise CommandError("the file has no list of instances", "Leave --name out.")
        return body
    named = [one for one in body["instances"] if isinstance(one, dict) and "name" in one]
    found = [one for one in named if one["name"] == name]
    if len(found) != 1:
        known = ", ".join(str(one["name"]) for one in named)
        raise CommandError("the file has several instances", f"Choose one with --name: {known}.")
    return found[0]


def _text_of(file: Path) -> str:
    advice = "Name a JSON file with one instance; see `careers-hub match-advisers --help`."
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise CommandError(f"{file} is larger than {LARGEST_FILE // 1_000_000} MB", advice)
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", advice) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 text", "Save it as UTF-8.") from error
