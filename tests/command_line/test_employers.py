"""`careers-hub employers`: what it says of a receipt, and where there is no Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from services.command_line import employers
from services.command_line.app import app

RECEIPT: dict[str, Any] = {
    "preview": True,
    "employers": {"listed": 2, "changed": 1, "unchanged": 0},
    "rejected": 0,
    "problems": [],
    "possible_duplicates": {"found": 3, "duplicates": []},
}


def test_without_a_hub_it_says_how_to_start_one(tmp_path: Path) -> None:
    file = tmp_path / "employers.csv"
    file.write_text("name\nChesil Foods\n", encoding="utf-8")

    result = CliRunner().invoke(app, ["employers", str(file), "--data", str(tmp_path)])

    assert result.exit_code != 0
    assert "careers-hub up" in result.output


def test_a_receipt_is_shown_as_counts(capsys: pytest.CaptureFixture[str]) -> None:
    employers._show(RECEIPT, as_json=False)

    shown = capsys.readouterr().out
    assert "would be: 2 listed, 1 changed, 0 unchanged, 0 rejected" in shown
    assert "3 pairs may be one employer" in shown


def test_rejected_rows_are_shown_and_give_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"where": "row 4, column name", "reason": "needs a letter or a digit"}

    with pytest.raises(typer.Exit):
        employers._show(RECEIPT | {"rejected": 1, "problems": [wrong]}, as_json=False)

    assert "row 4, column name: needs a letter or a digit" in capsys.readouterr().err
