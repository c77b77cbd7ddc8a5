"""The ledger: what is owed to which municipality and why, and what became of it.

The ledger is the truth; Celery only wakes those who work from it. Three things are kept apart: a `Reminder`
is the event (one per rule, municipality, cycle and step), a `Message` is what one recipient gets (with all
that is owed to them), a `DeliveryAttempt` is one try to hand a message to the mail server.
"""

import datetime as dt
import uuid
from email.utils import parseaddr
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Contact, Municipality


class Rule(models.TextChoices):
    """The reasons for which a municipality is reminded; reminders/rules.py says what each means.

    The most urgent come first, in a message too.
    """

    POLICY_LACKS_THEME = "policy_lacks_theme", _("the safety policy lacks the theme")
    PREPARATION_OVERDUE = "preparation_overdue", _("in preparation, past its day")
    FINDING_UNANSWERED = "finding_unanswered", _("finding unanswered or late")
    MEASURE_DUE = "measure_due", _("measure due or late")
    POLICY_ENDS = "policy_ends", _("the safety policy ends or has ended")
    REASONED_NO_RENEWAL = "reasoned_no_renewal", _("reasoned no, to be renewed yearly")
    COUNCIL_ELECTED = "council_elected", _("a new council since the statement")
    STATEMENT_UNCONFIRMED = "statement_unconfirmed", _("statement not confirmed for a year")
    ELECTION_COMING = "election_coming", _("council election is coming")


class Reminder(models.Model):
    """One thing owed to one municipality for one reason, in one cycle, at one step of the ladder."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        QUEUED = "queued", _("message made")
        SENT = "sent", _("sent")
        CANCELLED = "cancelled", _("ended unsent")
        UNDELIVERABLE = "undeliverable", _("nobody could be reached")

    class Ending(models.TextChoices):
        """Why a reminder ended before it was sent."""

        REASON_GONE = "reason_gone", _("the reason is gone")
        MUNICIPALITY_GONE = "municipality_gone", _("the municipality no longer exists")
        RULE_OFF = "rule_off", _("VNG switched the rule off")
        UNSUBSCRIBED = "unsubscribed", _("its recipients do not want these messages")

    rule = models.CharField(_("rule"), max_length=30, choices=Rule)
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="reminders", verbose_name=_("municipality")
    )
    cycle = models.CharField(
        _("cycle"), max_length=40, help_text=_("What makes this reason another one than the last time.")
    )
    about = models.PositiveBigIntegerField(
        _("about"),
        null=True,
        blank=True,
        help_text=_("The measure, follow-up or policy that the reason is about, where it is about one."),
    )
    step = models.PositiveSmallIntegerField(_("step"))
    due_on = models.DateField(_("due on"))
    planned_at = models.DateTimeField(_("planned at"), default=timezone.now)
    status = models.CharField(_("status"), max_length=15, choices=Status, default=Status.PLANNED)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    ended_because = models.CharField(_("ended because"), max_length=20, choices=Ending, blank=True)
    answered_at = models.DateTimeField(
        _("answered at"),
        null=True,
        blank=True,
        help_text=_("When a run first found that the reason was gone after the reminder was sent."),
    )

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ("-due_on", "municipality__sort_name", "step")
        constraints = [
            models.UniqueConstraint(name="reminder_once", fields=["rule", "municipality", "cycle", "step"]),
            models.CheckConstraint(name="reminder_rule_known", condition=Q(rule__in=Rule.values)),
            models.CheckConstraint(name="reminder_step_from_one", condition=Q(step__gte=1)),
            models.CheckConstraint(
                name="reminder_settled_when_over",
                condition=Q(status__in=["planned", "queued"], settled_at__isnull=True)
                | Q(status__in=["sent", "cancelled", "undeliverable"], settled_at__isnull=False),
            ),
            models.CheckConstraint(
                name="reminder_cancelled_with_reason",
                condition=(Q(status="cancelled") & ~Q(ended_because=""))
                | (~Q(status="cancelled") & Q(ended_because="")),
            ),
            models.CheckConstraint(
                name="reminder_answered_after_sending",
                condition=Q(answered_at__isnull=True) | Q(status="sent"),
            ),
        ]
        indexes = [
            models.Index(name="reminder_planned", fields=["due_on"], condition=Q(status="planned")),
            models.Index(name="reminder_ledger", fields=["-due_on", "id"]),
            models.Index(
                name="reminder_unanswered",
                fields=["rule"],
                condition=Q(status="sent", answered_at__isnull=True),
            ),
            models.Index(
                name="reminder_settled", fields=["settled_at"], condition=Q(settled_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.municipality_id} {self.cycle} {self.step}"


class MessageQuerySet(models.QuerySet["Message"]):
    """Which messages."""

    def to_send(self, *, now: dt.datetime) -> Self:
        """The messages that wait and that nobody is sending: a claim that is too old was left by a crash."""
        return self.filter(
            Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - Message.CLAIM_LASTS),
            status=Message.Status.WAITING,
            not_before__lte=now,
        )


class Message(models.Model):
    """One e-mail to one recipient, with everything that is owed to them in one run.

    It is made before it is sent and keeps its number, so that a message sent again after a crash has the same
    Message-ID and is recognisable as a duplicate.
    """

    CLAIM_LASTS = dt.timedelta(minutes=10)

    class Status(models.TextChoices):
        WAITING = "waiting", _("waits to be sent")
        SENT = "sent", _("sent")
        CANCELLED = "cancelled", _("cancelled, the reason is gone")
        FAILED = "failed", _("refused for good")
        BOUNCED = "bounced", _("came back")

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    reminders = models.ManyToManyField(
        Reminder, through="MessageReminder", related_name="messages", verbose_name=_("reminders")
    )
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        related_name="messages",
        null=True,
        blank=True,
        verbose_name=_("contact"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="reminder_messages",
        null=True,
        blank=True,
        verbose_name=_("account manager"),
    )
    recipient = models.EmailField(_("recipient"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(_("made at"), default=timezone.now)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-created_at", "-pk")
        constraints = [
            models.CheckConstraint(
                name="message_recipient_lower_case", condition=Q(recipient=Lower("recipient"))
            ),
            models.UniqueConstraint(
                name="message_one_waiting", fields=["recipient"], condition=Q(status="waiting")
            ),
            models.CheckConstraint(
                name="message_settled_when_over",
                condition=Q(status="waiting", settled_at__isnull=True)
                | (~Q(status="waiting") & Q(settled_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="message_to_send", fields=["not_before"], condition=Q(status="waiting")),
            models.Index(name="message_last_to_recipient", fields=["recipient", "-settled_at"]),
            models.Index(name="message_settled", fields=["-settled_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.recipient}"

    @property
    def message_id(self) -> str:
        """The Message-ID header, the same each time this message is sent."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        return f"<reminder-{self.key}@{domain}>"


class MessageReminder(models.Model):
    """That a message carries a reminder; a reminder may go to several recipients, once to each."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="items")
    reminder = models.ForeignKey(Reminder, models.CASCADE, related_name="items")

    class Meta:
        verbose_name = _("reminder in a message")
        verbose_name_plural = _("reminders in messages")
        constraints = [models.UniqueConstraint(name="message_reminder_once", fields=["message", "reminder"])]

    def __str__(self) -> str:
        return f"{self.message_id} – {self.reminder_id}"


class DeliveryAttempt(models.Model):
    """One try to hand a message to the mail server, written down before it is made and closed after it."""

    class Outcome(models.TextChoices):
        STARTED = "started", _("started, the end is not known")
        ACCEPTED = "accepted", _("accepted by the mail server")
        TEMPORARY = "temporary", _("refused for now")
        PERMANENT = "permanent", _("refused for good")

    message = models.ForeignKey(Message, models.CASCADE, related_name="attempts", verbose_name=_("message"))
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.STARTED)
    error = models.CharField(_("error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")
        ordering = ("-started_at", "-pk")
        constraints = [
            models.CheckConstraint(
                name="delivery_attempt_ended_with_outcome",
                condition=Q(outcome="started", ended_at__isnull=True)
                | (~Q(outcome="started") & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(name="delivery_attempt_started", fields=["started_at"])]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.get_outcome_display()}"
