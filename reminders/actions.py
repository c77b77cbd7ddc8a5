"""Writes to the ledger that a person asks for, and what people arrange about the reminders."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Role, User
from municipalities.models import Contact, Municipality, SafetyRegion
from policytracker.dates import today
from policytracker.revisions import ChangedMeanwhile
from reminders.models import Handover, Hold, Message, MessageReminder, Preference, Reminder, ReminderRun
from reminders.tasks import run_reminders

SNOOZE_AT_MOST = dt.timedelta(days=90)
"""A longer delay, or another one within `AGAIN_AFTER`, is for VNG to decide."""
AGAIN_AFTER = dt.timedelta(days=180)


@transaction.atomic
def ask_for_run(
    *,
    by: User | None,
    outside_hours: bool,
    rule: str = "",
    municipality: Municipality | None = None,
) -> ReminderRun:
    """Let a worker carry out a run now; `by` is None where the machine itself is told to, from the command
    line. With a rule or a municipality it is for that alone.

    Raises kombu.exceptions.OperationalError where the broker is away; the run then stands there as not
    ended.
    """
    run = ReminderRun.objects.create(
        asked_by=by, outside_hours=outside_hours, rule=rule, municipality=municipality
    )
    run_reminders.delay_on_commit(run.pk)  # type: ignore[attr-defined]
    return run


# What a municipality arranges


def needs_vng(*, municipality: Municipality, rule: str, until: dt.date) -> bool:
    """Whether VNG decides on postponing a question until this day: it is far ahead, or not the first time."""
    lately = Hold.objects.filter(
        kind=Hold.Kind.SNOOZE,
        municipality=municipality,
        rule=rule,
        made_at__gte=timezone.now() - AGAIN_AFTER,
    )
    return until > today() + SNOOZE_AT_MOST or lately.exists()


@transaction.atomic
def postpone(*, by: User, municipality: Municipality, rule: str, reason: str, until: dt.date) -> Hold:
    """Postpone a question until a day: at once, or as a delay on which VNG decides.

    What was arranged about the question before makes way.
    """
    Municipality.objects.select_for_update().get(pk=municipality.pk)
    asks_vng = by.role == Role.OFFICER and needs_vng(municipality=municipality, rule=rule, until=until)
    before = Hold.objects.filter(municipality=municipality, rule=rule).exclude(kind=Hold.Kind.PAUSE)
    _settle(before.filter(status=Hold.Status.ASKED), by, Hold.Status.LIFTED)
    if not asks_vng:
        _settle(before.filter(status=Hold.Status.HOLDS), by, Hold.Status.LIFTED)
    return Hold.objects.create(
        kind=Hold.Kind.DELAY if asks_vng else Hold.Kind.SNOOZE,
        status=Hold.Status.ASKED if asks_vng else Hold.Status.HOLDS,
        rule=rule,
        municipality=municipality,
        reason=reason,
        until=until,
        made_by=by,
    )


@transaction.atomic
def hand_over(*, by: User, municipality: Municipality, rule: str, contact: Contact) -> None:
    """Let a question go to a colleague from now on; what was asked and waits for an answer goes there too."""
    Handover.objects.update_or_create(
        municipality=municipality,
        rule=rule,
        defaults={"contact": contact, "made_by": by, "made_at": timezone.now()},
    )
    asked = Reminder.objects.filter(
        municipality=municipality, rule=rule, status=Reminder.Status.SENT, answered_at__isnull=True
    )
    latest = {reminder.about: reminder for reminder in asked.order_by("due_on", "step")}
    if not latest:
        return
    waiting = Message.objects.select_for_update().filter(
        recipient=contact.email.lower(), status=Message.Status.WAITING
    )
    message = waiting.first()
    if message is not None and message.claimed_at is not None:
        # It is being sent, without this: the next run makes another one.
        keys = [reminder.pk for reminder in latest.values()]
        Reminder.objects.filter(pk__in=keys).update(status=Reminder.Status.PLANNED, settled_at=None)
        return
    if message is None:
        message = Message.objects.create(
            recipient=contact.email.lower(), contact=contact, language=contact.language
        )
    MessageReminder.objects.bulk_create(
        (MessageReminder(message=message, reminder=reminder) for reminder in latest.values()),
        ignore_conflicts=True,
    )


@transaction.atomic
def unsubscribe(*, contact: Contact, rule: str) -> None:
    """Send this contact no more messages of a rule; twice changes nothing."""
    preference, _made = Preference.objects.select_for_update().get_or_create(contact=contact)
    if rule not in preference.unsubscribed:
        preference.unsubscribed = [*preference.unsubscribed, rule]
        preference.save(update_fields=["unsubscribed"])


# What VNG arranges


def pause(
    *,
    by: User,
    reason: str,
    rule: str = "",
    municipality: Municipality | None = None,
    safety_region: SafetyRegion | None = None,
    until: dt.date | None = None,
) -> Hold:
    """Keep reminders back: of a rule, to a municipality or a safety region, or without these all."""
    return Hold.objects.create(
        kind=Hold.Kind.PAUSE,
        rule=rule,
        municipality=municipality,
        safety_region=safety_region,
        reason=reason,
        until=until,
        made_by=by,
    )


def lift(*, by: User, hold: Hold) -> None:
    """End a hold before its day, or take a question for delay back.

    Raises:
        ChangedMeanwhile: when it has ended already.
    """
    open_ones = Hold.objects.filter(pk=hold.pk, status__in=[Hold.Status.HOLDS, Hold.Status.ASKED])
    if not _settle(open_ones, by, Hold.Status.LIFTED):
        raise ChangedMeanwhile


@transaction.atomic
def decide(*, by: User, hold: Hold, is_granted: bool) -> None:
    """Grant or refuse the delay that a municipality asked for.

    Raises:
        ChangedMeanwhile: when that was decided, or taken back, meanwhile.
    """
    asked = Hold.objects.filter(pk=hold.pk, status=Hold.Status.ASKED)
    if not _settle(asked, by, Hold.Status.HOLDS if is_granted else Hold.Status.REFUSED):
        raise ChangedMeanwhile
    if is_granted:
        shorter = Hold.objects.filter(
            municipality=hold.municipality, rule=hold.rule, kind=Hold.Kind.SNOOZE, status=Hold.Status.HOLDS
        )
        _settle(shorter, by, Hold.Status.LIFTED)


def _settle(holds: QuerySet[Hold], by: User, status: str) -> int:
    """Give these holds another status, and write down who did."""
    return holds.update(status=status, decided_by=by, decided_at=timezone.now())
