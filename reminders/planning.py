"""Planning: which reminders are owed on a day, written into the ledger.

A reminder is owed from its day on, not on its day, so that a run may be missed or repeated. A rule takes one
statement, whatever the number of municipalities; the unique constraint of the ledger keeps two runs at the
same time from planning anything twice.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from reminders.locks import one_at_a_time
from reminders.models import Reminder
from reminders.rules import DEFAULTS, ReminderRule, rules

NOTHING = "SELECT 0 WHERE false"
NO_ROWS = "SELECT 0, '', NULL::bigint, CURRENT_DATE WHERE false"


@dataclass(frozen=True)
class Scope:
    """For which rule and which municipality something is done; None for all."""

    rule: str | None = None
    municipality: int | None = None

    @property
    def municipalities(self) -> list[int] | None:
        """The municipalities, None for all."""
        return None if self.municipality is None else [self.municipality]

    def filters(self) -> dict[str, Any]:
        """What to filter the ledger by."""
        asked = {"rule": self.rule, "municipality": self.municipality}
        return {name: value for name, value in asked.items() if value is not None}


EVERYTHING = Scope()


@dataclass(frozen=True)
class Plan:
    """What a planning did: the reminders that became owed, those that ended unsent, and those answered."""

    planned: int
    cancelled: int
    answered: int = 0

    def __add__(self, other: "Plan") -> "Plan":
        return Plan(
            self.planned + other.planned,
            self.cancelled + other.cancelled,
            self.answered + other.answered,
        )


@transaction.atomic
def plan(*, on: dt.date, scope: Scope = EVERYTHING) -> Plan:
    """Bring the ledger up to the day: end what is not owed, plan what is. Repeating it changes nothing."""
    one_at_a_time()
    done = Plan(0, 0)
    for rule in rules().values():
        if scope.rule in (None, rule.key):
            done += _plan(rule, on, scope) if rule.is_on else _end(rule, scope)
    return done


def owed(*, on: dt.date, scope: Scope = EVERYTHING) -> list[Reminder]:
    """What `plan` would leave to be sent on the day, as unsaved objects; nothing is written.

    What stands in a message already is left out: that message is made.
    """
    return [
        Reminder(
            rule=rule.key, municipality_id=municipality, cycle=cycle, about=about, step=step, due_on=due_on
        )
        for rule in rules().values()
        if rule.is_on and scope.rule in (None, rule.key)
        for municipality, cycle, about, step, due_on in _rows(OWED, rule, on, scope)
    ]


# What is in no message yet, with the day on which it is due: the first steps of a cycle, and those after one
# that was sent; and of these what is due by the day.
# A step waits for its distance from the sending of the one before it, so that after a missed month, as on
# the first day of an installation, nothing is skipped and nothing comes at once.
DUE = """
WITH holding (municipality_id, cycle, about, reason_since) AS MATERIALIZED ({holding}),
ladder (step, wait) AS (SELECT * FROM unnest(%(steps)s, %(waits)s)),
dated (municipality_id, cycle, about, step, due_on) AS (
    SELECT holding.municipality_id, holding.cycle, holding.about, 1, holding.reason_since + ladder.wait
    FROM holding JOIN ladder ON ladder.step = 1
    WHERE NOT EXISTS (
        SELECT FROM reminders_reminder made
        WHERE made.rule = %(rule)s AND made.municipality_id = holding.municipality_id
            AND made.cycle = holding.cycle
            AND (made.status IN ('queued', 'sent') OR made.ended_because = 'unsubscribed')
    )
    UNION ALL
    SELECT holding.municipality_id, holding.cycle, holding.about, ladder.step,
        CAST(sent.settled_at AT TIME ZONE %(zone)s AS date) + ladder.wait
    FROM reminders_reminder sent
    JOIN holding ON holding.municipality_id = sent.municipality_id AND holding.cycle = sent.cycle
    JOIN ladder ON ladder.step = sent.step + 1
    WHERE sent.rule = %(rule)s AND sent.status = 'sent'
        AND NOT EXISTS (
            SELECT FROM reminders_reminder made
            WHERE made.rule = %(rule)s AND made.municipality_id = sent.municipality_id
                AND made.cycle = sent.cycle AND made.step > sent.step
                AND (made.status IN ('queued', 'sent') OR made.ended_because = 'unsubscribed')
        )
),
due AS (SELECT * FROM dated WHERE due_on <= %(on)s)
"""

OWED = "SELECT municipality_id, cycle, about, step, due_on FROM due"

# All parts see the ledger as it was before the statement.
# - ended: what is planned and no longer owed; what stands in a message is looked at when that is sent.
# - moved: what is planned and gets another day, because VNG changed those of the ladder.
# - answered: what was sent and whose reason is gone altogether, not only replaced by that of a new cycle, or
#   turned into that of another rule by the mere passing of time.
# - reopened: what had ended and is owed again: the reason is back, or there is somebody to write to.
PLAN = """
, ended AS (
    UPDATE reminders_reminder reminder
    SET status = 'cancelled', settled_at = %(now)s, ended_because = CASE
        WHEN EXISTS (
            SELECT FROM municipalities_municipality gone
            WHERE gone.id = reminder.municipality_id AND gone.valid_until <= %(on)s
        ) THEN 'municipality_gone' ELSE 'reason_gone' END
    WHERE reminder.rule = %(rule)s AND reminder.status = 'planned' AND {within} AND NOT EXISTS (
        SELECT FROM holding
        WHERE holding.municipality_id = reminder.municipality_id AND holding.cycle = reminder.cycle
    )
    RETURNING 1
), moved AS (
    UPDATE reminders_reminder reminder SET due_on = dated.due_on FROM dated
    WHERE reminder.rule = %(rule)s AND reminder.status = 'planned' AND reminder.step = dated.step
        AND reminder.municipality_id = dated.municipality_id AND reminder.cycle = dated.cycle
        AND reminder.due_on <> dated.due_on
), answered AS (
    UPDATE reminders_reminder reminder SET answered_at = %(now)s
    WHERE reminder.rule = %(rule)s AND reminder.status = 'sent' AND reminder.answered_at IS NULL
        AND {within} AND %(asks)s
        AND reminder.municipality_id NOT IN ({elsewhere}) AND NOT EXISTS (
            SELECT FROM holding
            WHERE holding.municipality_id = reminder.municipality_id
                AND holding.about IS NOT DISTINCT FROM reminder.about
        ) AND NOT EXISTS (
            SELECT FROM municipalities_municipality gone
            WHERE gone.id = reminder.municipality_id AND gone.valid_until <= %(on)s
        )
    RETURNING 1
), reopened AS (
    UPDATE reminders_reminder reminder SET status = 'planned', settled_at = NULL, ended_because = ''
    WHERE reminder.rule = %(rule)s AND {within} AND EXISTS (
        SELECT FROM holding
        WHERE holding.municipality_id = reminder.municipality_id AND holding.cycle = reminder.cycle
    ) AND (
        reminder.status = 'cancelled' AND reminder.ended_because <> 'unsubscribed'
        OR reminder.status = 'undeliverable' AND EXISTS (
            SELECT FROM municipalities_contact contact
            WHERE contact.municipality_id = reminder.municipality_id AND contact.unreachable_since IS NULL
            UNION ALL
            SELECT FROM municipalities_municipality managed JOIN accounts_user ON is_active
                AND accounts_user.id = managed.account_manager_id
            WHERE managed.id = reminder.municipality_id AND %(asks)s AND NOT EXISTS (
                SELECT FROM reminders_messagereminder item JOIN reminders_message message
                    ON message.id = item.message_id AND message.status IN ('failed', 'bounced')
                WHERE item.reminder_id = reminder.id AND message.user_id = managed.account_manager_id
            )
        )
    )
    RETURNING 1
), planned AS (
    INSERT INTO reminders_reminder
        (rule, status, planned_at, ended_because, municipality_id, cycle, about, step, due_on)
    SELECT %(rule)s, 'planned', %(now)s, '', due.* FROM due ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM planned) + (SELECT count(*) FROM reopened),
    (SELECT count(*) FROM ended), (SELECT count(*) FROM answered)
"""


def _plan(rule: ReminderRule, on: dt.date, scope: Scope) -> Plan:
    ((planned, ended, answered),) = _rows(PLAN, rule, on, scope)
    return Plan(planned, ended, answered)


def _end(rule: ReminderRule, scope: Scope) -> Plan:
    """End what is planned for a rule that is switched off."""
    planned = Reminder.objects.filter(**scope.filters() | {"rule": rule.key}, status=Reminder.Status.PLANNED)
    ended = planned.update(
        status=Reminder.Status.CANCELLED,
        settled_at=timezone.now(),
        ended_because=Reminder.Ending.RULE_OFF,
    )
    return Plan(0, ended)


def _rows(statement: str, rule: ReminderRule, on: dt.date, scope: Scope) -> Sequence[tuple[Any, ...]]:
    """Carry out a statement over what the rule holds for on the day."""
    named: dict[str, Any] = {}
    holding = _sql(rule.holding(on=on, among=scope.municipalities), named, NO_ROWS)
    turned = [DEFAULTS[key].holding(on=on).values_list("reminded") for key in rule.becomes]
    elsewhere = " UNION ALL ".join(_sql(rows, named, NOTHING) for rows in turned) or NOTHING
    parameters = {
        **named,
        "rule": rule.key.value,
        "on": on,
        "now": timezone.now(),
        "zone": settings.TIME_ZONE,
        "steps": list(range(1, len(rule.ladder) + 1)),
        "waits": [step.wait.days for step in rule.ladder],
        "municipality": scope.municipality,
        "asks": not rule.is_notice,
    }
    within = "true" if scope.municipality is None else "reminder.municipality_id = %(municipality)s"
    with connection.cursor() as cursor:
        cursor.execute(
            (DUE + statement).format(holding=holding, within=within, elsewhere=elsewhere), parameters
        )
        return cursor.fetchall()


def _sql(rows: QuerySet[Any, Any], named: dict[str, Any], where_empty: str) -> str:
    """The statement that gives the rows, with its values added to those that are named."""
    try:
        statement, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return where_empty
    names = [f"value_{len(named) + place}" for place, _value in enumerate(values)]
    named.update(zip(names, values, strict=True))
    return statement.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
