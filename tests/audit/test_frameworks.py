from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any, get_args

import pytest

from contracts.vocabulary import BENCHMARKS, Framework
from services.audit.frameworks import FrameworkFileError, frameworks, read_framework

Spoil = Callable[[dict[str, Any]], object]


def framework_file() -> dict[str, Any]:
    text = files("services.audit.frameworks").joinpath("gatsby-2018.json").read_text("utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def test_every_framework_of_the_contract_has_a_file_with_all_eight_benchmarks() -> None:
    assert set(frameworks()) == set(get_args(Framework))
    for framework in frameworks().values():
        assert set(framework.benchmarks) == set(BENCHMARKS)
        assert set(framework.settings) == {"school", "college", "special"}


def test_every_day_since_2018_has_exactly_one_framework() -> None:
    day = dt.date(2018, 1, 1)
    while day < dt.date(2027, 9, 1):
        assert sum(framework.covers(day) for framework in frameworks().values()) == 1, day
        day += dt.timedelta(days=1)


def test_the_frameworks_change_on_the_first_of_september_2025() -> None:
    known = frameworks()

    assert known["gatsby-2018"].covers(dt.date(2025, 8, 31))
    assert known["gatsby-2025"].covers(dt.date(2025, 9, 1))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: file["benchmarks"].pop("gb4"), "gb4 missing"),
        (lambda file: file["benchmarks"].update(gb9=file["benchmarks"]["gb1"]), "benchmarks.gb9"),
        (lambda file: file["benchmarks"]["gb2"].pop("confidence"), "benchmarks.gb2.confidence"),
        (lambda file: file["benchmarks"]["gb2"].update(confidence="X"), "benchmarks.gb2.confidence"),
        (lambda file: file["benchmarks"]["gb2"].update(sources=[]), "benchmarks.gb2.sources"),
        (lambda file: file["benchmarks"]["gb2"].update(sources=["hearsay"]), "source 'hearsay'"),
        (lambda file: file["sources"].update(unread="A book"), "'unread'"),
        (lambda file: file["confidence"].pop("M"), "confidence M is not explained"),
        (lambda file: file["in_use"].update(last_day="2017-01-01"), "last_day is before first_day"),
        (lambda file: file["in_use"].update(last_day="soon"), "in_use.last_day"),
        (lambda file: file["settings"].clear(), "settings: none is named"),
        (lambda file: file.update(version="gatsby-2025.1"), "version must begin with 'gatsby-2018.'"),
        (lambda file: file.update(framework="gatsby-2014"), "framework"),
        (lambda file: file.update(weights={}), "weights"),
    ],
)
def test_a_spoilt_file_is_refused_with_its_name_the_place_and_the_reason(spoil: Spoil, message: str) -> None:
    file = framework_file()
    spoil(file)

    with pytest.raises(FrameworkFileError) as refused:
        read_framework("gatsby-2018.json", json.dumps(file))

    assert str(refused.value).startswith("gatsby-2018.json: ")
    assert message in str(refused.value)


def test_a_file_that_is_not_json_is_refused_with_its_name() -> None:
    with pytest.raises(FrameworkFileError, match=r"^gatsby-2018\.json: the file: Invalid JSON"):
        read_framework("gatsby-2018.json", "{")


def test_a_file_under_another_frameworks_name_is_refused() -> None:
    with pytest.raises(FrameworkFileError, match="a file has its framework's name"):
        read_framework("gatsby-2025.json", json.dumps(framework_file()))
