"""What the register knows of an officer's municipality, for the start page, in a few queries."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import User
from evaluations.models import FollowUp, is_late
from measures.models import ActionPlan, Measure, PlanParticipation
from measures.models.plan import holds_on
from municipalities.actions import STATE_OF_CONTACTS
from municipalities.models import Contact, Municipality, PolicyParticipation
from policytracker.dates import local_day
from policytracker.prepared import prepared

PROPOSALS_SHOWN = 3


class Own(NamedTuple):
    """A municipality of the officer with what it stated; the order is that of `own_municipalities`."""

    pk: int
    code: str
    name: str
    coverage: str
    contacts_confirmed_at: dt.datetime | None
    statement: int | None
    value: str | None
    review: str | None
    question: str | None
    expected_on: dt.date | None
    stated_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    policy: int | None
    policy_title: str | None
    policy_ends_on: dt.date | None
    policy_is_followed: bool
    contacts: str | None
    reachable_contacts: int

    @property
    def url(self) -> str:
        """The address of its page."""
        return reverse("municipalities:detail", args=[self.code])

    @property
    def last_said_on(self) -> dt.date | None:
        """The day on which the coverage was stated or last confirmed."""
        said = max((moment for moment in (self.stated_at, self.confirmed_at) if moment), default=None)
        return local_day(said) if said else None


@prepared(Own._make)
def own_municipalities(user: int, on: dt.date, *, role: str) -> QuerySet[Municipality, Any]:
    """The municipalities that the officer keeps, the one joined first first."""
    contacts = Contact.objects.filter(municipality=OuterRef("pk")).order_by().values("municipality")
    state = contacts.annotate(state=STATE_OF_CONTACTS).values("state")
    policy = (OuterRef(f"statement__policy__{name}") for name in ("kind", "ends_on", "successor"))
    followed = PolicyParticipation.objects.after(*policy).filter(municipality=OuterRef("pk"))
    reachable = contacts.filter(unreachable_since__isnull=True).annotate(number=Count("pk")).values("number")
    return (
        Municipality.objects.in_register(on=on)
        .editable_by(User(pk=user, role=role))
        .with_coverage(on=on)
        .order_by("memberships__pk")
        .values_list(
            *Own._fields[:5],
            "statement__pk",
            *(f"statement__{name}" for name in Own._fields[6:12]),
            "statement__policy",
            "statement__policy__title",
            "statement__policy__ends_on",
            Exists(followed),
            Subquery(state),
            Coalesce(Subquery(reachable), Value(0)),
        )
    )


class Proposal(NamedTuple):
    """A policy that a public source or another municipality names; the order is that of `proposals`."""

    policy: int
    title: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    provenance: str
    theme_as: str


@prepared(Proposal._make)
def proposals(municipality: int, on: dt.date) -> QuerySet[PolicyParticipation, Any]:
    """The policies of which the municipality must say whether they are its own, the most telling first."""
    return (
        PolicyParticipation.objects.to_answer(on=on)
        .filter(municipality=municipality)
        .most_telling_first()
        .values_list(
            "policy",
            "policy__title",
            "policy__starts_on",
            "policy__ends_on",
            "policy__provenance",
            "policy__theme_as",
        )[: PROPOSALS_SHOWN + 1]
    )


class OwnPlan(NamedTuple):
    """A plan of the municipality with its measures in numbers; the order is that of `plans`."""

    pk: int
    title: str
    status: str
    version: int
    starts_on: dt.date
    ends_on: dt.date
    participation: str
    revision: int
    decided_at: dt.datetime | None
    confirmed_at: dt.datetime | None
    adopted_on: dt.date | None
    next_version: int | None
    running: int
    planned: int
    late: tuple[int, ...]
    late_titles: tuple[str, ...]

    def holds(self, on: dt.date) -> bool:
        """Whether it is the municipality's own, adopted, and counts on the day."""
        return self.is_own and holds_on(
            on,
            status=self.status,
            version=self.version,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            adopted_on=self.adopted_on,
        )

    def has_ended(self, on: dt.date) -> bool:
        """Whether it is the municipality's own and adopted, and its last day has passed."""
        return self.is_own and self.ends_on < on

    @property
    def is_own(self) -> bool:
        """Whether the municipality calls it its own and adopted it."""
        own, adopted = PlanParticipation.Status.CONFIRMED, ActionPlan.Status.ADOPTED
        return self.participation == own and self.status == adopted

    @property
    def is_own_draft(self) -> bool:
        """Whether the municipality is writing it."""
        own, draft = PlanParticipation.Status.CONFIRMED, ActionPlan.Status.DRAFT
        return self.participation == own and self.status == draft

    @property
    def is_to_answer(self) -> bool:
        """Whether another municipality names this one in it, and waits for an answer."""
        return self.participation == PlanParticipation.Status.PROPOSED


def plan_of(row: tuple[Any, ...]) -> OwnPlan:
    """The row, its lists made unchangeable."""
    return OwnPlan._make(tuple(value) if isinstance(value, list) else value for value in row)


@prepared(plan_of)
def plans(municipality: int, on: dt.date) -> QuerySet[PlanParticipation, Any]:
    """The plans that name the municipality and are not superseded, the one that holds longest first."""
    status = Measure.Status
    late = Q(plan__measures__status__in=Measure.UNFINISHED, plan__measures__due_on__lt=on)
    in_order = ["plan__measures__due_on", "plan__measures__pk"]
    return (
        PlanParticipation.objects.filter(municipality=municipality)
        .exclude(status=PlanParticipation.Status.DECLINED)
        .exclude(plan__status=ActionPlan.Status.SUPERSEDED)
        .order_by("-plan__ends_on", "plan__pk")
        .annotate(
            running=Count("plan__measures", filter=Q(plan__measures__status=status.IN_PROGRESS)),
            planned=Count("plan__measures", filter=Q(plan__measures__status=status.PLANNED)),
            late=ArrayAgg("plan__measures", filter=late, order_by=in_order, default=Value([])),
            late_titles=ArrayAgg("plan__measures__title", filter=late, order_by=in_order, default=Value([])),
        )
        .values_list(
            "plan",
            *(f"plan__{name}" for name in OwnPlan._fields[1:6]),
            "status",
            "plan__revision",
            "decided_at",
            "confirmed_at",
            "plan__adopted_on",
            "plan__next_version",
            "running",
            "planned",
            "late",
            "late_titles",
        )
    )


class Findings(NamedTuple):
    """The findings to follow up: all, those to answer, the late ones, and those that need nothing now."""

    all: int = 0
    open: int = 0
    late: int = 0
    in_order: int = 0


@prepared(Findings._make)
def findings(municipality: int, on: dt.date) -> QuerySet[FollowUp, Any]:
    """One row of `Findings`; none where there is nothing to follow up."""
    to_answer, late = Q(status__in=FollowUp.WAITING_FOR_MUNICIPALITY), is_late(on)
    return (
        FollowUp.objects.filter(municipality=municipality)
        .order_by()
        .values(one=Value(1))
        .annotate(
            number=Count("pk"),
            open=Count("pk", filter=to_answer),
            late=Count("pk", filter=late),
            in_order=Count("pk", filter=~to_answer & ~late),
        )
        .values_list("number", "open", "late", "in_order")
    )


@dataclass(frozen=True)
class Desk:
    """A municipality as its officer finds it in the morning. Two that are equal make the same page."""

    municipality: Own
    on: dt.date
    proposals: tuple[Proposal, ...]
    plans: tuple[OwnPlan, ...]
    findings: Findings

    @property
    def plan(self) -> OwnPlan | None:
        """The plan that holds longest; None where none holds."""
        return next((plan for plan in self.plans if plan.holds(self.on)), None)

    @property
    def running(self) -> int:
        """The measures in progress."""
        return sum(plan.running for plan in self.plans if plan.is_own)

    @property
    def planned(self) -> int:
        """The measures that have yet to begin."""
        return sum(plan.planned for plan in self.plans if plan.is_own)

    @property
    def late(self) -> list[tuple[int, str]]:
        """The measures past their day, also of a plan that has just ended, each with its title."""
        return [
            measure
            for plan in self.plans
            if plan.is_own
            for measure in zip(plan.late, plan.late_titles, strict=True)
        ]


def desk(municipality: Own, on: dt.date) -> Desk:
    """The desk of a municipality, in three queries."""
    return Desk(
        municipality=municipality,
        on=on,
        proposals=tuple(proposals(municipality.pk, on)),
        plans=tuple(plans(municipality.pk, on)),
        findings=next(iter(findings(municipality.pk, on)), Findings()),
    )
