"""What the reminders promise when processes die, crowd or merely do their work: these really do."""

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from kombu import Connection

from reminders.models import DeliveryAttempt, Message, Reminder, ReminderRun
from reminders.tasks import run_reminders
from tests.factories import ContactFactory, MunicipalityFactory
from tests.faults.conftest import BEAT, WORKER, Start, kill, line_of, wait_until
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)


def wake(environment: dict[str, str]) -> None:
    """Put the task into the queue, as the clock does."""
    with Connection(environment["REDIS_URL"]) as broker:
        run_reminders.apply_async(connection=broker)


def test_a_worker_killed_between_sending_and_marking_loses_nothing(
    start: Start, environment: dict[str, str], mail_server: MailServer
) -> None:
    contacts = ContactFactory.create_batch(4)
    worker = start(*WORKER)
    killed_at: list[int] = []

    def kill_at_the_second() -> None:
        """The server has the message; the worker dies before it hears so."""
        if len(mail_server.accepted) == 2 and not killed_at:
            killed_at.append(2)
            kill(worker)

    mail_server.after_data = kill_at_the_second
    wake(environment)
    wait_until(lambda: bool(killed_at), "the second message")

    assert Message.objects.filter(status=Message.Status.SENT).count() == 1
    left = Message.objects.filter(status=Message.Status.WAITING, claimed_at__isnull=False)
    assert len(left) == 3  # claimed together
    (in_hand,) = [message for message in left if message.message_id == mail_server.message_ids[1]]
    assert in_hand.attempts.get().outcome == DeliveryAttempt.Outcome.STARTED
    assert ReminderRun.objects.get().ended_at is None

    long_ago = timezone.now() - Message.CLAIM_LASTS - dt.timedelta(seconds=1)
    left.update(claimed_at=long_ago)
    ReminderRun.objects.update(started_at=long_ago)
    start(*WORKER)
    wake(environment)
    wait_until(lambda: ReminderRun.objects.filter(ended_at__isnull=False).exists(), "the end of the next run")

    assert set(mail_server.recipients) == {contact.email for contact in contacts}
    twice = [each for each in set(mail_server.message_ids) if mail_server.message_ids.count(each) > 1]
    assert twice == [in_hand.message_id]
    assert len(mail_server.accepted) == 5
    assert set(Reminder.objects.values_list("status", flat=True)) == {Reminder.Status.SENT}
    assert Reminder.objects.count() == 4
    assert Message.objects.filter(status=Message.Status.SENT).count() == 4


PLAN = """
import django, sys
django.setup()
from policytracker.dates import today
from reminders import planning
if "without a turn" in sys.argv:
    planning.one_at_a_time = lambda: None
print("ready", flush=True)
sys.stdin.readline()
print(planning.plan(on=today()).planned, flush=True)
"""


@pytest.mark.parametrize("turns", ["in turn", "without a turn"])
def test_two_processes_that_plan_at_once_plan_nothing_twice(start: Start, turns: str) -> None:
    """Also where no lock orders them, and the constraint of the ledger alone stands between them."""
    MunicipalityFactory.create_batch(150)
    planners = [start("-c", PLAN, turns, DJANGO_SETTINGS_MODULE="policytracker.settings") for _ in range(2)]
    for planner in planners:
        assert line_of(planner) == "ready"
    for planner in planners:
        assert planner.stdin
        planner.stdin.write("go\n")
        planner.stdin.flush()
    planned = [int(line_of(planner)) for planner in planners]
    assert sum(planned) == 150
    assert Reminder.objects.count() == 150
    assert Reminder.objects.filter(status=Reminder.Status.PLANNED, step=1).count() == 150


def test_a_message_goes_from_the_clock_over_the_queue_and_a_worker_to_its_recipient(
    start: Start, mail_server: MailServer, tmp_path: Path
) -> None:
    contact = ContactFactory(municipality__name="Urk", municipality__code="GM0184")
    start(*WORKER)
    start(*BEAT, "--schedule", str(tmp_path / "beat"), REMINDERS_EVERY="1")
    wait_until(lambda: bool(mail_server.accepted), "the message")
    wait_until(lambda: Reminder.objects.filter(status=Reminder.Status.SENT).exists(), "its mark")
    (message,) = mail_server.accepted
    assert message["To"] == contact.email
    assert "Urk" in message["Subject"]
    assert message["Message-ID"] == Message.objects.get().message_id
    assert "/gemeenten/GM0184/dekking/" in message.get_body(("plain",)).get_content()
    assert not connection.in_atomic_block
