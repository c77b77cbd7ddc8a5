"""The list of safety policies: by what it is filtered and sorted, and what a row shows."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.utils.translation import gettext as _

from municipalities.models import PolicyParticipation, SafetyPolicy
from municipalities.register import period
from policytracker.choices import label, labels
from policytracker.dates import today
from policytracker.exporting import Row
from policytracker.listing import Order, Sorting
from policytracker.provenance import Provenance

BY_TITLE = ("title", "pk")
SORTING = Sorting(
    {
        "title": Order(F("title"), ("pk",)),
        "kind": Order(F("kind"), BY_TITLE),
        "starts": Order(F("starts_on"), BY_TITLE, starts_descending=True),
        "ends": Order(F("ends_on"), BY_TITLE, starts_descending=True),
    },
    "ends",
    descending=True,
)
NAMES_SHOWN = 3


class PolicyEntry(NamedTuple):
    """A policy in the list; the order is that of `rows`."""

    pk: int
    title: str
    kind: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    provenance: str
    document: int | None
    municipalities: list[str]

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return label(SafetyPolicy.Kind, self.kind)

    @property
    def years(self) -> str:
        """The years from first to last."""
        return period(self.starts_on, self.ends_on)

    @property
    def has_ended(self) -> bool:
        """Whether its last day has passed."""
        return self.ends_on is not None and self.ends_on < today()

    @property
    def names(self) -> str:
        """The municipalities that take part; the first few where there are many."""
        if len(self.municipalities) <= NAMES_SHOWN + 1:
            return ", ".join(self.municipalities)
        rest = len(self.municipalities) - NAMES_SHOWN
        return _("%(names)s and %(rest)d more") % {
            "names": ", ".join(self.municipalities[:NAMES_SHOWN]),
            "rest": rest,
        }

    @property
    def source_label(self) -> str:
        """Where it comes from."""
        return label(Provenance, self.provenance)


def rows(policies: QuerySet[SafetyPolicy]) -> QuerySet[SafetyPolicy, Any]:
    """What a row shows of each policy."""
    names = (
        PolicyParticipation.objects.filter(policy=OuterRef("pk"))
        .exclude(status=PolicyParticipation.Status.DECLINED)
        .order_by("municipality__sort_name")
        .values("municipality__name")
    )
    return policies.annotate(names=ArraySubquery(names)).values_list(*PolicyEntry._fields[:7], "names")


def export_header() -> list[str]:
    """The titles of an export's columns."""
    return [
        _("Title"),
        _("Kind"),
        _("First day"),
        _("Last day"),
        _("Municipalities"),
        _("Adopted by the council on"),
        _("CVDR id"),
        _("Source"),
        _("Address of the source"),
    ]


def export_rows(policies: QuerySet[SafetyPolicy, Any]) -> Iterator[Row]:
    """The rows of an export, read while they are sent."""
    kinds, sources = labels(SafetyPolicy.Kind), labels(Provenance)
    columns = ("title", "kind", "starts_on", "ends_on", "names", "adopted_on", "cvdr_id", "provenance")
    found = policies.values_list(*columns, "source_url").iterator()
    return (
        (title, kinds[kind], starts, ends, ", ".join(names), adopted, cvdr_id, sources[source], url)
        for title, kind, starts, ends, names, adopted, cvdr_id, source, url in found
    )
