"""A run: plan, make the messages, send them. Runs may overlap, stop halfway or not come at all."""

from django.utils import timezone

from policytracker.dates import today
from reminders import planning, sending
from reminders.models import ReminderRun


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
    plan = planning.plan(on=today())
    run.planned, run.cancelled = plan.planned, plan.cancelled
    while True:
        sending.assemble(on=today())
        tally = sending.send_waiting(outside_hours=run.outside_hours)
        run.cancelled += tally.cancelled
        run.sent += tally.sent
        run.failed += tally.failed
        run.error = tally.error[:500]
        if tally.error or not tally.readdressed:
            return
