"""What is asked of an officer: one list, the most urgent first, each with the one thing to do."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards.asked import PROPOSALS_SHOWN, Desk, OwnPlan, Proposal
from municipalities.coverage import AFTER_ABSENT, COVERED, Coverage, to_confirm_on
from municipalities.models import CoverageStatement
from municipalities.register import period
from policytracker.dates import local_day
from policytracker.provenance import Provenance

POLICY_ENDS_SOON = dt.timedelta(days=365)
PLAN_ENDS_SOON = dt.timedelta(days=183)
MEASURES_SHOWN = 3


class Act(NamedTuple):
    """A button: a link, or with `name` and `value` something that is sent at once."""

    label: str
    url: str
    name: str = ""
    value: str = ""


class Task(NamedTuple):
    """One thing that is asked, why, and what to do about it; the first button is the one meant most."""

    title: str
    why: str
    acts: tuple[Act, ...]
    is_urgent: bool = False


def tasks(desk: Desk) -> list[Task]:
    """What is asked, the most urgent first."""
    asked = [
        *coverage_tasks(desk),
        *proposal_tasks(desk),
        *measure_tasks(desk),
        *finding_tasks(desk),
        *contact_tasks(desk),
        *plan_tasks(desk),
        *draft_tasks(desk),
    ]
    return sorted(asked, key=lambda task: not task.is_urgent)


def in_order(desk: Desk) -> list[str]:
    """What needs nothing, in a few words each."""
    own, on_time, handled = (
        desk.municipality,
        desk.running + desk.planned - len(desk.late),
        desk.findings.in_order,
    )
    is_covered = own.coverage in COVERED and not list(coverage_tasks(desk))
    return [
        *([_("the theme in your policy")] if is_covered else []),
        *([_("contacts")] if not list(contact_tasks(desk)) else []),
        *([_("action plan")] if desk.plan and not list(plan_tasks(desk)) else []),
        *([ngettext("%d measure on time", "%d measures on time", on_time) % on_time] if on_time > 0 else []),
        *([ngettext("%d finding answered", "%d findings answered", handled) % handled] if handled else []),
    ]


# The statement


def coverage_tasks(desk: Desk) -> Iterator[Task]:
    """What is asked about the statement: a first one, an answer, a new one, or that it still holds."""
    own = desk.municipality
    state = reverse("municipalities:state-coverage", args=[own.code])
    if own.stated_at is None:
        if not desk.proposals:  # a proposal asks the same, and more precisely
            title = _("What holds for your municipality?")
            why = _("We do not know yet whether radicalisation is part of your safety policy · two minutes")
            yield Task(title, why, (Act(_("State the coverage"), state),), is_urgent=True)
    elif own.review == CoverageStatement.Review.RETURNED:
        title = _("VNG asks something about your statement")
        yield Task(title, own.question or "", (Act(_("Answer"), state),), is_urgent=True)
    elif own.coverage == Coverage.LAPSED and own.policy_ends_on:
        why = _("Your safety policy ended on %(day)s. Is the theme in the new one?")
        why %= {"day": date_format(own.policy_ends_on)}
        act = Act(_("State the new policy"), state)
        yield Task(_("The coverage has lapsed"), why, (act,), is_urgent=True)
    elif own.coverage == Coverage.ABSENT:
        if own.confirmed_at and local_day(own.confirmed_at) + AFTER_ABSENT > desk.on:
            return
        title = _("The theme is not in your safety policy")
        why = _("You stated that the theme is not in your policy. Has that changed, or is it being prepared?")
        still_so = Act(_("It is still so"), *confirmation(desk))
        yield Task(title, why, (Act(_("Change the coverage"), state), still_so), is_urgent=True)
    elif own.expected_on and own.expected_on < desk.on:
        why = _("You expected the decision on %(day)s.") % {"day": date_format(own.expected_on)}
        yield Task(_("Has the council decided?"), why, (Act(_("State the coverage"), state),), is_urgent=True)
    elif to_confirm_on(own.stated_at, own.confirmed_at) <= desk.on and own.last_said_on:
        title = _("Does the coverage still hold?")
        why = _("Last said on %(day)s · one click") % {"day": date_format(own.last_said_on)}
        still_holds = Act(_("Yes, it still holds"), *confirmation(desk))
        yield Task(title, why, (still_holds, Act(_("Change"), state)))
    else:
        yield from ending_policy(desk)


def confirmation(desk: Desk) -> tuple[str, str, str]:
    """Where and what to send to confirm the statement."""
    own = desk.municipality
    return reverse("municipalities:confirm", args=[own.code]), "confirm", f"statement-{own.statement}"


def ending_policy(desk: Desk) -> Iterator[Task]:
    """Warn in the last year of the policy on which the statement rests, until its successor is known."""
    own = desk.municipality
    ends_on = own.policy_ends_on
    if own.value not in COVERED or ends_on is None or ends_on > desk.on + POLICY_ENDS_SOON:
        return
    if own.policy_is_followed:
        return
    url = f"{reverse('policies:new')}?gemeente={own.code}&opvolger-van={own.policy}"
    why = f"{own.policy_title} · {remaining(ends_on, desk.on)}"
    title = _("Your safety policy is about to end")
    yield Task(title, why, (Act(_("Add its successor"), url),))


def remaining(ends_on: dt.date, on: dt.date) -> str:
    """How long something that ends still holds."""
    days = (ends_on - on).days
    if days < 1:
        return _("today is its last day")
    return ngettext("%(days)d more day", "%(days)d more days", days) % {"days": days}


# What others say of the municipality


def proposal_tasks(desk: Desk) -> Iterator[Task]:
    """Ask of each policy that somebody names whether it is the municipality's own."""
    for proposal in desk.proposals[:PROPOSALS_SHOWN]:
        yield Task(
            _("Is this your safety policy?"),
            told(proposal),
            answers(desk, proposal),
            is_urgent=desk.municipality.stated_at is None,
        )
    if len(desk.proposals) > PROPOSALS_SHOWN:
        url = f"{reverse('policies:list')}?own=yes&answer=proposed"
        yield Task(_("There are more policies to look at"), "", (Act(_("See which"), url),))


def told(proposal: Proposal) -> str:
    """Who names the policy, and for which years."""
    years = period(proposal.starts_on, proposal.ends_on)
    tells_years = years in proposal.title.replace("-", "–")
    named = {"title": proposal.title if tells_years else f"{proposal.title}, {years}"}
    if proposal.provenance != Provenance.PUBLIC_SOURCE:
        return _("Another municipality says that you share “%(title)s”.") % named
    if proposal.theme_as:
        return _("We found “%(title)s” in a public source, and the theme in it.") % named
    return _("We found “%(title)s” in a public source.") % named


def answers(desk: Desk, proposal: Proposal) -> tuple[Act, ...]:
    """Yes, correct, and not ours."""
    answer = reverse("policies:participation", args=[proposal.policy])
    correct = f"{reverse('policies:edit', args=[proposal.policy])}?gemeente={desk.municipality.code}"
    return (
        Act(_("Yes, it is ours"), answer, "answer", "yes"),
        Act(_("Correct it"), correct),
        Act(_("Not ours"), answer, "answer", "no"),
    )


# Measures, findings, contacts and plans


def measure_tasks(desk: Desk) -> Iterator[Task]:
    """Ask for the progress of measures that are late, one by one where they are few."""
    late = desk.late
    shown = late if len(late) <= MEASURES_SHOWN + 1 else late[:MEASURES_SHOWN]
    for pk, title in shown:
        acts = (Act(_("Report progress"), reverse("measures:progress", args=[pk])),)
        yield Task(_("This measure is late"), title, acts, is_urgent=True)
    if rest := len(late) - len(shown):
        title = ngettext("%d more measure is late", "%d more measures are late", rest) % rest
        url = f"{reverse('measures:list')}?gemeente={desk.municipality.code}&status=late"
        yield Task(title, _("Their due day has passed."), (Act(_("See which"), url),), is_urgent=True)


def finding_tasks(desk: Desk) -> Iterator[Task]:
    """Ask for an answer to findings that are open, and for what is late."""
    number, late = desk.findings.open, desk.findings.late
    acts = (Act(_("See which"), f"{desk.municipality.url}#findings"),)
    if number:
        title = ngettext("%d finding to answer", "%d findings to answer", number) % number
        past = ngettext("%d is past its day.", "%d are past their day.", late) % late
        how_far, what_to_do = past if late else _("None is late."), _("Tell VNG your answer; VNG records it.")
        why = f"{how_far} {what_to_do}"
        yield Task(title, why, acts, is_urgent=bool(late))
    elif late:
        title = ngettext("%d finding is late", "%d findings are late", late) % late
        yield Task(title, _("Their due day has passed."), acts, is_urgent=True)


def contact_tasks(desk: Desk) -> Iterator[Task]:
    """Ask for a contact where no message can arrive, and once a year whether the list is still right."""
    own = desk.municipality
    url = reverse("municipalities:contacts", args=[own.code])
    if not own.reachable_contacts:
        title, why = _("There is no contact who can be reached"), _("Nobody receives our messages.")
        yield Task(title, why, (Act(_("Add or correct a contact"), url),), is_urgent=True)
    elif own.contacts_confirmed_at is None or to_confirm_on(own.contacts_confirmed_at) <= desk.on:
        confirm = reverse("municipalities:confirm", args=[own.code])
        acts = (
            Act(_("Yes, still right"), confirm, "confirm", f"contacts-{own.contacts}"),
            Act(_("Change"), url),
        )
        yield Task(_("Are your contacts still right?"), last_confirmed(own.contacts_confirmed_at), acts)


def last_confirmed(moment: dt.datetime | None) -> str:
    """When something was last confirmed."""
    if moment is None:
        return _("Nobody has confirmed it yet · one click")
    return _("Last said on %(day)s · one click") % {"day": date_format(local_day(moment))}


def plan_tasks(desk: Desk) -> Iterator[Task]:
    """Ask about plans: whether they are shared, whether they still hold, and what comes after them."""
    for plan in desk.plans:
        url = reverse("plans:detail", args=[plan.pk])
        if plan.is_to_answer:
            why = _("Another municipality says that you share “%(title)s”.") % {"title": plan.title}
            yield Task(_("Is this your action plan too?"), why, (Act(_("Look and answer"), url),))
        elif plan.next_version is None and (plan.holds(desk.on) or plan.has_ended(desk.on)):
            yield from plan_to_keep_up(desk, plan, url)


def draft_tasks(desk: Desk) -> Iterator[Task]:
    """Ask to finish what the municipality is still writing."""
    for plan in desk.plans:
        if plan.is_own_draft:
            act = Act(_("Finish it"), reverse("plans:detail", args=[plan.pk]))
            why = _("%(title)s · it counts once it is adopted") % {"title": plan.title}
            yield Task(_("Your action plan is still a draft"), why, (act,))


def plan_to_keep_up(desk: Desk, plan: OwnPlan, url: str) -> Iterator[Task]:
    """Ask for the next version of a plan that ends, and otherwise once a year whether it still holds."""
    if plan.ends_on < desk.on:
        if desk.plan is None:
            why = _("%(title)s ended on %(day)s.") % {"title": plan.title, "day": date_format(plan.ends_on)}
            yield Task(_("Your action plan has ended"), why, (Act(_("Make the next version"), url),))
        return
    if plan.ends_on <= desk.on + PLAN_ENDS_SOON:
        why = f"{plan.title} · {remaining(plan.ends_on, desk.on)}"
        yield Task(_("Your action plan is about to end"), why, (Act(_("Make the next version"), url),))
        return
    said = [moment for moment in (plan.decided_at, plan.confirmed_at) if moment]
    if not said or to_confirm_on(*said) <= desk.on:
        confirm = reverse("municipalities:confirm", args=[desk.municipality.code])
        acts = (
            Act(_("Yes, it still holds"), confirm, "confirm", f"plan-{plan.pk}.{plan.revision}"),
            Act(_("Look at it"), url),
        )
        why = f"{plan.title} · {last_confirmed(max(said, default=None))}"
        yield Task(_("Does your action plan still hold?"), why, acts)
