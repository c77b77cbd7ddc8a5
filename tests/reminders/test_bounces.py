"""Messages that come back, from reports as mail servers write them to the next person in the chain."""

import io
import logging
import random
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from municipalities.models import Contact
from reminders import bounces
from reminders.bounces import LARGEST, Finding, Mailbox, MailboxError, read_mailbox, take_in
from reminders.models import DeliveryAttempt, Message, Preference, Reminder, ReminderRun
from reminders.runs import carry_out
from reminders.sending import bounced
from reminders.tasks import read_bounces
from tests import imap_server
from tests.factories import ContactFactory, MunicipalityFactory, UserFactory
from tests.imap_server import running_imap_server
from tests.mail_server import MailServer
from tests.reminders.factories import MessageFactory, ReminderFactory
from tests.reminders.reports import (
    EXCHANGE,
    HEADERS_ONLY,
    OUT_OF_OFFICE,
    POSTFIX,
    READ_RECEIPT,
    SEVERAL,
    report,
)

pytestmark = pytest.mark.django_db

SENT, PLANNED, QUEUED = Reminder.Status.SENT, Reminder.Status.PLANNED, Reminder.Status.QUEUED


def sent_message(email: str = "one@gemeente.example", **values: object) -> Message:
    """A message that a mail server has accepted, with one reminder in it."""
    reminder = ReminderFactory(status=SENT)
    contact = ContactFactory(municipality=reminder.municipality, email=email)
    values = {"contact": contact, "status": Message.Status.SENT, "carries": [reminder]} | values
    message: Message = MessageFactory(**values)
    now = timezone.now()
    DeliveryAttempt.objects.create(message=message, outcome="accepted", started_at=now, ended_at=now)
    return message


def about(message: Message, template: str = POSTFIX, *, charset: str = "utf-8", **values: str) -> bytes:
    """A report that returns this message."""
    usual = {"recipient": message.recipient, "message_id": message.message_id}
    return report(template, usual | values, charset=charset)


def status(of: Message | Reminder) -> str:
    of.refresh_from_db()
    return of.status


def run() -> ReminderRun:
    made = ReminderRun.objects.create()
    carry_out(made)
    return made


def is_untouched(message: Message) -> bool:
    """Whether nothing came of a report."""
    attempt, contact = message.attempts.get(), message.contact
    assert contact
    contact.refresh_from_db()
    states = {status(reminder) for reminder in message.reminders.all()}
    return (status(message), states, attempt.error, contact.unreachable_since) == ("sent", {SENT}, "", None)


class TestReport:
    @pytest.mark.parametrize(
        ("template", "values", "reason"),
        [
            (POSTFIX, {}, "5.1.1 550 5.1.1 User unknown in local table"),
            (
                EXCHANGE,
                {"status": "5.1.10"},
                "5.1.10 550 5.1.10 RESOLVER.ADR.RecipientNotFound; "
                "Recipient not found by SMTP address lookup",
            ),
            (HEADERS_ONLY, {}, "5.0.0 550 5.1.1 User unknown in local table"),
            (HEADERS_ONLY, {"diagnosis": "550 no such user here"}, "5.0.0 550 no such user here"),
            (POSTFIX, {"status": "5.4.4", "diagnosis": "Host not found"}, "5.4.4 Host not found"),
        ],
    )
    def test_of_a_mailbox_that_does_not_work(
        self, template: str, values: dict[str, str], reason: str
    ) -> None:
        message = sent_message()
        assert take_in(about(message, template, **values)) == [Finding.BOUNCED]
        contact = Contact.objects.get()
        assert (contact.unreachable_since, contact.unreachable_reason) == (timezone.now(), reason)
        assert status(message) == Message.Status.BOUNCED
        reminder = message.reminders.get()
        assert (reminder.status, reminder.settled_at) == (PLANNED, None)
        attempt = message.attempts.get()
        assert (attempt.outcome, attempt.error) == (DeliveryAttempt.Outcome.ACCEPTED, reason)

    def test_writes_addresses_as_it_likes(self) -> None:
        message = sent_message("One@Gemeente.Example")
        assert take_in(about(message, recipient="ONE@gemeente.EXAMPLE")) == [Finding.BOUNCED]

    def test_of_several_recipients_counts_for_ours(self) -> None:
        message = sent_message()
        assert take_in(about(message, SEVERAL)) == [
            Finding.NOT_FOR_GOOD,
            Finding.NOT_FOR_GOOD,
            Finding.BOUNCED,
            Finding.SOMEBODY_ELSE,
        ]
        assert Contact.objects.get().unreachable_reason == "5.1.1"

    def test_in_latin_1_without_saying_so(self) -> None:
        message = sent_message()
        content = about(message, charset="latin-1", diagnosis="550 geadresseerde onbekend: café \x00\x07ü")
        assert take_in(content) == [Finding.BOUNCED]
        assert Contact.objects.get().unreachable_reason.startswith("5.1.1 550 geadresseerde onbekend: caf")

    def test_with_an_endless_reason_keeps_its_beginning(self) -> None:
        message = sent_message()
        assert take_in(about(message, diagnosis="550 " + "x" * 5000)) == [Finding.BOUNCED]
        assert len(Contact.objects.get().unreachable_reason) == 500
        assert len(message.attempts.get().error) == 500

    def test_that_returns_the_beginning_of_the_message_only(self) -> None:
        message = sent_message()
        content = about(message)
        assert take_in(content[: content.index(b"Auto-Submitted: auto-generated")]) == [Finding.BOUNCED]

    @pytest.mark.parametrize(
        ("values", "finding"),
        [
            ({"action": "delayed", "status": "4.4.1"}, Finding.NOT_FOR_GOOD),
            ({"action": "delayed", "status": "5.1.1"}, Finding.NOT_FOR_GOOD),
            ({"action": "delivered", "status": "2.0.0"}, Finding.NOT_FOR_GOOD),
            ({"action": "failed", "status": "geen"}, Finding.NOT_FOR_GOOD),
            ({"status": "5.7.1", "diagnosis": "550 5.7.1 user unknown to us"}, Finding.ABOUT_US),
            ({"status": "5.7.1", "diagnosis": "550 5.1.1 refused by policy"}, Finding.ABOUT_US),
            ({"status": "5.1.8", "diagnosis": "550 5.1.8 bad outbound sender"}, Finding.ABOUT_US),
            ({"status": "5.0.0", "diagnosis": "554 looks like spam"}, Finding.ABOUT_US),
            ({"message_id": "<reminder-0c5f5f6e-9d43-4c5e-8d1b-1d4ff0c8a111@localhost>"}, Finding.NOT_OURS),
            ({"message_id": "<reminder-1@localhost>"}, Finding.NOT_OURS),
            ({"message_id": "<somebody@else.example>"}, Finding.NOT_OURS),
        ],
    )
    def test_of_something_else_changes_nothing(self, values: dict[str, str], finding: Finding) -> None:
        message = sent_message()
        assert take_in(about(message, **values)) == [finding]
        assert is_untouched(message)

    def test_that_a_server_on_the_way_gave_up_lets_it_be_sent_again(self) -> None:
        message = sent_message()
        assert take_in(about(message, action="failed", status="4.4.7")) == [Finding.EXPIRED]
        assert status(message) == Message.Status.BOUNCED
        assert message.reminders.get().status == PLANNED
        assert Contact.objects.get().unreachable_since is None
        assert take_in(about(message, action="failed", status="4.4.7")) == [Finding.KNOWN]

    @pytest.mark.parametrize("template", [OUT_OF_OFFICE, READ_RECEIPT])
    def test_is_no_automatic_answer(self, template: str) -> None:
        message = sent_message()
        assert take_in(about(message, template)) == [Finding.NO_REPORT]
        assert is_untouched(message)

    def test_forged_strikes_nobody_else_from_the_list(self) -> None:
        """Whoever got a message knows its Message-ID, and may write a report about a colleague."""
        mine, theirs = sent_message("forger@gemeente.example"), sent_message("victim@other.example")
        assert take_in(about(mine, recipient="victim@other.example")) == [Finding.SOMEBODY_ELSE]
        assert is_untouched(mine)
        assert is_untouched(theirs)

    def test_that_only_quotes_a_message_id_returns_nothing(self) -> None:
        message = sent_message()
        content = about(message).replace(b"Message-ID: <reminder-", b"X-Message-ID: <reminder-")
        assert take_in(content + f"Message-ID: {message.message_id}".encode()) == [Finding.NOT_OURS]
        assert is_untouched(message)

    def test_too_large_is_not_read(self) -> None:
        message = sent_message()
        content = about(message)
        assert take_in(content + b"x" * (LARGEST - len(content))) == [Finding.BOUNCED]
        other = sent_message("two@gemeente.example")
        assert take_in(about(other) + b"x" * LARGEST) == [Finding.TOO_LARGE]
        assert is_untouched(other)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\x00\xff\xfe" * 50,
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n",
            b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno boundary",
            b"Content-Type: multipart/report; report-type*=x'y'z; boundary=\r\n\r\n--\r\n",
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            b"--b\r\nContent-Type: message/delivery-status\r\n\r\n",
            b"Content-Type: message/rfc822\r\n\r\n" * 3000,
        ],
    )
    def test_broken_beyond_reading_is_left_alone(self, content: bytes) -> None:
        assert take_in(content)[0] in {Finding.NO_REPORT, Finding.BROKEN}

    @pytest.mark.parametrize("template", [POSTFIX, EXCHANGE, HEADERS_ONLY, SEVERAL])
    def test_cut_off_or_damaged_anywhere_never_fails(self, template: str) -> None:
        content = about(MessageFactory.build(contact=None, recipient="one@gemeente.example"), template)
        chance = random.Random(7)  # noqa: S311 (the same damage each time)
        for length in range(0, len(content), 37):
            bounces.read(content[:length])
        for _damage in range(300):
            damaged = bytearray(content)
            for _place in range(8):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            bounces.read(bytes(damaged))

    def test_over_which_the_parser_stumbles_is_left_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def stumble(*arguments: object, **options: object) -> None:
            raise IndexError("as it happens")

        message = sent_message()
        content = about(message)
        monkeypatch.setattr("email.message_from_bytes", stumble)
        assert take_in(content) == [Finding.BROKEN]
        assert is_untouched(message)

    def test_leaves_no_address_in_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        message = sent_message()
        caplog.set_level(logging.DEBUG)
        take_in(about(message))
        take_in(about(message, recipient="victim@other.example"))
        take_in(about(message, status="5.7.1"))
        assert str(message.key) in caplog.text
        assert "example" not in caplog.text
        assert [record.levelname for record in caplog.records] == ["INFO", "INFO", "WARNING"]


class TestBounced:
    def test_counts_once(self) -> None:
        message = sent_message()
        assert take_in(about(message)) == [Finding.BOUNCED]
        Contact.objects.update(unreachable_since=None, unreachable_reason="")
        Reminder.objects.update(status=SENT, settled_at=timezone.now())
        assert take_in(about(message, diagnosis="550 5.1.1 again")) == [Finding.KNOWN]
        assert Contact.objects.get().unreachable_since is None
        assert status(message.reminders.get()) == SENT
        assert "again" not in message.attempts.get().error

    @pytest.mark.parametrize("over", [Message.Status.FAILED, Message.Status.CANCELLED])
    def test_leaves_a_message_that_was_settled_otherwise(self, over: str) -> None:
        message = sent_message(status=over)
        assert not bounced(message, "5.1.1", timezone.now())
        assert status(message) == over

    def test_takes_in_one_of_which_the_end_is_not_known(self) -> None:
        """The process that handed it over died before it wrote down that it had."""
        reminder = ReminderFactory(status=QUEUED)
        message = sent_message(status=Message.Status.WAITING, carries=[reminder])
        assert bounced(message, "5.1.1", timezone.now())
        assert status(message) == Message.Status.BOUNCED
        assert status(reminder) == PLANNED

    @pytest.mark.parametrize("other", [Message.Status.SENT, Message.Status.WAITING])
    def test_asks_nobody_twice_what_another_message_carries(self, other: str) -> None:
        message = sent_message()
        reminder = message.reminders.get()
        second = ContactFactory(municipality=reminder.municipality, position=2)
        MessageFactory(contact=second, status=other, carries=[reminder])
        bounced(message, "5.1.1", timezone.now())
        assert status(reminder) == SENT
        assert reminder.settled_at is not None

    def test_of_all_messages_that_carry_a_reminder_plans_it_again(self) -> None:
        message = sent_message()
        reminder = message.reminders.get()
        second = ContactFactory(municipality=reminder.municipality, position=2)
        other = MessageFactory(contact=second, status=Message.Status.SENT, carries=[reminder])
        bounced(message, "5.1.1", timezone.now())
        bounced(other, "5.1.1", timezone.now())
        assert status(reminder) == PLANNED

    def test_plans_again_what_was_sent_to_one_when_the_other_is_refused(
        self, mail_server: MailServer
    ) -> None:
        """The first came back while the second still waited, and then the second is refused."""
        message = sent_message()
        reminder = message.reminders.get()
        second = ContactFactory(municipality=reminder.municipality, position=2)
        third = ContactFactory(municipality=reminder.municipality, position=3)
        MessageFactory(contact=second, carries=[reminder])
        bounced(message, "5.1.1", timezone.now())
        mail_server.to_recipient[second.email] = "550 5.1.1 no such user"
        run()
        assert mail_server.recipients == [third.email]
        assert status(reminder) == SENT

    def test_does_not_ask_again_what_was_answered(self) -> None:
        message = sent_message()
        message.reminders.update(answered_at=timezone.now())
        bounced(message, "5.1.1", timezone.now())
        assert status(message.reminders.get()) == SENT

    def test_marks_the_address_everywhere(self) -> None:
        message = sent_message()
        elsewhere = ContactFactory(email="ONE@gemeente.example")
        other = ContactFactory(municipality=elsewhere.municipality, position=2)
        bounced(message, "5.1.1", timezone.now())
        assert list(Contact.objects.reachable()) == [other]

    def test_writes_the_reason_at_the_last_try(self) -> None:
        message = sent_message()
        (first,) = message.attempts.all()
        last = DeliveryAttempt.objects.create(
            message=message, outcome="accepted", started_at=timezone.now(), ended_at=timezone.now()
        )
        bounced(message, "5.1.1 gone", timezone.now())
        for attempt in (first, last):
            attempt.refresh_from_db()
        assert (first.error, last.error) == ("", "5.1.1 gone")

    def test_undoes_everything_where_a_part_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*arguments: object) -> None:
            raise OperationalError

        message = sent_message()
        monkeypatch.setattr("reminders.sending.mark_unreachable", fail)
        with pytest.raises(OperationalError):
            take_in(about(message))
        assert is_untouched(message)


class TestCopy:
    def test_that_comes_back_is_sent_no_more(self) -> None:
        message = sent_message()
        mine = Preference.objects.create(contact=message.contact, copy_to="copy@gemeente.example")
        other = Preference.objects.create(contact=ContactFactory(), copy_to="copy@gemeente.example")
        assert take_in(about(message, recipient="Copy@gemeente.example")) == [Finding.COPY]
        for preference in (mine, other):
            preference.refresh_from_db()
        assert (mine.copy_to, other.copy_to) == ("", "copy@gemeente.example")
        assert is_untouched(message)
        assert take_in(about(message, recipient="copy@gemeente.example")) == [Finding.SOMEBODY_ELSE]

    def test_to_the_recipients_own_address_is_the_message(self) -> None:
        message = sent_message()
        preference = Preference.objects.create(contact=message.contact, copy_to=message.recipient)
        assert take_in(about(message)) == [Finding.BOUNCED]
        preference.refresh_from_db()
        assert preference.copy_to == message.recipient


class TestFromEndToEnd:
    def test_goes_down_the_chain_to_the_account_manager(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        manager = UserFactory(vng=True)
        municipality = MunicipalityFactory(account_manager=manager)
        for position, name in enumerate(("one", "two"), start=1):
            ContactFactory(municipality=municipality, position=position, email=f"{name}@a.example")
        expected = ["one@a.example", "two@a.example", manager.email]
        for number, recipient in enumerate(expected, start=1):
            run()
            assert mail_server.recipients == expected[:number]
            clock.shift(60)
            run()
            assert len(mail_server.accepted) == number
            message = Message.objects.get(recipient=recipient)
            assert mail_server.message_ids[-1] == message.message_id
            assert take_in(about(message)) == [Finding.BOUNCED]
        run()
        assert mail_server.recipients == expected
        assert Reminder.objects.get().status == Reminder.Status.UNDELIVERABLE


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[imap_server.Mailbox]:
    """The mailbox for what comes back."""
    with running_imap_server() as mailbox:
        settings.BOUNCES_URL = mailbox.url()
        yield mailbox


class TestMailbox:
    def test_takes_in_what_is_unread_and_marks_it(self, mailbox: imap_server.Mailbox) -> None:
        message, other = sent_message(), sent_message("two@gemeente.example")
        mailbox.seen.add(mailbox.add(about(other)))
        mailbox.add(about(other, OUT_OF_OFFICE))
        mailbox.add(about(message))
        mailbox.add(about(other) + b"x" * LARGEST)
        assert read_mailbox() == [Finding.NO_REPORT, Finding.BOUNCED, Finding.TOO_LARGE]
        assert is_untouched(other)
        assert mailbox.seen == set(mailbox.messages)
        assert len(mailbox.messages) == 4
        assert {line.removeprefix("UID ").split()[0] for line in mailbox.said} == {
            *("CAPABILITY", "LOGIN", "SELECT", "SEARCH", "FETCH", "STORE", "LOGOUT"),
        }
        assert read_mailbox() == []

    def test_takes_so_many_at_once_and_the_oldest_first(
        self, mailbox: imap_server.Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bounces, "AT_ONCE", 2)
        numbers = [mailbox.add(b"Subject: hello\r\n\r\n") for _each in range(5)]
        for seen in (numbers[:2], numbers[:4], numbers):
            read_mailbox()
            assert mailbox.seen == set(seen)

    def test_that_breaks_off_is_read_on_the_next_time(
        self, mailbox: imap_server.Mailbox, caplog: pytest.LogCaptureFixture
    ) -> None:
        first, second = sent_message(), sent_message("two@gemeente.example")
        mailbox.add(about(first))
        mailbox.breaks_at = {mailbox.add(about(second))}
        read_bounces()
        assert (status(first), status(second)) == ("bounced", "sent")
        assert "was not read to the end: The connection broke" in caplog.text
        mailbox.breaks_at = set()
        read_bounces()
        assert status(second) == "bounced"
        assert mailbox.seen == set(mailbox.messages)

    def test_leaves_unread_what_the_database_did_not_take(
        self, mailbox: imap_server.Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*arguments: object) -> None:
            raise OperationalError

        mailbox.add(about(sent_message()))
        with monkeypatch.context() as patch:
            patch.setattr("reminders.sending.mark_unreachable", fail)
            with pytest.raises(OperationalError):
                read_mailbox()
        assert mailbox.seen == set()
        assert read_mailbox() == [Finding.BOUNCED]

    def test_goes_on_where_somebody_removed_a_message(self, mailbox: imap_server.Mailbox) -> None:
        mailbox.vanishes = {mailbox.add(b"Subject: gone\r\n\r\n")}
        kept = mailbox.add(b"Subject: hello\r\n\r\n")
        assert read_mailbox() == [Finding.NO_REPORT]
        assert mailbox.seen == {kept}

    def test_opens_the_folder_that_is_named(self, mailbox: imap_server.Mailbox, settings: Settings) -> None:
        mailbox.folder = "Terug gekomen"
        settings.BOUNCES_URL = mailbox.url()
        mailbox.add(about(sent_message()))
        assert read_mailbox() == [Finding.BOUNCED]
        assert 'SELECT "Terug gekomen"' in mailbox.said

    def test_whose_folder_is_not_there_is_told(self, mailbox: imap_server.Mailbox) -> None:
        mailbox.folder = "Elsewhere"
        with pytest.raises(MailboxError, match=r"^The folder cannot be opened$"):
            read_mailbox()

    def test_that_does_not_answer_is_left(
        self, mailbox: imap_server.Mailbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bounces, "TIMEOUT", 0.2)
        mailbox.is_silent = True
        with pytest.raises(MailboxError, match=r"^The mail server cannot be reached: TimeoutError"):
            read_mailbox()


class TestPassword:
    @pytest.fixture(autouse=True)
    def log(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)

    def told(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> str:
        """All that a reading says, from the command line and as a task."""
        errors = io.StringIO()
        with pytest.raises(CommandError) as raised:
            call_command("read_bounces", "--mailbox", stderr=errors)
        read_bounces()
        output = capfd.readouterr()
        return f"{raised.value} {caplog.text} {errors.getvalue()} {output.out} {output.err}"

    def test_is_not_told_where_the_server_repeats_it(
        self,
        mailbox: imap_server.Mailbox,
        settings: Settings,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        settings.BOUNCES_URL = mailbox.url(password="Geheim-wachtwoord-1")
        mailbox.repeats_log_in = True
        told = self.told(caplog, capfd)
        assert "The mail server refuses the log-in" in told
        assert "Geheim" not in told
        assert any("Geheim" in line for line in mailbox.said)

    @pytest.mark.parametrize(
        "url",
        [
            "imaps://user:Geheim/1@host/INBOX",
            "imaps://user:Geheim#1@host/INBOX",
            "imaps://user:12?Geheim@host/INBOX",
            "imaps://user@beleid.example:Geheim/1@host:993/INBOX",
            "imaps://user:Geheim@host:port/INBOX",
            "imaps://user:Geheim@[host/INBOX",
            "https://user:Geheim@host/",
            "imaps://:Geheim@host/INBOX",
            "Geheim",
        ],
    )
    def test_is_not_told_where_the_address_is_wrong(
        self,
        url: str,
        settings: Settings,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        settings.BOUNCES_URL = url
        told = self.told(caplog, capfd)
        assert "BOUNCES_URL must be as imaps://" in told
        assert "Geheim" not in told

    def test_that_cannot_be_said_is_not_told(
        self,
        mailbox: imap_server.Mailbox,
        settings: Settings,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        settings.BOUNCES_URL = mailbox.url(password="Gehéim")
        told = self.told(caplog, capfd)
        assert "The mail server refuses the log-in: UnicodeEncodeError" in told
        assert "Geh" not in told
        assert "\\xe9" not in told

    def test_does_not_show_in_what_is_printed_of_the_mailbox(self) -> None:
        parsed = Mailbox.at("imaps://me%40beleid.example:Geheim%2F1@mail.beleid.example/Terug%20gekomen")
        assert parsed == Mailbox(
            "mail.beleid.example", 993, "me@beleid.example", "Geheim/1", "Terug gekomen", is_encrypted=True
        )
        assert "Geheim" not in repr(parsed)

    def test_goes_to_no_server_that_does_not_encrypt(
        self, mailbox: imap_server.Mailbox, settings: Settings
    ) -> None:
        settings.BOUNCES_URL = mailbox.url(scheme="imaps")
        with pytest.raises(MailboxError, match=r"^The mail server cannot be reached: SSLError"):
            read_mailbox()
        assert not any("LOGIN" in line for line in mailbox.said)


class TestCommand:
    def test_reads_a_pipe_to_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        message = sent_message()
        pipe = io.BytesIO(about(message) + b"x" * 3 * LARGEST)
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=pipe))
        output = io.StringIO()
        call_command("read_bounces", stdout=output)
        assert output.getvalue() == f"{Finding.TOO_LARGE.value}\n"
        assert pipe.read() == b""
        assert is_untouched(message)

    def test_asks_the_mail_server_to_come_again_where_the_database_is_away(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(content: bytes) -> None:
            raise OperationalError("postgres://user:Geheim@host")

        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
        monkeypatch.setattr("reminders.management.commands.read_bounces.take_in", away)
        with pytest.raises(CommandError, match=r"^The database did not take it: OperationalError$") as raised:
            call_command("read_bounces")
        assert raised.value.returncode == 75

    def test_reads_the_mailbox(self, mailbox: imap_server.Mailbox) -> None:
        mailbox.add(about(sent_message()))
        output = io.StringIO()
        call_command("read_bounces", "--mailbox", stdout=output)
        assert output.getvalue() == f"{Finding.BOUNCED.value}\n"

    def test_without_a_mailbox_says_so(self, settings: Settings) -> None:
        settings.BOUNCES_URL = ""
        with pytest.raises(CommandError, match="BOUNCES_URL"):
            call_command("read_bounces", "--mailbox")
