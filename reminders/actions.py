"""Writes to the ledger that a person asks for."""

from django.db import transaction

from accounts.models import User
from reminders.models import ReminderRun
from reminders.tasks import run_reminders


@transaction.atomic
def ask_for_run(*, by: User | None, outside_hours: bool) -> ReminderRun:
    """Let a worker carry out a run now; `by` is None where the machine itself is told to, from the command
    line.

    Raises kombu.exceptions.OperationalError where the broker is away; the run then stands there as not
    ended.
    """
    run = ReminderRun.objects.create(asked_by=by, outside_hours=outside_hours)
    run_reminders.delay_on_commit(run.pk)  # type: ignore[attr-defined]
    return run
