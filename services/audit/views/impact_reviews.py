"""What a school sees of its impact review: statements, opinions, what is agreed, and the profile by theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.vocabulary import AcademicYear, Setting, academic_year_days, academic_year_of
from services.audit.impact import impact_themes
from services.audit.model.impact_review import (
    Agreed,
    Fit,
    Opinion,
    PeerReview,
    ThemeLevel,
    Trio,
    agreed_levels,
    changes_since,
    peer_review_of,
    profile,
)
from services.audit.model.statutory import NOT_YET
from services.audit.store.impact_reviews import agreements_before, find_review, find_reviews
from services.runtime.context import ServiceContext

View = dict[str, Any]


def statements_view(setting: Setting) -> View:
    """Show the themes, their questions and statements, as a setting reads them."""
    themes = impact_themes()
    return {
        "version": themes.version,
        "setting": setting,
        "themes": [
            {
                "theme": theme.theme,
                "name": theme.name,
                "benchmarks": list(theme.benchmarks),
                "confidence": theme.confidence,
                "sources": [theme.known_sources[key] for key in theme.sources],
                "questions": [
                    {"id": question.id, "text": asked, "levels": list(levels)}
                    for question in theme.questions
                    for asked, levels in [question.asked_in(setting)]
                ],
            }
            for theme in themes.themes
        ],
    }


async def review_view(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Show a year's review: who thinks what, what is agreed, each theme's level and its change."""
    themes = impact_themes()
    last_year = year_before(year)
    review, earlier = await find_reviews(context.school(urn), year, last_year)
    levels = profile(agreed_levels(review), themes)
    changes = changes_since(levels, profile(agreed_levels(earlier), themes))
    return {
        "academic_year": year,
        "themes_version": themes.version,
        "opinions": [opinion_view(opinion) for opinion in review.opinions.values()],
        "agreement": agreement_view(review.agreed),
        "trio": trio_view(review.trio),
        "compared_with": last_year,
        "profile": [{**theme_view(level), "change": changes[level.theme]} for level in levels],
    }


async def agreements_view(context: ServiceContext, urn: str, year: AcademicYear) -> View:
    """Show what is agreed and every version before, the latest first."""
    database = context.school(urn)
    current = (await find_review(database, year)).agreed
    replaced = await agreements_before(database, year)
    return {"versions": [agreement_view(one) for one in ([current] if current else []) + replaced]}


async def shared_view(context: ServiceContext, urn: str, year: AcademicYear, code: str) -> View:
    """Show exactly what the school hands to the peer of a code: agreed levels of the shared themes."""
    review = await find_review(context.school(urn), year)
    trio, one = peer_review_of(review, code)
    questions = impact_themes().questions_of(trio.themes)
    agreed = review.agreed
    fits = {} if agreed is None else agreed.agreement.fits
    return {
        "academic_year": year,
        "review": peer_review_view(one),
        "reviewed_school": urn,
        "themes": list(trio.themes),
        "setting": None if agreed is None else agreed.agreement.setting,
        "agreed": _fits_view({question: fit for question, fit in fits.items() if question in questions}),
    }


def year_before(year: AcademicYear) -> AcademicYear:
    """Name the academic year before."""
    first_day, _ = academic_year_days(year)
    return academic_year_of(first_day.replace(year=first_day.year - 1))


def opinion_view(opinion: Opinion) -> View:
    """Show what a participant thinks."""
    return {
        "by": opinion.by,
        "version": opinion.version,
        "role": opinion.role,
        "levels": dict(opinion.levels),
        "at": opinion.at.isoformat(),
    }


def agreement_view(agreed: Agreed | None) -> View:
    """Show what is agreed; version 0 and nothing else where nothing is."""
    if agreed is None:
        return {"version": NOT_YET}
    return {
        "version": agreed.version,
        "themes_version": agreed.themes_version,
        "setting": agreed.agreement.setting,
        "present": list(agreed.agreement.present),
        "levels": _fits_view(agreed.agreement.fits),
        "at": agreed.mark.at.isoformat(),
        "by": agreed.mark.by,
    }


def trio_view(trio: Trio | None) -> View:
    """Show the trio; version 0 and nothing else where there is none."""
    if trio is None:
        return {"version": NOT_YET}
    return {
        "version": trio.version,
        "themes": list(trio.themes),
        "reviews": [peer_review_view(review) for review in trio.reviews],
    }


def peer_review_view(review: PeerReview) -> View:
    """Show a peer's review, with its judgement if there is one, by theme too."""
    judgement, mark = review.judgement, review.mark
    shown: View = {"code": review.code, "peer": review.peer, "version": review.version, "judgement": None}
    if judgement is not None:
        levels = profile({question: fit.level for question, fit in judgement.fits.items()}, impact_themes())
        shown["judgement"] = {
            "reviewed_on": judgement.reviewed_on.isoformat(),
            "facilitated": judgement.facilitated,
            "levels": _fits_view(judgement.fits),
            "profile": [theme_view(level) for level in levels if level.answered],
            "entered_at": None if mark is None else mark.at.isoformat(),
            "entered_by": None if mark is None else mark.by,
        }
    return shown


def theme_view(level: ThemeLevel) -> View:
    """Show how far a theme has got."""
    return {
        "theme": level.theme,
        "answered": level.answered,
        "questions": level.questions,
        "level": level.level,
        "lowest": level.lowest,
    }


def _fits_view(fits: Mapping[str, Fit]) -> View:
    return {question: {"level": fit.level, "reason": fit.reason} for question, fit in fits.items()}
