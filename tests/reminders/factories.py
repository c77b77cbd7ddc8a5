"""The ledger's own objects for tests, valid by default."""

import datetime as dt

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from reminders.models import Message, MessageReminder, Reminder, Rule
from tests.factories import ContactFactory, CoverageStatementFactory, MunicipalityFactory

CYCLE = "2026-03-18"
"""That of every municipality of which nothing is known: it began with the last council election."""


class StatementFactory(CoverageStatementFactory):
    """Stated on 1 June 2026: lately enough, and under the council in office, to be left alone."""

    stated_at = dt.datetime(2026, 6, 1, 9, 0, tzinfo=dt.UTC)


class ReminderFactory(DjangoModelFactory):
    """The first reminder of the cycle, planned."""

    class Meta:
        model = Reminder

    rule = Rule.POLICY_LACKS_THEME
    municipality = factory.SubFactory(MunicipalityFactory)
    cycle = CYCLE
    step = 1
    due_on = dt.date(2026, 3, 18)

    @factory.lazy_attribute
    def settled_at(self) -> dt.datetime | None:
        return None if self.status in ("planned", "queued") else timezone.now()

    status = Reminder.Status.PLANNED

    @factory.lazy_attribute
    def ended_because(self) -> str:
        return Reminder.Ending.REASON_GONE if self.status == "cancelled" else ""


class MessageFactory(DjangoModelFactory):
    """A message that waits to be sent; `carries=[…]` says which reminders."""

    class Meta:
        model = Message
        skip_postgeneration_save = True

    contact = factory.SubFactory(ContactFactory)
    recipient = factory.LazyAttribute(lambda message: message.contact.email.lower())
    language = "nl"
    status = Message.Status.WAITING

    @factory.lazy_attribute
    def settled_at(self) -> dt.datetime | None:
        return None if self.status == "waiting" else timezone.now()

    @factory.post_generation
    def carries(self, create: bool, extracted: list[Reminder] | None, **kwargs: object) -> None:
        for reminder in extracted or []:
            MessageReminder.objects.create(message=self, reminder=reminder)
