"""`careers-hub check-upn`: the DfE's own cases, as a table, from files of every kind."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from services.command_line.app import app
from services.pupils.model.upn import UpnFault

VECTORS: Final = Path(__file__).parents[1] / "pupils" / "upn_test_vectors.csv"


def run(*arguments: str, given: bytes | None = None, code: int = 0) -> str:
    """Run the command; returns what it printed to standard output."""
    result = CliRunner().invoke(app, ["check-upn", *arguments], input=given)
    assert result.exit_code == code, result.output
    return result.stdout


def test_every_case_of_the_vectors_is_judged_as_they_say(tmp_path: Path) -> None:
    cases = list(csv.DictReader(io.StringIO(VECTORS.read_text(encoding="utf-8"))))
    file = tmp_path / "upns.txt"
    file.write_text("\n".join(case["input"] for case in cases), encoding="utf-8")

    rows = list(csv.DictReader(io.StringIO(run(str(file)))))

    assert len(rows) == len(cases) >= 28
    assert [(row["input"], row["valid"]) for row in rows] == [
        (case["input"], case["expected_valid"]) for case in cases
    ]
    for row, case in zip(rows, cases, strict=True):
        # Some cases say more than the names of checks.
        failing = set(case["failing_checks"].split()) & set(UpnFault)
        if row["valid"] == "no":
            assert failing <= set(row["reasons"].split()), case["input"]
        assert (row["reasons"] == "") == (row["valid"] == "yes")


@pytest.mark.parametrize(
    "content",
    [
        b"P207000016049\r\nQ207000016049\r\n",
        b"\xef\xbb\xbfP207000016049\n\nQ207000016049",
        b"P207000016049\rQ207000016049\r",
    ],
)
def test_line_ends_marks_and_empty_lines_do_not_matter(content: bytes) -> None:
    assert (
        run("-", given=content) == "input,valid,reasons\nP207000016049,yes,\nQ207000016049,no,check_letter\n"
    )


def test_what_is_no_upn_at_all_is_a_row_like_any_other() -> None:
    lines = run("-", given=b'caf\xe9\n"a,b\n').splitlines()
    assert [line.rpartition(",no,")[0] for line in lines[1:]] == ["café", '"""a,b"']


def test_json_is_one_list() -> None:
    found = json.loads(run("-", "--json", given=b"M20700001604A\nshort\n"))
    assert found[0] == {"input": "M20700001604A", "valid": True, "reasons": []}
    assert "length" in found[1]["reasons"]


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check-upn", str(tmp_path / "nothing.txt")])
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
    assert result.stdout == ""
