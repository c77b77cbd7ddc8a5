"""`manage.py read_bounces`: what came back, from the mail server's pipe or from the mailbox."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from reminders.bounces import LARGEST, MailboxError, read_mailbox, take_in

TRY_AGAIN = 75
"""The exit code (EX_TEMPFAIL) after which a mail server keeps the message and comes again."""
CHUNK = 64 * 1024


class Command(BaseCommand):
    """Take in a report that a message came back, or all that the mailbox holds."""

    help = (
        "Reads a report of a mail server from the standard input, or with --mailbox what is unread in the "
        "mailbox of BOUNCES_URL, and prints what became of it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say where to read."""
        parser.add_argument("--mailbox", action="store_true", help="read the mailbox of BOUNCES_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read and tell."""
        if options["mailbox"] and not settings.BOUNCES_URL:
            raise CommandError("There is no mailbox: BOUNCES_URL must name one.")
        try:
            findings = read_mailbox() if options["mailbox"] else take_in(self._input())
        except MailboxError as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            raise CommandError(
                f"The database did not take it: {type(error).__name__}", returncode=TRY_AGAIN
            ) from error
        for finding in findings:
            self.stdout.write(finding.value)

    def _input(self) -> bytes:
        """What is given, up to somewhat more than is taken; the rest is read too, so that no pipe breaks."""
        content = sys.stdin.buffer.read(LARGEST + 1)
        while sys.stdin.buffer.read(CHUNK):
            pass
        return content
