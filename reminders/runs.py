"""A run: plan, make the messages, send them. Runs may overlap, stop halfway or not come at all."""

import datetime as dt

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from policytracker.dates import today
from reminders import planning, sending
from reminders.locks import one_at_a_time
from reminders.models import Message, ReminderRun
from reminders.planning import Scope

ALARM_AFTER = dt.timedelta(hours=26)
"""Without a run that ended for this long something is wrong: there are many on each day."""
RUN_LASTS = dt.timedelta(minutes=10)
"""After this a run leaves the rest to the next one; it is less than what a task may take."""


@transaction.atomic
def begin_by_clock() -> ReminderRun | None:
    """The run that the clock asks for; None where another clock has asked for it a moment ago."""
    one_at_a_time()
    lately = timezone.now() - dt.timedelta(seconds=settings.REMINDERS_EVERY / 2)
    by_clock = ReminderRun.objects.filter(is_by_clock=True, started_at__gt=lately)
    return None if by_clock.exists() else ReminderRun.objects.create(is_by_clock=True)


def last_ended_at() -> dt.datetime | None:
    """When a run last ended well; None where none ever did. One that broke off or could not send does not
    count: else nobody would hear of a mail server that has been away for days."""
    ended = ReminderRun.objects.filter(ended_at__isnull=False, error="").order_by("-ended_at")
    return ended.values_list("ended_at", flat=True).first()


def is_overdue() -> bool:
    """Whether no run has ended for so long that somebody must look."""
    last = last_ended_at()
    return last is None or last < timezone.now() - ALARM_AFTER


def report() -> dict[str, object]:
    """What the platform is told of the runs."""
    last = last_ended_at()
    return {"last_run_ended_at": last.isoformat() if last else None, "overdue": is_overdue()}


def carry_out(run: ReminderRun) -> None:
    """Do what is to be done now, and write down in the run what that was.

    What the run could not finish, the next one does: everything that is owed stands in the ledger. Where a
    message was refused for good, the next in the chain is written to in the same run.
    """
    run.started_at = timezone.now()
    run.save(update_fields=["started_at"])
    try:
        _carry_out(run)
    except Exception as error:
        run.error = f"{type(error).__name__}: {error}"[:500]
        raise
    finally:
        run.ended_at = timezone.now()
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()  # where the database was away a new one is opened
        run.save(update_fields=["ended_at", "planned", "cancelled", "sent", "failed", "error"])


def _carry_out(run: ReminderRun) -> None:
    until = timezone.now() + RUN_LASTS
    scope = Scope(rule=run.rule or None, municipality=run.municipality_id)
    plan = planning.plan(on=today(), scope=scope)
    run.planned, run.cancelled = plan.planned, plan.cancelled
    if not (run.outside_hours or sending.may_send_now()):
        return  # messages are made when they can go out: until then more may be owed, or less
    while timezone.now() < until:
        sending.assemble(on=today(), scope=scope, by_hand=is_by_hand(run))
        tally = sending.send_waiting(outside_hours=run.outside_hours, until=until, only=messages_of(scope))
        run.cancelled += tally.cancelled
        run.sent += tally.sent
        run.failed += tally.failed
        run.error = tally.error[:500]
        if tally.error or not tally.readdressed:
            return


def is_by_hand(run: ReminderRun) -> bool:
    """Whether a person asked for these messages in particular."""
    return run.asked_by_id is not None and run.municipality_id is not None


def messages_of(scope: Scope) -> list[int] | None:
    """The messages that wait and carry something within the scope; None for all."""
    if not scope.filters():
        return None
    carrying = {f"reminders__{name}": value for name, value in scope.filters().items()}
    waiting = Message.objects.filter(status=Message.Status.WAITING, **carrying)
    return list(waiting.values_list("pk", flat=True).distinct())
