"""`manage.py check_reminders`: for monitoring, fails when the reminders have not run for too long."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reminders.runs import ALARM_AFTER, is_overdue, last_ended_at


class Command(BaseCommand):
    """Say when a run last ended; the exit code is 1 when that is too long ago."""

    help = "Prints when the reminders last ran, and fails when that is more than 26 hours ago."

    def handle(self, *args: Any, **options: Any) -> None:
        """Look and tell."""
        last = last_ended_at()
        if is_overdue():
            hours = ALARM_AFTER.total_seconds() / 3600
            when = f"The last ended at {last:%Y-%m-%d %H:%M} UTC." if last else "None ever has."
            raise CommandError(f"No run of the reminders has ended for {hours:.0f} hours. {when}")
        self.stdout.write(f"A run of the reminders last ended at {last:%Y-%m-%d %H:%M} UTC.")
