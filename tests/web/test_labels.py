"""Tables on a phone: each cell says which column it is of."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from services.web.labels import labelled

ROWS = Markup('<tr class="r"><th scope="row">Talk</th><td>5 May</td><td class="n">30</td></tr>')


def test_each_cell_says_its_column_and_the_head_of_a_row_says_nothing() -> None:
    found = labelled(ROWS + ROWS, ["What", "Day", "#Pupils"])
    row = (
        '<tr class="r"><th scope="row">Talk</th><td data-label="Day">5 May</td>'
        '<td data-label="Pupils" class="n">30</td></tr>'
    )
    assert found == row + row


def test_a_column_is_escaped() -> None:
    assert 'data-label="&#34;&lt;b&gt;"' in labelled(Markup("<tr><td>1</td></tr>"), ['"<b>'])


def test_a_row_with_more_cells_than_columns_is_a_mistake_of_ours() -> None:
    with pytest.raises(IndexError):
        labelled(ROWS, ["What", "Day"])


def test_a_cell_over_two_columns_counts_for_both() -> None:
    found = labelled(Markup('<tr><th colspan="2">Together</th><td>30</td></tr>'), ["Part", "What", "#Points"])
    assert found == '<tr><th colspan="2">Together</th><td data-label="Points">30</td></tr>'


def test_what_is_said_in_a_cell_is_left_alone() -> None:
    found = labelled(Markup("<tr><td>&lt;td the thing</td></tr>"), ["What"])
    assert found == '<tr><td data-label="What">&lt;td the thing</td></tr>'
