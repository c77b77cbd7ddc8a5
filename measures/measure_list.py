"""Measures in a list: how it is sorted, what stands in a row on the page and in an export."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.utils.translation import gettext as _

from accounts.models import User
from measures.models import ActionPlan, Category, Measure, Phase, PlanParticipation
from measures.models.measure import MeasureQuerySet, late_on
from policytracker.choices import label, labels
from policytracker.dates import today
from policytracker.exporting import Row
from policytracker.listing import Order, Sorting
from policytracker.provenance import Provenance

Status = Measure.Status

NAMES_SHOWN = 3

# First what somebody has to do, then what is being fitted, and last what is over.
RANKS = {Status.IN_PROGRESS: 0, Status.PLANNED: 0, Status.DRAFT: 1, Status.DONE: 2, Status.STOPPED: 3}
BY_STATUS = Case(
    *(When(status=status, then=Value(rank)) for status, rank in RANKS.items()), output_field=IntegerField()
)
BY_PHASE = Case(
    *(When(phase=phase, then=Value(rank)) for rank, phase in enumerate(Phase)), output_field=IntegerField()
)
BY_DAY = ("due_on", "title", "pk")
FIRST_MUNICIPALITY = ExpressionWrapper(
    Subquery(
        PlanParticipation.objects.confirmed()
        .filter(plan=OuterRef("plan_id"))
        .order_by("municipality__sort_name")
        .values("municipality__sort_name")[:1]
    ),
    output_field=CharField(),
)
SORTING = Sorting(
    {
        "status": Order(BY_STATUS, BY_DAY),
        "title": Order(F("title"), ("pk",)),
        "municipality": Order(FIRST_MUNICIPALITY, BY_DAY),
        "phase": Order(BY_PHASE, BY_DAY),
        "due": Order(F("due_on"), ("title", "pk")),
    },
    "status",
)


class Entry(NamedTuple):
    """A measure in the list or on the board; the order is that of the query, which makes no objects."""

    pk: int
    title: str
    plan_title: str
    plan_status: str
    municipalities: list[str]
    category: str
    phase: str
    status: str
    embedding: str
    lead_organisation: str
    due_on: dt.date | None
    provenance: str
    is_editable: bool

    @property
    def is_late(self) -> bool:
        """Whether the due day has passed while it is neither done nor stopped."""
        return late_on(today(), self.status, self.due_on)

    @property
    def is_in_draft_plan(self) -> bool:
        """Whether its plan was not adopted yet, so that it counts nowhere."""
        return self.plan_status == ActionPlan.Status.DRAFT

    @property
    def category_label(self) -> str:
        """The category in words."""
        return label(Category, self.category)

    @property
    def phase_label(self) -> str:
        """The phase in words."""
        return label(Phase, self.phase)

    @property
    def embedding_label(self) -> str:
        """The embedding in words."""
        return label(Measure.Embedding, self.embedding)

    @property
    def named(self) -> str:
        """The municipalities whose plan it is: a few by name, of more the number."""
        others = len(self.municipalities) - NAMES_SHOWN
        if others < 2:
            return ", ".join(self.municipalities)
        shown = ", ".join(self.municipalities[:NAMES_SHOWN])
        return _("%(names)s and %(number)s others") % {"names": shown, "number": others}

    @property
    def is_invented(self) -> bool:
        """Whether it was made up for the demonstration."""
        return self.provenance == Provenance.DEMONSTRATION


COLUMNS = (
    "pk",
    "title",
    "plan__title",
    "plan__status",
    "municipalities",
    "category",
    "phase",
    "status",
    "embedding",
    "lead_organisation",
    "due_on",
    "provenance",
    "is_editable",
)


def with_municipalities(measures: MeasureQuerySet) -> MeasureQuerySet:
    """Adds `municipalities`: the names of those that call the measure's plan their own."""
    confirmed = PlanParticipation.objects.confirmed().filter(plan=OuterRef("plan_id"))
    names = confirmed.order_by("municipality__sort_name", "pk").values("municipality__name")
    return measures.annotate(municipalities=ArraySubquery(names))


def entries(measures: MeasureQuerySet, user: User) -> Any:
    """What the list shows of each measure: a query that is sorted and cut, then made `Entry`s."""
    return with_municipalities(measures.with_rights(user)).values_list(*COLUMNS)


class Group(NamedTuple):
    """Measures under one heading; the list as a whole has none."""

    heading: str
    entries: list[Entry]


def by_phase(found: Iterable[Entry]) -> list[Group]:
    """The measures under their phases, which the query must be sorted by."""
    return [Group(label(Phase, phase), list(group)) for phase, group in groupby(found, lambda one: one.phase)]


def export_header() -> list[str]:
    """The titles of an export's columns, in the reader's language."""
    return [
        _("Measure"),
        _("Municipalities"),
        _("Action plan"),
        _("Category"),
        _("Phase"),
        _("Status"),
        _("Late"),
        _("Why it was stopped"),
        _("Embedding"),
        _("Lead organisation"),
        _("Starts on"),
        _("Due on"),
        _("Budget in euros"),
        _("Funding source"),
        _("Indicator"),
        _("Target"),
        _("Description"),
        _("Source"),
    ]


EXPORT_COLUMNS = (
    "title",
    "municipalities",
    "plan__title",
    "category",
    "phase",
    "status",
    "stopped_because",
    "embedding",
    "lead_organisation",
    "starts_on",
    "due_on",
    "budget",
    "funding_source",
    "indicator",
    "target",
    "description",
    "provenance",
)


def export_rows(measures: MeasureQuerySet) -> Iterator[Row]:
    """The rows of an export, read while they are sent."""
    # In the language of the request, which may be over when the rows are sent.
    categories, phases, statuses = labels(Category), labels(Phase), labels(Status)
    embeddings, sources = labels(Measure.Embedding), labels(Provenance)
    yes_no = {True: _("yes"), False: _("no")}
    on = today()
    stored = with_municipalities(measures).values_list(*EXPORT_COLUMNS).iterator()
    return (
        (
            title,
            ", ".join(municipalities),
            plan,
            categories[category],
            phases[phase],
            statuses[status],
            yes_no[late_on(on, status, due_on)],
            stopped_because,
            embeddings[embedding],
            lead,
            starts_on,
            due_on,
            None if budget is None else float(budget),
            funding,
            indicator,
            target,
            description,
            sources[source],
        )
        for (
            title,
            municipalities,
            plan,
            category,
            phase,
            status,
            stopped_because,
            embedding,
            lead,
            starts_on,
            due_on,
            budget,
            funding,
            indicator,
            target,
            description,
            source,
        ) in stored
    )
