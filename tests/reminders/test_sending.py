"""From what is planned to what a mail server has accepted."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from municipalities.models import Contact, CoverageStatement
from reminders import mails, sending
from reminders.models import DeliveryAttempt, Message, Reminder
from reminders.sending import Tally, assemble, send_waiting
from tests.factories import ContactFactory, UserFactory
from tests.mail_server import MailServer
from tests.reminders.factories import MessageFactory, ReminderFactory, StatementFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)
MINUTE = dt.timedelta(minutes=1)

Status = Reminder.Status


def owed_to(*emails: str, **reminder: object) -> Reminder:
    """A planned reminder to a municipality with these contacts, the first of them first."""
    made = ReminderFactory(**reminder)
    for position, email in enumerate(emails, start=1):
        ContactFactory(municipality=made.municipality, position=position, email=email)
    return made


def status(of: Reminder | Message) -> str:
    of.refresh_from_db()
    return of.status


class TestAssembling:
    def test_makes_one_message_for_each_recipient(self) -> None:
        first, second = owed_to("one@a.example"), owed_to("one@a.example")
        assert assemble(on=TODAY) == 1
        message = Message.objects.get()
        assert message.recipient == "one@a.example"
        assert set(message.reminders.all()) == {first, second}
        assert {status(first), status(second)} == {Status.QUEUED}

    def test_makes_nothing_twice(self) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        assert assemble(on=TODAY) == 0

    def test_leaves_what_is_not_due(self) -> None:
        reminder = owed_to("one@a.example", due_on=TODAY + dt.timedelta(days=1))
        assert assemble(on=TODAY) == 0
        assert status(reminder) == Status.PLANNED

    def test_keeps_in_sight_what_reaches_nobody(self) -> None:
        reminder = owed_to()
        assert assemble(on=TODAY) == 0
        assert status(reminder) == Status.UNDELIVERABLE

    def test_lets_wait_who_was_written_to_lately(self) -> None:
        reminder = owed_to("one@a.example")
        MessageFactory(recipient="one@a.example", status=Message.Status.SENT)
        assert assemble(on=TODAY) == 0
        assert status(reminder) == Status.PLANNED


class TestSending:
    def test_marks_message_and_reminders_after_the_server_accepted(self, mail_server: MailServer) -> None:
        reminder = owed_to("one@a.example")
        assemble(on=TODAY)
        message = Message.objects.get()
        assert send_waiting() == Tally(sent=1)
        assert mail_server.recipients == ["one@a.example"]
        assert mail_server.message_ids == [message.message_id]
        assert (status(message), status(reminder)) == (Message.Status.SENT, Status.SENT)
        assert message.settled_at == reminder.settled_at == timezone.now()
        attempt = message.attempts.get()
        assert (attempt.outcome, attempt.error) == (DeliveryAttempt.Outcome.ACCEPTED, "")

    def test_keeps_one_connection_for_all(self, mail_server: MailServer) -> None:
        for number in range(5):
            owed_to(f"{number}@a.example")
        assemble(on=TODAY)
        assert send_waiting() == Tally(sent=5)
        assert mail_server.connections == 1

    def test_opens_no_connection_when_there_is_nothing_to_send(self, mail_server: MailServer) -> None:
        assert send_waiting() == Tally()
        assert mail_server.connections == 0

    def test_sends_nothing_twice(self, mail_server: MailServer) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        send_waiting()
        assert send_waiting() == Tally()
        assert len(mail_server.accepted) == 1

    def test_marks_a_reminder_to_several_as_sent_and_still_writes_to_all(
        self, mail_server: MailServer
    ) -> None:
        owed_to("one@a.example", "two@a.example", step=2)
        assemble(on=TODAY)
        assert send_waiting() == Tally(sent=2)
        assert set(mail_server.recipients) == {"one@a.example", "two@a.example"}


class TestClaim:
    def test_is_left_alone_while_it_is_fresh(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        Message.objects.update(claimed_at=timezone.now())
        clock.shift(9 * MINUTE)
        assert send_waiting() == Tally()

    def test_that_a_crash_left_is_taken_over_with_the_same_message_id(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        Message.objects.update(claimed_at=timezone.now())
        clock.shift(11 * MINUTE)
        assert send_waiting() == Tally(sent=1)
        assert mail_server.message_ids == [Message.objects.get().message_id]

    def test_needs_a_transaction_of_its_own(self, mail_server: MailServer, settings: Settings) -> None:
        """Else the claim would not be there for others to see while the mail server is spoken to."""
        owed_to("one@a.example")
        assemble(on=TODAY)
        with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
            send_waiting()
        assert mail_server.accepted == []


class TestLookingAgain:
    def test_sends_nothing_whose_reason_is_gone(self, mail_server: MailServer) -> None:
        reminder = owed_to("one@a.example")
        assemble(on=TODAY)
        StatementFactory(municipality=reminder.municipality)
        assert send_waiting() == Tally(cancelled=1)
        assert mail_server.accepted == []
        assert (status(Message.objects.get()), status(reminder)) == (
            Message.Status.CANCELLED,
            Status.CANCELLED,
        )

    def test_sends_what_is_left(self, mail_server: MailServer) -> None:
        gone = owed_to("one@a.example", municipality__name="Urk")
        left = owed_to("one@a.example", municipality__name="Dronten")
        assemble(on=TODAY)
        StatementFactory(municipality=gone.municipality)
        assert send_waiting() == Tally(sent=1, cancelled=1)
        text = mail_server.accepted[0].get_body(("plain",)).get_content()
        assert "Dronten" in text
        assert "Urk" not in text
        assert (status(gone), status(left)) == (Status.CANCELLED, Status.SENT)

    def test_sends_nothing_for_a_municipality_that_merged_meanwhile(self, mail_server: MailServer) -> None:
        reminder = owed_to("one@a.example")
        assemble(on=TODAY)
        type(reminder.municipality).objects.update(valid_until=TODAY)
        assert send_waiting() == Tally(cancelled=1)
        assert mail_server.accepted == []

    @pytest.mark.parametrize("change", ["removed", "other address", "out of reach"])
    def test_sends_nothing_to_who_is_no_longer_the_contact(
        self, mail_server: MailServer, change: str
    ) -> None:
        reminder = owed_to("one@a.example", "two@a.example")
        assemble(on=TODAY)
        contact = Contact.objects.filter(email="one@a.example")
        if change == "removed":
            contact.delete()
        elif change == "other address":
            contact.update(email="new@a.example")
        else:
            contact.update(unreachable_since=timezone.now(), unreachable_reason="it bounced")
        assert send_waiting() == Tally(readdressed=1)
        assert status(reminder) == Status.PLANNED
        assemble(on=TODAY)
        assert send_waiting() == Tally(sent=1)
        expected = "new@a.example" if change == "other address" else "two@a.example"
        assert mail_server.recipients == [expected]

    def test_sends_nothing_to_an_account_manager_who_has_left(self, mail_server: MailServer) -> None:
        manager = UserFactory(vng=True, is_active=False)
        reminder = owed_to("one@a.example", step=3, status=Status.QUEUED)
        MessageFactory(contact=None, user=manager, recipient=manager.email, carries=[reminder])
        assert send_waiting() == Tally(readdressed=1)
        assert mail_server.accepted == []


class TestRefusedForNow:
    def test_tries_again_later_and_later(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        mail_server.to_recipient["one@a.example"] = "450 4.2.1 try later"
        waits = []
        for _ in range(9):
            assert send_waiting() == Tally(failed=1)
            message = Message.objects.get()
            assert (message.status, message.claimed_at) == (Message.Status.WAITING, None)
            waits.append((message.not_before - timezone.now()) / MINUTE)
            assert send_waiting() == Tally()
            clock.move_to(message.not_before.replace(hour=10, minute=0) + dt.timedelta(days=7))
        assert 4 <= waits[0] <= 6
        assert 8 <= waits[1] <= 12
        assert 288 <= waits[-1] <= 432
        mail_server.to_recipient.clear()
        assert send_waiting() == Tally(sent=1)
        assert len(set(mail_server.message_ids)) == 1
        outcomes = list(Message.objects.get().attempts.values_list("outcome", flat=True))
        assert outcomes == ["accepted", *["temporary"] * 9]

    def test_is_given_up_after_days_and_many_tries(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        reminder = owed_to("one@a.example", "two@a.example")
        assemble(on=TODAY)
        mail_server.to_recipient["one@a.example"] = "452 4.2.2 mailbox full"
        for _ in range(10):
            assert Message.objects.get().status == Message.Status.WAITING
            send_waiting()
            clock.move_to(Message.objects.get().not_before.replace(hour=10, minute=0) + dt.timedelta(days=7))
        assert Message.objects.get().status == Message.Status.FAILED
        assert Contact.objects.get(email="one@a.example").unreachable_reason == "452 4.2.2 mailbox full"
        assert status(reminder) == Status.PLANNED
        assemble(on=TODAY)
        assert send_waiting() == Tally(sent=1)
        assert mail_server.recipients == ["two@a.example"]

    def test_says_nothing_of_the_contact(self, mail_server: MailServer) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        mail_server.to_recipient["one@a.example"] = "450 4.2.1 try later"
        send_waiting()
        assert Contact.objects.reachable().count() == 1
        assert DeliveryAttempt.objects.get().error == "450 4.2.1 try later"

    def test_does_not_hold_up_the_others(self, mail_server: MailServer) -> None:
        for number in range(4):
            owed_to(f"{number}@a.example")
        assemble(on=TODAY)
        mail_server.to_recipient["1@a.example"] = "450 4.2.1 try later"
        assert send_waiting() == Tally(sent=3, failed=1)


class TestRefusedForGood:
    def test_marks_the_contact_and_goes_on_to_the_next(self, mail_server: MailServer) -> None:
        reminder = owed_to("one@a.example", "two@a.example")
        elsewhere = ContactFactory(email="One@a.example")
        assemble(on=TODAY)
        mail_server.to_recipient["one@a.example"] = "550 5.1.1 no such user"
        assert send_waiting() == Tally(failed=1, readdressed=1)
        contact = Contact.objects.get(email="one@a.example")
        assert contact.unreachable_since == timezone.now()
        assert contact.unreachable_reason == "550 5.1.1 no such user"
        elsewhere.refresh_from_db()
        assert elsewhere.unreachable_since is not None
        assert Message.objects.get().status == Message.Status.FAILED
        assert status(reminder) == Status.PLANNED
        assemble(on=TODAY)
        assert send_waiting() == Tally(sent=1)
        assert mail_server.recipients == ["two@a.example"]

    def test_ends_with_nobody(self, mail_server: MailServer) -> None:
        reminder = owed_to("one@a.example")
        assemble(on=TODAY)
        mail_server.to_recipient["one@a.example"] = "550 5.1.1 no such user"
        send_waiting()
        assemble(on=TODAY)
        assert status(reminder) == Status.UNDELIVERABLE

    def test_a_contact_that_is_removed_and_added_again_is_written_to(self, mail_server: MailServer) -> None:
        reminder = owed_to("one@a.example")
        assemble(on=TODAY)
        mail_server.to_recipient["one@a.example"] = "550 5.1.1 no such user"
        send_waiting()
        mail_server.to_recipient.clear()
        Contact.objects.all().delete()
        ContactFactory(municipality=reminder.municipality, email="one@a.example")
        assemble(on=TODAY)
        assert send_waiting() == Tally(sent=1)
        assert status(reminder) == Status.SENT

    def test_leaves_a_reminder_that_reached_another(self, mail_server: MailServer) -> None:
        reminder = owed_to("one@a.example", "two@a.example", step=2)
        assemble(on=TODAY)
        mail_server.to_recipient["one@a.example"] = "550 5.1.1 no such user"
        assert send_waiting() == Tally(sent=1, failed=1, readdressed=1)
        assert status(reminder) == Status.SENT
        assert assemble(on=TODAY) == 0


class TestServerInTrouble:
    @pytest.mark.parametrize("name", ["console", "dummy", "filebased"])
    def test_what_only_shows_mail_is_no_server(
        self, settings: Settings, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        reminder = owed_to("one@a.example")
        assemble(on=TODAY)
        settings.EMAIL_BACKEND = f"django.core.mail.backends.{name}.EmailBackend"
        tally = send_waiting()
        assert (tally.sent, tally.failed) == (0, 0)
        assert tally.error == "No mail server is set: EMAIL_URL must name one. Nothing was sent."
        assert status(reminder) == Status.QUEUED
        assert capsys.readouterr().out == ""

    def test_that_is_away_costs_no_message_a_try(self, mail_server: MailServer, settings: Settings) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        settings.EMAIL_PORT = 1
        tally = send_waiting()
        assert tally.error.startswith("The mail server cannot be reached.")
        assert not DeliveryAttempt.objects.exists()
        assert Message.objects.get().claimed_at is None

    def test_that_refuses_us_is_left_alone_after_three_tries(self, mail_server: MailServer) -> None:
        for number in range(6):
            owed_to(f"{number}@a.example")
        assemble(on=TODAY)
        mail_server.to_data = "554 5.7.1 we do not know you"
        tally = send_waiting()
        assert (tally.sent, tally.failed, tally.readdressed) == (0, 3, 0)
        assert tally.error == "The mail server refuses every message. 554 5.7.1 we do not know you"
        assert Contact.objects.reachable().count() == 6
        assert Message.objects.filter(status=Message.Status.WAITING).count() == 6

    def test_that_hangs_up_after_a_message_gets_it_again_under_the_same_id(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        mail_server.hangs_up = True
        assert send_waiting() == Tally(failed=1)
        assert Message.objects.get().status == Message.Status.WAITING
        mail_server.hangs_up = False
        clock.shift(10 * MINUTE)
        assert send_waiting() == Tally(sent=1)
        assert len(mail_server.message_ids) == 2
        assert len(set(mail_server.message_ids)) == 1

    def test_that_says_no_to_one_only_is_not_left_alone(self, mail_server: MailServer) -> None:
        for number in range(4):
            owed_to(f"{number}@a.example")
        assemble(on=TODAY)
        mail_server.to_next_data = ["451 not now", "451 not now", "250 ok", "451 not now"]
        assert send_waiting() == Tally(sent=1, failed=3)


class TestHours:
    @pytest.fixture(autouse=True)
    def night(self, clock: time_machine.Traveller) -> None:
        clock.move_to(dt.datetime(2026, 11, 24, 22, 0, tzinfo=dt.UTC))

    def test_keep_messages_until_the_morning(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        assert send_waiting() == Tally()
        clock.move_to(dt.datetime(2026, 11, 25, 8, 0, tzinfo=dt.UTC))
        assert send_waiting() == Tally(sent=1)

    def test_do_not_bind_a_person_who_asks(self, mail_server: MailServer) -> None:
        owed_to("one@a.example")
        assemble(on=TODAY)
        assert send_waiting(outside_hours=True) == Tally(sent=1)

    def test_can_be_switched_off(self, mail_server: MailServer, settings: Settings) -> None:
        settings.REMINDERS_OFFICE_HOURS = False
        owed_to("one@a.example")
        assemble(on=TODAY)
        assert send_waiting() == Tally(sent=1)


def test_a_message_that_cannot_be_written_does_not_hold_up_the_others(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed_to("one@a.example", municipality__name="Urk")
    owed_to("two@a.example", municipality__name="Dronten")
    assemble(on=TODAY)
    Message.objects.filter(recipient="one@a.example").update(language="xx")
    write = mails.write

    def broken(*args: object, language: str, **kwargs: object) -> mails.Mail:
        if language == "xx":
            raise ValueError("no such language")
        return write(*args, language=language, **kwargs)

    monkeypatch.setattr(mails, "write", broken)
    assert send_waiting() == Tally(sent=1, failed=1)
    assert "no such language" in DeliveryAttempt.objects.get(outcome="temporary").error


class TestRate:
    def test_is_kept_by_all_senders_together(
        self,
        mail_server: MailServer,
        settings: Settings,
        clock: time_machine.Traveller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.REMINDERS_PER_MINUTE = 2
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            clock.shift(seconds)

        monkeypatch.setattr("reminders.sending.time.sleep", sleep)
        for number in range(5):
            owed_to(f"{number}@a.example")
        assemble(on=TODAY)
        assert send_waiting() == Tally(sent=5)
        assert sum(waited) == 120
        starts = sorted(DeliveryAttempt.objects.values_list("started_at", flat=True))
        assert [(start - starts[0]).total_seconds() for start in starts] == [0, 0, 60, 60, 120]

    def test_leaves_the_rest_to_the_next_run(
        self,
        mail_server: MailServer,
        settings: Settings,
        clock: time_machine.Traveller,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.REMINDERS_PER_MINUTE = 1
        monkeypatch.setattr("reminders.sending.time.sleep", clock.shift)
        for number in range(3):
            owed_to(f"{number}@a.example")
        assemble(on=TODAY)
        assert send_waiting(until=timezone.now() + dt.timedelta(seconds=30)) == Tally(sent=1)
        assert Message.objects.filter(status=Message.Status.WAITING, claimed_at__isnull=True).count() == 2


class TestBatch:
    def test_gives_back_what_it_did_not_come_to(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        """What was claimed long ago is looked at again before it goes out, and nobody waits for it."""
        for number in range(4):
            owed_to(f"{number}@a.example")
        assemble(on=TODAY)
        mail_server.after_data = lambda: clock.shift(6)
        assert send_waiting(until=timezone.now() + dt.timedelta(seconds=11)) == Tally(sent=2)
        left = Message.objects.filter(status=Message.Status.WAITING)
        assert [message.claimed_at for message in left] == [None, None]
        assert DeliveryAttempt.objects.filter(outcome=DeliveryAttempt.Outcome.STARTED).count() == 0

    def test_that_is_slow_sends_nothing_whose_reason_went_meanwhile(
        self, mail_server: MailServer, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reminders = [owed_to(f"{number}@a.example") for number in range(3)]
        assemble(on=TODAY)
        close = sending._close

        def close_slowly(*arguments: Any) -> None:
            close(*arguments)
            clock.shift(6)
            if not CoverageStatement.objects.exists():
                StatementFactory(municipality=reminders[2].municipality)

        monkeypatch.setattr(sending, "_close", close_slowly)
        assert send_waiting() == Tally(sent=2, cancelled=1)
        assert status(reminders[2]) == Status.CANCELLED
