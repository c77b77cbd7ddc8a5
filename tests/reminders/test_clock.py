"""Days are days in the Netherlands, also where the clock changes, a year ends or February has 29 days."""

import datetime as dt

import pytest
import time_machine

from reminders.addressing import address
from reminders.models import Message, Reminder
from reminders.planning import Plan, plan
from reminders.sending import assemble, send_waiting
from reminders.tasks import run_reminders
from tests.factories import ContactFactory
from tests.mail_server import MailServer
from tests.reminders.factories import MessageFactory, ReminderFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
SENT = Reminder.Status.SENT
NOTHING = Plan(planned=0, cancelled=0)

# Moments of sending, and the day that they were in the Netherlands.
MOMENTS = {
    "the night before summer time": ("2027-03-27 23:30", "2027-03-28"),
    "the first hour of summer time": ("2027-03-28 01:00", "2027-03-28"),
    "the last night of summer time": ("2027-10-30 22:30", "2027-10-31"),
    "the hour that comes twice, the second time": ("2027-10-31 01:30", "2027-10-31"),
    "the end of the day in winter time": ("2027-10-31 22:59", "2027-10-31"),
    "New Year's Eve after midnight": ("2026-12-31 23:30", "2027-01-01"),
    "New Year's Eve before midnight": ("2026-12-31 22:30", "2026-12-31"),
    "before a leap day": ("2028-02-28 22:59", "2028-02-28"),
    "a leap day": ("2028-02-28 23:00", "2028-02-29"),
}
moments = pytest.mark.parametrize(
    ("moment", "day"),
    [
        (dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC), dt.date.fromisoformat(day))
        for moment, day in MOMENTS.values()
    ],
    ids=list(MOMENTS),
)


@moments
def test_the_next_step_is_due_four_weeks_after_the_day_of_sending(moment: dt.datetime, day: dt.date) -> None:
    first = ReminderFactory(status=SENT, settled_at=moment)
    assert plan(on=day + 27 * DAY) == NOTHING
    assert plan(on=day + 28 * DAY) == Plan(planned=1, cancelled=0)
    assert Reminder.objects.get(step=2, municipality=first.municipality).due_on == day + 28 * DAY


@moments
def test_nobody_is_written_to_again_within_seven_days(
    clock: time_machine.Traveller, moment: dt.datetime, day: dt.date
) -> None:
    contact = ContactFactory()
    MessageFactory(contact=contact, status=Message.Status.SENT, settled_at=moment)
    reminder = ReminderFactory(municipality=contact.municipality)
    for days, goes_out in ((6, False), (7, True)):
        on = day + days * DAY
        clock.move_to(dt.datetime.combine(on, dt.time(9), tzinfo=dt.UTC))
        assert len(address([reminder], on=on).drafts) == goes_out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2027-03-25 07:59", "2027-03-25 08:00"),  # Thursday in winter time
        ("2027-03-30 06:59", "2027-03-30 07:00"),  # Tuesday in summer time; Monday is Easter Monday
        ("2027-10-29 06:59", "2027-10-29 07:00"),  # Friday in summer time
        ("2027-11-01 07:59", "2027-11-01 08:00"),  # Monday in winter time
        ("2028-02-29 07:59", "2028-02-29 08:00"),  # a leap day
        ("2026-12-31 16:00", "2027-01-04 08:00"),  # over the year's end: after hours, a holiday, a weekend
    ],
)
def test_messages_wait_for_nine_by_the_clock_on_the_wall(
    mail_server: MailServer, clock: time_machine.Traveller, before: str, after: str
) -> None:
    clock.move_to(dt.datetime.fromisoformat(before).replace(tzinfo=dt.UTC))
    contact = ContactFactory()
    ReminderFactory(municipality=contact.municipality)
    assemble(on=dt.datetime.fromisoformat(before).date())
    assert send_waiting().sent == 0
    clock.move_to(dt.datetime.fromisoformat(after).replace(tzinfo=dt.UTC))
    assert send_waiting().sent == 1


def test_after_a_week_without_runs_only_the_step_that_is_due_goes_out_once(
    mail_server: MailServer, clock: time_machine.Traveller
) -> None:
    contact = ContactFactory()
    run_reminders()
    assert len(mail_server.accepted) == 1
    clock.shift(35 * DAY)  # its next step was due a week ago, on a Tuesday; this is a Tuesday too
    for _run in range(3):
        run_reminders()
        clock.shift(dt.timedelta(minutes=30))
    clock.shift(DAY)
    run_reminders()
    assert mail_server.recipients == [contact.email] * 2
    steps = Reminder.objects.order_by("step").values_list("step", "status")
    assert list(steps) == [(1, SENT), (2, SENT)]
