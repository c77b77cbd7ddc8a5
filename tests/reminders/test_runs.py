"""A run plans and sends, and writes down what it did; the clock, a command and a button start it."""

import datetime as dt
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from reminders import planning
from reminders.actions import ask_for_run
from reminders.models import Message, Reminder, ReminderRun
from reminders.runs import carry_out, is_overdue
from reminders.tasks import run_reminders
from tests.factories import ContactFactory, MunicipalityFactory, UserFactory
from tests.mail_server import MailServer
from tests.reminders.factories import MessageFactory, ReminderFactory, StatementFactory

pytestmark = pytest.mark.django_db


def run() -> ReminderRun:
    made = ReminderRun.objects.create()
    carry_out(made)
    made.refresh_from_db()
    return made


def figures(run: ReminderRun) -> tuple[int, int, int, int]:
    return run.planned, run.cancelled, run.sent, run.failed


class TestRun:
    def test_plans_and_sends(self, mail_server: MailServer) -> None:
        contact = ContactFactory()
        MunicipalityFactory()
        done = run()
        assert figures(done) == (2, 0, 1, 0)
        assert (done.ended_at, done.error) == (timezone.now(), "")
        assert mail_server.recipients == [contact.email]
        assert figures(run()) == (0, 0, 0, 0)

    def test_counts_what_was_cancelled(self, mail_server: MailServer) -> None:
        reminder = ReminderFactory()
        StatementFactory(municipality=reminder.municipality)
        assert figures(run()) == (0, 1, 0, 0)

    def test_goes_down_the_chain_at_once(self, mail_server: MailServer) -> None:
        municipality = MunicipalityFactory()
        for position, name in enumerate(("one", "two", "three"), start=1):
            ContactFactory(municipality=municipality, position=position, email=f"{name}@a.example")
        for gone in ("one@a.example", "two@a.example"):
            mail_server.to_recipient[gone] = "550 5.1.1 no such user"
        assert figures(run()) == (1, 0, 1, 2)
        assert mail_server.recipients == ["three@a.example"]

    def test_ends_the_chain_at_the_account_manager(self, mail_server: MailServer) -> None:
        manager = UserFactory(vng=True, email="noor@vng.example")
        municipality = MunicipalityFactory(name="Urk", account_manager=manager)
        ContactFactory(municipality=municipality, email="one@a.example")
        mail_server.to_recipient["one@a.example"] = "550 5.1.1 no such user"
        assert figures(run()) == (1, 0, 1, 1)
        (mail,) = mail_server.accepted
        assert mail["To"] == "noor@vng.example"
        body = mail.get_body(("plain",)).get_content()
        assert "Geen contactpersoon is daar per mail bereikbaar" in body

    def test_outside_office_hours_plans_and_makes_no_message(
        self, mail_server: MailServer, clock: time_machine.Traveller, settings: Settings
    ) -> None:
        settings.REMINDERS_OFFICE_HOURS = True
        ContactFactory()
        clock.move_to(dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC))  # a Saturday
        assert figures(run()) == (1, 0, 0, 0)
        assert not Message.objects.exists()
        clock.move_to(dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC))
        assert figures(run()) == (0, 0, 1, 0)

    def test_writes_down_that_the_mail_server_was_away(
        self, mail_server: MailServer, settings: Settings
    ) -> None:
        ContactFactory()
        settings.EMAIL_PORT = 1
        done = run()
        assert figures(done) == (1, 0, 0, 0)
        assert done.error.startswith("The mail server cannot be reached.")
        assert done.ended_at is not None

    def test_writes_down_that_it_broke_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(**options: Any) -> planning.Plan:
            raise ZeroDivisionError("as it happens")

        monkeypatch.setattr(planning, "plan", broken)
        with pytest.raises(ZeroDivisionError):
            run()
        done = ReminderRun.objects.get()
        assert done.error == "ZeroDivisionError: as it happens"
        assert done.ended_at is not None

    def test_that_is_for_one_municipality_leaves_the_others(self, mail_server: MailServer) -> None:
        one, other = ContactFactory(email="one@a.example"), ContactFactory(email="other@a.example")
        made = ReminderRun.objects.create(municipality=one.municipality)
        carry_out(made)
        assert mail_server.recipients == ["one@a.example"]
        assert not Reminder.objects.filter(municipality=other.municipality).exists()

    def test_that_vng_asks_for_does_not_wait_for_the_gap(self, mail_server: MailServer) -> None:
        contact = ContactFactory(email="one@a.example")
        MessageFactory(recipient="one@a.example", status=Message.Status.SENT)
        carry_out(ReminderRun.objects.create(municipality=contact.municipality))
        assert mail_server.accepted == []
        by_vng = UserFactory(vng=True)
        carry_out(ReminderRun.objects.create(municipality=contact.municipality, asked_by=by_vng))
        assert mail_server.recipients == ["one@a.example"]


class TestRefusals:
    def carry_on(self, clock: time_machine.Traveller, days: int) -> None:
        for _day in range(days):
            carry_out(ReminderRun.objects.create(outside_hours=True))
            clock.shift(dt.timedelta(days=1))

    def test_that_seem_to_be_about_us_are_given_up_where_others_get_their_mail(
        self, mail_server: MailServer, clock: time_machine.Traveller
    ) -> None:
        municipality = MunicipalityFactory()
        ContactFactory(municipality=municipality, position=1, email="one@a.example")
        ContactFactory(municipality=municipality, position=2, email="two@a.example")
        mail_server.to_recipient["one@a.example"] = "554 5.7.1 we do not like it"
        self.carry_on(clock, 12)
        assert mail_server.accepted == []  # nobody got any: it may well be us
        ContactFactory(email="other@b.example")
        self.carry_on(clock, 3)
        assert mail_server.recipients == ["other@b.example", "two@a.example"]

    def test_of_our_own_making_are_held_against_nobody(
        self, mail_server: MailServer, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        contact = ContactFactory()

        def broken(*arguments: Any, **options: Any) -> Any:
            raise ValueError("our own fault")

        monkeypatch.setattr("reminders.mails.write", broken)
        self.carry_on(clock, 14)
        contact.refresh_from_db()
        assert contact.unreachable_since is None


class TestAlarm:
    def test_is_given_when_no_run_has_ended_for_26_hours(self, clock: time_machine.Traveller) -> None:
        assert is_overdue()
        ReminderRun.objects.create(ended_at=timezone.now())
        clock.shift(dt.timedelta(hours=26))
        assert not is_overdue()
        assert "last ended at 2026-11-24 09:00" in check_reminders()
        clock.shift(dt.timedelta(seconds=1))
        assert is_overdue()
        with pytest.raises(CommandError, match=r"for 26 hours\. The last ended at 2026-11-24 09:00"):
            check_reminders()

    def test_does_not_count_a_run_that_never_ended_or_broke_off(self) -> None:
        ReminderRun.objects.create()
        ReminderRun.objects.create(ended_at=timezone.now(), error="The mail server cannot be reached.")
        with pytest.raises(CommandError, match="None ever has"):
            check_reminders()

    def test_reaches_the_platform_without_taking_the_site_down(self, client: Client) -> None:
        response = client.get("/readyz")
        assert response.status_code == 200
        assert response.json()["reminders"] == {"last_run_ended_at": None, "overdue": True}


def check_reminders() -> str:
    out = StringIO()
    call_command("check_reminders", stdout=out)
    return out.getvalue()


class TestTask:
    def test_of_a_second_clock_does_nothing(
        self, mail_server: MailServer, clock: time_machine.Traveller, settings: Settings
    ) -> None:
        run_reminders()
        run_reminders()
        assert ReminderRun.objects.count() == 1
        clock.shift(dt.timedelta(seconds=settings.REMINDERS_EVERY))
        run_reminders()
        assert ReminderRun.objects.count() == 2

    def test_runs_by_the_clock(self, mail_server: MailServer) -> None:
        ContactFactory()
        run_reminders()
        assert figures(ReminderRun.objects.get()) == (1, 0, 1, 0)

    def test_carries_out_the_run_that_was_asked_for_once(self, mail_server: MailServer) -> None:
        asked = ReminderRun.objects.create(outside_hours=True)
        run_reminders(asked.pk)
        asked.refresh_from_db()
        ended_at = asked.ended_at
        assert ended_at is not None
        ContactFactory()
        run_reminders(asked.pk)
        asked.refresh_from_db()
        assert (asked.ended_at, asked.planned) == (ended_at, 0)

    def test_has_the_name_under_which_the_clock_calls_it(self, settings: Settings) -> None:
        assert run_reminders.name == settings.CELERY_BEAT_SCHEDULE["reminders"]["task"]


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs for which a worker was woken, where the broker is left out."""
    runs: list[int] = []
    monkeypatch.setattr(run_reminders, "delay", runs.append)
    return runs


class TestAskingForARun:
    def test_wakes_a_worker_after_the_commit(
        self,
        woken: list[int],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        user = UserFactory(vng=True)
        with django_capture_on_commit_callbacks(execute=True):
            asked = ask_for_run(by=user, outside_hours=True)
            assert woken == []
        assert woken == [asked.pk]
        assert (asked.asked_by, asked.outside_hours, asked.ended_at) == (user, True, None)


def remind(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("remind", *arguments, stdout=out, **options)
    return out.getvalue()


class TestCommand:
    def test_does_what_a_run_does(self, mail_server: MailServer) -> None:
        ContactFactory()
        assert remind() == "planned 1, cancelled 0, sent 1, failed 0\n"
        assert len(mail_server.accepted) == 1

    def test_shows_what_would_go_out_and_writes_nothing(self, mail_server: MailServer) -> None:
        contact = ContactFactory()
        shown = remind("--dry-run", "--date", "2027-01-04")
        assert f"{contact.email}: 1" in shown
        assert "2027-01-04: 1 messages" in shown
        assert not Reminder.objects.exists()
        assert not Message.objects.exists()
        assert mail_server.accepted == []

    def test_sends_for_no_other_day_than_today(self) -> None:
        with pytest.raises(CommandError, match="--date goes with --dry-run"):
            remind("--date", "2027-01-04")

    def test_is_for_one_rule_or_municipality(self, mail_server: MailServer) -> None:
        contact = ContactFactory(municipality__code="GM0184")
        ContactFactory()
        assert "0 messages" in remind("--dry-run", "--rule", "measure_due")
        shown = remind("--dry-run", "--municipality", "gm0184", "--rule", "policy_lacks_theme")
        assert f"{contact.email}: 1" in shown
        assert "1 messages" in shown
        assert remind("--municipality", "GM0184") == "planned 1, cancelled 0, sent 1, failed 0\n"
        with pytest.raises(CommandError, match="There is no municipality GM9999"):
            remind("--municipality", "GM9999")

    def test_fails_when_the_run_did(self, mail_server: MailServer, settings: Settings) -> None:
        ContactFactory()
        settings.EMAIL_PORT = 1
        with pytest.raises(CommandError, match="cannot be reached"):
            remind()

    @pytest.mark.django_db(transaction=True)
    def test_waits_for_the_worker(self, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
        ContactFactory()
        monkeypatch.setattr(run_reminders, "delay", run_reminders)
        assert remind("--wait") == "planned 1, cancelled 0, sent 1, failed 0\n"

    @pytest.mark.django_db(transaction=True)
    def test_does_not_wait_for_ever(self, woken: list[int]) -> None:
        with pytest.raises(CommandError, match="No worker has ended the run within 0 seconds"):
            remind("--wait", "--timeout", "0.01")
        assert len(woken) == 1

    @pytest.mark.django_db(transaction=True)
    def test_says_when_the_broker_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(run_id: int) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr(run_reminders, "delay", away)
        with pytest.raises(CommandError, match="The broker cannot be reached"):
            remind("--wait")
