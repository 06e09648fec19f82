"""The form of an employer's own offer: what it asks, what becomes of it, and how an offer fills it in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from services.employers.model.calendar import term_of, today_in_england
from services.employers.pages.fields import days, filled, number, numbers
from services.web.forms import Form
from services.web.words import day as in_words

TERMS_AHEAD: Final = 4
"""This term and those of the year that follows."""
FIELDS: Final = {
    "type": "What you offer",
    "term": "Term",
    "academic_year": "Term",
    "year_groups": "Year groups",
    "group_size": "Pupils at once",
    "capacity": "How many times in the term",
    "radius_km": "How far you would come, in km",
    "send": "Are you confident of meeting pupils with special educational needs or disabilities?",
    "evidence_note": "What shows it",
    "days": "Days",
}
_BETWEEN: Final = "|"
"""Between the academic year and the term, in the value of one choice."""


def offer_of(form: Form) -> dict[str, Any]:
    """Make the API's body of what was typed."""
    year, _, term = form.text("term").partition(_BETWEEN)
    plain = {
        "type": form.text("type"),
        "academic_year": year,
        "term": term,
        "group_size": number(form.text("group_size")),
        "capacity": number(form.text("capacity")),
        "send": form.text("send"),
        "evidence_note": form.text("evidence_note"),
        "days": days(form.text("days")),
    }
    body = filled(plain) | {"year_groups": numbers(form, "year_groups")}
    if form.text("where") == "virtual":
        return body | {"virtual": True}
    # Left empty it stays an empty text, which is no number: a place has a radius.
    radius = number(form.text("radius_km"))
    return body | {"radius_km": "" if radius is None else radius}


def typed_from(offer: Mapping[str, Any]) -> dict[str, Any]:
    """Fill the form in from an offer."""
    told = offer["days"] or []
    return {
        "version": offer["version"],
        "type": offer["type"],
        "term": f"{offer['term']['academic_year']}{_BETWEEN}{offer['term']['name']}",
        "year_groups": [str(group) for group in offer["year_groups"]],
        "group_size": offer["group_size"],
        "capacity": offer["capacity"],
        "where": "virtual" if offer["virtual"] else "in_person",
        "radius_km": "" if offer["radius_km"] is None else offer["radius_km"],
        "send": offer["send"],
        "evidence_note": offer["evidence_note"] or "",
        "days": "\n".join(in_words(one) for one in told),
    }


def terms_from(now: dt.datetime, chosen: str) -> dict[str, str]:
    """Name this term and those that follow, and one that was chosen before."""
    found: dict[str, str] = {}
    on = today_in_england(now)
    for _ in range(TERMS_AHEAD):
        term = term_of(on)
        first, last = term.days
        found[f"{term.academic_year}{_BETWEEN}{term.name}"] = (
            f"{term.name.capitalize()} {term.academic_year}, {in_words(first)} to {in_words(last)}"
        )
        on = last + dt.timedelta(days=1)
    if chosen and chosen not in found:
        year, _, name = chosen.partition(_BETWEEN)
        found = {chosen: f"{name.capitalize()} {year}"} | found
    return found
