"""What is shown of an employer's details, and to whom."""

from __future__ import annotations

from typing import Any

from contracts.vocabulary import EmployerId
from services.employers.details.store import read_details
from services.employers.listed import require_listed
from services.employers.model.details import KeptDetails, SelfAssessment, Site
from services.employers.terms import employer_standards
from services.employers.vetting.store import read_vetting
from services.runtime.context import ServiceContext


async def details_of(context: ServiceContext, employer: EmployerId, *, for_hub_team: bool) -> dict[str, Any]:
    """Show an employer's details; raises NotFoundError if it is not in the directory."""
    database = context.database()
    entry = await require_listed(database, employer)
    kept = await read_details(database, employer)
    vetting = (await read_vetting(database, employer)).state
    if for_hub_team:
        return shown(kept) | {"vetting": vetting}
    # A sole trader's sites may be where somebody lives.
    sites = () if entry.size_band == "sole_trader" else kept.details.sites
    return {
        "employer_id": employer,
        "is_cornerstone": kept.details.is_cornerstone,
        "sites": [_site(site) for site in sites],
        "standards": _bands(kept.details.standards, with_scores=False),
        "vetting": vetting,
    }


def shown(kept: KeptDetails) -> dict[str, Any]:
    """Show all of an employer's details, as the Hub's team sees them."""
    details, safeguarding = kept.details, kept.details.safeguarding
    return {
        "employer_id": kept.employer,
        "version": kept.version,
        "company_number": details.company_number,
        "postcode": details.postcode,
        "sites": [_site(site) for site in details.sites],
        "is_cornerstone": details.is_cornerstone,
        "standards": _bands(details.standards, with_scores=True),
        "safeguarding": {
            "dbs_status": safeguarding.dbs_status,
            "supervision": safeguarding.supervision,
            "frequency": safeguarding.frequency,
            "insurance_until": safeguarding.insurance_until,
            "risk_assessment_date": safeguarding.risk_assessment_date,
            "may_be_regulated_activity": safeguarding.may_be_regulated_activity,
        },
        "changed": None if kept.changed is None else {"by": kept.changed.by, "at": kept.changed.at},
    }


def _site(site: Site) -> dict[str, Any]:
    return {
        "name": site.name,
        "town": site.town,
        "postcode": site.postcode,
        "latitude": None if site.position is None else site.position.latitude,
        "longitude": None if site.position is None else site.position.longitude,
    }


def _bands(assessment: SelfAssessment | None, *, with_scores: bool) -> dict[str, Any] | None:
    """Show a self-assessment by pillar; a standard of which nothing was told has no band."""
    if assessment is None:
        return None
    terms = employer_standards()

    def told(standard: str) -> dict[str, Any]:
        score = assessment.scores.get(standard)
        band = {"band": None if score is None else terms.band_of(score)}
        return band | ({"score": score} if with_scores else {})

    return {
        "version": terms.version,
        "assessed_on": assessment.assessed_on,
        "pillars": [
            {
                "id": pillar.id,
                "title": pillar.title,
                "standards": [{"id": one.id, "title": one.title} | told(one.id) for one in pillar.standards],
            }
            for pillar in terms.pillars
        ],
    }
