"""Who gets what: one message for each address, and not too often."""

import datetime as dt

import pytest

from reminders.addressing import Addressed, address
from reminders.models import Message, Preference, Reminder, Rule
from tests.factories import ContactFactory, MunicipalityFactory, UserFactory
from tests.queries import expect_queries
from tests.reminders.factories import MessageFactory, ReminderFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)


def owed_to(
    *emails: str, step: int = 1, due_on: dt.date = dt.date(2026, 3, 18), manager: str = ""
) -> Reminder:
    """A reminder to a municipality with these contacts, the first of them first."""
    municipality = MunicipalityFactory(
        account_manager=UserFactory(vng=True, email=manager) if manager else None
    )
    for position, email in enumerate(emails, start=1):
        ContactFactory(municipality=municipality, position=position, email=email)
    return ReminderFactory(municipality=municipality, step=step, due_on=due_on)


def sent_to(email: str, on: dt.date) -> Message:
    return MessageFactory(
        recipient=email,
        status=Message.Status.SENT,
        settled_at=dt.datetime.combine(on, dt.time(12), tzinfo=dt.UTC),
    )


def who_gets_what(addressed: Addressed) -> dict[str, set[int]]:
    return {
        draft.recipient.address: {reminder.pk for reminder in draft.reminders} for draft in addressed.drafts
    }


def waiting(addressed: Addressed) -> list[Reminder]:
    return [one.reminder for one in addressed.waiting]


class TestAudience:
    @pytest.mark.parametrize(
        ("step", "recipients"),
        [
            (1, {"one@a.example"}),
            (2, {"one@a.example", "two@a.example"}),
            (3, {"one@a.example", "two@a.example", "manager@vng.example"}),
        ],
    )
    def test_widens_with_the_step(self, step: int, recipients: set[str]) -> None:
        reminder = owed_to(
            "one@a.example", "two@a.example", "three@a.example", step=step, manager="manager@vng.example"
        )
        assert who_gets_what(address([reminder], on=TODAY)).keys() == recipients

    def test_passes_over_a_contact_who_cannot_be_reached(self) -> None:
        reminder = owed_to("one@a.example", "two@a.example", "three@a.example", step=2)
        reminder.municipality.contacts.filter(position=1).update(
            unreachable_since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), unreachable_reason="550 gone"
        )
        assert who_gets_what(address([reminder], on=TODAY)).keys() == {"two@a.example", "three@a.example"}

    def test_leaves_out_an_account_manager_who_has_left(self) -> None:
        reminder = owed_to("one@a.example", step=3, manager="manager@vng.example")
        type(reminder.municipality.account_manager).objects.update(is_active=False)
        assert who_gets_what(address([reminder], on=TODAY)).keys() == {"one@a.example"}

    def test_is_written_to_once_where_two_of_them_share_an_address(self) -> None:
        reminder = owed_to("one@a.example", "manager@vng.example", step=3, manager="manager@vng.example")
        addressed = address([reminder], on=TODAY)
        assert who_gets_what(addressed) == {
            "one@a.example": {reminder.pk},
            "manager@vng.example": {reminder.pk},
        }
        assert [len(draft.reminders) for draft in addressed.drafts] == [1, 1]

    def test_is_nobody_where_there_is_no_contact(self) -> None:
        reminder = owed_to()
        addressed = address([reminder], on=TODAY)
        assert (addressed.drafts, addressed.unreachable) == ([], [reminder])

    def test_does_not_try_an_account_manager_whose_address_refused_it(self) -> None:
        reminder = owed_to(step=3, manager="manager@vng.example")
        MessageFactory(
            contact=None,
            user=reminder.municipality.account_manager,
            recipient="manager@vng.example",
            status=Message.Status.FAILED,
            carries=[reminder],
        )
        assert address([reminder], on=TODAY).unreachable == [reminder]


class TestOneMessage:
    def test_carries_all_that_is_owed_to_an_address_however_it_is_written(self) -> None:
        reminders = [owed_to("team@regio.example"), owed_to("Team@Regio.example"), owed_to("other@b.example")]
        assert who_gets_what(address(reminders, on=TODAY)) == {
            "team@regio.example": {reminders[0].pk, reminders[1].pk},
            "other@b.example": {reminders[2].pk},
        }

    def test_speaks_the_language_of_the_contact(self) -> None:
        reminder = owed_to("one@a.example")
        reminder.municipality.contacts.update(language="en")
        assert address([reminder], on=TODAY).drafts[0].recipient.language == "en"


class TestGap:
    @pytest.mark.parametrize(("days", "waits"), [(0, True), (6, True), (7, False), (30, False)])
    def test_is_a_week_after_the_last_message(self, days: int, waits: bool) -> None:
        reminder = owed_to("one@a.example")
        sent_to("one@a.example", TODAY - dt.timedelta(days=days))
        addressed = address([reminder], on=TODAY)
        assert bool(addressed.waiting) is waits
        assert bool(addressed.drafts) is not waits

    @pytest.mark.parametrize(("days", "waits"), [(2, True), (3, False)])
    def test_is_three_days_where_the_step_says_so(self, days: int, waits: bool) -> None:
        reminder = owed_to("one@a.example")
        reminder.rule = Rule.FINDING_UNANSWERED
        sent_to("one@a.example", TODAY - dt.timedelta(days=days))
        assert bool(address([reminder], on=TODAY).waiting) is waits

    @pytest.mark.parametrize(("weekday", "waits"), [(0, True), (1, False), (None, False)])
    def test_lets_it_wait_for_the_weekday_that_was_chosen(self, weekday: int | None, waits: bool) -> None:
        reminder = owed_to("one@a.example")
        Preference.objects.create(contact=reminder.municipality.contacts.get(), digest_day=weekday)
        assert bool(address([reminder], on=TODAY).waiting) is waits
        assert address([reminder], on=TODAY, by_hand=True).waiting == []

    def test_does_not_wait_for_ever_where_two_chose_another_weekday(self) -> None:
        reminder = owed_to("one@a.example", "two@a.example", step=2)
        for weekday, contact in enumerate(reminder.municipality.contacts.order_by("position")):
            Preference.objects.create(contact=contact, digest_day=weekday)
        monday = dt.date(2026, 11, 30)
        assert len(address([reminder], on=monday).drafts) == 2
        assert address([reminder], on=monday + dt.timedelta(days=1)).drafts == []

    def test_counts_a_message_that_is_on_its_way(self) -> None:
        reminder = owed_to("one@a.example")
        MessageFactory(recipient="one@a.example")
        assert waiting(address([reminder], on=TODAY)) == [reminder]

    @pytest.mark.parametrize("status", [Message.Status.FAILED, Message.Status.CANCELLED])
    def test_does_not_count_what_was_never_sent(self, status: str) -> None:
        reminder = owed_to("one@a.example")
        MessageFactory(recipient="one@a.example", status=status)
        assert waiting(address([reminder], on=TODAY)) == []

    def test_holds_back_the_whole_reminder(self) -> None:
        reminder = owed_to("one@a.example", "two@a.example", step=2)
        sent_to("two@a.example", TODAY)
        addressed = address([reminder], on=TODAY)
        assert (addressed.drafts, waiting(addressed)) == ([], [reminder])

    def test_does_not_let_a_later_one_overtake(self) -> None:
        """Else whoever is written to each week on another day than a colleague would hold it back forever."""
        old = owed_to("one@a.example", "two@a.example", step=2)
        new = owed_to("one@a.example", due_on=dt.date(2026, 11, 1))
        sent_to("two@a.example", TODAY)
        assert waiting(address([new, old], on=TODAY)) == [old, new]

    def test_does_not_hold_back_what_goes_into_a_message_that_is_made_anyway(self) -> None:
        first = owed_to("one@a.example", due_on=dt.date(2026, 1, 1))
        blocked = owed_to("one@a.example", "two@a.example", step=2, due_on=dt.date(2026, 1, 2))
        last = owed_to("one@a.example", due_on=dt.date(2026, 1, 3))
        sent_to("two@a.example", TODAY)
        addressed = address([first, blocked, last], on=TODAY)
        assert who_gets_what(addressed) == {"one@a.example": {first.pk, last.pk}}
        assert waiting(addressed) == [blocked]


def test_takes_as_many_queries_whatever_the_number() -> None:
    few = [owed_to("one@a.example")]
    many = [owed_to(f"{number}@b.example", manager=f"{number}@vng.example") for number in range(30)]
    for reminders in (few, many):
        with expect_queries(10):
            address(reminders, on=TODAY)
