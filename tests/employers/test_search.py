from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import EmployerId
from services.employers.model.directory import Employer
from services.employers.model.search import EmployerIndex, EmployerQuery, words_of
from services.runtime.errors import InvalidError
from tests.employers.listings import employer

EVERYBODY = 1_000


def query(
    q: str | None = None, *, sic_section: str | None = None, limit: int = EVERYBODY, cursor: str | None = None
) -> EmployerQuery:
    return EmployerQuery(q, sic_section, limit, None if cursor is None else EmployerId(cursor))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Sainsbury's Supermarkets Ltd", ("sainsburys", "supermarkets", "ltd")),
        ("J.P. Morgan", ("jp", "morgan")),
        ("CAFÉ Crème", ("cafe", "creme")),
        ("Bournemouth, Christchurch & Poole Council", ("bournemouth", "christchurch", "poole", "council")),
        ("3M United-Kingdom (PLC)", ("3m", "united", "kingdom", "plc")),
        ("Straße 7", ("strasse", "7")),
        ("&&&", ()),
    ],
)
def test_a_name_is_found_by_its_words_whatever_case_accents_and_punctuation(
    name: str, words: tuple[str, ...]
) -> None:
    assert words_of(name) == words


def test_a_shorter_name_comes_before_one_that_goes_on_and_equal_names_by_id() -> None:
    index = EmployerIndex(
        [employer("gpg-1", "Wessex Boats"), employer("gpg-3", "Wessex"), employer("gpg-2", "WESSEX")]
    )

    assert [one.id for one in index.page(query()).employers] == ["gpg-2", "gpg-3", "gpg-1"]


names = st.lists(
    st.sampled_from(["Poole", "pool", "Port", "Boats", "Boa", "Café", "&"]), min_size=1, max_size=3
).map(" ".join)
some_employers = st.lists(names, max_size=12).map(
    lambda given_names: [employer(f"gpg-{number}", name) for number, name in enumerate(given_names)]
)


@given(some_employers, st.sampled_from(["p", "po", "pool", "poole", "boa", "poo boat", "cafe", "x"]))
def test_what_is_found_is_what_looking_at_every_name_finds(everybody: list[Employer], q: str) -> None:
    found = EmployerIndex(everybody).page(query(q)).employers

    assert {one.id for one in found} == {
        one.id
        for one in everybody
        if all(any(word.startswith(part) for word in words_of(one.name)) for part in q.split())
    }


@given(some_employers, st.sampled_from([None, "p", "boa"]), st.integers(1, 5))
def test_pages_put_together_are_the_whole_list(everybody: list[Employer], q: str | None, limit: int) -> None:
    index = EmployerIndex(everybody)
    page = index.page(query(q, limit=limit))
    seen = list(page.employers)
    while page.next is not None:
        assert len(page.employers) == limit
        page = index.page(query(q, limit=limit, cursor=page.next))
        seen += page.employers

    assert tuple(seen) == index.page(query(q)).employers


def test_a_cursor_of_an_employer_that_the_query_does_not_find_still_says_where_to_go_on() -> None:
    index = EmployerIndex(
        [employer("gpg-1", "Avon"), employer("gpg-2", "Brit"), employer("gpg-3", "Bridport")]
    )

    assert [one.id for one in index.page(query("bri", cursor="gpg-1")).employers] == ["gpg-3", "gpg-2"]


@pytest.mark.parametrize(
    ("wrong", "where"), [(query("&&"), "query.q"), (query(cursor="gpg-404"), "query.cursor")]
)
def test_a_query_that_makes_no_sense_is_refused(wrong: EmployerQuery, where: str) -> None:
    with pytest.raises(InvalidError) as refused:
        EmployerIndex([employer()]).page(wrong)

    assert [problem.where for problem in refused.value.problems] == [where]


@given(some_employers, some_employers, st.sampled_from(["p", "poo", "boa"]))
def test_an_index_brought_up_to_date_is_the_one_that_would_be_built_anew(
    before: list[Employer], changed: list[Employer], q: str
) -> None:
    gone = [one.id for one in before[::3]]
    after = {one.id: one for one in before if one.id not in gone} | {one.id: one for one in changed}

    later = EmployerIndex(before).updated(list({one.id: one for one in changed}.values()), gone)

    anew = EmployerIndex(after.values())
    assert later.all == anew.all
    assert later.page(query(q)) == anew.page(query(q))
    assert later.page(query(None)) == anew.page(query(None))


@given(some_employers, some_employers)
def test_an_index_brought_up_to_date_leaves_the_earlier_one_as_it_was(
    before: list[Employer], changed: list[Employer]
) -> None:
    known = EmployerIndex(before)
    elsewhere = [replace(one, town="Elsewhere") for one in before]

    known.updated(elsewhere, ())
    known.updated(changed, [one.id for one in before[::2]])

    same = EmployerIndex(before)
    assert (known.all, known.page(query(None))) == (same.all, same.page(query(None)))


def test_other_facts_under_the_same_name_are_found_at_once() -> None:
    known = EmployerIndex([employer("gpg-1", "Avon"), employer("gpg-2", "Brit")])

    later = known.updated([replace(employer("gpg-2", "BRIT"), town="Elsewhere")], ())

    (found,) = later.page(query("brit")).employers
    assert (found.name, found.town) == ("BRIT", "Elsewhere")
