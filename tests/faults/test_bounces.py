"""What comes back, from the pipe and the mailbox of real processes."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone

from municipalities.models import Contact
from reminders.bounces import Finding
from reminders.models import Message, Reminder
from reminders.sending import bounced
from tests.faults.conftest import ROOT, Start, wait_until
from tests.imap_server import running_imap_server
from tests.reminders.factories import MessageFactory, ReminderFactory
from tests.reminders.reports import POSTFIX, report

pytestmark = pytest.mark.django_db(transaction=True)

WORKER_WITH_CLOCK = ("-m", "celery", "-A", "policytracker", "worker", "--beat", "--concurrency", "1")
SCHEDULE = "from policytracker.settings import CELERY_BEAT_SCHEDULE as schedule; print(*sorted(schedule))"


def sent_message() -> Message:
    """A message that a mail server has accepted."""
    reminder = ReminderFactory(status=Reminder.Status.SENT, settled_at=timezone.now())
    message: Message = MessageFactory(
        contact__municipality=reminder.municipality, status=Message.Status.SENT, carries=[reminder]
    )
    return message


def about(message: Message) -> bytes:
    """The report that it came back."""
    return report(POSTFIX, {"recipient": message.recipient, "message_id": message.message_id})


def run(
    environment: dict[str, str], *arguments: str, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run Python to its end with something on its standard input."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_a_mail_server_hands_a_report_to_the_pipe(environment: dict[str, str]) -> None:
    message = sent_message()
    for finding in (Finding.BOUNCED, Finding.KNOWN):
        ended = run(environment, "manage.py", "read_bounces", given=about(message))
        assert (ended.returncode, ended.stdout.decode()) == (0, f"{finding.value}\n")
    assert Message.objects.get().status == Message.Status.BOUNCED
    assert Contact.objects.get().unreachable_since is not None
    assert Reminder.objects.get().status == Reminder.Status.PLANNED
    ended = run(environment, "manage.py", "read_bounces", given=b"\xff\x00" * 2_000_000)
    assert (ended.returncode, ended.stdout.decode()) == (0, f"{Finding.TOO_LARGE.value}\n")


def test_a_database_that_is_away_makes_the_mail_server_come_again(environment: dict[str, str]) -> None:
    away = environment | {"DATABASE_URL": "postgres://tracker:Geheim@127.0.0.1:1/away"}
    ended = run(away, "manage.py", "read_bounces", given=about(sent_message()))
    assert ended.returncode == 75
    assert b"Geheim" not in ended.stdout + ended.stderr


def test_two_messages_that_come_back_at_once_leave_no_reminder_as_sent() -> None:
    """Each transaction sees the other's message as sent until it ends; the reminder's lock orders them."""
    first = sent_message()
    (reminder,) = first.reminders.all()
    second: Message = MessageFactory(
        contact__municipality=reminder.municipality, contact__position=2, status=Message.Status.SENT
    )
    second.items.create(reminder=reminder)
    both = threading.Barrier(2, timeout=20)

    def come_back(message: Message) -> bool:
        with transaction.atomic():
            connection.cursor().execute("SELECT 1")
            both.wait()
            is_news = bounced(message, "5.1.1 unknown", timezone.now())
            time.sleep(0.2)
        connection.close()
        return is_news

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(come_back, [first, second])) == [True, True]
    reminder.refresh_from_db()
    assert reminder.status == Reminder.Status.PLANNED


def test_the_clock_reads_the_mailbox_only_where_there_is_one(environment: dict[str, str]) -> None:
    for url, expected in (("", b"reminders\n"), ("imaps://user:secret@host/INBOX", b"bounces reminders\n")):
        assert run(environment | {"BOUNCES_URL": url}, "-c", SCHEDULE).stdout == expected


def test_the_clock_reads_the_mailbox(start: Start, tmp_path: Path) -> None:
    message = sent_message()
    with running_imap_server() as mailbox:
        mailbox.add(about(message))
        start(
            *WORKER_WITH_CLOCK,
            "--schedule",
            str(tmp_path / "beat"),
            BOUNCES_URL=mailbox.url(),
            BOUNCES_EVERY="1",
            REMINDERS_EVERY="3600",
        )
        wait_until(lambda: bool(mailbox.seen), "the reading of the mailbox")
    message.refresh_from_db()
    assert message.status == Message.Status.BOUNCED
