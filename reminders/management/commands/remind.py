"""`manage.py remind`: the same run that the clock starts, from the command line."""

import datetime as dt
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from kombu.exceptions import OperationalError

from municipalities.models import Municipality
from policytracker.dates import today
from reminders.actions import ask_for_run
from reminders.models import ReminderRun, Rule
from reminders.planning import Scope
from reminders.preview import preview
from reminders.runs import carry_out

LOOK_EVERY = 0.2  # seconds


class Command(BaseCommand):
    """Plan and send the reminders that are owed, or show which these would be."""

    help = "Plans and sends the reminders that are owed today, and prints how many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say which day, and how."""
        parser.add_argument(
            "--date",
            type=dt.date.fromisoformat,
            help="with --dry-run: the day to look at, as 2027-01-31 (default: today)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would go out; write and send nothing"
        )
        parser.add_argument("--wait", action="store_true", help="let a worker do it, and wait until it has")
        parser.add_argument(
            "--timeout",
            type=float,
            default=300,
            help="with --wait: the longest wait, in seconds (default: 300)",
        )
        parser.add_argument("--rule", choices=Rule.values, help="for this reason only")
        parser.add_argument("--municipality", help="for this municipality only, by its code, as GM0344")
        parser.add_argument("--outside-hours", action="store_true", help="send also outside office hours")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and print what was done."""
        rule, municipality = options["rule"] or "", self._municipality(options["municipality"])
        if options["dry_run"]:
            scope = Scope(rule or None, municipality.pk if municipality else None)
            self._show(options["date"] or today(), scope)
            return
        if options["date"]:
            raise CommandError("--date goes with --dry-run: what is sent is what is owed today.")
        if options["wait"]:
            run = self._wait_for_worker(
                options["timeout"],
                outside_hours=options["outside_hours"],
                rule=rule,
                municipality=municipality,
            )
        else:
            run = ReminderRun.objects.create(
                outside_hours=options["outside_hours"], rule=rule, municipality=municipality
            )
            carry_out(run)
        self.stdout.write(
            f"planned {run.planned}, cancelled {run.cancelled}, sent {run.sent}, failed {run.failed}"
        )
        if run.error:
            raise CommandError(run.error)

    def _municipality(self, code: str | None) -> Municipality | None:
        if code is None:
            return None
        found = Municipality.objects.filter(code=code.upper()).first()
        if found is None:
            raise CommandError(f"There is no municipality {code}. Write its code, as GM0344.")
        return found

    def _show(self, on: dt.date, scope: Scope) -> None:
        outlook = preview(on=on, scope=scope)
        for draft in outlook.drafts:
            self.stdout.write(f"{draft.recipient.address}: {len(draft.reminders)}")
        self.stdout.write(
            f"{on}: {len(outlook.drafts)} messages; {len(outlook.waiting)} reminders wait because their "
            f"recipient was written to lately, {len(outlook.unreachable)} reach nobody"
        )

    def _wait_for_worker(self, timeout: float, **asked: Any) -> ReminderRun:
        try:
            run = ask_for_run(by=None, **asked)
        except OperationalError as error:
            raise CommandError(f"The broker cannot be reached: {error}") from error
        until = time.monotonic() + timeout
        while run.ended_at is None:
            if time.monotonic() > until:
                raise CommandError(f"No worker has ended the run within {timeout:.0f} seconds.")
            time.sleep(LOOK_EVERY)
            run.refresh_from_db()
        return run
