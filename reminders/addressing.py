"""Addressing: who gets what. Everything owed to one address goes into one message, and not too often."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Lower

from municipalities.models import Contact, Municipality
from policytracker.dates import end_of_day
from reminders.models import Message, MessageReminder, Reminder
from reminders.rules import RULES, Audience

MINIMUM_GAP = dt.timedelta(days=7)
"""The days between two messages to one address, however much is owed to it."""


@dataclass(frozen=True)
class Recipient:
    """Somebody to write to: a contact of a municipality, or its account manager at VNG."""

    address: str
    language: str
    contact_id: int | None = None
    user_id: int | None = None


@dataclass
class Draft:
    """What one address gets."""

    recipient: Recipient
    reminders: list[Reminder] = field(default_factory=list)


@dataclass
class Addressed:
    """What goes out, what waits because its recipient was written to lately, and what reaches nobody."""

    drafts: list[Draft] = field(default_factory=list)
    waiting: list[Reminder] = field(default_factory=list)
    unreachable: list[Reminder] = field(default_factory=list)


def address(reminders: Iterable[Reminder], *, on: dt.date) -> Addressed:
    """Say for each reminder who gets it on the day, in four queries. Nothing is written.

    The oldest comes first. A reminder goes to all its recipients at once: while one of them may not be
    written to, it waits, and keeps the others free for itself, so that it never waits longer than the gap.
    """
    reminders = sorted(reminders, key=lambda reminder: (reminder.due_on, reminder.municipality_id))
    recipients = _recipients({reminder.municipality_id for reminder in reminders})
    refused = _refused()
    blocked = _lately_written_to(on)
    drafts: dict[str, Draft] = {}
    addressed = Addressed()
    for reminder in reminders:
        found = {
            recipient.address: recipient
            for audience in RULES[reminder.rule].audience_of(reminder.step)
            if (recipient := recipients.get((reminder.municipality_id, audience)))
            and (_key(reminder), recipient.address) not in refused
        }
        if not found:
            addressed.unreachable.append(reminder)
        elif blocked & found.keys():
            addressed.waiting.append(reminder)
            blocked |= found.keys() - drafts.keys()
        else:
            for recipient in found.values():
                drafts.setdefault(recipient.address, Draft(recipient)).reminders.append(reminder)
    addressed.drafts = list(drafts.values())
    return addressed


def _recipients(municipality_ids: set[int]) -> dict[tuple[int, Audience], Recipient]:
    """The people of these municipalities whose mail arrives; where one falls out, the next moves up."""
    recipients: dict[tuple[int, Audience], Recipient] = {}
    contacts: dict[int, list[Recipient]] = defaultdict(list)
    for pk, municipality_id, email, language in (
        Contact.objects.reachable()
        .filter(municipality__in=municipality_ids)
        .order_by("municipality", "position")
        .values_list("pk", "municipality", Lower("email"), "language")
    ):
        contacts[municipality_id].append(Recipient(email, language, contact_id=pk))
    for municipality_id, people in contacts.items():
        recipients |= {
            (municipality_id, audience): person
            for audience, person in zip(
                (Audience.FIRST_CONTACT, Audience.SECOND_CONTACT), people, strict=False
            )
        }
    for municipality_id, user_id, email in Municipality.objects.filter(
        pk__in=municipality_ids, account_manager__is_active=True
    ).values_list("pk", "account_manager", "account_manager__email"):
        recipients[municipality_id, Audience.ACCOUNT_MANAGER] = Recipient(
            email, settings.LANGUAGE_CODE, user_id=user_id
        )
    return recipients


def _key(reminder: Reminder) -> tuple[str, int, str, int]:
    """What makes a reminder the same one, saved or not."""
    return reminder.rule, reminder.municipality_id, reminder.cycle, reminder.step


def _refused() -> set[tuple[tuple[str, int, str, int], str]]:
    """The reminders that an account manager's address has refused for good already, with the address.

    A contact who cannot be reached carries a mark that VNG can take away again; an account manager does not.
    """
    rows = MessageReminder.objects.filter(
        message__status=Message.Status.FAILED, message__user__isnull=False
    ).exclude(reminder__status__in=[Reminder.Status.SENT, Reminder.Status.CANCELLED])
    return {
        ((rule, municipality_id, cycle, step), recipient)
        for rule, municipality_id, cycle, step, recipient in rows.values_list(
            "reminder__rule",
            "reminder__municipality",
            "reminder__cycle",
            "reminder__step",
            "message__recipient",
        )
    }


def _lately_written_to(on: dt.date) -> set[str]:
    """The addresses to which a message is on its way, or was sent less than the gap before the day."""
    return set(
        Message.objects.filter(
            Q(status=Message.Status.WAITING)
            | Q(status=Message.Status.SENT, settled_at__gte=end_of_day(on - MINIMUM_GAP))
        ).values_list("recipient", flat=True)
    )
