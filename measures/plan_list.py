"""The list of action plans: how it is sorted, what stands in a row on the page and in an export."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from measures.models import ActionPlan, Measure, PlanParticipation, Theme
from measures.models.plan import PLAN_STATES, ActionPlanQuerySet, state_on
from policytracker.choices import label, labels
from policytracker.dates import today
from policytracker.exporting import Row
from policytracker.listing import Order, Sorting
from policytracker.provenance import Provenance

NAMES_SHOWN = 3

TONES = {
    ActionPlan.Status.DRAFT: "info",
    ActionPlan.Status.ADOPTED: "ok",
    ActionPlan.EXPIRED: "warning",
    ActionPlan.Status.SUPERSEDED: "",
}

SORTING = Sorting(
    {
        "title": Order(F("title"), ("pk",)),
        "municipality": Order(F("first_name"), ("-ends_on", "pk")),
        "starts": Order(F("starts_on"), ("title", "pk"), starts_descending=True),
        "ends": Order(F("ends_on"), ("title", "pk"), starts_descending=True),
        "measures": Order(F("measures_counted"), ("title", "pk"), starts_descending=True),
    },
    "ends",
    descending=True,
)


class Entry(NamedTuple):
    """A plan in the list; the order is that of the query, which makes no objects of the models."""

    pk: int
    title: str
    version: int
    status: str
    starts_on: dt.date
    ends_on: dt.date
    themes: list[str]
    provenance: str
    names: list[str]
    measures: int

    @property
    def state(self) -> str:
        """Its state today, in words."""
        return capfirst(str(PLAN_STATES[self.state_key]))

    @property
    def tone(self) -> str:
        """The tone of the badge with the state."""
        return TONES[self.state_key]

    @property
    def state_key(self) -> str:
        return state_on(today(), self.status, self.ends_on)

    @property
    def themes_in_words(self) -> str:
        """The themes, separated by commas."""
        return capfirst(", ".join(label(Theme, theme) for theme in self.themes))

    @property
    def shown_names(self) -> str:
        """The first municipalities by name."""
        return ", ".join(self.names[:NAMES_SHOWN])

    @property
    def further(self) -> int:
        """How many municipalities are not named."""
        return max(0, len(self.names) - NAMES_SHOWN)

    @property
    def is_invented(self) -> bool:
        """Whether it was made up for the demonstration."""
        return self.provenance == Provenance.DEMONSTRATION


COLUMNS = ("pk", "title", "version", "status", "starts_on", "ends_on", "themes", "provenance")


def with_columns(plans: ActionPlanQuerySet) -> ActionPlanQuerySet:
    """Adds the names of the municipalities that take part, and the number of measures that count."""
    confirmed = (
        PlanParticipation.objects.confirmed().filter(plan=OuterRef("pk")).order_by("municipality__sort_name")
    )
    counted = (
        Measure.objects.counted()
        .filter(plan=OuterRef("pk"))
        .order_by()
        .values("plan")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return plans.annotate(
        names=ArraySubquery(confirmed.values("municipality__name")),
        first_name=Subquery(confirmed.values("municipality__sort_name")[:1]),
        measures_counted=Coalesce(Subquery(counted), 0),
    )


def rows(plans: ActionPlanQuerySet) -> QuerySet[ActionPlan, Any]:
    """What the page shows of each plan."""
    return with_columns(plans).values_list(*COLUMNS, "names", "measures_counted")


def entries(found: Iterable[tuple[Any, ...]]) -> list[Entry]:
    """The rows of a page of the list."""
    return [Entry._make(row) for row in found]


def export_header() -> list[str]:
    """The titles of an export's columns, in the reader's language."""
    return [
        _("Number"),
        _("Action plan"),
        _("Municipalities"),
        _("Version"),
        _("Status"),
        _("First day"),
        _("Last day"),
        _("Adopted on"),
        _("Themes"),
        _("Measures"),
        _("Source"),
        _("Reference day"),
    ]


def export_rows(plans: ActionPlanQuerySet) -> Iterator[Row]:
    """The rows of an export, read while they are sent."""
    # In the language of the request, which may be over when the rows are sent.
    on = today()
    states = {state: str(name) for state, name in PLAN_STATES.items()}
    themes, sources = labels(Theme), labels(Provenance)
    stored = with_columns(plans).values_list(*COLUMNS, "names", "measures_counted", "adopted_on")
    return (
        (
            entry.pk,
            entry.title,
            ", ".join(entry.names),
            entry.version,
            states[state_on(on, entry.status, entry.ends_on)],
            entry.starts_on,
            entry.ends_on,
            adopted_on,
            ", ".join(themes[theme] for theme in entry.themes),
            entry.measures,
            sources[entry.provenance],
            on,
        )
        for *row, adopted_on in stored.iterator()
        for entry in (Entry._make(row),)
    )
