"""Why a municipality was, or was not, reminded on a day: told from ledger and register as they were then."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from municipalities.coverage import Coverage
from municipalities.models import Municipality, PolicyParticipation
from policytracker.dates import today
from reminders.actions import decide, hand_over, lift, pause, postpone, unsubscribe
from reminders.models import (
    DeliveryAttempt,
    Hold,
    Message,
    Preference,
    Reminder,
    ReminderRun,
    Rule,
    RuleSetting,
)
from reminders.planning import owed
from reminders.why import Answer, Explained, Outcome, why
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    FollowUpFactory,
    MeasureFactory,
    MembershipFactory,
    MergerPartFactory,
    MunicipalityFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries
from tests.reminders.factories import MessageFactory, ReminderFactory, StatementFactory

pytestmark = pytest.mark.django_db

DAYS = dt.timedelta(days=1)
TODAY = dt.date(2026, 11, 24)
MONDAY = dt.date(2026, 11, 16)
Status = Reminder.Status


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def urk() -> Municipality:
    """Of Urk nothing is known, so that its policy lacks the theme since the last council election."""
    return MunicipalityFactory(
        code="GM0184", name="Urk", account_manager=UserFactory(vng=True, email="vera@vng.example")
    )


@pytest.fixture
def jip(urk: Municipality) -> Any:
    return ContactFactory(municipality=urk, name="Jip", email="jip@urk.example")


def at(day: dt.date, hour: int = 9, minute: int = 0) -> dt.datetime:
    """The moment at which the clock in the Netherlands shows this time."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute)))


def the(answer: Answer, rule: str = Rule.POLICY_LACKS_THEME) -> Explained:
    """What is told of the only thread of a rule."""
    (one,) = [one for one in answer.explained if one.rule == rule]
    return one


def outcome(answer: Answer) -> Outcome:
    return the(answer).found.outcome


def told_instead(answer: Answer, rule: str) -> str:
    (one,) = [one for one in answer.not_asked if one.rule == rule]
    return one.sentence


def owed_to(urk: Municipality, **values: Any) -> Reminder:
    return ReminderFactory(municipality=urk, planned_at=at(dt.date(2026, 3, 18)), **values)


def sent_to(urk: Municipality, contact: Any, moment: dt.datetime, step: int = 1) -> Message:
    """A step that went out at this moment."""
    reminder = owed_to(urk, step=step, status=Status.SENT, settled_at=moment)
    message: Message = MessageFactory(
        contact=contact, status=Message.Status.SENT, created_at=moment, settled_at=moment, carries=[reminder]
    )
    DeliveryAttempt.objects.create(
        message=message, started_at=moment, ended_at=moment, outcome=DeliveryAttempt.Outcome.ACCEPTED
    )
    return message


def waiting_for(urk: Municipality, contact: Any, made: dt.datetime, **values: Any) -> Message:
    """A message that was made and waits."""
    reminder = owed_to(urk, status=Status.QUEUED)
    message: Message = MessageFactory(contact=contact, created_at=made, carries=[reminder], **values)
    return message


def ran(day: dt.date, hour: int = 16, **values: Any) -> ReminderRun:
    return ReminderRun.objects.create(started_at=at(day, hour), ended_at=at(day, hour, 45), **values)


class TestSent:
    def test_says_to_whom_which_step_and_when(self, urk: Municipality, jip: Any) -> None:
        sent_to(urk, jip, at(MONDAY, 10, 15))
        answer = why(urk, on=MONDAY)
        assert answer.whole == "Urk was reminded on Nov. 16, 2026: 1 message to jip@urk.example."
        assert the(answer).sentence == "Step 1 was sent to jip@urk.example at 10:15."
        assert the(answer).since == dt.date(2026, 3, 18)

    def test_counts_two_recipients_as_two_messages(self, urk: Municipality, jip: Any) -> None:
        message = sent_to(urk, jip, at(MONDAY, 10, 15), step=2)
        MessageFactory(
            contact=ContactFactory(municipality=urk, position=2, email="an@urk.example"),
            status=Message.Status.SENT,
            created_at=at(MONDAY),
            settled_at=at(MONDAY, 10, 20),
            carries=list(message.reminders.all()),
        )
        answer = why(urk, on=MONDAY)
        assert "2 messages to an@urk.example and jip@urk.example." in answer.whole
        assert (
            "Step 2 was sent to jip@urk.example at 10:15 and an@urk.example at 10:20." in the(answer).sentence
        )

    def test_counts_two_reasons_in_one_message_once(self, urk: Municipality, jip: Any) -> None:
        message = sent_to(urk, jip, at(MONDAY))
        other = owed_to(urk, rule=Rule.ELECTION_COMING, cycle="2027-01-01", status=Status.SENT)
        other.items.create(message=message)
        answer = why(urk, on=MONDAY)
        assert "1 message to" in answer.whole
        assert len(answer.explained) == 2

    def test_tells_what_came_back(self, urk: Municipality, jip: Any) -> None:
        message = sent_to(urk, jip, at(MONDAY, 10))
        Message.objects.filter(pk=message.pk).update(
            status=Message.Status.BOUNCED, settled_at=at(MONDAY + 2 * DAYS)
        )
        assert "The message to jip@urk.example came back." in the(why(urk, on=MONDAY)).sentence
        assert not why(urk, on=MONDAY + 2 * DAYS).is_reminded

    def test_on_the_day_of_the_clock_in_the_netherlands(self, urk: Municipality, jip: Any) -> None:
        sent_to(urk, jip, dt.datetime(2026, 11, 16, 23, 30, tzinfo=dt.UTC))
        assert why(urk, on=MONDAY + DAYS).is_reminded
        assert not why(urk, on=MONDAY).is_reminded


class TestRefused:
    def refusal(self, message: Message, moment: dt.datetime, kind: str, error: str) -> None:
        DeliveryAttempt.objects.create(
            message=message, started_at=moment, ended_at=moment, outcome=kind, error=error
        )

    def test_for_now(self, urk: Municipality, jip: Any) -> None:
        message = waiting_for(urk, jip, at(MONDAY, 10), not_before=at(MONDAY + DAYS))
        self.refusal(message, at(MONDAY, 10, 5), "temporary", "450 mailbox busy")
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.REFUSED
        assert "because the mail server refused the message" in answer.whole
        assert "jip@urk.example for now at 10:05: “450 mailbox busy”." in the(answer).sentence

    def test_for_now_and_when_it_is_tried_again(self, urk: Municipality, jip: Any) -> None:
        message = waiting_for(urk, jip, at(TODAY, 9, 30), not_before=at(TODAY, 10, 40))
        self.refusal(message, at(TODAY, 9, 31), "temporary", "450 mailbox busy")
        answer = why(urk, on=TODAY)
        assert answer.whole.startswith("So far Urk has not been reminded on Nov. 24, 2026, because the mail")
        assert "It is tried again on Nov. 24, 2026, from 10:40 on." in the(answer).sentence

    def test_for_good_and_nobody_else(self, urk: Municipality, jip: Any) -> None:
        Municipality.objects.update(account_manager=None)
        urk.refresh_from_db()
        jip.unreachable_since, jip.unreachable_reason = at(MONDAY, 10, 5), "550 no such user"
        jip.save(update_fields=["unreachable_since", "unreachable_reason"])
        message = MessageFactory(
            contact=jip,
            status=Message.Status.FAILED,
            created_at=at(MONDAY, 10),
            settled_at=at(MONDAY, 10, 5),
            carries=[owed_to(urk, status=Status.UNDELIVERABLE, settled_at=at(MONDAY, 10, 6))],
        )
        self.refusal(message, at(MONDAY, 10, 5), "permanent", "550 no such user")
        sentence = the(why(urk, on=MONDAY)).sentence
        assert "for good at 10:05: “550 no such user”." in sentence
        assert (
            "Nobody can be reached: mail to jip@urk.example does not arrive since Nov. 16, 2026" in sentence
        )

    def test_and_the_next_in_the_chain_got_it(self, urk: Municipality, jip: Any) -> None:
        message = sent_to(urk, jip, at(MONDAY, 10, 7))
        failed = MessageFactory(
            contact=ContactFactory(municipality=urk, position=2, email="old@urk.example"),
            status=Message.Status.FAILED,
            created_at=at(MONDAY, 10),
            settled_at=at(MONDAY, 10, 5),
            carries=list(message.reminders.all()),
        )
        self.refusal(failed, at(MONDAY, 10, 5), "permanent", "550 no such user")
        answer = why(urk, on=MONDAY)
        assert answer.whole.endswith("1 message to jip@urk.example.")
        assert "refused mail to old@urk.example for good" in the(answer).sentence

    def test_before_and_to_be_tried_again_later(self, urk: Municipality, jip: Any) -> None:
        message = waiting_for(urk, jip, at(MONDAY, 10), not_before=at(MONDAY + 2 * DAYS))
        self.refusal(message, at(MONDAY, 10, 5), "temporary", "450 mailbox busy")
        answer = why(urk, on=MONDAY + DAYS)
        assert outcome(answer) is Outcome.REFUSED
        assert "to be tried again later" in the(answer).sentence

    def test_the_mail_server_was_away(self, urk: Municipality, jip: Any) -> None:
        message = waiting_for(urk, jip, at(MONDAY, 10))
        ran(MONDAY, error="The mail server cannot be reached. Connection refused")
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.STOPPED
        assert "The message with step 1 to jip@urk.example was ready." in the(answer).sentence
        assert "“The mail server cannot be reached. Connection refused”" in the(answer).sentence
        message.reminders.update(status=Status.SENT, settled_at=at(MONDAY + DAYS))
        assert the(why(urk, on=MONDAY)).sentence.endswith("It was sent on Nov. 17, 2026.")


class TestWaits:
    def test_for_the_gap_since_another_message(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        MessageFactory(
            contact=jip,
            status=Message.Status.SENT,
            created_at=at(MONDAY - 5 * DAYS),
            settled_at=at(MONDAY - 5 * DAYS),
        )
        ran(MONDAY)
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.LATELY
        assert "jip@urk.example had a message on Nov. 11, 2026" in the(answer).sentence
        assert "gets the next one from Nov. 18, 2026 on." in the(answer).sentence
        assert outcome(why(urk, on=MONDAY + 2 * DAYS)) is not Outcome.LATELY

    def test_what_was_sent_later_keeps_nothing_back(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        MessageFactory(contact=jip, status=Message.Status.SENT, settled_at=at(MONDAY + DAYS))
        ran(MONDAY)
        assert outcome(why(urk, on=MONDAY)) is Outcome.UNEXPLAINED

    def test_for_a_message_that_is_on_its_way(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        MessageFactory(contact=jip, created_at=at(MONDAY, 9))
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.LATELY
        assert "Another message to jip@urk.example is on its way" in the(answer).sentence

    def test_for_the_chosen_day_of_the_week(self, urk: Municipality, jip: Any) -> None:
        Preference.objects.create(contact=jip, digest_day=Preference.Weekday.THURSDAY)
        owed_to(urk)
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.NOT_THEIR_DAY
        assert "jip@urk.example wants messages on Thursday only." in the(answer).sentence
        assert outcome(why(urk, on=TODAY + 2 * DAYS)) is Outcome.GOES_OUT

    def test_in_the_weekend(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        answer = why(urk, on=MONDAY - 2 * DAYS)
        assert outcome(answer) is Outcome.DAY_OFF
        assert (
            "by itself on that day: Saturday. The next working day is Nov. 16, 2026." in the(answer).sentence
        )

    def test_on_a_public_holiday_by_its_name(self, urk: Municipality, jip: Any) -> None:
        planned = owed_to(urk)
        Reminder.objects.filter(pk=planned.pk).update(planned_at=at(dt.date(2026, 3, 18)))
        answer = why(urk, on=dt.date(2026, 4, 27))
        assert outcome(answer) is Outcome.DAY_OFF
        assert "King's Day. The next working day is April 28, 2026." in the(answer).sentence
        with translation.override("nl"):
            assert "Koningsdag" in the(why(urk, on=dt.date(2026, 4, 27))).sentence

    def test_because_no_run_ended(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        ReminderRun.objects.create(started_at=at(MONDAY, 10))
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.NO_RUN
        assert "because no run ended on that day." in answer.whole
        assert "No run of the reminders ended on that day." in the(answer).sentence
        assert answer.about_day == ""

    def test_also_where_it_was_not_planned_without_a_run(self, urk: Municipality, jip: Any) -> None:
        assert outcome(why(urk, on=MONDAY)) is Outcome.NO_RUN
        assert not Reminder.objects.exists()

    def test_because_a_run_stopped(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        ran(MONDAY, error="OperationalError: no connection")
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.STOPPED
        assert "“OperationalError: no connection”" in the(answer).sentence

    def test_a_run_for_another_municipality_is_no_run(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        ran(MONDAY, municipality=MunicipalityFactory())
        assert outcome(why(urk, on=MONDAY)) is Outcome.NO_RUN

    def test_for_the_run_after_the_last_one(self, urk: Municipality, jip: Any) -> None:
        waiting_for(urk, jip, at(MONDAY, 16, 44))
        ran(MONDAY)
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.UNEXPLAINED
        assert "The last run of that day, at 16:45, left it to the next one." in the(answer).sentence
        assert "1 run of the reminders ended on that day, the last at 16:45." in answer.about_day


class TestKeptBack:
    @pytest.fixture
    def vera(self) -> Any:
        return UserFactory(vng=True, name="Vera")

    def held(self, urk: Municipality, vera: Any, made: dt.date, **values: Any) -> Hold:
        hold = pause(by=vera, reason="Storm at sea", **values)
        Hold.objects.filter(pk=hold.pk).update(made_at=at(made))
        return hold

    @pytest.mark.parametrize(
        ("place", "expected"),
        [
            ("municipality", "Vera of VNG paused the messages to this municipality on Nov. 10, 2026"),
            ("safety_region", "Vera of VNG paused the messages to Safety region VR09 on Nov. 10, 2026"),
            ("rule", "Vera of VNG paused the messages for this reason on Nov. 10, 2026"),
            ("", "Vera of VNG paused all messages on Nov. 10, 2026"),
        ],
    )
    def test_by_a_pause(self, urk: Municipality, jip: Any, vera: Any, place: str, expected: str) -> None:
        owed_to(urk)
        named = {
            "municipality": {"municipality": urk},
            "safety_region": {"safety_region": urk.safety_region},
            "rule": {"rule": Rule.POLICY_LACKS_THEME},
            "": {},
        }[place]
        self.held(urk, vera, dt.date(2026, 11, 10), until=dt.date(2026, 11, 20), **named)
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.HELD
        assert answer.whole.endswith("because the messages are kept back.")
        assert (
            f"{expected}: “Storm at sea”. The last day of the pause is Nov. 20, 2026." in the(answer).sentence
        )

    def test_not_before_the_pause_nor_after_its_last_day(
        self, urk: Municipality, jip: Any, vera: Any
    ) -> None:
        owed_to(urk)
        self.held(urk, vera, MONDAY, until=MONDAY + DAYS)
        days = [MONDAY - DAYS, MONDAY, MONDAY + DAYS, MONDAY + 2 * DAYS]
        assert [outcome(why(urk, on=day)) is Outcome.HELD for day in days] == [False, True, True, False]

    def test_by_a_pause_of_another_place_or_rule_it_is_not(
        self, urk: Municipality, jip: Any, vera: Any
    ) -> None:
        owed_to(urk)
        self.held(urk, vera, MONDAY, municipality=MunicipalityFactory())
        self.held(urk, vera, MONDAY, rule=Rule.MEASURE_DUE)
        assert outcome(why(urk, on=MONDAY)) is not Outcome.HELD

    def test_also_by_a_pause_that_was_lifted_since(self, urk: Municipality, jip: Any, vera: Any) -> None:
        owed_to(urk)
        hold = self.held(urk, vera, MONDAY, municipality=urk)
        lift(by=UserFactory(vng=True, name="Noor"), hold=hold)
        assert "Noor ended it on Nov. 24, 2026." in the(why(urk, on=MONDAY + DAYS)).sentence
        assert outcome(why(urk, on=TODAY)) is Outcome.GOES_OUT
        Hold.objects.update(decided_at=at(MONDAY + DAYS))
        assert outcome(why(urk, on=MONDAY + 2 * DAYS)) is not Outcome.HELD

    def test_because_the_municipality_postponed_it(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        officer = MembershipFactory(municipality=urk, user__name="Sam").user
        postpone(
            by=officer,
            municipality=urk,
            rule=Rule.POLICY_LACKS_THEME,
            reason="After the budget",
            until=dt.date(2026, 12, 31),
        )
        answer = why(urk, on=TODAY)
        assert outcome(answer) is Outcome.HELD
        expected = "Sam postponed this on Nov. 24, 2026 until Dec. 31, 2026: “After the budget”."
        assert expected in the(answer).sentence

    def delay(self, urk: Municipality) -> Hold:
        officer = MembershipFactory(municipality=urk, user__name="Sam").user
        hold = postpone(
            by=officer,
            municipality=urk,
            rule=Rule.POLICY_LACKS_THEME,
            reason="After the merger",
            until=dt.date(2027, 6, 1),
        )
        Hold.objects.filter(pk=hold.pk).update(made_at=at(MONDAY))
        hold.refresh_from_db()
        return hold

    def test_by_a_delay_once_it_is_granted(self, urk: Municipality, jip: Any, vera: Any) -> None:
        owed_to(urk)
        hold = self.delay(urk)
        assert hold.kind == Hold.Kind.DELAY
        assert outcome(why(urk, on=MONDAY + DAYS)) is not Outcome.HELD
        decide(by=vera, hold=hold, is_granted=True)
        Hold.objects.filter(pk=hold.pk).update(decided_at=at(MONDAY + 2 * DAYS))
        assert outcome(why(urk, on=MONDAY + DAYS)) is not Outcome.HELD
        answer = why(urk, on=MONDAY + 2 * DAYS)
        expected = "VNG granted the delay until June 1, 2027 that Sam asked for: “After the merger”."
        assert expected in the(answer).sentence

    def test_by_a_delay_that_was_granted_and_lifted_since(
        self, urk: Municipality, jip: Any, vera: Any
    ) -> None:
        owed_to(urk)
        hold = self.delay(urk)
        decide(by=vera, hold=hold, is_granted=True)
        events: Any = Hold.pgh_event_model.objects  # type: ignore[attr-defined]
        events.update(pgh_created_at=at(MONDAY + 2 * DAYS))
        lift(by=vera, hold=hold)
        assert outcome(why(urk, on=MONDAY + DAYS)) is not Outcome.HELD
        assert outcome(why(urk, on=MONDAY + 3 * DAYS)) is Outcome.HELD

    def test_by_a_delay_that_was_taken_back_it_never_was(
        self, urk: Municipality, jip: Any, vera: Any
    ) -> None:
        owed_to(urk)
        lift(by=vera, hold=self.delay(urk))
        assert outcome(why(urk, on=MONDAY + DAYS)) is not Outcome.HELD


class TestNobody:
    def test_could_be_reached(self, urk: Municipality) -> None:
        Municipality.objects.update(account_manager=None)
        urk.refresh_from_db()
        owed_to(urk, status=Status.UNDELIVERABLE, settled_at=at(MONDAY - 5 * DAYS))
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.UNREACHABLE
        assert answer.whole.endswith("because nobody could be reached.")
        assert "no contact is known, and nobody at VNG looks after it" in the(answer).sentence

    def test_but_the_account_manager_is_somebody(self, urk: Municipality) -> None:
        answer = why(urk, on=TODAY)
        assert answer.whole.endswith("will be reminded on Nov. 24, 2026: 1 message to vera@vng.example.")

    def test_once_the_account_manager_has_refused_it_too(self, urk: Municipality) -> None:
        MessageFactory(
            contact=None,
            user=urk.account_manager,
            recipient="vera@vng.example",
            status=Message.Status.FAILED,
            carries=[owed_to(urk)],
        )
        assert outcome(why(urk, on=TODAY)) is Outcome.UNREACHABLE

    def test_who_became_unreachable_later_still_was(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        jip.unreachable_since, jip.unreachable_reason = at(MONDAY + DAYS), "550 no such user"
        jip.save(update_fields=["unreachable_since", "unreachable_reason"])
        MessageFactory(contact=jip, status=Message.Status.SENT, settled_at=at(MONDAY - DAYS))
        assert "jip@urk.example had a message" in the(why(urk, on=MONDAY)).sentence

    def test_wanted_it(self, urk: Municipality, jip: Any) -> None:
        unsubscribe(contact=jip, rule=Rule.ELECTION_COMING)
        answer = why(urk, on=dt.date(2027, 9, 20))
        assert not [one for one in answer.explained if one.rule == Rule.ELECTION_COMING]
        ReminderFactory(
            municipality=urk,
            rule=Rule.ELECTION_COMING,
            cycle="2030-03-20",
            status=Status.CANCELLED,
            ended_because=Reminder.Ending.UNSUBSCRIBED,
            settled_at=at(TODAY),
        )
        one = the(why(urk, on=TODAY), Rule.ELECTION_COMING)
        assert one.found.outcome is Outcome.ENDED
        assert "its recipients do not want these messages" in one.sentence

    def test_wants_it_by_address(self, urk: Municipality, jip: Any) -> None:
        unsubscribe(contact=jip, rule=Rule.POLICY_LACKS_THEME)
        Municipality.objects.update(account_manager=None)
        urk.refresh_from_db()
        answer = why(urk, on=TODAY)
        assert outcome(answer) is Outcome.UNSUBSCRIBED
        assert "jip@urk.example unsubscribed from these messages." in the(answer).sentence
        preference = Preference.objects.get()
        preference.unsubscribed = []
        preference.save(update_fields=["unsubscribed"])
        owed_to(urk, status=Status.CANCELLED, ended_because="unsubscribed", settled_at=at(MONDAY))
        answer = why(urk, on=TODAY)
        assert outcome(answer) is Outcome.UNSUBSCRIBED
        assert "had unsubscribed" in the(answer).sentence

    def test_else_but_who_it_was_handed_over_to(self, urk: Municipality, jip: Any) -> None:
        colleague = ContactFactory(municipality=urk, position=2, email="an@urk.example")
        hand_over(by=UserFactory(), municipality=urk, rule=Rule.POLICY_LACKS_THEME, contact=colleague)
        assert the(why(urk, on=TODAY)).found.reached == ("an@urk.example",)


class TestLadder:
    def test_the_next_step_comes_later(self, urk: Municipality, jip: Any) -> None:
        sent_to(urk, jip, at(MONDAY))
        answer = why(urk, on=MONDAY + DAYS)
        assert outcome(answer) is Outcome.NOT_YET
        assert answer.whole.endswith("because the next step comes later.")
        expected = "Step 1 was sent on Nov. 16, 2026. Step 2 comes on Dec. 14, 2026, unless"
        assert expected in the(answer).sentence

    def test_the_first_step_may_come_later_too(self, urk: Municipality, jip: Any) -> None:
        RuleSetting.objects.create(rule=Rule.POLICY_LACKS_THEME, waits=[300, 28, 28])
        answer = why(urk, on=TODAY)
        assert "Step 1 comes on Jan. 12, 2027" in the(answer).sentence

    def test_all_steps_were_sent(self, urk: Municipality, jip: Any) -> None:
        for step in (1, 2, 3):
            sent_to(urk, jip, at(MONDAY - 100 * DAYS + 28 * step * DAYS), step=step)
        answer = why(urk, on=MONDAY + DAYS)
        assert outcome(answer) is Outcome.ALL_SENT
        assert "Step 3 was sent on Oct. 31, 2026. That was the last step" in the(answer).sentence

    def test_a_step_that_was_sent_later_was_not_sent_yet(self, urk: Municipality, jip: Any) -> None:
        sent_to(urk, jip, at(MONDAY + DAYS))
        answer = why(urk, on=MONDAY)
        assert outcome(answer) is Outcome.NO_RUN
        assert the(answer).sentence.endswith("It was sent on Nov. 17, 2026.")

    @pytest.mark.parametrize("days", [0, 10, 27, 28, 29, 60])
    def test_agrees_with_the_planning(self, urk: Municipality, jip: Any, days: int) -> None:
        sent_to(urk, jip, at(TODAY - 14 * DAYS))
        on = TODAY + days * DAYS
        is_owed = any(one.rule == Rule.POLICY_LACKS_THEME for one in owed(on=on))
        assert (outcome(why(urk, on=on)) is not Outcome.NOT_YET) == is_owed


class TestAhead:
    def test_today_it_goes_out_with_the_next_run(self, urk: Municipality, jip: Any) -> None:
        answer = why(urk, on=TODAY)
        expected = "As things stand, Urk will be reminded on Nov. 24, 2026: 1 message to jip@urk.example."
        assert answer.whole == expected
        assert "It goes out to jip@urk.example with the next run." in the(answer).sentence

    def test_a_message_that_is_ready_goes_out_today(self, urk: Municipality, jip: Any) -> None:
        waiting_for(urk, jip, at(TODAY, 8))
        assert outcome(why(urk, on=TODAY)) is Outcome.GOES_OUT

    def test_a_message_that_is_ready_may_be_paused(self, urk: Municipality, jip: Any) -> None:
        waiting_for(urk, jip, at(TODAY, 8))
        pause(by=UserFactory(vng=True), reason="Storm", municipality=urk)
        assert outcome(why(urk, on=TODAY)) is Outcome.HELD

    def test_after_office_hours_it_goes_out_tomorrow(
        self, urk: Municipality, jip: Any, clock: Any, settings: Settings
    ) -> None:
        clock.move_to(at(TODAY, 17, 30))
        answer = why(urk, on=TODAY)
        assert outcome(answer) is Outcome.DAY_OFF
        assert (
            "The office hours of that day are over. The next working day is Nov. 25" in the(answer).sentence
        )
        settings.REMINDERS_OFFICE_HOURS = False
        assert outcome(why(urk, on=TODAY)) is Outcome.GOES_OUT

    def test_what_goes_out_today_does_not_go_out_next_week(self, urk: Municipality, jip: Any) -> None:
        answer = why(urk, on=TODAY + 7 * DAYS)
        assert outcome(answer) is Outcome.OTHER_DAY
        assert "As things stand it goes out before, on Nov. 24, 2026." in the(answer).sentence

    def test_the_next_step_goes_out_on_its_day(self, urk: Municipality, jip: Any) -> None:
        sent_to(urk, jip, at(TODAY - 14 * DAYS))
        answer = why(urk, on=TODAY + 14 * DAYS)
        assert outcome(answer) is Outcome.GOES_OUT
        assert "Step 2 was due on Dec. 8, 2026." in the(answer).sentence

    def test_what_waits_for_a_gap_goes_out_after_it(self, urk: Municipality, jip: Any) -> None:
        MessageFactory(contact=jip, status=Message.Status.SENT, settled_at=at(TODAY - DAYS))
        days = [TODAY, TODAY + 6 * DAYS, TODAY + 7 * DAYS]
        assert [outcome(why(urk, on=day)) for day in days] == [
            Outcome.LATELY,
            Outcome.GOES_OUT,
            Outcome.OTHER_DAY,
        ]

    def test_on_a_holiday_nothing_goes_out(self, urk: Municipality, jip: Any) -> None:
        policy = SafetyPolicyFactory(ends_on=dt.date(2026, 12, 24))
        StatementFactory(municipality=urk, policy=policy)
        answer = why(urk, on=dt.date(2026, 12, 25))
        assert outcome(answer) is Outcome.DAY_OFF
        assert "Christmas Day" in the(answer).sentence

    def test_a_reason_that_is_gone_ends_with_the_next_run(self, urk: Municipality, jip: Any) -> None:
        owed_to(urk)
        StatementFactory(municipality=urk)
        answer = why(urk, on=TODAY)
        assert outcome(answer) is Outcome.ENDED
        assert "the next run ends it unsent" in the(answer).sentence


class TestReasonThatDoesNotHold:
    def test_says_what_is_stated(self, urk: Municipality) -> None:
        policy = SafetyPolicyFactory(title="IVP Urk", ends_on=dt.date(2027, 12, 31))
        StatementFactory(
            municipality=urk, policy=policy, confirmed_at=at(dt.date(2026, 9, 1)), confirmed_by=UserFactory()
        )
        answer = why(urk, on=TODAY)
        assert not answer.explained
        assert answer.whole.endswith("because there was nothing to ask.")
        assert answer.about_day == "No run of the reminders ended on that day."
        expected = (
            "“Priority” holds, stated on June 1, 2026 and confirmed on Sept. 1, 2026. "
            "“IVP Urk” ends on Dec. 31, 2027."
        )
        assert told_instead(answer, Rule.POLICY_LACKS_THEME) == expected
        unconfirmed = told_instead(answer, Rule.STATEMENT_UNCONFIRMED)
        assert (
            unconfirmed
            == "What holds was last said on Sept. 1, 2026. A reminder comes from Sept. 1, 2027 on."
        )
        assert "under the council in office" in told_instead(answer, Rule.COUNCIL_ELECTED)
        assert told_instead(answer, Rule.PREPARATION_OVERDUE) == "Nothing is in preparation."
        assert told_instead(answer, Rule.REASONED_NO_RENEWAL) == "There is no reasoned no."
        assert "before Nov. 24, 2027 without another" in told_instead(answer, Rule.POLICY_ENDS)
        assert "is due by Dec. 8, 2026 or late" in told_instead(answer, Rule.MEASURE_DUE)
        assert "no finding waits" in told_instead(answer, Rule.FINDING_UNANSWERED)
        assert "election is on March 20, 2030" in told_instead(answer, Rule.ELECTION_COMING)

    @pytest.mark.parametrize(
        ("value", "rule", "expected"),
        [
            (Coverage.ABSENT, Rule.POLICY_LACKS_THEME, "A reminder comes from June 29, 2026 on."),
            (
                Coverage.IN_PREPARATION,
                Rule.PREPARATION_OVERDUE,
                "expected by June 1, 2027. A reminder comes from",
            ),
            (
                Coverage.REASONED_NO,
                Rule.REASONED_NO_RENEWAL,
                "last given on June 1, 2026. A reminder comes from",
            ),
            (Coverage.ABSENT, Rule.STATEMENT_UNCONFIRMED, "There is no statement that could be confirmed."),
            (Coverage.ABSENT, Rule.POLICY_ENDS, "that is asked first"),
        ],
    )
    def test_says_from_when_it_is_asked(
        self, urk: Municipality, value: str, rule: str, expected: str
    ) -> None:
        StatementFactory(municipality=urk, value=value)
        assert expected in told_instead(why(urk, on=dt.date(2026, 6, 2)), rule)

    def test_says_it_of_the_register_of_that_day(self, urk: Municipality) -> None:
        StatementFactory(municipality=urk, stated_at=at(MONDAY))
        assert outcome(why(urk, on=MONDAY - DAYS)) is not None
        assert "stated on Nov. 16, 2026" in told_instead(why(urk, on=MONDAY), Rule.POLICY_LACKS_THEME)

    def test_leaves_a_new_council_alone_at_first(self, urk: Municipality) -> None:
        StatementFactory(municipality=urk, stated_at=at(dt.date(2026, 1, 5)))
        told = told_instead(why(urk, on=dt.date(2026, 4, 1)), Rule.COUNCIL_ELECTED)
        assert "since March 18, 2026" in told
        assert "A reminder comes from May 17, 2026 on." in told

    def test_says_that_vng_switched_it_off_and_when(self, urk: Municipality, jip: Any) -> None:
        RuleSetting.objects.create(rule=Rule.POLICY_LACKS_THEME, is_on=False)
        events: Any = RuleSetting.pgh_event_model.objects  # type: ignore[attr-defined]
        events.update(pgh_created_at=at(MONDAY))
        answer = why(urk, on=TODAY)
        assert outcome(answer) is Outcome.OFF
        assert the(answer).sentence == "VNG switched this reason off on Nov. 16, 2026."
        assert outcome(why(urk, on=MONDAY - 3 * DAYS)) is Outcome.NO_RUN
        StatementFactory(municipality=urk)
        assert "switched this reason off" in told_instead(why(urk, on=TODAY), Rule.POLICY_LACKS_THEME)

    def test_says_when_it_was_answered(self, urk: Municipality, jip: Any) -> None:
        message = sent_to(urk, jip, at(MONDAY))
        StatementFactory(municipality=urk, stated_at=at(MONDAY + DAYS))
        message.reminders.update(answered_at=at(MONDAY + DAYS, 15))
        told = told_instead(why(urk, on=MONDAY + 2 * DAYS), Rule.POLICY_LACKS_THEME)
        assert told.endswith("The last reminder, of Nov. 16, 2026, was answered by Nov. 17, 2026.")

    def test_says_on_the_day_itself_that_it_ended(self, urk: Municipality) -> None:
        StatementFactory(municipality=urk, stated_at=at(MONDAY))
        owed_to(urk, status=Status.CANCELLED, settled_at=at(MONDAY, 11))
        answer = why(urk, on=MONDAY)
        assert the(answer).sentence == "Step 1 ended unsent on that day: the reason is gone."
        assert not why(urk, on=MONDAY + DAYS).explained


class TestAboutThings:
    def test_names_the_measure(self, urk: Municipality, jip: Any) -> None:
        StatementFactory(municipality=urk)
        plan = ActionPlanFactory(municipality=urk)
        MeasureFactory(plan=plan, title="Train the guards", due_on=dt.date(2026, 11, 30))
        MeasureFactory(plan=plan, title="Call the school", due_on=dt.date(2026, 11, 30))
        subjects = {one.subject for one in why(urk, on=TODAY).explained}
        assert subjects == {"Train the guards", "Call the school"}

    def test_names_the_theme_of_a_finding_and_a_policy(self, urk: Municipality, jip: Any) -> None:
        finding = FollowUpFactory(municipality=urk, asked_on=dt.date(2026, 9, 1)).finding
        policy = SafetyPolicyFactory(title="IVP Urk", ends_on=dt.date(2027, 3, 1))
        StatementFactory(municipality=urk, policy=policy)
        PolicyParticipation.objects.create(
            municipality=urk,
            policy=policy,
            status="confirmed",
            decided_by=UserFactory(),
            decided_at=at(MONDAY),
        )
        subjects = {one.subject for one in why(urk, on=TODAY).explained}
        assert subjects == {str(finding.get_theme_display()), "IVP Urk"}

    def test_what_was_done_since_was_open_then(self, urk: Municipality, jip: Any) -> None:
        StatementFactory(municipality=urk)
        plan = ActionPlanFactory(municipality=urk)
        measure = MeasureFactory(plan=plan, title="Train", due_on=MONDAY, status="done")
        reminder = ReminderFactory(
            municipality=urk,
            rule=Rule.MEASURE_DUE,
            cycle=f"{measure.pk}@{MONDAY}",
            about=measure.pk,
            planned_at=at(MONDAY - 14 * DAYS),
            status=Status.SENT,
            settled_at=at(MONDAY - 14 * DAYS),
            answered_at=at(MONDAY + 2 * DAYS),
        )
        one = the(why(urk, on=MONDAY), Rule.MEASURE_DUE)
        assert one.found.outcome is Outcome.NOT_YET
        assert one.subject == "Train"
        assert not why(urk, on=MONDAY + 2 * DAYS).explained
        assert reminder.rule == Rule.MEASURE_DUE


class TestMunicipalityThatWasNotThere:
    def test_has_gone_over_into_another(self) -> None:
        part = MergerPartFactory(
            predecessor__name="Weesp",
            predecessor__valid_until=dt.date(2027, 1, 1),
            successor__name="Amsterdam",
        )
        answer = why(part.predecessor, on=dt.date(2027, 1, 1))
        assert answer.whole == (
            "Weesp did not exist on Jan. 1, 2027: on Jan. 1, 2027 it went over into Amsterdam."
        )
        assert not answer.explained
        assert "did not exist" not in why(part.predecessor, on=dt.date(2026, 12, 31)).whole

    def test_has_ended(self) -> None:
        ended = MunicipalityFactory(name="Ended", valid_until=dt.date(2026, 1, 1))
        assert why(ended, on=TODAY).whole.endswith("it ended on Jan. 1, 2026.")

    def test_was_yet_to_begin(self) -> None:
        coming = MunicipalityFactory(name="Coming", valid_from=dt.date(2027, 1, 1))
        assert why(coming, on=TODAY).whole.endswith("it exists from Jan. 1, 2027 on.")


QUERIES = 21


class TestQueries:
    def test_are_as_many_for_much_as_for_little(self, urk: Municipality, jip: Any) -> None:
        measures = [
            MeasureFactory(plan=ActionPlanFactory(municipality=urk), due_on=dt.date(2026, 11, 30))
            for _number in range(12)
        ]
        sent_to(urk, jip, at(MONDAY - DAYS))
        with expect_queries(QUERIES):
            why(urk, on=MONDAY)
        for number, measure in enumerate(measures[1:]):
            reminder = ReminderFactory(
                municipality=urk,
                rule=Rule.MEASURE_DUE,
                cycle=f"{measure.pk}@{measure.due_on}",
                about=measure.pk,
                planned_at=at(MONDAY - DAYS),
            )
            contact = ContactFactory(municipality=urk, position=number + 2)
            pause(by=UserFactory(vng=True), reason="Storm", rule=Rule.ELECTION_COMING, until=today())
            MessageFactory(contact=contact, created_at=at(MONDAY), carries=[reminder])
        with expect_queries(QUERIES):
            why(urk, on=MONDAY)


class TestPage:
    @pytest.fixture
    def vng(self, client: Client) -> Client:
        client.cookies["django_language"] = "en"
        client.force_login(UserFactory(vng=True))
        return client

    @pytest.mark.parametrize("typed", ["Urk", "urk", "GM0184", "gm0184"])
    def test_finds_the_municipality_by_name_and_code(
        self, vng: Client, urk: Municipality, jip: Any, typed: str
    ) -> None:
        sent_to(urk, jip, at(MONDAY))
        page = vng.get(f"/herinneringen/waarom/?gemeente={typed}&dag=2026-11-16").content.decode()
        assert "Urk was reminded on Nov. 16, 2026: 1 message to jip@urk.example." in page

    def test_asks_first(self, vng: Client) -> None:
        response = vng.get("/herinneringen/waarom/")
        assert response.status_code == 200
        assert "Choose a municipality and a day" in response.content.decode()

    def test_takes_today_where_no_day_is_given(self, vng: Client, urk: Municipality) -> None:
        assert vng.get("/herinneringen/waarom/?gemeente=GM0184").context["answer"].on == TODAY

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("gemeente=Nowhere&dag=2026-11-16", "We know no municipality"),
            ("gemeente=Dron&dag=2026-11-16", "Which one do you mean?"),
            ("gemeente=Urk&dag=yesterday", "We cannot read this day"),
            ("gemeente=Urk&dag=2029-01-01", "at most a year from now"),
        ],
    )
    def test_loses_nothing_on_an_error(
        self, vng: Client, urk: Municipality, query: str, message: str
    ) -> None:
        MunicipalityFactory(name="Dronten")
        MunicipalityFactory(name="Drongen")
        response = vng.get(f"/herinneringen/waarom/?{query}")
        page = response.content.decode()
        assert response.status_code == 422
        assert message in page
        for part in query.split("&"):
            assert f'value="{part.split("=")[1]}"' in page

    def test_takes_a_fixed_number_of_queries(self, vng: Client, urk: Municipality, jip: Any) -> None:
        sent_to(urk, jip, at(MONDAY))
        with expect_queries(QUERIES + 1):  # the log-in and the municipality; nothing waits
            vng.get("/herinneringen/waarom/?gemeente=Urk&dag=2026-11-16")
