"""The library as a list: how it is sorted, what stands in a row and in an export."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from measures.models import Category, Phase, TypicalMeasure, in_language
from measures.models.library import TypicalMeasureQuerySet
from municipalities.search import fold
from policytracker.choices import label, labels
from policytracker.exporting import Row
from policytracker.listing import Order, Sorting, rank
from policytracker.provenance import Provenance


def take_over_address(pk: int) -> str:
    """Where a measure of one's own plan is made of the entry."""
    return f"{reverse('measures:take-over')}?typical={pk}"


def sorting() -> Sorting:
    """The orders that the list offers; titles sort in the reader's language."""
    title = in_language("title")
    return Sorting(
        {
            "title": Order(fold(F(title)), ("pk",)),
            "category": Order(rank("category", Category), (title, "pk")),
            "phase": Order(rank("phase", Phase), (title, "pk")),
            "municipalities": Order(F("municipality_count"), (title, "pk"), starts_descending=True),
        },
        "title",
    )


class Entry(NamedTuple):
    """An entry in the list, in the order of `rows`."""

    pk: int
    title: str
    text: str
    category: str
    phase: str
    municipality_count: int
    provenance: str
    source_url: str

    @property
    def category_label(self) -> str:
        """The category in words."""
        return label(Category, self.category)

    @property
    def phase_label(self) -> str:
        """The phase in words."""
        return label(Phase, self.phase)

    @property
    def is_invented(self) -> bool:
        """Whether it was made up for the demonstration."""
        return self.provenance == Provenance.DEMONSTRATION


def rows(entries: TypicalMeasureQuerySet) -> QuerySet[TypicalMeasure, Any]:
    """What the list shows of each of the entries, in the reader's language."""
    return entries.with_municipalities().values_list(
        "pk",
        in_language("title"),
        in_language("text"),
        "category",
        "phase",
        "municipality_count",
        "provenance",
        "source_url",
    )


def export_header() -> list[str]:
    """The titles of an export's columns, in the reader's language."""
    return [
        _("Measure"),
        _("Category"),
        _("Phase"),
        _("What it is"),
        _("Municipalities that took it over"),
        _("Source"),
        _("Address of the source"),
    ]


def export_rows(found: QuerySet[TypicalMeasure, Any]) -> Iterator[Row]:
    """The rows of an export: every entry that the list shows, on all its pages."""
    # In the language of the request, which may be over when the rows are sent.
    categories, phases, sources = labels(Category), labels(Phase), labels(Provenance)
    return (
        (
            entry.title,
            categories[entry.category],
            phases[entry.phase],
            entry.text,
            entry.municipality_count,
            sources[entry.provenance],
            entry.source_url,
        )
        for entry in map(Entry._make, found.iterator())
    )
