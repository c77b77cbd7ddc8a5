"""What Celery wakes. The ledger says what is to be done, so that a task may come twice or not at all."""

import logging

from celery import shared_task

from reminders.bounces import MailboxError, read_mailbox
from reminders.models import ReminderRun
from reminders.runs import begin_by_clock, carry_out

logger = logging.getLogger(__name__)

STALE_AFTER = 900  # seconds; whoever wakes later than this finds the next one waking too


@shared_task(expires=STALE_AFTER)
def run_reminders(run_id: int | None = None) -> None:
    """Carry out the run that somebody asked for, or one by the clock."""
    run = begin_by_clock() if run_id is None else ReminderRun.objects.get(pk=run_id)
    if run is not None and run.ended_at is None:
        carry_out(run)


@shared_task(expires=STALE_AFTER)
def read_bounces() -> None:
    """Read what came back into the mailbox; what a broken connection left unread is for the next time."""
    try:
        read_mailbox()
    except MailboxError as error:
        logger.error("The mailbox for what comes back was not read to the end: %s", error)
