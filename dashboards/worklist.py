"""VNG's worklist: who is not covered, why, and what to do next."""

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import Case, F, IntegerField, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext as _

from municipalities.coverage import Coverage
from municipalities.kept_areas import PROVINCE, name_of
from municipalities.models import Contact, Municipality
from policytracker.expressions import found_for_row
from policytracker.prepared import prepared


class Entry(NamedTuple):
    """A municipality to help."""

    code: str
    name: str
    coverage: str
    province: str
    population: int | None
    is_reachable: bool
    has_proposal: bool

    @property
    def next_step(self) -> str:
        """What VNG does next."""
        if not self.is_reachable:
            return _("Find a contact")
        if self.coverage == Coverage.LAPSED:
            return _("Ask for the new policy")
        if self.coverage == Coverage.ABSENT:
            return _("Offer help and a neighbour's example")
        if self.coverage == Coverage.IN_PREPARATION:
            return _("Ask whether the council has decided")
        if self.has_proposal:
            return _("Ask to confirm the policy that was found")
        return _("Ask for a first statement")


def entry(row: tuple[Any, ...]) -> Entry:
    """The entry of a row of `worklist`."""
    code, name, coverage, province, *others = row
    return Entry(code, name, coverage, name_of(PROVINCE, province), *others)


@prepared(entry)
def worklist(on: dt.date, *, limit: int) -> QuerySet[Municipality, Any]:
    """The municipalities without radicalisation policy, those that stated it first, then the largest."""
    reachable = Contact.objects.reachable().filter(municipality=OuterRef("pk"))
    urgency = Case(
        When(coverage=Coverage.LAPSED, then=Value(0)),
        When(coverage=Coverage.ABSENT, then=Value(1)),
        When(coverage=Coverage.IN_PREPARATION, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return (
        Municipality.objects.in_register(on=on)
        .without_radicalisation_policy(on=on)
        .with_proposal(on=on)
        .annotate(is_reachable=found_for_row(reachable))
        .order_by(urgency, F("population").desc(nulls_last=True), "pk")
        .values_list(*Entry._fields[:3], "province_id", *Entry._fields[4:])[:limit]
    )
