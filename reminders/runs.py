"""A run: plan, make the messages, send them. Runs may overlap, stop halfway or not come at all."""

import datetime as dt

from django.utils import timezone

from policytracker.dates import today
from reminders import planning, sending
from reminders.models import ReminderRun

RUN_LASTS = dt.timedelta(minutes=10)
"""After this a run leaves the rest to the next one; it is less than what a task may take."""


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
        run.save(update_fields=["ended_at", "planned", "cancelled", "sent", "failed", "error"])


def _carry_out(run: ReminderRun) -> None:
    until = timezone.now() + RUN_LASTS
    plan = planning.plan(on=today())
    run.planned, run.cancelled = plan.planned, plan.cancelled
    while timezone.now() < until:
        sending.assemble(on=today())
        tally = sending.send_waiting(outside_hours=run.outside_hours, until=until)
        run.cancelled += tally.cancelled
        run.sent += tally.sent
        run.failed += tally.failed
        run.error = tally.error[:500]
        if tally.error or not tally.readdressed:
            return
