"""When municipalities last said that plans and contacts are still right: most of them within the year."""

import datetime as dt

from demonstration.draw import day_between, dice, working_moment
from demonstration.people import People
from measures.models import PlanParticipation
from municipalities.models import Municipality

NEVER = 0.2  # of the municipalities
LONGEST_AGO = 500  # days
# The officer of the demonstration has the contacts of one municipality to confirm, and nothing of the other.
CONTACTS_DAYS_AGO = {"GM0344": 400, "GM0355": 60}
PLAN_DAYS_AGO = {"GM0344": 90, "GM0355": 60}


def add_confirmations(municipalities: list[Municipality], people: People, on: dt.date) -> None:
    """Save who confirmed the contacts and the plans of each municipality, and when."""
    confirmed = []
    for municipality in municipalities:
        moment = _moment("contacts", municipality.code, CONTACTS_DAYS_AGO, on)
        if moment is not None and municipality.pk in people.officers:
            municipality.contacts_confirmed_at = moment
            municipality.contacts_confirmed_by = people.officer_of(municipality)
            confirmed.append(municipality)
    Municipality.objects.bulk_update(
        confirmed, ["contacts_confirmed_at", "contacts_confirmed_by"], batch_size=500
    )
    parts = list(PlanParticipation.objects.confirmed().select_related("municipality", "plan"))
    for part in parts:
        officer = people.officer_of(part.municipality)
        adopted_on = part.plan.adopted_on or part.plan.starts_on
        begun = working_moment(dice("part", part.municipality.code, adopted_on), min(adopted_on, on))
        part.decided_by, part.decided_at = officer, begun
        moment = _moment("plan", part.municipality.code, PLAN_DAYS_AGO, on)
        if moment is not None and moment > begun and part.plan.status == "adopted":
            part.confirmed_by, part.confirmed_at = officer, moment
    PlanParticipation.objects.bulk_update(
        parts, ["decided_by", "decided_at", "confirmed_by", "confirmed_at"], batch_size=500
    )


def _moment(what: str, code: str, shown: dict[str, int], on: dt.date) -> dt.datetime | None:
    """When it was last confirmed; None where nobody ever did."""
    rng = dice("confirmed", what, code)
    if code in shown:
        return working_moment(rng, on - dt.timedelta(days=shown[code]))
    if rng.random() < NEVER:
        return None
    return working_moment(
        rng, day_between(rng, on - dt.timedelta(days=LONGEST_AGO), on - dt.timedelta(days=2))
    )
