"""What is asked of an officer: one list, the most urgent first, each with the one thing to do."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, F, Q, QuerySet, Value
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from evaluations.models import FollowUp, is_late
from measures.models import ActionPlan, Measure
from municipalities.coverage import COVERED, Coverage
from municipalities.models import Contact, CoverageStatement, Municipality, PolicyParticipation
from policytracker.dates import local_day
from policytracker.prepared import prepared

CONFIRM_AFTER = dt.timedelta(days=365)
ENDS_SOON = dt.timedelta(days=365)


def to_confirm_on(stated_at: dt.datetime) -> dt.date:
    """The day from which it is asked whether a statement still holds."""
    return local_day(stated_at) + CONFIRM_AFTER


class Own(NamedTuple):
    """A municipality of the officer with what it stated; the order is that of `own_municipalities`."""

    pk: int
    code: str
    name: str
    coverage: str
    value: str | None
    review: str | None
    question: str | None
    expected_on: dt.date | None
    stated_at: dt.datetime | None
    policy_title: str | None
    policy_ends_on: dt.date | None

    @property
    def url(self) -> str:
        """The address of its page."""
        return reverse("municipalities:detail", args=[self.code])


@prepared(Own._make)
def own_municipalities(user: int, on: dt.date, *, role: str) -> QuerySet[Municipality, Any]:
    """The municipalities that the officer keeps, the one joined first first."""
    return (
        Municipality.objects.in_register(on=on)
        .editable_by(User(pk=user, role=role))
        .with_coverage(on=on)
        .order_by("memberships__pk")
        .values_list(
            *Own._fields[:4],
            *(f"statement__{name}" for name in Own._fields[4:9]),
            "statement__policy__title",
            "statement__policy__ends_on",
        )
    )


@prepared(lambda row: str(row[0]))
def proposed_titles(municipality: int, on: dt.date) -> QuerySet[PolicyParticipation, Any]:
    """The policy that a public source proposes and that tells most, if there is one."""
    return (
        PolicyParticipation.objects.proposed(on=on)
        .filter(municipality=municipality)
        .most_telling_first()
        .values_list("policy__title")[:1]
    )


class RunningPlan(NamedTuple):
    """A plan that holds, and its measures that are not finished."""

    title: str
    ends_on: dt.date
    running: int
    late: int


@prepared(RunningPlan._make)
def plans(municipality: int, on: dt.date) -> QuerySet[ActionPlan, Any]:
    """The plans of the municipality that hold on the day, the one that holds longest first."""
    unfinished = Q(measures__status__in=Measure.UNFINISHED)
    return (
        ActionPlan.objects.current(on=on)
        .filter(participations__municipality=municipality)
        .values("title", "ends_on", "pk")
        .annotate(
            running=Count("measures", filter=unfinished),
            late=Count("measures", filter=unfinished & Q(measures__due_on__lt=on)),
        )
        .order_by("-ends_on", "pk")
        .values_list("title", "ends_on", "running", "late")
    )


def together(found: list[RunningPlan]) -> RunningPlan | None:
    """The first of the plans, with the measures of all; None where there is none."""
    if not found:
        return None
    return found[0]._replace(
        running=sum(plan.running for plan in found), late=sum(plan.late for plan in found)
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


@prepared(lambda row: int(row[0]))
def reachable_contacts(municipality: int) -> QuerySet[Contact, Any]:
    """The number of contacts whose mail arrives; none where there is none."""
    reachable = Contact.objects.reachable().filter(municipality=municipality).order_by()
    return reachable.values("municipality").annotate(number=Count("pk")).values_list(F("number"))


class Task(NamedTuple):
    """One thing that is asked, why, and the button that leads to it."""

    title: str
    why: str
    button: str
    url: str
    is_urgent: bool = False


@dataclass(frozen=True)
class Desk:
    """A municipality as its officer finds it in the morning. Two that are equal make the same page."""

    municipality: Own
    on: dt.date
    proposal: str
    plan: RunningPlan | None
    findings: Findings
    reachable_contacts: int

    @property
    def tasks(self) -> list[Task]:
        """What is asked, the most urgent first."""
        asked = (self._coverage(), self._measures(), self._findings(), self._contacts())
        return sorted((task for task in asked if task), key=lambda task: not task.is_urgent)

    @property
    def in_order(self) -> list[str]:
        """What needs nothing, in a few words each."""
        on_time = self.plan.running - self.plan.late if self.plan else 0
        handled = self.findings.in_order
        is_covered = self.municipality.coverage in COVERED and self._coverage() is None
        return [
            *([_("the theme in your policy")] if is_covered else []),
            *([_("contacts")] if self._contacts() is None else []),
            *([ngettext("%d measure on time", "%d measures on time", on_time) % on_time] if on_time else []),
            *(
                [ngettext("%d finding answered", "%d findings answered", handled) % handled]
                if handled
                else []
            ),
        ]

    def _coverage(self) -> Task | None:
        """What is asked about the statement: a first one, an answer, a new one, or that it still holds."""
        own = self.municipality
        url = reverse("municipalities:state-coverage", args=[own.code])
        if own.stated_at is None:
            return self._first_statement(url)
        if own.review == CoverageStatement.Review.RETURNED:
            title = _("VNG asks something about your statement")
            return Task(title, own.question or "", _("Answer"), url, is_urgent=True)
        if own.coverage == Coverage.LAPSED and own.policy_ends_on:
            ended = date_format(own.policy_ends_on)
            why = _("Your safety policy ended on %(day)s. Is the theme in the new one?") % {"day": ended}
            return Task(_("The coverage has lapsed"), why, _("State the new policy"), url, is_urgent=True)
        if own.coverage == Coverage.ABSENT:
            why = _(
                "You stated that the theme is not in your policy. Has that changed, or is it being prepared?"
            )
            title = _("The theme is not in your safety policy")
            return Task(title, why, _("Change the coverage"), url, is_urgent=True)
        if own.expected_on and own.expected_on < self.on:
            why = _("You expected the decision on %(day)s.") % {"day": date_format(own.expected_on)}
            return Task(_("Has the council decided?"), why, _("State the coverage"), url, is_urgent=True)
        if to_confirm_on(own.stated_at) <= self.on:
            why = _("Stated on %(day)s · two minutes") % {"day": date_format(local_day(own.stated_at))}
            return Task(_("Does the coverage still hold?"), why, _("Look and confirm"), url)
        return self._ending_policy(url)

    def _first_statement(self, url: str) -> Task:
        """Ask for the first statement; where a public source names a policy, ask whether it is right."""
        if self.proposal:
            why = _("We found “%(title)s” in a public source. Is this your policy, and is the theme in it?")
            title = _("Is this your safety policy?")
            return Task(title, why % {"title": self.proposal}, _("Look and answer"), url, is_urgent=True)
        why = _("We do not know yet whether radicalisation is part of your safety policy · two minutes")
        title = _("What holds for your municipality?")
        return Task(title, why, _("State the coverage"), url, is_urgent=True)

    def _ending_policy(self, url: str) -> Task | None:
        """Warn in the last year of the policy on which a covered statement rests."""
        ends_on = self.municipality.policy_ends_on
        if self.municipality.value not in COVERED or ends_on is None or ends_on > self.on + ENDS_SOON:
            return None
        days = (ends_on - self.on).days
        why = ngettext("It ends in %(days)d day.", "It ends in %(days)d days.", days) % {"days": days}
        why += " " + _("State the new one as soon as the council has adopted it.")
        return Task(_("Your safety policy is about to end"), why, _("State the new policy"), url)

    def _measures(self) -> Task | None:
        """Ask for the progress of measures that are late."""
        late = self.plan.late if self.plan else 0
        if not late:
            return None
        title = ngettext("%d measure is late", "%d measures are late", late) % late
        url = self.municipality.url + "#measures"
        return Task(title, _("Their due day has passed."), _("See which"), url, is_urgent=True)

    def _findings(self) -> Task | None:
        """Ask for an answer to findings that are open, and for what is late."""
        number, late = self.findings.open, self.findings.late
        url = self.municipality.url + "#findings"
        if number:
            title = ngettext("%d finding to answer", "%d findings to answer", number) % number
            past = ngettext("%d is past its day.", "%d are past their day.", late) % late
            return Task(
                title, past if late else _("None is late."), _("See which"), url, is_urgent=bool(late)
            )
        if late:
            title = ngettext("%d finding is late", "%d findings are late", late) % late
            return Task(title, _("Their due day has passed."), _("See which"), url, is_urgent=True)
        return None

    def _contacts(self) -> Task | None:
        """Ask for a contact where no message can arrive."""
        if self.reachable_contacts:
            return None
        why = _("Nobody receives our messages. Mail VNG who the contact is.")
        url = self.municipality.url + "#contacts"
        title = _("There is no contact who can be reached")
        return Task(title, why, _("See the contacts"), url, is_urgent=True)


def desk(municipality: Own, on: dt.date) -> Desk:
    """The desk of a municipality, in four queries."""
    return Desk(
        municipality=municipality,
        on=on,
        proposal=next(iter(proposed_titles(municipality.pk, on)), ""),
        plan=together(plans(municipality.pk, on)),
        findings=next(iter(findings(municipality.pk, on)), Findings()),
        reachable_contacts=next(iter(reachable_contacts(municipality.pk)), 0),
    )
