"""What `careers-hub recount` says to people."""

from __future__ import annotations

import pytest

from services.command_line.operations import show_recount
from services.recount.compare import Mismatch, Recount


def said(result: Recount, capsys: pytest.CaptureFixture[str]) -> str:
    show_recount(result)
    return " ".join(capsys.readouterr().out.split())


def test_a_recount_of_nothing_says_so_instead_of_agreeing(capsys: pytest.CaptureFixture[str]) -> None:
    result = Recount("2025/26", events=3)
    assert "nothing of 2025/26 to count again" in said(result, capsys)
    assert not result.agrees


def test_differences_and_what_is_not_applied_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    result = Recount("2025/26", schools=1, events=3, figures=3)
    result.mismatches.append(Mismatch("136500", "gb5", 4, 5))
    result.mismatches.append(Mismatch("hub", "provider-access/136500/2/participations", "#", "c"))
    result.unsettled["pupils/136500"] = 1
    text = said(result, capsys)
    assert "3 figures of 1 schools counted again from 3 events: 2 differ." in text
    assert "hub provider-access/136500/2/participations: report a number, recount c" in text
    assert "136500 gb5: report 4, recount 5" in text
    assert "pupils/136500: 1 events neither applied nor parked yet" in text
