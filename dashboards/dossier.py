"""All that the register knows of one municipality on a day, for its page: five queries whatever there is."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.models import Role, User
from evaluations.models import Finding, FollowUp
from measures.models import ActionPlan, Category, Measure, Phase, PlanParticipation, Theme
from measures.models.plan import PLAN_STATES, holds_on, state_on
from municipalities.coverage import Coverage
from municipalities.filters import REGISTER_BEGINS
from municipalities.history import Change, changes
from municipalities.models import (
    Contact,
    CoverageStatement,
    GroupMembership,
    Merger,
    MergerPart,
    Municipality,
    PoliceUnit,
    PolicyParticipation,
    Province,
    SafetyPolicy,
    SafetyRegion,
)
from municipalities.register import period
from municipalities.sizes import SizeClass, size_class_of
from policytracker.choices import label
from policytracker.dates import local_day, today
from policytracker.prepared import prepared
from policytracker.provenance import Confidence, Provenance

CHANGES_SHOWN = 10
MEASURES_SHOWN = 8

MEANING = {
    Coverage.PRIORITY: gettext_lazy("The theme is a priority in the safety policy."),
    Coverage.INCLUDED: gettext_lazy("The theme is part of the safety policy, but not a priority."),
    Coverage.SEPARATE_PLAN: gettext_lazy("The theme is in a separate plan of the municipality."),
    Coverage.REGIONAL_PLAN: gettext_lazy("The theme is in a plan of the region that counts here."),
    Coverage.REASONED_NO: gettext_lazy("A local analysis shows that a policy on the theme is not needed."),
    Coverage.ABSENT: gettext_lazy("The theme is not in the safety policy."),
    Coverage.UNKNOWN: gettext_lazy("The municipality has not stated whether the theme is in its policy."),
}


# The municipality with its statement, groups, contacts and mergers


class ContactLine(NamedTuple):
    """The work contact details of an official."""

    name: str
    job_title: str
    email: str
    is_unreachable: bool
    is_invented: bool


class MergerLine(NamedTuple):
    """A merger in which the municipality ended (`is_ending`) or took another in."""

    is_ending: bool
    is_planned: bool
    effective_on: dt.date
    note: str
    predecessor: str
    predecessor_code: str
    successor: str
    successor_code: str


class Standing(NamedTuple):
    """A municipality and what it last stated before the end of the day; the order is that of `standing`."""

    pk: int
    code: str
    name: str
    province: str
    safety_region: str | None
    police_unit: str | None
    population: int | None
    population_year: int | None
    valid_from: dt.date | None
    valid_until: dt.date | None
    coverage: str
    value: str | None
    policy_title: str | None
    policy_kind: str | None
    policy_starts_on: dt.date | None
    policy_ends_on: dt.date | None
    policy_adopted_on: dt.date | None
    page: str | None
    quotation: str | None
    analysis: str | None
    expected_on: dt.date | None
    decided_on: dt.date | None
    provenance: str | None
    stated_at: dt.datetime | None
    stated_by: str | None
    review: str | None
    reviewed_by: str | None
    reviewed_at: dt.datetime | None
    question: str | None
    may_edit: bool
    groups: tuple[str, ...]
    contacts: tuple[ContactLine, ...]
    mergers: tuple[MergerLine, ...]

    @property
    def size_class(self) -> SizeClass | None:
        """The size class, None where the population is not known."""
        return size_class_of(self.population)

    @property
    def meaning(self) -> str:
        """The coverage of the day in one sentence."""
        if self.coverage == Coverage.LAPSED and self.policy_ends_on:
            day = date_format(self.policy_ends_on)
            return _("The theme was in the policy, but that policy ended on %(day)s.") % {"day": day}
        if self.coverage == Coverage.IN_PREPARATION and self.expected_on:
            day = date_format(self.expected_on)
            return _("The theme is not in the policy yet; the decision is expected on %(day)s.") % {
                "day": day
            }
        return str(MEANING[Coverage(self.coverage)])

    @property
    def source(self) -> str:
        """Who stands behind the statement."""
        return label(Provenance, self.provenance)

    @property
    def is_invented(self) -> bool:
        """Whether the statement was made up for the demonstration."""
        return self.provenance == Provenance.DEMONSTRATION

    @property
    def review_label(self) -> str:
        """What VNG found of the statement."""
        return label(CoverageStatement.Review, self.review)

    def existed(self, on: dt.date) -> bool:
        """Whether the municipality was there on the day; the day of an ending is the first without it."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or self.valid_until > on
        )


def standing_of(row: tuple[Any, ...]) -> Standing:
    """The row with its lists read; PostgreSQL sends them as JSON, or nothing where there is none."""
    *plain, groups, contacts, mergers = row
    return Standing._make(
        (
            *plain,
            tuple(groups),
            tuple(ContactLine(**json.loads(contact)) for contact in contacts or ()),
            tuple(merger_of(json.loads(merger)) for merger in mergers or ()),
        )
    )


def merger_of(merger: dict[str, Any]) -> MergerLine:
    """The merger, its day read."""
    return MergerLine(**merger | {"effective_on": dt.date.fromisoformat(merger["effective_on"])})


def name_of(model: type[models.Model], relation: str) -> Subquery:
    """The name of what the relation leads to. A join would do too, but makes PostgreSQL think much longer."""
    return Subquery(model._default_manager.filter(pk=OuterRef(f"{relation}_id")).values("name"))


@prepared(standing_of)
def standing(code: str, user: int, on: dt.date, *, role: str) -> QuerySet[Municipality, Any]:
    """The municipality with this code, as this user may see it."""
    this_user = User(pk=user, role=role)
    groups = GroupMembership.objects.held(on=on).filter(municipality=OuterRef("pk"))
    contacts = Contact.objects.visible_to(this_user).filter(municipality=OuterRef("pk"))
    contact = JSONObject(
        name="name",
        job_title="job_title",
        email="email",
        is_unreachable=Q(unreachable_since__isnull=False),
        is_invented=Q(provenance=Provenance.DEMONSTRATION),
    )
    mergers = MergerPart.objects.filter(Q(predecessor=OuterRef("pk")) | Q(successor=OuterRef("pk")))
    merger = JSONObject(
        is_ending=Q(predecessor=OuterRef("pk")),
        is_planned=Q(merger__status=Merger.Status.PLANNED),
        effective_on="merger__effective_on",
        note="merger__note",
        predecessor="predecessor__name",
        predecessor_code="predecessor__code",
        successor="successor__name",
        successor_code="successor__code",
    )
    return (
        Municipality.objects.with_coverage(on=on)
        .filter(code=code)
        .annotate(
            may_edit=Exists(Municipality.objects.editable_by(this_user).filter(pk=OuterRef("pk"))),
            group_names=ArraySubquery(groups.order_by("group__code").values("group__name")),
            contact_cards=ArraySubquery(contacts.order_by("position").values(card=contact)),
            mergers=ArraySubquery(
                mergers.order_by(
                    "-merger__effective_on", "predecessor__sort_name", "successor__sort_name"
                ).values(card=merger)
            ),
        )
        .values_list(
            "pk",
            "code",
            "name",
            name_of(Province, "province"),
            name_of(SafetyRegion, "safety_region"),
            name_of(PoliceUnit, "police_unit"),
            "population",
            "population_year",
            "valid_from",
            "valid_until",
            "coverage",
            "statement__value",
            "statement__policy__title",
            "statement__policy__kind",
            "statement__policy__starts_on",
            "statement__policy__ends_on",
            "statement__policy__adopted_on",
            "statement__page",
            "statement__quotation",
            "statement__analysis",
            "statement__expected_on",
            "statement__decided_on",
            "statement__provenance",
            "statement__stated_at",
            name_of(User, "statement__stated_by"),
            "statement__review",
            name_of(User, "statement__reviewed_by"),
            "statement__reviewed_at",
            "statement__question",
            "may_edit",
            "group_names",
            "contact_cards",
            "mergers",
        )
    )


# Safety policies


class Policy(NamedTuple):
    """A safety policy in which the municipality takes part, or would according to a public source."""

    status: str
    pk: int
    title: str
    kind: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    adopted_on: dt.date | None
    theme_seen: str
    theme_as: str
    provenance: str
    source_url: str
    source_seen_on: dt.date | None
    source_note: str
    confidence: str

    @property
    def is_confirmed(self) -> bool:
        """Whether the municipality calls it its own."""
        return self.status == PolicyParticipation.Status.CONFIRMED

    @property
    def about(self) -> str:
        """Its kind, its years and what is known of its making, in one line."""
        parts = [capfirst(label(SafetyPolicy.Kind, self.kind)), period(self.starts_on, self.ends_on)]
        if self.adopted_on:
            parts.append(_("adopted on %(day)s") % {"day": date_format(self.adopted_on)})
        if self.status == PolicyParticipation.Status.PROPOSED:
            parts.append(self.theme)
        elif self.status == PolicyParticipation.Status.DECLINED:
            parts.append(label(PolicyParticipation.Status, self.status))
        return " · ".join(filter(None, parts))

    @property
    def theme(self) -> str:
        """What was seen of the theme, in words."""
        if self.theme_as:
            return _("the theme was seen: %(named)s") % {"named": label(Coverage, self.theme_as).lower()}
        return label(SafetyPolicy.ThemeSeen, self.theme_seen)

    @property
    def note(self) -> str:
        """What was seen in a source that waits for an answer."""
        return self.source_note if self.status == PolicyParticipation.Status.PROPOSED else ""

    @property
    def source(self) -> str:
        """Who stands behind it."""
        return capfirst(label(Provenance, self.provenance))

    @property
    def sure(self) -> str:
        """How sure the reading of a public source is."""
        return label(Confidence, self.confidence)

    def has_ended(self, on: dt.date) -> bool:
        """Whether its last day had passed."""
        return self.ends_on is not None and self.ends_on < on


@prepared(Policy._make)
def policies(municipality: int) -> QuerySet[PolicyParticipation, Any]:
    """The policies of a municipality, those that hold longest first."""
    return (
        PolicyParticipation.objects.filter(municipality=municipality)
        .order_by(F("policy__ends_on").desc(nulls_last=True), "policy__title", "pk")
        .values_list("status", *(f"policy__{name}" for name in Policy._fields[1:]))
    )


# Action plans and measures


class MeasureLine(NamedTuple):
    """A measure with its plan; a plan without measures has one line whose measure is empty."""

    plan: int
    plan_title: str
    plan_themes: tuple[str, ...]
    plan_status: str
    plan_version: int
    plan_starts_on: dt.date
    plan_ends_on: dt.date
    plan_adopted_on: dt.date | None
    plan_provenance: str
    pk: int | None
    title: str
    category: str
    phase: str
    status: str
    embedding: str
    due_on: dt.date | None
    is_late: bool

    @property
    def status_label(self) -> str:
        """The status in words."""
        return label(Measure.Status, self.status)

    @property
    def about(self) -> str:
        """The category and phase in words."""
        return f"{capfirst(label(Category, self.category))} · {label(Phase, self.phase)}"


def measure_line(row: tuple[Any, ...]) -> MeasureLine:
    """The row, its list made unchangeable."""
    return MeasureLine._make(tuple(value) if isinstance(value, list) else value for value in row)


@prepared(measure_line)
def measure_lines(municipality: int, user: int, on: dt.date, *, role: str) -> QuerySet[ActionPlan, Any]:
    """The plans of a municipality that this user sees, with the measures that count; drafts come last.

    Late measures come first, then running, planned, and what is over.
    """
    own = PlanParticipation.objects.confirmed().filter(municipality=municipality)
    late = Measure.objects.late(on=on).filter(pk=OuterRef("counted__pk"))
    order = [Measure.Status.IN_PROGRESS, Measure.Status.PLANNED, Measure.Status.DONE, Measure.Status.STOPPED]
    return (
        ActionPlan.objects.visible_to(User(pk=user, role=role))
        .filter(pk__in=own.values("plan"))
        .annotate(
            counted=FilteredRelation("measures", condition=~Q(measures__status=Measure.Status.DRAFT)),
            is_late=Exists(late),
            is_draft=Case(When(status=ActionPlan.Status.DRAFT, then=Value(1)), default=Value(0)),
            rank=Case(*(When(counted__status=status, then=Value(at)) for at, status in enumerate(order))),
        )
        .order_by(
            *("is_draft", "-ends_on", "title", "pk"),
            *("-is_late", "rank", "counted__due_on", "counted__title"),
        )
        .values_list(
            "pk",
            *(name.removeprefix("plan_") for name in MeasureLine._fields if name.startswith("plan_")),
            *(f"counted__{name}" for name in MeasureLine._fields[9:-1]),
            "is_late",
        )
    )


@dataclass(frozen=True)
class Plan:
    """An action plan with its measures."""

    about: MeasureLine
    on: dt.date
    measures: tuple[MeasureLine, ...]

    @property
    def themes(self) -> str:
        """The themes in words, separated by commas."""
        return ", ".join(label(Theme, theme) for theme in self.about.plan_themes)

    @property
    def is_invented(self) -> bool:
        """Whether it was made up for the demonstration."""
        return self.about.plan_provenance == Provenance.DEMONSTRATION

    def holds(self, on: dt.date) -> bool:
        """Whether it is adopted and counts on the day."""
        return holds_on(
            on,
            status=self.about.plan_status,
            version=self.about.plan_version,
            starts_on=self.about.plan_starts_on,
            ends_on=self.about.plan_ends_on,
            adopted_on=self.about.plan_adopted_on,
        )

    def had_ended(self, on: dt.date) -> bool:
        """Whether it was more than a draft, and its last day had passed."""
        return self.about.plan_status != ActionPlan.Status.DRAFT and self.about.plan_ends_on < on

    @property
    def line(self) -> str:
        """Its status, years and themes in one line."""
        state = state_on(self.on, self.about.plan_status, self.about.plan_ends_on)
        status = capfirst(str(PLAN_STATES[state]))
        years = period(self.about.plan_starts_on, self.about.plan_ends_on)
        return " · ".join(filter(None, (status, years, self.themes)))

    @property
    def summary(self) -> str:
        """How many measures have which status, and how many are late."""
        counts = Counter(measure.status_label for measure in self.measures)
        parts = [f"{number} {label}" for label, number in counts.items()]
        if late := sum(measure.is_late for measure in self.measures):
            parts.append(
                ngettext("%(number)s of them late", "%(number)s of them late", late) % {"number": late}
            )
        return ", ".join(parts)

    @property
    def shown(self) -> tuple[MeasureLine, ...]:
        """The measures that stand on the page."""
        return self.measures[:MEASURES_SHOWN]

    @property
    def folded(self) -> tuple[MeasureLine, ...]:
        """The measures that a button opens."""
        return self.measures[MEASURES_SHOWN:]


def plans(municipality: int, user: User, on: dt.date) -> Iterator[Plan]:
    """The plans of a municipality that this user sees, the one that holds longest first."""
    found = measure_lines(municipality, user.pk, on, role=user.role)
    for _plan, lines in groupby(found, key=lambda line: line.plan):
        measures = list(lines)
        yield Plan(measures[0], on, tuple(line for line in measures if line.pk is not None))


# Findings


class FollowUpLine(NamedTuple):
    """What the municipality does with a finding."""

    status: str
    due_on: dt.date | None
    is_late: bool
    text_nl: str
    text_en: str
    theme: str
    evaluation: str
    published_on: dt.date | None

    @property
    def text(self) -> str:
        """The finding in the language of the reader."""
        return self.text_en if get_language() == "en" else self.text_nl

    @property
    def about(self) -> str:
        """The theme, and the evaluation with its year, in one line."""
        year = f" ({self.published_on.year})" if self.published_on else ""
        return f"{capfirst(label(Finding.Theme, self.theme))} · {self.evaluation}{year}"

    @property
    def status_label(self) -> str:
        """The status in words."""
        return label(FollowUp.Status, self.status)


@prepared(FollowUpLine._make)
def follow_ups(municipality: int, user: int, on: dt.date, *, role: str) -> QuerySet[FollowUp, Any]:
    """What a municipality does with findings, as far as this user may see it; what is late first."""
    visible = FollowUp.objects.visible_to(User(pk=user, role=role)).filter(municipality=municipality)
    return (
        visible.annotate(is_late=Exists(FollowUp.objects.late(on=on).filter(pk=OuterRef("pk"))))
        .order_by("-is_late", F("due_on").asc(nulls_last=True), "pk")
        .values_list(
            "status",
            "due_on",
            "is_late",
            "finding__text_nl",
            "finding__text_en",
            "finding__theme",
            "finding__evaluation__title",
            "finding__evaluation__published_on",
        )
    )


# All of it


@dataclass(frozen=True)
class Dossier:
    """A municipality with what belongs to it, as one user may see it.

    Two that are equal make the same page, so that it is not written again while nothing changed.
    """

    standing: Standing
    on: dt.date
    today: dt.date
    policies: tuple[Policy, ...]
    plans: tuple[Plan, ...]
    follow_ups: tuple[FollowUpLine, ...]
    changes: tuple[Change, ...]
    sees_follow_up: bool

    @property
    def existed(self) -> bool:
        """Whether the municipality was there on the day."""
        return self.standing.existed(self.on)

    @property
    def is_of_today(self) -> bool:
        """Whether it shows how it stands today."""
        return self.on == self.today

    @property
    def stated_on(self) -> dt.date | None:
        """The day on which the coverage was stated."""
        return local_day(self.standing.stated_at) if self.standing.stated_at else None

    @property
    def last_day(self) -> dt.date | None:
        """The last day of a municipality that had ended by the day; None where the register begins later."""
        end = self.standing.valid_until
        return end - dt.timedelta(days=1) if end and REGISTER_BEGINS < end <= self.on else None

    @property
    def exists_today(self) -> bool:
        """Whether the municipality is there today."""
        return self.standing.existed(self.today)

    @property
    def is_editable(self) -> bool:
        """Whether this user may change what is shown: of a municipality that exists, as it stands today."""
        return self.standing.may_edit and self.is_of_today and self.exists_today

    @property
    def may_hold_still(self) -> bool:
        """Whether the statement may still hold, so that it can be confirmed; as in `can_be_confirmed`."""
        is_overdue = self.standing.expected_on is not None and self.standing.expected_on < self.on
        return (
            self.standing.value is not None and self.standing.coverage != Coverage.LAPSED and not is_overdue
        )

    @property
    def successions(self) -> list[MergerLine]:
        """Where this municipality went or will go."""
        return [merger for merger in self.standing.mergers if merger.is_ending]

    @property
    def predecessions(self) -> list[MergerLine]:
        """Which municipalities went or will go into this one."""
        return [merger for merger in self.standing.mergers if not merger.is_ending]

    def _is_shown(self, starts_on: dt.date | None) -> bool:
        """Whether something that starts on this day belongs on the page: on a past day nothing later does."""
        return self.on >= self.today or starts_on is None or starts_on <= self.on

    @property
    def confirmed(self) -> list[Policy]:
        """The policies that the municipality calls its own, but for what has ended."""
        return [one for one in self._shown_policies if one.is_confirmed and not one.has_ended(self.on)]

    @property
    def _shown_policies(self) -> list[Policy]:
        return [one for one in self.policies if self._is_shown(one.starts_on)]

    @property
    def proposals(self) -> list[Policy]:
        """What public sources name and waits for the municipality's answer, but for what has ended."""
        proposed = PolicyParticipation.Status.PROPOSED
        return [one for one in self._shown_policies if one.status == proposed and not one.has_ended(self.on)]

    @property
    def earlier_policies(self) -> list[Policy]:
        """What has ended, and what the municipality says is not its own."""
        declined = PolicyParticipation.Status.DECLINED
        return [one for one in self._shown_policies if one.status == declined or one.has_ended(self.on)]

    @property
    def earlier_plans(self) -> tuple[Plan, ...]:
        """All plans but the one that holds longest."""
        return self.plans[1:]


def dossier(code: str, user: User, on: dt.date) -> Dossier | None:
    """What is known of the municipality with this code; None where there is none."""
    found = standing(code, user.pk, on, role=user.role)
    if not found:
        return None
    municipality = found[0]
    return Dossier(
        standing=municipality,
        on=on,
        today=today(),
        policies=tuple(policies(municipality.pk)),
        plans=tuple(
            plan
            for plan in plans(municipality.pk, user, on)
            if on >= today() or plan.about.plan_starts_on <= on or plan.holds(on)
        ),
        follow_ups=tuple(follow_ups(municipality.pk, user.pk, on, role=user.role)),
        changes=tuple(changes(municipality.pk, with_names=municipality.may_edit, limit=CHANGES_SHOWN)),
        sees_follow_up=municipality.may_edit or user.role != Role.OFFICER,
    )
