"""The Hub report as a table: readable at 100 columns, with its symbols explained."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from services.areas import ATTRIBUTION
from services.web.terminal import render_hub_report

NONE_REACHED: dict[str, Any] = {"reached": "z", "coverage_percent": "z"}


def benchmarks(percent: int | str | None) -> dict[str, Any]:
    reached = {"reached": 10, "coverage_percent": percent}
    return {
        "gb2": reached,
        "gb4": reached,
        "gb5": reached,
        "gb6": reached,
        "gb7": reached,
        "gb8": NONE_REACHED,
    }


def report() -> dict[str, Any]:
    return {
        "hub": "dorset",
        "academic_year": "2025/26",
        "as_of": "2026-11-22T10:00:00Z",
        "schools": [
            {
                "urn": "113893",
                "name": "St Edward's Roman Catholic/Church of England School, Poole",
                "setting": "school",
                "on_roll": 1100,
                "activities": 61,
                "encounters": 12_345,
                "benchmarks": benchmarks(87),
                "year_groups": [],
                "scores": {"gb1": 100},
                "achieved_count": 5,
            },
            {
                "urn": "147087",
                "name": "[bold]Harbour School",
                "setting": "special",
                "on_roll": 12,
                "activities": 3,
                "encounters": "c",
                "benchmarks": benchmarks(None),
                "year_groups": [],
                "scores": None,
                "achieved_count": None,
            },
        ],
        "totals": {
            "on_roll": 1112,
            "activities": 64,
            "encounters": 12_350,
            "benchmarks": benchmarks(86),
            "mean_achieved": 5.0,
            "schools_reporting": 1,
        },
        "attribution": ATTRIBUTION,
    }


def lines() -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    console.print(render_hub_report(report()))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def line_with(text: str) -> str:
    found = [line for line in lines() if text in line]
    assert len(found) == 1, found
    return found[0]


def test_a_school_is_one_row_with_all_its_figures() -> None:
    row = line_with("St Edward's")

    assert row.split()[-8:] == ["1,100", "61", "12,345", "87", "87", "87", "z", "5"]


def test_withheld_and_missing_figures_show_their_symbols() -> None:
    assert line_with("Harbour").split()[-8:] == ["12", "3", "c", "–", "–", "–", "z", "–"]


def test_a_name_is_never_read_as_markup() -> None:
    assert "[bold]Harbour School" in line_with("Harbour")


def test_the_hub_s_row_is_last_with_the_mean_of_achieved_benchmarks() -> None:
    assert line_with("Hub (1 reporting)").split()[-8:] == [
        "1,112",
        "64",
        "12,350",
        "86",
        "86",
        "86",
        "z",
        "5.0",
    ]


def test_nothing_is_wider_than_100_columns_and_headings_stand_in_full() -> None:
    assert max(len(line) for line in lines()) <= 100
    heading = line_with("Encounters")
    assert heading.split() == [
        *("School", "or", "college", "On", "roll", "Activities", "Encounters"),
        *("gb5", "%", "gb6", "%", "gb7", "%", "gb8", "%", "Of", "8"),
    ]


def test_symbols_are_explained_and_the_data_attributed() -> None:
    text = " ".join(" ".join(lines()).split())

    assert "c: withheld" in text
    assert "z: does not apply" in text
    assert ATTRIBUTION in text
