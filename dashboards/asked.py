"""What is asked of an officer: one list, the most urgent first, each with the one thing to do."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluations.models import FollowUp
from measures.models import ActionPlan, Measure
from municipalities.coverage import COVERED, Coverage
from municipalities.models import Contact, CoverageStatement, Municipality, SafetyPolicy
from policytracker.dates import local_day

CONFIRM_AFTER = dt.timedelta(days=365)
ENDS_SOON = dt.timedelta(days=365)


@dataclass(frozen=True)
class Task:
    """One thing that is asked, why, and the button that leads to it."""

    title: str
    why: str
    button: str
    url: str
    is_urgent: bool = False


@dataclass(frozen=True)
class Desk:
    """A municipality as its officer finds it in the morning."""

    municipality: Municipality
    on: dt.date
    proposals: list[SafetyPolicy]
    plan: ActionPlan | None
    running_measures: int
    late_measures: int
    findings: int
    open_findings: int
    late_findings: int
    contacts: int
    reachable_contacts: int

    @property
    def tasks(self) -> list[Task]:
        """What is asked, the most urgent first."""
        tasks = [
            task for task in (self._coverage(), self._measures(), self._findings(), self._contacts()) if task
        ]
        return sorted(tasks, key=lambda task: not task.is_urgent)

    @property
    def in_order(self) -> list[str]:
        """What needs nothing, in a few words each."""
        on_time = self.running_measures - self.late_measures
        handled = self.findings - self.open_findings
        return [
            *([_("the theme in your policy")] if self._coverage() is None else []),
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
        municipality, statement = self.municipality, self.municipality.statement
        url = reverse("municipalities:state-coverage", args=[municipality.code])
        if statement is None:
            return self._first_statement(url)
        if statement.review == CoverageStatement.Review.RETURNED:
            return Task(
                _("VNG asks something about your statement"), statement.question, _("Answer"), url, True
            )
        coverage = municipality.coverage
        if coverage == Coverage.LAPSED:
            ended = (
                date_format(statement.policy.ends_on) if statement.policy and statement.policy.ends_on else ""
            )
            why = _("Your safety policy ended on %(day)s. Is the theme in the new one?") % {"day": ended}
            return Task(_("The coverage has lapsed"), why, _("State the new policy"), url, True)
        if coverage == Coverage.ABSENT:
            why = _(
                "You stated that the theme is not in your policy. Has that changed, or is it being prepared?"
            )
            return Task(_("The theme is not in your safety policy"), why, _("Change the coverage"), url, True)
        if statement.expected_on and statement.expected_on < self.on:
            why = _("You expected the decision on %(day)s.") % {"day": date_format(statement.expected_on)}
            return Task(_("Has the council decided?"), why, _("State the coverage"), url, True)
        stated_on = local_day(statement.stated_at)
        if stated_on + CONFIRM_AFTER <= self.on:
            why = _("Stated on %(day)s · two minutes") % {"day": date_format(stated_on)}
            return Task(_("Does the coverage still hold?"), why, _("Look and confirm"), url)
        return self._ending_policy(statement, url)

    def _first_statement(self, url: str) -> Task:
        """Ask for the first statement; where a public source names a policy, ask whether it is right."""
        if self.proposals:
            policy = self.proposals[0]
            why = _("We found “%(title)s” in a public source. Is this your policy, and is the theme in it?")
            return Task(
                _("Is this your safety policy?"),
                why % {"title": policy.title},
                _("Look and answer"),
                url,
                True,
            )
        why = _("We do not know yet whether radicalisation is part of your safety policy · two minutes")
        return Task(_("What holds for your municipality?"), why, _("State the coverage"), url, True)

    def _ending_policy(self, statement: CoverageStatement, url: str) -> Task | None:
        """Warn in the last year of the policy on which a covered statement rests."""
        ends_on = statement.policy.ends_on if statement.policy else None
        if statement.value not in COVERED or ends_on is None or ends_on > self.on + ENDS_SOON:
            return None
        days = (ends_on - self.on).days
        why = ngettext("It ends in %(days)d day.", "It ends in %(days)d days.", days) % {"days": days}
        why += " " + _("State the new one as soon as the council has adopted it.")
        return Task(_("Your safety policy is about to end"), why, _("State the new policy"), url)

    def _measures(self) -> Task | None:
        """Ask for the progress of measures that are late."""
        if not self.late_measures:
            return None
        title = (
            ngettext("%d measure is late", "%d measures are late", self.late_measures) % self.late_measures
        )
        url = self.municipality.get_absolute_url() + "#measures"
        return Task(title, _("Their due day has passed."), _("See which"), url, True)

    def _findings(self) -> Task | None:
        """Ask for an answer to findings that are open."""
        if not self.open_findings:
            return None
        title = (
            ngettext("%d finding to answer", "%d findings to answer", self.open_findings) % self.open_findings
        )
        url = self.municipality.get_absolute_url() + "#findings"
        late = self.late_findings
        why = (
            ngettext("%d is past its day.", "%d are past their day.", late) % late
            if late
            else _("None is late.")
        )
        return Task(title, why, _("See which"), url, bool(late))

    def _contacts(self) -> Task | None:
        """Ask for a contact where no message can arrive."""
        if self.reachable_contacts:
            return None
        url = self.municipality.get_absolute_url() + "#contacts"
        why = _("Nobody receives our messages. Mail VNG who the contact is.")
        return Task(_("There is no contact who can be reached"), why, _("See the contacts"), url, True)


def desk(municipality: Municipality, on: dt.date) -> Desk:
    """The desk of a municipality that carries its statement (`with_statement`), in four queries."""
    proposals = municipality.participations.proposed(on=on).most_telling_first().select_related("policy")
    plan = (
        ActionPlan.objects.current(on=on)
        .filter(participations__municipality=municipality)
        .annotate(
            running=Count("measures", filter=Q(measures__status__in=Measure.UNFINISHED)),
            late=Count(
                "measures", filter=Q(measures__status__in=Measure.UNFINISHED, measures__due_on__lt=on)
            ),
        )
        .first()
    )
    follow_ups = FollowUp.objects.filter(municipality=municipality)
    findings = follow_ups.aggregate(
        all=Count("pk"),
        open=Count("pk", filter=Q(status__in=FollowUp.WAITING_FOR_MUNICIPALITY)),
        late=Count("pk", filter=Q(status__in=FollowUp.WAITING_FOR_MUNICIPALITY, due_on__lt=on)),
    )
    contacts = Contact.objects.filter(municipality=municipality).aggregate(
        all=Count("pk"), reachable=Count("pk", filter=Q(unreachable_since__isnull=True))
    )
    return Desk(
        municipality=municipality,
        on=on,
        proposals=[proposal.policy for proposal in proposals],
        plan=plan,
        running_measures=plan.running if plan else 0,
        late_measures=plan.late if plan else 0,
        findings=findings["all"],
        open_findings=findings["open"],
        late_findings=findings["late"],
        contacts=contacts["all"],
        reachable_contacts=contacts["reachable"],
    )
