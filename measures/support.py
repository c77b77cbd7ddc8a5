"""The support on offer as a list: how it is sorted, what stands in a row and in an export."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from measures.models import SupportOffer, in_language
from measures.models.support import SupportOfferQuerySet
from municipalities.search import fold
from policytracker.choices import label, labels
from policytracker.exporting import Row
from policytracker.listing import Order, Sorting, rank
from policytracker.provenance import Provenance

BY_NAME = ("name", "pk")
SORTING = Sorting(
    {
        "name": Order(fold(F("name")), ("pk",)),
        "kind": Order(rank("kind", SupportOffer.Kind), BY_NAME),
        "provider": Order(fold(F("provider")), BY_NAME),
        "municipalities": Order(F("municipality_count"), BY_NAME, starts_descending=True),
    },
    "name",
)


class Entry(NamedTuple):
    """An offer in the list, in the order of `rows`."""

    pk: int
    name: str
    provider: str
    kind: str
    audience: str
    has_ended: bool
    text: str
    municipality_count: int
    use_count: int
    staff_total: int | None
    provenance: str
    source_url: str

    @property
    def kind_label(self) -> str:
        """The kind in words."""
        return label(SupportOffer.Kind, self.kind)

    @property
    def is_invented(self) -> bool:
        """Whether it was made up for the demonstration."""
        return self.provenance == Provenance.DEMONSTRATION


def rows(offers: SupportOfferQuerySet) -> QuerySet[SupportOffer, Any]:
    """What the list shows of each of the offers, in the reader's language."""
    return offers.with_use().values_list(
        "pk",
        "name",
        "provider",
        "kind",
        "audience",
        "has_ended",
        in_language("text"),
        "municipality_count",
        "use_count",
        "staff_total",
        "provenance",
        "source_url",
    )


def in_order(found: QuerySet[SupportOffer, Any], sorting: Sorting) -> QuerySet[SupportOffer, Any]:
    """The rows as they were asked for; what has ended comes last, whatever the order."""
    return found.order_by("has_ended", *sorting.expressions())


def export_header() -> list[str]:
    """The titles of an export's columns, in the reader's language."""
    return [
        _("Offer"),
        _("Provider"),
        _("Kind"),
        _("Meant for"),
        _("Ended"),
        _("What it is"),
        _("Municipalities that used it"),
        _("Times used"),
        _("Staff of these municipalities together"),
        _("Source"),
        _("Address of the source"),
    ]


def export_rows(found: QuerySet[SupportOffer, Any]) -> Iterator[Row]:
    """The rows of an export: every offer that the list shows, on all its pages."""
    # In the language of the request, which may be over when the rows are sent.
    kinds, sources = labels(SupportOffer.Kind), labels(Provenance)
    yes_no = {True: _("yes"), False: _("no")}
    return (
        (
            entry.name,
            entry.provider,
            kinds[entry.kind],
            entry.audience,
            yes_no[entry.has_ended],
            entry.text,
            entry.municipality_count,
            entry.use_count,
            entry.staff_total,
            sources[entry.provenance],
            entry.source_url,
        )
        for entry in map(Entry._make, found.iterator())
    )
