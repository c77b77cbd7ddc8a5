"""What a receiver can do about what is asked: see it, postpone it, hand it over, choose how to get it."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from municipalities.models import Municipality
from reminders.actions import hand_over, postpone
from reminders.models import Handover, Hold, Message, Preference, Reminder, ReminderRun, Rule
from reminders.runs import carry_out
from reminders.subscriptions import read_token, unsubscribe_url
from tests.factories import (
    ContactFactory,
    MeasureFactory,
    MembershipFactory,
    MergerPartFactory,
    MunicipalityFactory,
    UserFactory,
)
from tests.mail_server import MailServer
from tests.queries import expect_queries
from tests.reminders.factories import MessageFactory, ReminderFactory, StatementFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)
LACKS = Rule.POLICY_LACKS_THEME


@pytest.fixture
def urk() -> Municipality:
    return MunicipalityFactory(code="GM0184", name="Urk")


@pytest.fixture
def officer(urk: Municipality, client: Client) -> User:
    user = MembershipFactory(municipality=urk, user__name="Kim").user
    client.cookies["django_language"] = "en"
    client.force_login(user)
    return user


def run() -> None:
    carry_out(ReminderRun.objects.create())


def days(number: int) -> dt.date:
    return TODAY + dt.timedelta(days=number)


@pytest.mark.usefixtures("officer")
class TestOwnPage:
    def test_shows_what_is_asked_with_the_way_to_answer(self, client: Client, urk: Municipality) -> None:
        ReminderFactory(municipality=urk, status=Reminder.Status.SENT)
        page = client.get("/herinneringen/gemeenten/GM0184/").content.decode()
        assert "We do not know yet whether radicalisation is part of the safety policy of Urk" in page
        assert "Last asked on Nov. 24, 2026" in page
        for way in (
            "/gemeenten/GM0184/dekking/",
            "uitstellen/policy_lacks_theme/",
            "overdragen/policy_lacks_theme/",
        ):
            assert way in page

    def test_shows_nothing_whose_reason_is_gone(self, client: Client, urk: Municipality) -> None:
        ReminderFactory(municipality=urk, status=Reminder.Status.SENT)
        StatementFactory(municipality=urk)
        assert (
            "We ask nothing at the moment" in client.get("/herinneringen/gemeenten/GM0184/").content.decode()
        )

    def test_takes_as_many_queries_for_many_questions(self, client: Client, urk: Municipality) -> None:
        def ask(number: int) -> None:
            for measure in MeasureFactory.create_batch(number, due_on=TODAY, plan__municipality=urk):
                cycle = f"{measure.pk}@2026-11-24"
                ReminderFactory(municipality=urk, rule=Rule.MEASURE_DUE, cycle=cycle, about=measure.pk)

        ask(1)
        with expect_queries(16):
            client.get("/herinneringen/gemeenten/GM0184/")
        ask(12)
        with expect_queries(16):
            page = client.get("/herinneringen/gemeenten/GM0184/")
        assert page.content.decode().count("/voortgang/") == 13


class TestPostponing:
    def post(self, client: Client, **typed: Any) -> Any:
        return client.post("/herinneringen/gemeenten/GM0184/uitstellen/policy_lacks_theme/", typed)

    def test_keeps_the_question_back_until_the_day_and_then_asks(
        self, client: Client, officer: User, urk: Municipality, mail_server: MailServer, clock: Any
    ) -> None:
        ContactFactory(municipality=urk)
        response = self.post(client, until="2026-12-31", reason="The council decides in December.")
        assert response.status_code == 302
        hold = Hold.objects.get()
        assert (hold.kind, hold.status, hold.made_by) == (Hold.Kind.SNOOZE, Hold.Status.HOLDS, officer)
        run()
        assert Reminder.objects.get().status == Reminder.Status.PLANNED
        assert mail_server.accepted == []
        clock.move_to(dt.datetime(2026, 12, 31, 12, tzinfo=dt.UTC))
        run()
        assert mail_server.accepted == []
        clock.move_to(dt.datetime(2027, 1, 4, 12, tzinfo=dt.UTC))
        run()
        assert len(mail_server.accepted) == 1

    def test_takes_back_a_message_that_was_made_already(
        self, officer: User, urk: Municipality, mail_server: MailServer
    ) -> None:
        contact = ContactFactory(municipality=urk)
        reminder = ReminderFactory(municipality=urk, status=Reminder.Status.QUEUED)
        message = MessageFactory(contact=contact, carries=[reminder])
        postpone(by=officer, municipality=urk, rule=LACKS, reason="Not now.", until=days(20))
        run()
        reminder.refresh_from_db()
        message.refresh_from_db()
        assert (reminder.status, message.status) == (Reminder.Status.PLANNED, Message.Status.CANCELLED)
        assert mail_server.accepted == []

    def test_takes_it_out_of_a_message_that_asks_something_else_too(
        self, officer: User, urk: Municipality, mail_server: MailServer, clock: Any
    ) -> None:
        contact = ContactFactory(municipality=urk)
        measure = MeasureFactory(due_on=TODAY, plan__municipality=urk)
        asked, late = (
            ReminderFactory(municipality=urk, status=Reminder.Status.QUEUED),
            ReminderFactory(
                municipality=urk,
                rule=Rule.MEASURE_DUE,
                cycle=f"{measure.pk}@2026-11-24",
                about=measure.pk,
                status=Reminder.Status.QUEUED,
            ),
        )
        MessageFactory(contact=contact, carries=[asked, late])
        postpone(by=officer, municipality=urk, rule=Rule.MEASURE_DUE, reason="Not now.", until=days(20))
        run()
        for reminder in (asked, late):
            reminder.refresh_from_db()
        assert (asked.status, late.status) == (Reminder.Status.SENT, Reminder.Status.PLANNED)
        assert "/voortgang/" not in mail_server.accepted[0].as_string()
        clock.shift(dt.timedelta(days=21))
        run()
        late.refresh_from_db()
        assert late.status == Reminder.Status.SENT

    def test_of_another_question_goes_on(
        self, officer: User, urk: Municipality, mail_server: MailServer
    ) -> None:
        ContactFactory(municipality=urk)
        postpone(by=officer, municipality=urk, rule=Rule.MEASURE_DUE, reason="Not now.", until=days(20))
        run()
        assert len(mail_server.accepted) == 1

    def test_for_longer_than_three_months_is_for_vng_to_decide(
        self, client: Client, officer: User, urk: Municipality
    ) -> None:
        assert self.post(client, until=days(91).isoformat(), reason="A merger comes.").status_code == 302
        hold = Hold.objects.get()
        assert (hold.kind, hold.status) == (Hold.Kind.DELAY, Hold.Status.ASKED)
        ReminderFactory(municipality=urk, status=Reminder.Status.SENT)
        page = client.get("/herinneringen/gemeenten/GM0184/").content.decode()
        assert "You asked VNG for a delay until Feb. 23, 2027" in page

    def test_a_second_time_is_for_vng_to_decide(self, officer: User, urk: Municipality) -> None:
        first = postpone(by=officer, municipality=urk, rule=LACKS, reason="Not now.", until=days(20))
        again = postpone(by=officer, municipality=urk, rule=LACKS, reason="Not yet.", until=days(40))
        first.refresh_from_db()
        assert (first.status, again.status) == (Hold.Status.HOLDS, Hold.Status.ASKED)

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ({"until": "2026-11-24", "reason": "Because."}, "Choose a day after today."),
            ({"until": "2028-11-24", "reason": "Because."}, "at most a year from now"),
            ({"until": "2026-12-24", "reason": ""}, "required"),
            ({"until": "2026-12-24", "reason": "BSN 111222333"}, "citizen service number"),
        ],
    )
    @pytest.mark.usefixtures("officer")
    def test_refuses_and_keeps_what_was_typed(self, client: Client, typed: dict[str, str], told: str) -> None:
        response = self.post(client, **typed)
        assert response.status_code == 422
        assert told in response.content.decode()
        assert typed["reason"] in response.content.decode()
        assert not Hold.objects.exists()

    def test_can_be_taken_back(self, client: Client, officer: User, urk: Municipality) -> None:
        hold = postpone(by=officer, municipality=urk, rule=LACKS, reason="Not now.", until=days(20))
        client.post(f"/herinneringen/gemeenten/GM0184/hervatten/{hold.pk}/")
        hold.refresh_from_db()
        assert (hold.status, hold.decided_by) == (Hold.Status.LIFTED, officer)

    def test_cannot_take_back_what_vng_paused(self, client: Client, officer: User, urk: Municipality) -> None:
        pause = Hold.objects.create(
            kind=Hold.Kind.PAUSE, municipality=urk, reason="Merger.", made_by=UserFactory(vng=True)
        )
        assert client.post(f"/herinneringen/gemeenten/GM0184/hervatten/{pause.pk}/").status_code == 404

    def test_an_unknown_question_is_not_there(self, client: Client, officer: User) -> None:
        assert client.get("/herinneringen/gemeenten/GM0184/uitstellen/nothing/").status_code == 404


class TestHandingOver:
    def test_sends_what_was_asked_to_the_colleague_and_what_comes_too(
        self, client: Client, officer: User, urk: Municipality, mail_server: MailServer, clock: Any
    ) -> None:
        ContactFactory(municipality=urk, position=1, email="first@urk.example")
        colleague = ContactFactory(municipality=urk, position=2, email="Colleague@urk.example")
        run()
        assert mail_server.recipients == ["first@urk.example"]
        answer = client.post(
            "/herinneringen/gemeenten/GM0184/overdragen/policy_lacks_theme/", {"contact": colleague.pk}
        )
        assert answer.status_code == 302
        run()
        assert mail_server.recipients == ["first@urk.example", "colleague@urk.example"]
        clock.shift(dt.timedelta(weeks=5))
        run()
        assert sorted(mail_server.recipients[2:]) == ["colleague@urk.example", "first@urk.example"]
        assert Reminder.objects.filter(step=2, status=Reminder.Status.SENT).count() == 1

    def test_is_not_lost_where_a_message_to_the_colleague_is_being_sent(
        self, officer: User, urk: Municipality, mail_server: MailServer
    ) -> None:
        ContactFactory(municipality=urk, position=1, email="first@urk.example")
        colleague = ContactFactory(municipality=urk, position=2, email="colleague@urk.example")
        run()
        under_way = MessageFactory(contact=colleague, claimed_at=dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC))
        hand_over(by=officer, municipality=urk, rule=LACKS, contact=colleague)
        assert not under_way.items.exists()
        under_way.delete()
        run()
        assert mail_server.recipients == ["first@urk.example", "colleague@urk.example"]

    def test_to_somebody_of_another_municipality_is_refused(
        self, client: Client, officer: User, urk: Municipality
    ) -> None:
        stranger = ContactFactory()
        address = "/herinneringen/gemeenten/GM0184/overdragen/policy_lacks_theme/"
        assert client.post(address, {"contact": stranger.pk}).status_code == 422
        assert not Handover.objects.exists()

    def test_says_what_to_do_where_there_is_no_colleague(self, client: Client, officer: User) -> None:
        page = client.get("/herinneringen/gemeenten/GM0184/overdragen/policy_lacks_theme/").content.decode()
        assert "There is no colleague yet" in page


class TestPreferences:
    def test_hold_for_the_next_message(
        self, client: Client, officer: User, urk: Municipality, mail_server: MailServer, clock: Any
    ) -> None:
        contact = ContactFactory(municipality=urk, email="first@urk.example", language="nl")
        address = f"/herinneringen/gemeenten/GM0184/voorkeuren/{contact.pk}/"
        assert client.get(address).status_code == 200
        typed = {"language": "en", "digest_day": "3", "copy_to": "Box@urk.example", "notices": ""}
        assert client.post(address, typed).status_code == 302
        preference = Preference.objects.get()
        assert (preference.digest_day, preference.copy_to) == (3, "box@urk.example")
        assert preference.unsubscribed == [Rule.ELECTION_COMING]
        run()  # on a Tuesday
        assert mail_server.accepted == []
        clock.shift(dt.timedelta(days=2))
        run()
        assert mail_server.delivered_to == ["first@urk.example", "box@urk.example"]
        assert len(set(mail_server.message_ids)) == 1
        assert "safety policy" in mail_server.accepted[0]["Subject"]
        client.force_login(officer)
        assert client.post(address, typed | {"notices": "on", "digest_day": ""}).status_code == 302
        preference.refresh_from_db()
        assert (preference.digest_day, preference.unsubscribed) == (None, [])

    def test_refuse_a_copy_to_the_same_address(
        self, client: Client, officer: User, urk: Municipality
    ) -> None:
        contact = ContactFactory(municipality=urk, email="first@urk.example")
        address = f"/herinneringen/gemeenten/GM0184/voorkeuren/{contact.pk}/"
        typed = {"language": "nl", "copy_to": "First@urk.example"}
        assert client.post(address, typed).status_code == 422

    def test_a_copy_that_is_refused_changes_nothing(self, urk: Municipality, mail_server: MailServer) -> None:
        contact = ContactFactory(municipality=urk, email="first@urk.example")
        Preference.objects.create(contact=contact, copy_to="gone@urk.example")
        mail_server.to_recipient["gone@urk.example"] = "550 5.1.1 no such user"
        run()
        assert mail_server.recipients == ["first@urk.example"]
        assert Reminder.objects.get().status == Reminder.Status.SENT
        contact.refresh_from_db()
        assert contact.unreachable_since is None


class TestUnsubscribing:
    def test_needs_no_log_in_and_stops_what_only_tells(
        self, client: Client, urk: Municipality, mail_server: MailServer, clock: Any
    ) -> None:
        contact = ContactFactory(municipality=urk)
        address = unsubscribe_url(contact.pk, Rule.ELECTION_COMING).removeprefix("http://localhost:8000")
        assert client.get(address).status_code == 200
        assert not Preference.objects.exists()
        for _twice in range(2):
            assert client.post(address).status_code == 200
        assert Preference.objects.get().unsubscribed == [Rule.ELECTION_COMING]
        StatementFactory(municipality=urk, value="separate_plan")
        MergerPartFactory(successor=urk, merger__effective_on=dt.date(2028, 1, 1))
        clock.move_to(dt.datetime(2027, 5, 27, 12, tzinfo=dt.UTC))
        run()
        assert mail_server.accepted == []
        notice = Reminder.objects.get(municipality=urk)
        assert (notice.rule, notice.ended_because) == (Rule.ELECTION_COMING, Reminder.Ending.UNSUBSCRIBED)

    @pytest.mark.parametrize("rule", [Rule.POLICY_LACKS_THEME, "nothing"])
    def test_is_not_for_questions(self, client: Client, urk: Municipality, rule: str) -> None:
        contact = ContactFactory(municipality=urk)
        address = unsubscribe_url(contact.pk, rule).removeprefix("http://localhost:8000")
        assert client.post(address).status_code == 404
        assert not Preference.objects.exists()

    def test_does_not_take_an_address_that_somebody_made_up(self, client: Client) -> None:
        assert read_token("WzEsImVsZWN0aW9uX2NvbWluZyJd:1abc:forged") is None
        assert client.get("/herinneringen/afmelden/forged/").status_code == 404
