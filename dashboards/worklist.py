"""VNG's worklist: who is not covered, why, and what to do next."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, Exists, IntegerField, OuterRef, Value, When
from django.utils.translation import gettext as _

from municipalities.coverage import Coverage
from municipalities.models import Contact, Municipality


@dataclass(frozen=True)
class Entry:
    """A municipality to help, and the next step."""

    municipality: Municipality
    next_step: str


def worklist(on: dt.date, *, limit: int) -> list[Entry]:
    """The municipalities without radicalisation policy, those that stated it first, then the largest."""
    reachable = Contact.objects.reachable().filter(municipality=OuterRef("pk"))
    municipalities = (
        Municipality.objects.in_register(on=on)
        .without_radicalisation_policy(on=on)
        .with_proposal(on=on)
        .annotate(
            is_reachable=Exists(reachable),
            urgency=Case(
                When(coverage=Coverage.LAPSED, then=Value(0)),
                When(coverage=Coverage.ABSENT, then=Value(1)),
                When(coverage=Coverage.IN_PREPARATION, then=Value(2)),
                default=Value(3),
                output_field=IntegerField(),
            ),
        )
        .select_related("province")
        .order_by("urgency", "-population", "pk")[:limit]
    )
    return [
        Entry(municipality, next_step(municipality, is_reachable=municipality.is_reachable))
        for municipality in municipalities
    ]


def next_step(municipality: Municipality, *, is_reachable: bool) -> str:
    """What VNG does next for a municipality that carries its coverage and whether there is a proposal."""
    if not is_reachable:
        return _("Find a contact")
    if municipality.coverage == Coverage.LAPSED:
        return _("Ask for the new policy")
    if municipality.coverage == Coverage.ABSENT:
        return _("Offer help and a neighbour's example")
    if municipality.coverage == Coverage.IN_PREPARATION:
        return _("Ask whether the council has decided")
    if municipality.has_proposal:
        return _("Ask to confirm the policy that was found")
    return _("Ask for a first statement")
