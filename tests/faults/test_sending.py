"""Senders that are killed, mail servers that misbehave, reasons that go away: real processes meet them."""

import datetime as dt
import os
import random
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from django.utils import timezone

from municipalities.models import Contact, Municipality
from policytracker.dates import today
from reminders.models import DeliveryAttempt, Message, Reminder
from tests.factories import ContactFactory
from tests.faults.conftest import (
    PATIENCE,
    Start,
    is_all_sent,
    is_over,
    line_of,
    make_messages,
    owe,
    tell,
    wait_until,
)
from tests.mail_server import HOST, MailServer
from tests.reminders.factories import StatementFactory

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"DJANGO_SETTINGS_MODULE": "policytracker.settings"}


class Senders:
    """The senders of a test."""

    def __init__(self, start: Start) -> None:
        self.forks = start("-m", "tests.faults.senders", **SETTINGS)
        assert line_of(self.forks) == "ready"
        self.numbers: list[int] = []

    def start(self) -> None:
        """Start one more."""
        self.numbers.append(int(tell(self.forks, "one")))

    def kill_one(self) -> None:
        """kill -9 for one of them, whatever it is doing."""
        number = self.numbers.pop(random.randrange(len(self.numbers)))  # noqa: S311
        os.kill(number, signal.SIGKILL)


@pytest.fixture
def senders(start: Start) -> Senders:
    """Nobody sends yet."""
    return Senders(start)


@pytest.mark.parametrize(
    ("number", "kills"), [(120, 5), pytest.param(3000, 100, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_senders_that_are_killed_at_any_moment_lose_nothing(
    senders: Senders, mail_server: MailServer, number: int, kills: int
) -> None:
    addresses = make_messages(number)
    for _sender in range(2):
        senders.start()
    for killed in range(kills):
        reached = number * (killed + random.random()) / (kills + 1)  # noqa: S311
        wait_until(lambda reached=reached: len(mail_server.accepted) >= reached, "the next messages")
        time.sleep(random.uniform(0, 0.02))  # noqa: S311
        senders.kill_one()
        senders.start()
    wait_until(is_over, "the end")

    times = Counter(zip(mail_server.recipients, mail_server.message_ids, strict=True))
    assert {recipient for recipient, _message_id in times} == set(addresses)
    assert len(times) == number  # a second time it has the same Message-ID
    assert len(mail_server.accepted) - number <= kills
    assert is_all_sent()
    assert Message.objects.filter(status=Message.Status.SENT).count() == number
    assert DeliveryAttempt.objects.filter(outcome=DeliveryAttempt.Outcome.ACCEPTED).count() == number


def test_nothing_is_sent_once_its_reason_is_gone(senders: Senders, mail_server: MailServer) -> None:
    """Answers come in while two senders are at it. What was looked at a moment before may still go out."""
    make_messages(100)
    mail_server.after_data = lambda: time.sleep(0.02)
    for _sender in range(2):
        senders.start()
    wait_until(lambda: len(mail_server.accepted) >= 10, "the first messages")
    waiting = Reminder.objects.filter(status=Reminder.Status.QUEUED).order_by("pk")
    answered = list(waiting[20:])
    for reminder in answered:
        StatementFactory(municipality_id=reminder.municipality_id, stated_at=timezone.now())
    sent_by_then = len(mail_server.accepted)
    wait_until(is_over, "the end")

    under_way = 2 * 10  # of each sender the batch that it had looked at
    assert len(answered) > 40
    assert len(mail_server.accepted) <= max(sent_by_then, 100 - len(answered)) + under_way
    ended = Reminder.objects.filter(status=Reminder.Status.CANCELLED)
    assert set(ended.values_list("ended_because", flat=True)) == {Reminder.Ending.REASON_GONE}
    sent = set(Reminder.objects.filter(status=Reminder.Status.SENT).values_list("municipality", flat=True))
    recipients = Contact.objects.filter(municipality__in=sent).values_list("email", flat=True)
    assert sorted(mail_server.recipients) == sorted(recipients)


def test_a_municipality_that_merges_between_planning_and_sending_gets_nothing(
    senders: Senders, mail_server: MailServer
) -> None:
    merged, stays = make_messages(2)
    Municipality.objects.filter(contacts__email=merged).update(valid_until=today())
    senders.start()
    wait_until(is_over, "the end")
    assert mail_server.recipients == [stays]
    gone = Reminder.objects.get(municipality__contacts__email=merged)
    assert (gone.status, gone.ended_because) == (
        Reminder.Status.CANCELLED,
        Reminder.Ending.MUNICIPALITY_GONE,
    )


# Mail servers that misbehave

RUN = """
import django, sys
django.setup()
from django.conf import settings
from reminders.models import ReminderRun
from reminders.runs import carry_out
settings.EMAIL_TIMEOUT = 1
print("ready", flush=True)
for port in sys.stdin:
    settings.EMAIL_PORT = int(port)
    run = ReminderRun.objects.create()
    carry_out(run)
    print(run.sent, bool(run.error), flush=True)
"""

POLICY, NO_MAILBOX = "554 5.7.1 not from you", "550 5.1.1 no such user"


@pytest.fixture(scope="module")
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server((HOST, 0)) as silent:
        yield silent.getsockname()[1]


@pytest.fixture
def runner(start: Start) -> subprocess.Popen[str]:
    """Carries out a run for each line, with the mail server at that port."""
    process = start("-c", RUN, **SETTINGS)
    assert line_of(process) == "ready"
    return process


def sent_after_pause(runner: subprocess.Popen[str], mail_server: MailServer) -> str:
    """Let the pauses be over, and run again."""
    Message.objects.update(not_before=timezone.now() - dt.timedelta(seconds=1))
    return tell(runner, str(mail_server.port))


def test_a_mail_server_that_is_away_or_silent_costs_nothing(
    runner: subprocess.Popen[str], mail_server: MailServer, silent_port: int
) -> None:
    addresses = owe(5)
    with socket.socket() as closed:
        closed.bind((HOST, 0))  # taken, and nobody listens
        assert tell(runner, str(closed.getsockname()[1])) == "0 True"
    started = time.monotonic()
    assert tell(runner, str(silent_port)) == "0 True"
    assert time.monotonic() - started < PATIENCE / 2
    assert Message.objects.filter(status=Message.Status.WAITING, claimed_at=None).count() == 5
    assert DeliveryAttempt.objects.count() == 0
    assert tell(runner, str(mail_server.port)) == "5 False"  # without a pause: nothing was tried
    assert sorted(mail_server.recipients) == sorted(addresses)


def test_a_mail_server_that_hangs_after_a_message_gets_it_again_under_the_same_id(
    runner: subprocess.Popen[str], mail_server: MailServer
) -> None:
    addresses = owe(3)
    mail_server.after_data = lambda: time.sleep(2 if len(mail_server.accepted) == 2 else 0)
    assert tell(runner, str(mail_server.port)) == "2 False"
    assert sent_after_pause(runner, mail_server) == "1 False"
    assert set(mail_server.recipients) == set(addresses)
    assert Counter(Counter(mail_server.message_ids).values()) == {1: 2, 2: 1}


def test_a_mail_server_that_hangs_up_after_messages_gets_them_again_under_the_same_id(
    runner: subprocess.Popen[str], mail_server: MailServer
) -> None:
    addresses = owe(5)
    mail_server.hangs_up = True
    assert tell(runner, str(mail_server.port)) == "0 True"
    mail_server.hangs_up = False
    sent_after_pause(runner, mail_server)
    assert set(mail_server.recipients) == set(addresses)
    assert Counter(Counter(mail_server.message_ids).values()) == {1: 2, 2: 3}  # three tries, then no more
    assert is_all_sent()


@pytest.mark.parametrize("to", ["recipient", "message"])
def test_a_refusal_that_is_not_about_the_recipient_only_delays(
    runner: subprocess.Popen[str], mail_server: MailServer, to: str
) -> None:
    for answer in ("451 4.3.0 later", "421 4.3.2 shutting down", POLICY):
        addresses = owe(4)
        mail_server.accepted.clear()
        if to == "message":
            mail_server.to_data = answer
        else:
            mail_server.to_recipient = dict.fromkeys(addresses, answer)
        assert tell(runner, str(mail_server.port)).startswith("0 ")
        assert mail_server.accepted == []
        mail_server.to_data, mail_server.to_recipient = "250 accepted", {}
        assert sent_after_pause(runner, mail_server) == "4 False"
        assert sorted(mail_server.recipients) == sorted(addresses)
    assert not Contact.objects.filter(unreachable_since__isnull=False).exists()


@pytest.mark.parametrize("to", ["recipient", "message"])
def test_a_refusal_of_the_mailbox_goes_on_to_the_next_contact(
    runner: subprocess.Popen[str], mail_server: MailServer, to: str
) -> None:
    refused, other = owe(2)
    second = ContactFactory(municipality=Municipality.objects.get(contacts__email=refused), position=2)
    if to == "message":
        mail_server.to_next_data = [NO_MAILBOX]
    else:
        mail_server.to_recipient = {refused: NO_MAILBOX}
    assert tell(runner, str(mail_server.port)) == "2 False"
    assert sorted(mail_server.recipients) == sorted([second.email, other])
    marked = Contact.objects.filter(unreachable_since__isnull=False)
    assert [contact.email for contact in marked] == [refused]
    assert is_all_sent()
