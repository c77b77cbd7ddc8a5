"""What the next run would send on a day, by the code that plans, addresses and writes; nothing is stored."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from municipalities.models import Municipality
from policytracker.dates import end_of_day
from reminders import mails
from reminders.addressing import Draft, Recipient, Waiting, address
from reminders.holds import held
from reminders.models import Message, MessageReminder, Reminder
from reminders.planning import EVERYTHING, Scope, owed
from reminders.rules import look_again
from reminders.topics import Topic, topics
from reminders.wording import Wordings


@dataclass(frozen=True)
class Outlook:
    """What goes out on a day, what waits because its recipient was written to lately, what reaches nobody."""

    on: dt.date
    drafts: list[Draft]
    waiting: list[Waiting]
    unreachable: list[Reminder]


@dataclass(frozen=True)
class Letter:
    """A message as its recipient will read it."""

    recipient: Recipient
    mail: mails.Mail
    topics: list[Topic]


def preview(*, on: dt.date, scope: Scope = EVERYTHING, by_hand: bool = False) -> Outlook:
    """What the next run would send on the day, by the name of the municipality it is about."""
    addressed = address(owed(on=on, scope=scope), on=on, by_hand=by_hand)
    drafts = [*_made_already(on, scope), *addressed.drafts]
    ids = {reminder.municipality_id for draft in drafts for reminder in draft.reminders}
    names = dict(Municipality.objects.filter(pk__in=ids).values_list("pk", "sort_name"))
    drafts.sort(
        key=lambda draft: (
            min(names[reminder.municipality_id] for reminder in draft.reminders),
            draft.recipient.address,
        )
    )
    return Outlook(on, drafts, addressed.waiting, addressed.unreachable)


def letters(drafts: list[Draft], *, on: dt.date) -> list[Letter]:
    """The drafts, written out."""
    owed_once = {id(reminder): reminder for draft in drafts for reminder in draft.reminders}
    about = dict(zip(owed_once, topics(list(owed_once.values()), on=on), strict=True))
    wordings = Wordings()
    return [_letter(draft, [about[id(one)] for one in draft.reminders], wordings) for draft in drafts]


def _letter(draft: Draft, about: list[Topic], wordings: Wordings) -> Letter:
    recipient = draft.recipient
    mail = mails.write(
        about,
        language=recipient.language,
        to_account_manager=recipient.user_id is not None,
        contact_id=recipient.contact_id,
        wordings=wordings,
    )
    return Letter(recipient, mail, about)


def _made_already(on: dt.date, scope: Scope) -> list[Draft]:
    """The messages that wait to be sent by the end of the day, with what they would still say."""
    items = (
        MessageReminder.objects.filter(
            message__status=Message.Status.WAITING,
            message__not_before__lt=end_of_day(on),
            reminder__status__in=[Reminder.Status.QUEUED, Reminder.Status.SENT],
            **{f"reminder__{name}": value for name, value in scope.filters().items()},
        )
        .select_related("message", "reminder")
        .order_by("message", "reminder")
    )
    with_reason, _gone = look_again([item.reminder for item in items], on=on)
    holds = held(on=on)
    still_owed = {reminder.pk for reminder in with_reason if not holds.keeps(reminder)}
    by_message: dict[Message, list[Reminder]] = defaultdict(list)
    for item in items:
        if item.reminder_id in still_owed:
            by_message[item.message].append(item.reminder)
    return [
        Draft(Recipient(message.recipient, message.language, message.contact_id, message.user_id), reminders)
        for message, reminders in by_message.items()
    ]
