"""The page of the roll: a file is shown as it is read, and imported when somebody says so."""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
import pytest

from tests.pupils.conftest import School, roll_csv
from tests.pupils.test_pages_activities import HERE, key_of, look, text_of

FROM_US: Final = {"Sec-Fetch-Site": "same-origin"}
KEY: Final = "0" * 32


async def upload(school: School, content: bytes, **fields: str) -> httpx.Response:
    """Send a file, and fields."""
    data: dict[str, Any] = {"key": KEY, "academic_year": "2025/26"} | fields
    files = {"file": ("roll.csv", content, "text/csv")}
    return await school.client.post(f"{HERE}/roll", data=data, files=files, headers=FROM_US)


async def go_on(school: School, preview: httpx.Response, **fields: str) -> httpx.Response:
    """Press the button of a preview."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', preview.text))
    files = {"nothing": (None, "")}
    return await school.client.post(f"{HERE}/roll", data=hidden | fields, files=files, headers=FROM_US)


async def test_a_file_is_shown_first_and_then_imported_once(empty_school: School) -> None:
    content = roll_csv([1, 2, 101]).replace("surname", "Legal surname").encode()
    preview = await upload(empty_school, content)
    assert preview.status_code == 200
    shown = text_of(preview)
    assert "Nothing is imported yet" in shown
    assert "Surname1" in shown
    assert await empty_school.documents("pupils") == []

    receipt = await go_on(empty_school, preview)
    assert "The roll of 2025/26 is imported" in text_of(receipt)
    again = await go_on(empty_school, preview)
    assert text_of(again) == text_of(receipt)
    assert len(await empty_school.documents("pupils")) == 3
    assert "Year 11" in text_of(await look(empty_school, "/roll"))


async def test_rows_that_cannot_be_used_are_named_and_the_others_go_in(empty_school: School) -> None:
    preview = await upload(empty_school, (roll_csv([1, 2]) + "A123,Nobody,At all,10,10A\n").encode())
    assert "1 row cannot be used" in text_of(preview)
    assert "Row 4" in text_of(preview)
    await go_on(empty_school, preview)
    assert len(await empty_school.documents("pupils")) == 2


async def test_a_file_without_a_column_that_is_needed_cannot_be_imported(empty_school: School) -> None:
    preview = await upload(empty_school, b"upn,surname,forename\nx,y,z\n")
    assert "no column is read as year_group" in text_of(preview)
    assert "Import the roll" not in text_of(preview)
    assert "no column is read as" in text_of(await upload(empty_school, b"\x00\x01\x02"))


async def test_many_who_are_not_in_a_file_leave_only_if_somebody_says_so(empty_school: School) -> None:
    await empty_school.put_roll(roll_csv(range(1, 31)))
    preview = await upload(empty_school, roll_csv([1, 2]).encode())
    assert "Many pupils are not in this file" in text_of(preview)
    refused = await go_on(empty_school, preview)
    assert refused.status_code in {409, 422}
    taken = await go_on(empty_school, preview, leavers="yes")
    assert taken.status_code == 200, text_of(taken)
    assert "No longer on roll 28" in text_of(taken)


@pytest.mark.parametrize(
    ("content", "fields", "message"),
    [
        (b"", {}, "There is a problem"),
        (b"upn,surname,forename,year_group\nx,y,z,99\n", {"do": "import"}, "Row 2"),
        (b"upn,upn,surname,forename,year_group\n", {}, "There is a problem"),
        (b"upn,surname,forename,year_group\n", {"academic_year": "2031/32"}, "more than a year ahead"),
        (b"", {"kept": "%%%"}, "choose it again"),
    ],
)
async def test_a_file_that_cannot_be_read_is_asked_for_again(
    empty_school: School, content: bytes, fields: dict[str, str], message: str
) -> None:
    answer = await upload(empty_school, content, **fields)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert key_of(answer)
    assert await empty_school.documents("pupils") == []


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(empty_school: School) -> None:
    answer = await upload(empty_school, b"x" * (5 * 1024 * 1024))
    assert answer.status_code == 413
    assert "3 MB at most" in text_of(answer)
