"""Sending: from what is planned to what a mail server has accepted.

Messages are made from the ledger, claimed one by one, looked at again, handed over, and only then marked as
sent. No transaction is open while a mail server is spoken to. Whoever stops in between, however rudely,
leaves a claim that ages, after which the message is sent again under the same Message-ID: never lost, and
recognisable where it comes twice.
"""

import datetime as dt
import logging
import random
from collections.abc import Iterator
from dataclasses import dataclass

import pghistory
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from municipalities.models import Contact
from policytracker.dates import today
from reminders import mails
from reminders.addressing import address
from reminders.delivery import Refusal, hang_up, mail_server, refusal_of
from reminders.locks import one_at_a_time
from reminders.models import DeliveryAttempt, Message, MessageReminder, Reminder
from reminders.office_hours import is_office_hour
from reminders.rules import look_again

logger = logging.getLogger(__name__)

BATCH = 200
# An address that was refused for now so often and so long does not work.
GIVE_UP_AFTER, TRIES_OF_ADDRESS = dt.timedelta(days=5), 10
SENDS_NOTHING = {
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased")
}
FIRST_RETRY_AFTER, LAST_RETRY_AFTER = dt.timedelta(minutes=5), dt.timedelta(hours=6)
TRIES_OF_SERVER = 3
"""Refusals in a row that are about us, after which the mail server is left alone until the next run."""


@dataclass
class Tally:
    """What a sending did. `error` says why it stopped before the end, empty if it did not."""

    sent: int = 0
    failed: int = 0
    cancelled: int = 0
    readdressed: int = 0
    error: str = ""


@dataclass(frozen=True)
class Outgoing:
    """A claimed message, the try that is written down, and what the message is about."""

    message: Message
    attempt: DeliveryAttempt
    topics: list[mails.Topic]


@transaction.atomic
def assemble(*, on: dt.date) -> int:
    """Make the messages for what is planned by the day, one for each recipient; gives their number.

    One run assembles at a time, because what goes to an address depends on what else goes there.
    """
    one_at_a_time()
    planned = Reminder.objects.filter(status=Reminder.Status.PLANNED, due_on__lte=on).order_by("pk")
    addressed = address(planned.select_for_update(skip_locked=True), on=on)
    now = timezone.now()
    messages = Message.objects.bulk_create(
        Message(
            contact_id=draft.recipient.contact_id,
            user_id=draft.recipient.user_id,
            recipient=draft.recipient.address,
            language=draft.recipient.language,
            created_at=now,
            not_before=now,
        )
        for draft in addressed.drafts
    )
    MessageReminder.objects.bulk_create(
        MessageReminder(message=message, reminder=reminder)
        for message, draft in zip(messages, addressed.drafts, strict=True)
        for reminder in draft.reminders
    )
    queued = {reminder.pk for draft in addressed.drafts for reminder in draft.reminders}
    Reminder.objects.filter(pk__in=queued).update(status=Reminder.Status.QUEUED)
    Reminder.objects.filter(pk__in=[reminder.pk for reminder in addressed.unreachable]).update(
        status=Reminder.Status.UNDELIVERABLE, settled_at=now
    )
    return len(messages)


def may_send_now() -> bool:
    """Whether messages go out by themselves at this moment."""
    return not settings.REMINDERS_OFFICE_HOURS or is_office_hour(timezone.now())


def send_waiting(*, outside_hours: bool = False, until: dt.datetime | None = None) -> Tally:
    """Send the messages that wait, over one connection; outside office hours only where a person asks.

    After the moment `until` the rest is left to the next run.
    """
    tally = Tally()
    if settings.EMAIL_BACKEND in SENDS_NOTHING:
        tally.error = "No mail server is set: EMAIL_URL must name one. Nothing was sent."
        return tally
    refused_in_a_row = 0
    with mail_server() as server:
        for pk in _waiting():
            if (until and timezone.now() > until) or not (outside_hours or may_send_now()):
                break
            try:
                server.open()
            except Exception as error:
                tally.error = f"The mail server cannot be reached. {refusal_of(error).text}"
                break
            outgoing = _claim(pk, tally)
            if outgoing is None:
                continue
            refusal = _hand_over(outgoing, server)
            _close(outgoing, refusal, tally)
            refused_in_a_row = refused_in_a_row + 1 if refusal and refusal.is_ours else 0
            if refused_in_a_row == TRIES_OF_SERVER:
                tally.error = f"The mail server refuses every message. {refusal.text if refusal else ''}"
                break
    if tally.error:
        logger.error("Sending stopped: the mail server is away or refuses every message")
    return tally


def _waiting() -> Iterator[int]:
    """The messages to send, the oldest first; what comes up meanwhile too."""
    while True:
        waiting = Message.objects.to_send(now=timezone.now()).order_by("not_before", "pk")
        batch = list(waiting.values_list("pk", flat=True)[:BATCH])
        if not batch:
            return
        yield from batch


@transaction.atomic(durable=True)
def _claim(pk: int, tally: Tally) -> Outgoing | None:
    """Claim the message and look again at its reasons; None where another has it, or nothing is left to say.

    The try is written down before it is made, so that a crash leaves its trace.
    """
    now = timezone.now()
    if not Message.objects.to_send(now=now).filter(pk=pk).update(claimed_at=now):
        return None
    message = Message.objects.select_related("contact", "user").get(pk=pk)
    if not _is_still_theirs(message):
        _readdress(message, Message.Status.CANCELLED, now)
        tally.readdressed += 1
        return None
    carried = _lock(message).filter(status__in=[Reminder.Status.QUEUED, Reminder.Status.SENT])
    held, gone = look_again(list(carried), on=today())
    tally.cancelled += Reminder.objects.filter(pk__in=gone, status=Reminder.Status.QUEUED).update(
        status=Reminder.Status.CANCELLED, settled_at=now
    )
    if not held:
        Message.objects.filter(pk=pk).update(status=Message.Status.CANCELLED, settled_at=now)
        return None
    about = [topic for topics in mails.topics(held, on=today()).values() for topic in topics]
    return Outgoing(message, DeliveryAttempt.objects.create(message=message, started_at=now), about)


def _is_still_theirs(message: Message) -> bool:
    """Whether the address is still that of the person for whom the message was made."""
    if message.user is not None:
        manages_all = not _lock(message).exclude(municipality__account_manager=message.user).exists()
        return message.user.is_active and message.user.email == message.recipient and manages_all
    contact = message.contact
    return (
        contact is not None
        and contact.unreachable_since is None
        and contact.email.lower() == message.recipient
    )


def _hand_over(outgoing: Outgoing, server: BaseEmailBackend) -> Refusal | None:
    """Give the message to the mail server; None once that has accepted it.

    Whatever goes wrong with one message, its writing included, must not keep the others from going out.
    """
    message = outgoing.message
    try:
        mail = mails.write(
            outgoing.topics, language=message.language, to_account_manager=message.user_id is not None
        )
        server.send_messages([mails.envelope(message, mail)])
    except Exception as error:
        refusal = refusal_of(error)
        logger.warning("Message %s was not accepted", message.key)
        if refusal.is_ours:
            hang_up(server)
        return refusal
    return None


@transaction.atomic(durable=True)
def _close(outgoing: Outgoing, refusal: Refusal | None, tally: Tally) -> None:
    """Write down how the try ended."""
    message, now = outgoing.message, timezone.now()
    if refusal is None:
        outcome = DeliveryAttempt.Outcome.ACCEPTED
        _mark_sent(outgoing, now)
        tally.sent += 1
    elif refusal.is_permanent or _is_given_up(message, refusal, now):
        outcome = DeliveryAttempt.Outcome.PERMANENT
        _mark_unreachable(message.recipient, refusal.text, now)
        _readdress(message, Message.Status.FAILED, now)
        tally.failed += 1
        tally.readdressed += 1
    else:
        outcome = DeliveryAttempt.Outcome.TEMPORARY
        Message.objects.filter(pk=message.pk).update(claimed_at=None, not_before=now + _back_off(message))
        tally.failed += 1
    DeliveryAttempt.objects.filter(pk=outgoing.attempt.pk).update(
        ended_at=now, outcome=outcome, error=refusal.text[:500] if refusal else ""
    )


def _is_given_up(message: Message, refusal: Refusal, now: dt.datetime) -> bool:
    """Whether the address was refused so often and so long that the next person is asked instead."""
    is_old = message.created_at + GIVE_UP_AFTER < now
    return is_old and not refusal.is_ours and message.attempts.count() >= TRIES_OF_ADDRESS


def _mark_sent(outgoing: Outgoing, now: dt.datetime) -> None:
    """Mark the message and what it carried; a reminder to several people is sent once it has reached one."""
    Message.objects.filter(pk=outgoing.message.pk, status=Message.Status.WAITING).update(
        status=Message.Status.SENT, settled_at=now
    )
    carried = {topic.reminder.pk for topic in outgoing.topics}
    still_queued = _lock(outgoing.message).filter(pk__in=carried, status=Reminder.Status.QUEUED)
    Reminder.objects.filter(pk__in=[reminder.pk for reminder in still_queued]).update(
        status=Reminder.Status.SENT, settled_at=now
    )


def _mark_unreachable(recipient: str, reason: str, now: dt.datetime) -> None:
    """Mark the contacts with this address, of whichever municipality, as out of reach."""
    with pghistory.context(reason="the mail server refuses this address"):
        Contact.objects.reachable().filter(email__iexact=recipient).update(
            unreachable_since=now, unreachable_reason=reason[:500]
        )


def _readdress(message: Message, status: Message.Status, now: dt.datetime) -> None:
    """Settle a message that will not reach anybody; what no other message carries is addressed anew."""
    Message.objects.filter(pk=message.pk).update(status=status, settled_at=now)
    others = MessageReminder.objects.filter(reminder=OuterRef("pk"), message__status=Message.Status.WAITING)
    stranded = _lock(message).filter(~Exists(others), status=Reminder.Status.QUEUED)
    Reminder.objects.filter(pk__in=[reminder.pk for reminder in stranded]).update(
        status=Reminder.Status.PLANNED
    )


def _back_off(message: Message) -> dt.timedelta:
    """How long to wait before the next try: twice as long each time, up to hours, and never all at once."""
    tries = message.attempts.exclude(outcome=DeliveryAttempt.Outcome.ACCEPTED).count()
    wait = min(FIRST_RETRY_AFTER * 2 ** min(tries - 1, 10), LAST_RETRY_AFTER)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 (spreads the tries, protects nothing)


def _lock(message: Message) -> QuerySet[Reminder]:
    """The reminders of the message, locked in one order by all, so that no two lock each other up."""
    return Reminder.objects.filter(items__message=message).order_by("pk").select_for_update(of=("self",))
