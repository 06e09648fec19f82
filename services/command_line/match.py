"""`careers-hub match`: a fair plan from files, with no Hub running."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table

from services.command_line.options import JsonOption
from services.command_line.output import CommandError, Exit, failing_clearly, out, print_json, say

if TYPE_CHECKING:
    from services.employers.matching.propose import Terms
    from services.employers.matching.round import MatchRound
    from services.employers.solver import Solver

app = typer.Typer()

MOST_BYTES: Final = 50_000_000
"""Of one file: ten times a round at all limits."""
PERMILLE: Final = 1000

SchoolsFile = Annotated[Path, typer.Argument(help="CSV in the columns of services/areas/data/*-schools.csv.")]
EmployersFile = Annotated[
    Path,
    typer.Argument(help="CSV in the columns of services/areas/data/*-employers.csv, ask_budget if you like."),
]
NeedsFile = Annotated[Path, typer.Argument(help="JSON: ends_on, needs; offers, locks, exclusions if any.")]


@app.command("match")
def match(
    schools: SchoolsFile,
    employers: EmployersFile,
    needs: NeedsFile,
    fairness: Annotated[
        float, typer.Option("--fairness", min=0, max=1, help="0 none, 1 the worst-off school always first.")
    ] = 1.0,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0.1, help="Seconds to give up after.")
    ] = 60,
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Runner-up of each line, remedies, shadow prices.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Match employers to schools' needs: as many as can be, fairly, then at the least cost.

    The JSON file needs `ends_on` (a date) and `needs`, each with id, urn, type, year_groups, pupils, slots;
    docs/matching.md has every field and an example. Without `offers`, each employer is taken to offer the
    same few things, and the answer says so. The exit code is 1 if a slot stays unmet.
    """
    with failing_clearly():
        from services.employers import rules
        from services.employers.matching.propose import Terms
        from services.employers.solver import Solver

        assumed, match_round = _round(schools, employers, needs)
        terms = Terms(rules.weights(), rules.land(), round(fairness * PERMILLE))
        with Solver(time_limit) as solver:
            body = _answer(solver, match_round, terms, explain=explain)
        body["assumed_offers"] = assumed
        if as_json:
            print_json(body)
        else:
            _show(body)
        if body["plan"]["unmet"]:
            raise typer.Exit(Exit.FOUND_A_PROBLEM)


def _round(schools: Path, employers: Path, needs: Path) -> tuple[str | None, MatchRound]:
    """Read the files; the first of the answer is the version of the offers that were assumed, if any were."""
    from services.employers.match_files.needs import read_needs, round_of
    from services.employers.match_files.tables import read_employers, read_schools
    from services.employers.rules import default_offers

    defaults = default_offers()
    file = read_needs(_text(needs))
    match_round = round_of(
        file, read_schools(_text(schools)), read_employers(_text(employers), defaults), defaults
    )
    return (defaults.version if file.offers is None else None), match_round


def _answer(solver: Solver, match_round: MatchRound, terms: Terms, *, explain: bool) -> dict[str, Any]:
    from services.employers.solver import SolveAbandonedError
    from services.runtime.errors import InvalidError

    try:
        body: dict[str, Any] = solver.ask("answer", match_round, terms, explain)
    except SolveAbandonedError as error:
        advice = "Make the round smaller, or give more seconds by --time-limit."
        raise CommandError(str(error), advice, Exit.NOT_AVAILABLE) from error
    except InvalidError as error:
        for problem in error.problems[1:]:
            say(f"Also: {problem.where} {problem.reason}.")
        raise
    return body


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CommandError(f"{path} is larger than {MOST_BYTES:,} bytes", "Split the round by district.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}", "Name three files.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8", "Save it as CSV UTF-8, or JSON.") from error


def _show(body: dict[str, Any]) -> None:
    plan, price = body["plan"], body["price_of_fairness"]
    if body["assumed_offers"]:
        say("No offers in the file: what each employer offers is assumed, nobody has agreed to it.")
    table = Table("need", "employer", "cost", "made of")
    for line in plan["lines"]:
        made_of = ", ".join(f"{name} {points}" for name, points in line["parts"].items())
        table.add_row(line["need"], line["employer"], str(line["cost"]), made_of)
    out.print(table)
    for school in plan["schools"]:
        if school["wanted"]:
            out.print(f"{school['urn']}: {school['met']} of {school['wanted']}", highlight=False)
    for each in plan["unmet"]:
        out.print(
            f"unmet: {each['need']}, {each['wanted'] - each['met']} of {each['wanted']}", highlight=False
        )
    for each in body.get("remedies", ()):
        change = each["cheapest_change"]
        out.print(f"{each['need']}: {change or 'no single change fills it'}", highlight=False)
    out.print(
        f"{plan['matches']} matches at {plan['objective']['cost']} points; fairness costs {price['cost']} "
        f"points and {price['matches_lost']} matches",
        highlight=False,
    )
