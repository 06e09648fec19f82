from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.employers.model.directory import Employer, Tally, compare, require_once
from services.runtime.errors import InvalidError
from tests.employers.listings import employer

identities = st.sampled_from(["gpg-1", "gpg-2", "gpg-3", "gpg-4", "gpg-5"])
some_employers = st.dictionaries(
    identities, st.sampled_from(["Wessex Boats", "Wessex Boats Ltd", "Chesil Foods"])
).map(lambda names: {identity: employer(identity, name) for identity, name in names.items()})


def test_a_new_entry_is_listed_a_different_one_changed_and_an_equal_one_left_alone() -> None:
    known: dict[str, Employer] = {"gpg-1": employer("gpg-1"), "gpg-2": employer("gpg-2")}

    changes = compare([employer("gpg-1"), employer("gpg-2", town="Wareham"), employer("gpg-3")], known)

    assert changes.listed == (employer("gpg-3"),)
    assert changes.changed == (employer("gpg-2", town="Wareham"),)
    assert changes.tally == Tally(listed=1, changed=1, unchanged=1)


@given(some_employers, some_employers)
def test_a_listing_that_was_stored_is_unchanged_the_second_time(
    stored: dict[str, Employer], listing: dict[str, Employer]
) -> None:
    entries = list(listing.values())
    first = compare(entries, stored)
    after = stored | {entry.id: entry for entry in (*first.listed, *first.changed)}

    assert first.tally.listed + first.tally.changed + first.tally.unchanged == len(entries)
    assert compare(entries, after).tally == Tally(unchanged=len(entries))


def test_an_entry_that_is_in_a_listing_twice_is_refused_with_both_places() -> None:
    with pytest.raises(InvalidError) as refused:
        require_once([], [employer("gpg-1"), employer("gpg-2"), employer("gpg-1", name="Other")])

    [problem] = refused.value.problems
    assert (problem.where, problem.reason) == (
        "employers.2.employer_id",
        "is the same as that of employers.0",
    )
