"""What an officer can confirm with one click: the statement, the contacts and each plan, as they stand."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from measures.actions.plans import confirm_unchanged
from measures.models import ActionPlan, PlanParticipation
from measures.plan_status import Refusal
from municipalities.actions import (
    can_be_confirmed,
    confirm_contacts,
    confirm_statement,
    state_of_contacts,
)
from municipalities.models import CoverageStatement, Municipality
from municipalities.register import period
from policytracker.revisions import ChangedMeanwhile, write_revision

STATEMENT, CONTACTS, PLAN = "statement", "contacts", "plan"


class Part(NamedTuple):
    """Something that can be confirmed; `key` says which, and in which state it was looked at."""

    key: str
    title: str
    lines: list[str]
    said_at: dt.datetime | None
    said_by: str
    url: str
    can_be_confirmed: bool = True

    @property
    def is_statement(self) -> bool:
        """Whether it is the statement in force."""
        return self.key.startswith(f"{STATEMENT}-")


def confirm(*, by: User, municipality: Municipality, key: str) -> None:
    """Confirm the part with this key.

    Raises:
        ChangedMeanwhile: when it is not, or no longer, what was looked at.
    """
    kind, _dash, state = key.partition("-")
    if kind == STATEMENT:
        _confirm_statement(by, municipality, state)
    elif kind == CONTACTS:
        confirm_contacts(by=by, municipality=municipality, seen=state)
    elif kind == PLAN:
        _confirm_plan(by, municipality, state)
    else:
        raise ChangedMeanwhile


def _confirm_statement(by: User, municipality: Municipality, state: str) -> None:
    statements = CoverageStatement.objects.in_force().select_related("policy")
    statement = statements.filter(municipality=municipality).first()
    if statement is None or str(statement.pk) != state or not can_be_confirmed(statement):
        raise ChangedMeanwhile
    confirm_statement(by=by, statement=statement)


def _confirm_plan(by: User, municipality: Municipality, state: str) -> None:
    """A plan's state is its key and its revision, with a point between.

    The plan is locked before the participation, as where an answer is taken in.
    """
    participations = (
        PlanParticipation.objects.confirmed()
        .filter(municipality=municipality, plan__status=ActionPlan.Status.ADOPTED)
        .select_related("plan")
    )
    seen = next((one for one in participations if state == f"{one.plan_id}.{one.plan.revision}"), None)
    if seen is None:
        raise ChangedMeanwhile
    write_revision(ActionPlan.objects.all(), seen.plan_id, seen.plan.revision, {})
    participation = PlanParticipation.objects.confirmed().select_for_update().filter(pk=seen.pk).first()
    if participation is None:
        raise ChangedMeanwhile
    try:
        confirm_unchanged(by=by, plan=seen.plan, participations=[participation])
    except Refusal as expired:
        raise ChangedMeanwhile from expired


# What the page shows


def parts(municipality: Municipality) -> list[Part]:
    """What can be confirmed of a municipality, in three queries."""
    return [*statement_part(municipality), *plan_parts(municipality), *contacts_part(municipality)]


def statement_part(municipality: Municipality) -> Iterator[Part]:
    """The statement in force; a lapsed one is shown, with a way to the new policy instead."""
    statement = (
        CoverageStatement.objects.in_force()
        .filter(municipality=municipality)
        .select_related("policy", "stated_by", "confirmed_by")
        .first()
    )
    if statement is None:
        return
    where = [statement.policy.title] if statement.policy else []
    where += [_("page %(page)s") % {"page": statement.page}] if statement.page else []
    lines = [", ".join(where), statement.quotation, statement.analysis]
    if statement.expected_on:
        lines.append(_("Expected on %(day)s.") % {"day": date_format(statement.expected_on)})
    yield Part(
        key=f"{STATEMENT}-{statement.pk}",
        title=_("The theme in the safety policy: %(value)s") % {"value": statement.get_value_display()},
        lines=[line for line in lines if line],
        said_at=statement.confirmed_at or statement.stated_at,
        said_by=(statement.confirmed_by or statement.stated_by).name,
        url=reverse("municipalities:state-coverage", args=[municipality.code]),
        can_be_confirmed=can_be_confirmed(statement),
    )


def plan_parts(municipality: Municipality) -> Iterator[Part]:
    """The adopted plans that have not ended."""
    participations = (
        PlanParticipation.objects.confirmed()
        .filter(municipality=municipality, plan__in=ActionPlan.objects.current())
        .select_related("plan", "confirmed_by", "decided_by")
        .order_by("-plan__ends_on", "plan")
    )
    for one in participations:
        said_by = one.confirmed_by or one.decided_by
        years = period(one.plan.starts_on, one.plan.ends_on)
        yield Part(
            key=f"{PLAN}-{one.plan_id}.{one.plan.revision}",
            title=_("Action plan: %(title)s") % {"title": one.plan.title},
            lines=[" · ".join(filter(None, (years, one.plan.get_themes_display())))],
            said_at=one.confirmed_at or one.decided_at,
            said_by=said_by.name if said_by else "",
            url=one.plan.get_absolute_url(),
        )


def contacts_part(municipality: Municipality) -> Iterator[Part]:
    """The contacts, in the order in which they are written to."""
    contacts = list(municipality.contacts.order_by("position"))
    if not contacts:
        return
    said_by = municipality.contacts_confirmed_by
    yield Part(
        key=f"{CONTACTS}-{state_of_contacts(municipality)}",
        title=_("Contacts"),
        lines=[f"{contact.name}, {contact.email}" for contact in contacts],
        said_at=municipality.contacts_confirmed_at,
        said_by=said_by.name if said_by else "",
        url=reverse("municipalities:contacts", args=[municipality.code]),
    )
