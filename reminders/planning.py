"""Planning: which reminders are owed on a day, written into the ledger.

A reminder is owed from its day on, not on its day, so that a run may be missed or repeated. Each rule takes
three statements, whatever the number of municipalities; the unique constraint of the ledger keeps two
runs at the same time from planning anything twice.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import connection, transaction
from django.db.models import Case, DateField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from municipalities.models import Contact
from reminders.locks import one_at_a_time
from reminders.models import Reminder
from reminders.rules import RULES, ReminderRule, after

DueRows: TypeAlias = QuerySet[Any, tuple[int, str, int, dt.date]]
"""Rows of municipality, cycle, step and the day on which the reminder is due."""

IN_MESSAGE = (Reminder.Status.QUEUED, Reminder.Status.SENT)
GIVEN_UP = (Reminder.Status.CANCELLED, Reminder.Status.UNDELIVERABLE)


@dataclass(frozen=True)
class Plan:
    """What a planning did: the reminders that became owed, and those whose reason is gone."""

    planned: int
    cancelled: int


@transaction.atomic
def plan(*, on: dt.date) -> Plan:
    """Bring the ledger up to the day: cancel what is not owed, plan what is. Repeating it changes nothing."""
    one_at_a_time()
    planned = cancelled = 0
    for rule in RULES.values():
        cancelled += _cancel(rule, on)
        planned += _reopen(rule, on) + _insert(rule, on)
    return Plan(planned=planned, cancelled=cancelled)


def owed(*, on: dt.date) -> list[Reminder]:
    """What `plan` would leave to be sent on the day, as unsaved objects; nothing is written.

    What stands in a message already is left out: that message is made.
    """
    return [
        Reminder(rule=rule.key, municipality_id=municipality_id, cycle=cycle, step=step, due_on=due_on)
        for rule in RULES.values()
        for municipality_id, cycle, step, due_on in _due(rule, on)
    ]


def _due(rule: ReminderRule, on: dt.date) -> DueRows:
    """What is due by the day and in no message yet."""
    return _first_steps(rule, on).union(_next_steps(rule, on), all=True)


def _first_steps(rule: ReminderRule, on: dt.date) -> DueRows:
    """The first reminders of a cycle."""
    made = Reminder.objects.filter(
        rule=rule.key, municipality=OuterRef("pk"), cycle=OuterRef("cycle"), status__in=IN_MESSAGE
    )
    return (
        rule.holding(on=on)
        .filter(~Exists(made))
        .annotate(step=Value(1), due_on=after("reason_since", rule.ladder[0].wait))
        .filter(due_on__lte=on)
        .order_by()
        .values_list("pk", "cycle", "step", "due_on")
    )


def _next_steps(rule: ReminderRule, on: dt.date) -> DueRows:
    """The further reminders of a cycle.

    A step waits for its distance from the sending of the one before it, so that after a missed month, as on
    the first day of an installation, nothing is skipped and nothing comes at once.
    """
    sent_on = TruncDate("settled_at", tzinfo=timezone.get_default_timezone())
    waits = [
        When(step=number, then=after(sent_on, step.wait)) for number, step in enumerate(rule.ladder[1:], 1)
    ]
    made = Reminder.objects.filter(
        rule=rule.key,
        municipality=OuterRef("municipality"),
        cycle=OuterRef("cycle"),
        step__gt=OuterRef("step"),
        status__in=IN_MESSAGE,
    )
    return (
        Reminder.objects.filter(rule=rule.key, status=Reminder.Status.SENT)
        .annotate(following=F("step") + 1, following_on=Case(*waits, output_field=DateField()))
        .filter(~Exists(made), _holds(rule, on), following_on__lte=on)
        .order_by()
        .values_list("municipality", "cycle", "following", "following_on")
    )


def _holds(rule: ReminderRule, on: dt.date) -> Exists:
    """That the reason of a reminder holds on the day, and has not made way for another one."""
    return Exists(
        rule.holding(on=on).order_by().filter(pk=OuterRef("municipality_id"), cycle=OuterRef("cycle"))
    )


def _cancel(rule: ReminderRule, on: dt.date) -> int:
    """Cancel what is planned and no longer owed; what stands in a message is looked at when that is sent."""
    return Reminder.objects.filter(~_holds(rule, on), rule=rule.key, status=Reminder.Status.PLANNED).update(
        status=Reminder.Status.CANCELLED, settled_at=timezone.now()
    )


def _reopen(rule: ReminderRule, on: dt.date) -> int:
    """Plan again what was given up and is owed: the reason is back, or there is somebody to write to."""
    somebody = Contact.objects.reachable().filter(municipality=OuterRef("municipality_id"))
    return Reminder.objects.filter(
        ~Q(status=Reminder.Status.UNDELIVERABLE) | Exists(somebody),
        _holds(rule, on),
        rule=rule.key,
        status__in=GIVEN_UP,
    ).update(status=Reminder.Status.PLANNED, settled_at=None)


def _insert(rule: ReminderRule, on: dt.date) -> int:
    """Plan what is owed and not in the ledger yet."""
    select, parameters = _due(rule, on).query.sql_with_params()
    table = connection.ops.quote_name(Reminder._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (rule, status, planned_at, municipality_id, cycle, step, due_on) "  # noqa: S608
            f"SELECT %s, %s, %s, owed.* FROM ({select}) AS owed ON CONFLICT DO NOTHING",
            [rule.key.value, Reminder.Status.PLANNED.value, timezone.now(), *parameters],
        )
        return cursor.rowcount
