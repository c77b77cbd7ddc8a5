"""Sending: from what is planned to what a mail server has accepted.

Messages are made from the ledger, claimed one by one, looked at again, handed over, and only then marked as
sent. No transaction is open while a mail server is spoken to. Whoever stops in between, however rudely,
leaves a claim that ages, after which the message is sent again under the same Message-ID: never lost, and
recognisable where it comes twice.
"""

import datetime as dt
import logging
import random
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pghistory
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.utils import timezone

from accounts.demonstration import has_demonstration_data
from municipalities.models import Contact, Municipality
from policytracker.dates import today
from policytracker.prepared import Statement, numbered
from reminders import mails
from reminders.addressing import Draft, address
from reminders.delivery import Refusal, hang_up, mail_server, refusal_of
from reminders.holds import held
from reminders.locks import one_at_a_time
from reminders.models import DeliveryAttempt, Message, MessageReminder, Preference, Reminder
from reminders.office_hours import is_office_hour
from reminders.planning import EVERYTHING, Scope
from reminders.rules import look_again, rules
from reminders.topics import Topic, topics
from reminders.wording import Wordings

logger = logging.getLogger(__name__)

BATCH = 200
"""Messages that are claimed and looked at together; a quick mail server takes them in a second."""
LOOKED_AT_LATELY = dt.timedelta(seconds=5)
"""A slow mail server makes the rest of a batch be looked at again after this."""
ASSEMBLED_AT_ONCE = 1000
# An address that was refused for now so often and so long does not work.
GIVE_UP_AFTER, TRIES_OF_ADDRESS = dt.timedelta(days=5), 10
SENDS_NOTHING = {
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased")
}
FIRST_RETRY_AFTER, LAST_RETRY_AFTER = dt.timedelta(minutes=5), dt.timedelta(hours=6)
TRIES_OF_SERVER = 3
"""Refusals in a row that are about us, after which the mail server is left alone until the next run."""
MINUTE = dt.timedelta(minutes=1)


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
    """A claimed message, the try that is written down, what the message is about, and its copy."""

    message: Message
    attempt: DeliveryAttempt
    topics: list[Topic]
    copy_to: str = ""


@transaction.atomic
def assemble(*, on: dt.date, scope: Scope = EVERYTHING, by_hand: bool = False) -> int:
    """Make the messages for what is planned by the day, one for each recipient; gives their number.

    One run assembles at a time, because what goes to an address depends on what else goes there.
    """
    one_at_a_time()
    planned = Reminder.objects.filter(**scope.filters(), status=Reminder.Status.PLANNED, due_on__lte=on)
    locked = planned.order_by("pk").select_for_update(skip_locked=True)
    addressed = address(locked.iterator(), on=on, by_hand=by_hand)
    now = timezone.now()
    for start in range(0, len(addressed.drafts), ASSEMBLED_AT_ONCE):
        _make(addressed.drafts[start : start + ASSEMBLED_AT_ONCE], now)
    for reminders, status, because in (
        (addressed.unreachable, Reminder.Status.UNDELIVERABLE, ""),
        (addressed.unwanted, Reminder.Status.CANCELLED, Reminder.Ending.UNSUBSCRIBED),
    ):
        Reminder.objects.filter(pk__in=[reminder.pk for reminder in reminders]).update(
            status=status, settled_at=now, ended_because=because
        )
    return len(addressed.drafts)


def _make(drafts: list[Draft], now: dt.datetime) -> None:
    """Make the messages of these drafts."""
    messages = Message.objects.bulk_create(
        Message(
            contact_id=draft.recipient.contact_id,
            user_id=draft.recipient.user_id,
            recipient=draft.recipient.address,
            language=draft.recipient.language,
            created_at=now,
            not_before=now,
        )
        for draft in drafts
    )
    MessageReminder.objects.bulk_create(
        MessageReminder(message=message, reminder=reminder)
        for message, draft in zip(messages, drafts, strict=True)
        for reminder in draft.reminders
    )
    queued = {reminder.pk for draft in drafts for reminder in draft.reminders}
    Reminder.objects.filter(pk__in=queued).update(status=Reminder.Status.QUEUED)


def may_send_now() -> bool:
    """Whether messages go out by themselves at this moment."""
    return not settings.REMINDERS_OFFICE_HOURS or is_office_hour(timezone.now())


def send_waiting(
    *,
    outside_hours: bool = False,
    until: dt.datetime | None = None,
    only: Collection[int] | None = None,
) -> Tally:
    """Send the messages that wait, over one connection; outside office hours only where a person asks.

    After the moment `until` the rest is left to the next run. `only`: these messages and no others.
    """
    tally = Tally()
    if settings.EMAIL_BACKEND in SENDS_NOTHING:
        tally.error = "No mail server is set: EMAIL_URL must name one. Nothing was sent."
        return tally
    refused_in_a_row, wordings = 0, Wordings()
    with mail_server() as server, ThreadPoolExecutor(1, "writer") as writer:
        while not tally.error and not _is_over(until, outside_hours):
            allowed = _allowance()
            if not allowed:
                time.sleep(1)
                continue
            claimed, is_last = _claim(min(allowed, BATCH), only, tally)
            looked_at = timezone.now()
            write = partial(_write, wordings=wordings, demonstration=has_demonstration_data())
            written = writer.submit(write, claimed[0]) if claimed else None
            while claimed and written:
                if _is_over(until, outside_hours) or timezone.now() > looked_at + LOOKED_AT_LATELY:
                    break
                try:
                    server.open()
                except Exception as error:
                    tally.error = f"The mail server cannot be reached. {refusal_of(error).text}"
                    break
                outgoing = claimed.pop(0)
                refusal = _hand_over(outgoing, written.result(), server)
                written = writer.submit(write, claimed[0]) if claimed else None
                _close(outgoing, refusal, tally)
                refused_in_a_row = refused_in_a_row + 1 if refusal and refusal.is_ours else 0
                if refused_in_a_row == TRIES_OF_SERVER:
                    tally.error = f"The mail server refuses every message. {refusal.text if refusal else ''}"
                    break
            _let_go(claimed)
            if is_last and not claimed:
                break
    if tally.error:
        logger.error("Sending stopped: the mail server is away or refuses every message")
    return tally


def _is_over(until: dt.datetime | None, outside_hours: bool) -> bool:
    """Whether the rest is left to the next run."""
    return bool(until and timezone.now() > until) or not (outside_hours or may_send_now())


def _allowance() -> int:
    """How many messages may be handed over now, all senders together; as many as fit where no rate is set."""
    rate: int = settings.REMINDERS_PER_MINUTE
    if not rate:
        return BATCH
    lately = DeliveryAttempt.objects.filter(started_at__gt=timezone.now() - MINUTE)
    return max(0, rate - lately.count())


@transaction.atomic(durable=True)
def _claim(number: int, only: Collection[int] | None, tally: Tally) -> tuple[list[Outgoing], bool]:
    """Claim messages that wait and look again at their reasons; also says whether none are left after them.

    The tries are written down before they are made, so that a crash leaves its trace. Where a rate is set one
    sender claims at a time, so that together they keep to it.
    """
    if settings.REMINDERS_PER_MINUTE:
        one_at_a_time()
        number = min(number, _allowance())
    now, on = timezone.now(), today()
    waiting = Message.objects.to_send(now=now)
    if only is not None:
        waiting = waiting.filter(pk__in=only)
    picked = list(
        waiting.order_by("not_before", "pk").select_for_update(skip_locked=True, no_key=True)[:number]
    )
    keys = [message.pk for message in picked]
    Message.objects.filter(pk__in=keys).update(claimed_at=now)
    is_last = len(picked) < number
    messages = Message.objects.filter(pk__in=keys).select_related("contact__preference", "user")
    carried = _carried(keys)
    holds = held(on=on)
    with_reason, gone = look_again(
        [
            reminder
            for reminder in {one.pk: one for many in carried.values() for one in many}.values()
            if reminder.status in (Reminder.Status.QUEUED, Reminder.Status.SENT)
        ],
        on=on,
    )
    ended = Reminder.objects.filter(pk__in=gone, status=Reminder.Status.QUEUED)
    tally.cancelled += ended.update(
        status=Reminder.Status.CANCELLED, settled_at=now, ended_because=_why_gone(on)
    )
    still = {reminder.pk: reminder for reminder in with_reason if not holds.keeps(reminder)}
    kept_back = [reminder.pk for reminder in with_reason if reminder.pk not in still]
    MessageReminder.objects.filter(message__in=keys, reminder__in=kept_back).delete()
    about = dict(zip(still, topics(list(still.values()), on=on), strict=True))
    outgoing = []
    for message in sorted(messages, key=lambda message: (message.not_before, message.pk)):
        to_tell = [about[reminder.pk] for reminder in carried[message.pk] if reminder.pk in about]
        if not _is_still_theirs(message, carried[message.pk]):
            _readdress(message, Message.Status.CANCELLED, now)
            tally.readdressed += 1
        elif not to_tell:
            Message.objects.filter(pk=message.pk).update(status=Message.Status.CANCELLED, settled_at=now)
        else:
            preference = getattr(message.contact, "preference", None)
            outgoing.append(
                Outgoing(
                    message,
                    DeliveryAttempt(message=message, started_at=now),
                    to_tell,
                    copy_to=preference.copy_to if preference else "",
                )
            )
    _plan_again(kept_back)
    DeliveryAttempt.objects.bulk_create(one.attempt for one in outgoing)
    return outgoing, is_last


def _why_gone(on: dt.date) -> Case:
    """Why a reminder whose reason is gone ended."""
    off = [key for key, rule in rules().items() if not rule.is_on]
    return Case(
        When(
            municipality__in=Municipality.objects.filter(valid_until__lte=on),
            then=Value(Reminder.Ending.MUNICIPALITY_GONE),
        ),
        When(rule__in=off, then=Value(Reminder.Ending.RULE_OFF)),
        default=Value(Reminder.Ending.REASON_GONE),
        output_field=CharField(),
    )


def _carried(keys: Collection[int]) -> dict[int, list[Reminder]]:
    """What each of these messages carries, locked in one order by all, so that no two lock each other up."""
    items = list(MessageReminder.objects.filter(message__in=keys).values_list("message", "reminder"))
    locked = Reminder.objects.filter(pk__in={pk for _message, pk in items}).order_by("pk").select_for_update()
    reminders = {reminder.pk: reminder for reminder in locked}
    carried: dict[int, list[Reminder]] = {key: [] for key in keys}
    for message, pk in items:
        carried[message].append(reminders[pk])
    return carried


def _plan_again(keys: Collection[int]) -> None:
    """Plan again what did not reach anybody with a message, unless another message still carries it.

    What counted as sent stays so where another message has delivered it, or where it was answered.
    """
    carrying = MessageReminder.objects.filter(reminder=OuterRef("pk"))
    waits = Exists(carrying.filter(message__status=Message.Status.WAITING))
    is_delivered = Exists(carrying.filter(message__status=Message.Status.SENT))
    Reminder.objects.filter(
        ~waits,
        Q(status=Reminder.Status.QUEUED)
        | Q(~is_delivered, status=Reminder.Status.SENT, answered_at__isnull=True),
        pk__in=keys,
    ).update(status=Reminder.Status.PLANNED, settled_at=None)


def _let_go(claimed: list[Outgoing]) -> None:
    """Give back what was claimed and not tried, for the next run or another sender."""
    if not claimed:
        return
    with transaction.atomic(durable=True):
        DeliveryAttempt.objects.filter(pk__in=[one.attempt.pk for one in claimed]).delete()
        Message.objects.filter(pk__in=[one.message.pk for one in claimed]).update(claimed_at=None)


def _is_still_theirs(message: Message, carried: list[Reminder]) -> bool:
    """Whether the address is still that of the person for whom the message was made."""
    if message.user is not None:
        managed = Municipality.objects.filter(account_manager=message.user)
        municipalities = {reminder.municipality_id for reminder in carried}
        manages_all = managed.filter(pk__in=municipalities).count() == len(municipalities)
        return message.user.is_active and message.user.email == message.recipient and manages_all
    contact = message.contact
    return (
        contact is not None
        and contact.unreachable_since is None
        and contact.email.lower() == message.recipient
    )


def _write(outgoing: Outgoing, *, wordings: Wordings, demonstration: bool) -> mails.Email | Exception:
    """The mail, or why it could not be written.

    This runs beside the sender, while that waits for the database to commit; so it asks the database nothing.
    """
    message = outgoing.message
    try:
        mail = mails.write(
            outgoing.topics,
            language=message.language,
            to_account_manager=message.user_id is not None,
            contact_id=message.contact_id,
            wordings=wordings,
            demonstration=demonstration,
        )
        return mails.envelope(message, mail).written_out()
    except Exception as error:
        return error


def _hand_over(
    outgoing: Outgoing, written: mails.Email | Exception, server: BaseEmailBackend
) -> Refusal | None:
    """Give the mail to the mail server; None once that has accepted it.

    Whatever goes wrong with one message, its writing included, must not keep the others from going out.
    """
    try:
        if isinstance(written, Exception):
            raise written
        server.send_messages([written])
    except Exception as error:
        refusal = refusal_of(error)
        logger.warning("Message %s was not accepted", outgoing.message.key)
        if refusal.is_ours:
            hang_up(server)
        return refusal
    if outgoing.copy_to:
        _hand_over_copy(outgoing, written, server)
    return None


def _hand_over_copy(outgoing: Outgoing, written: mails.Email, server: BaseEmailBackend) -> None:
    """Send the copy that the contact asked for: once, as the same message, whatever becomes of it."""
    written.to = [outgoing.copy_to]
    try:
        server.send_messages([written])
    except Exception as error:
        logger.warning("The copy of message %s was not accepted", outgoing.message.key)
        if refusal_of(error).is_ours:
            hang_up(server)


def _close(outgoing: Outgoing, refusal: Refusal | None, tally: Tally) -> None:
    """Write down how the try ended, in one commit."""
    message, now = outgoing.message, timezone.now()
    if refusal is None:
        _mark_sent(outgoing, now)
        tally.sent += 1
        return
    tally.failed += 1
    with transaction.atomic(durable=True):
        if refusal.is_permanent or _is_given_up(message, refusal, now):
            outcome = DeliveryAttempt.Outcome.PERMANENT
            _readdress(message, Message.Status.FAILED, now)  # first, as in bounced: one order of locks
            mark_unreachable(message.recipient, refusal.text, now)
            tally.readdressed += 1
        else:
            outcome = DeliveryAttempt.Outcome.TEMPORARY
            Message.objects.filter(pk=message.pk).update(claimed_at=None, not_before=now + _back_off(message))
        DeliveryAttempt.objects.filter(pk=outgoing.attempt.pk).update(
            ended_at=now, outcome=outcome, error=refusal.text[:500]
        )


def _is_given_up(message: Message, refusal: Refusal, now: dt.datetime) -> bool:
    """Whether the address was refused so often and so long that the next person is asked instead.

    What seems to be about us is about this address after all where others get their messages meanwhile. A
    message that we cannot write is never held against anybody.
    """
    is_old = message.created_at + GIVE_UP_AFTER < now
    if refusal.is_unwritten or not is_old or message.attempts.count() < TRIES_OF_ADDRESS:
        return False
    if not refusal.is_ours:
        return True
    others = Message.objects.filter(status=Message.Status.SENT, settled_at__gt=message.created_at)
    return refusal.is_answer and others.exists()


# The message, its try and what it carried, in one statement and one commit. A reminder to several people is
# sent once it has reached one; rows are locked in one order by all, so that no two lock each other up.
SENT = Statement(
    "message_is_sent",
    """
    WITH message AS (
        UPDATE reminders_message SET status = 'sent', settled_at = %(now)s
        WHERE id = %(message)s AND status = 'waiting'
    ), attempt AS (
        UPDATE reminders_deliveryattempt SET ended_at = %(now)s, outcome = 'accepted' WHERE id = %(attempt)s
    )
    UPDATE reminders_reminder SET status = 'sent', settled_at = %(now)s
    WHERE id IN (
        SELECT id FROM reminders_reminder WHERE id = ANY(%(carried)s) AND status = 'queued'
        ORDER BY id FOR UPDATE
    )
    RETURNING id
    """,
    {"now": numbered(1), "message": numbered(2), "attempt": numbered(3), "carried": numbered(4)},
)


def _mark_sent(outgoing: Outgoing, now: dt.datetime) -> None:
    """Mark the message and what it carried."""
    carried = [topic.reminder.pk for topic in outgoing.topics]
    SENT.run([now, outgoing.message.pk, outgoing.attempt.pk, carried])


def mark_unreachable(recipient: str, reason: str, now: dt.datetime) -> None:
    """Mark the contacts with this address, of whichever municipality, as out of reach."""
    with pghistory.context(reason="the mail server refuses this address"):
        Contact.objects.reachable().filter(email__iexact=recipient).update(
            unreachable_since=now, unreachable_reason=reason[:500]
        )


@transaction.atomic
def bounced(message: Message, reason: str, now: dt.datetime, *, for_good: bool = True) -> bool:
    """Take in that a message came back after a mail server had accepted it; a second time changes nothing.

    A message that still waits was handed over by a try whose end is not known. The next run writes to the
    next in the chain, or, where the message was only given up for now, to the same address again.
    """
    under_way = Message.objects.filter(
        pk=message.pk, status__in=[Message.Status.WAITING, Message.Status.SENT]
    )
    if not under_way.update(status=Message.Status.BOUNCED, settled_at=now):
        return False
    last = message.attempts.values("pk")[:1]
    DeliveryAttempt.objects.filter(pk__in=last).update(error=reason[:500])
    _plan_again([reminder.pk for many in _carried([message.pk]).values() for reminder in many])
    if for_good:
        mark_unreachable(message.recipient, reason, now)
    return True


def stop_copy(message: Message, address: str) -> bool:
    """Send no more copies to an address from which that of this message came back."""
    with pghistory.context(reason="the copy of a message came back"):
        copies = Preference.objects.filter(contact=message.contact_id, copy_to=address.lower())
        return bool(address and copies.update(copy_to=""))


def _readdress(message: Message, status: Message.Status, now: dt.datetime) -> None:
    """Settle a message that will not reach anybody; what no other message carries is addressed anew."""
    Message.objects.filter(pk=message.pk).update(status=status, settled_at=now)
    _plan_again([reminder.pk for many in _carried([message.pk]).values() for reminder in many])


def _back_off(message: Message) -> dt.timedelta:
    """How long to wait before the next try: twice as long each time, up to hours, and never all at once."""
    tries = message.attempts.filter(outcome=DeliveryAttempt.Outcome.TEMPORARY).count()
    wait = min(FIRST_RETRY_AFTER * 2 ** min(tries, 10), LAST_RETRY_AFTER)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 (spreads the tries, protects nothing)
