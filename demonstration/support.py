"""Writing which municipalities used which of the support on offer, and what they say of it."""

import datetime as dt
import random
from collections.abc import Iterable

from demonstration.draw import day_between, dice, pick, working_moment
from demonstration.people import UTRECHT, People
from demonstration.wording import BROUGHT
from measures.models import SupportOffer, SupportUse
from municipalities.models import Municipality
from policytracker.dates import local_day
from policytracker.provenance import Provenance

Kind = SupportOffer.Kind

USES_SUPPORT = 0.35  # of the municipalities
MOST_USES = 4
# How likely an offer of a kind is chosen, one by one.
LIKELY = {Kind.TRAINING: 6.0, Kind.ADVICE: 2.0, Kind.GUIDE: 1.5, Kind.TOOL: 2.0, Kind.FUNDING: 0.5}
LESS_WHEN_ENDED = 0.3
STAFF = {Kind.TRAINING: (3, 24), Kind.ADVICE: (1, 5), Kind.TOOL: (1, 8)}
WITH_STAFF, WITH_NOTE = 0.85, 0.6
# Before which day, counted back from today, an offer was used: what has ended was used longer ago.
ENDED_USED, RUNNING_USED = (2500, 1200), (1100, 20)


def add_support(municipalities: Iterable[Municipality], people: People, on: dt.date) -> int:
    """Save what about a third of the municipalities used. Returns how many uses there are."""
    offers = list(SupportOffer.objects.order_by("source_key", "pk"))
    uses = []
    for municipality in municipalities:
        rng = dice("support", municipality.code)
        if rng.random() < USES_SUPPORT or municipality.code == UTRECHT:
            uses += [
                _use(rng, offer, municipality, people, on)
                for offer in _chosen(rng, offers, rng.randint(1, MOST_USES))
            ]
    return len(SupportUse.objects.bulk_create(uses))


def _chosen(rng: random.Random, offers: list[SupportOffer], number: int) -> list[SupportOffer]:
    """So many of the offers, none twice, the likely ones more often."""
    left = {offer: LIKELY[Kind(offer.kind)] * (LESS_WHEN_ENDED if offer.has_ended else 1) for offer in offers}
    chosen: list[SupportOffer] = []
    while left and len(chosen) < number:
        chosen.append(pick(rng, left))
        del left[chosen[-1]]
    return chosen


def _use(
    rng: random.Random, offer: SupportOffer, municipality: Municipality, people: People, on: dt.date
) -> SupportUse:
    first, last = ENDED_USED if offer.has_ended else RUNNING_USED
    moment = working_moment(
        rng, day_between(rng, on - dt.timedelta(days=first), on - dt.timedelta(days=last))
    )
    counts_staff = offer.kind in STAFF and rng.random() < WITH_STAFF
    return SupportUse(
        offer=offer,
        municipality=municipality,
        used_on=local_day(moment),
        staff=rng.randint(*STAFF[Kind(offer.kind)]) if counts_staff else None,
        note=rng.choice(BROUGHT[offer.kind]) if rng.random() < WITH_NOTE else "",
        recorded_by=people.officer_of(municipality),
        recorded_at=moment + dt.timedelta(days=rng.randint(0, 14)),
        provenance=Provenance.DEMONSTRATION,
    )
