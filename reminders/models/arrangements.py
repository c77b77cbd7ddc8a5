"""What people arranged about the reminders: VNG its rules and pauses, receivers how they are asked."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Contact, Municipality, SafetyRegion
from policytracker.dates import today
from policytracker.history import tracked
from policytracker.revisions import Revised
from reminders.models.ledger import Rule


@tracked()
class RuleSetting(Revised):
    """What VNG changed about a rule; a rule without a row is on and has its own ladder."""

    rule = models.CharField(_("rule"), max_length=30, choices=Rule, unique=True)
    is_on = models.BooleanField(_("on"), default=True)
    waits = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        verbose_name=_("days of the steps"),
        help_text=_("Of the first after the reason arose, of each other after the one before was sent."),
    )

    class Meta(Revised.Meta):
        abstract = False
        verbose_name = _("setting of a rule")
        verbose_name_plural = _("settings of rules")
        ordering = ("rule",)
        constraints = [
            models.CheckConstraint(name="rule_setting_rule_known", condition=Q(rule__in=Rule.values))
        ]

    def __str__(self) -> str:
        return str(self.get_rule_display())


@tracked()
class RuleText(Revised):
    """The text of VNG's own for one case of a rule, in one language, instead of the one that comes along."""

    rule = models.CharField(_("rule"), max_length=30, choices=Rule)
    case = models.CharField(_("case"), max_length=30)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=150)
    text = models.TextField(_("text"), max_length=1500)

    class Meta(Revised.Meta):
        abstract = False
        verbose_name = _("text of a rule")
        verbose_name_plural = _("texts of rules")
        ordering = ("rule", "case", "language")
        constraints = [
            models.UniqueConstraint(name="rule_text_once", fields=["rule", "case", "language"]),
            models.CheckConstraint(name="rule_text_rule_known", condition=Q(rule__in=Rule.values)),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.case} {self.language}"


class HoldQuerySet(models.QuerySet["Hold"]):
    """Which holds."""

    def in_force(self, *, on: dt.date | None = None) -> Self:
        """The holds that keep reminders back on the day; the last day still counts."""
        on = on or today()
        return self.filter(Q(until__isnull=True) | Q(until__gte=on), status=Hold.Status.HOLDS)

    def to_decide(self) -> Self:
        """The delays that municipalities asked for and VNG has not decided on."""
        return self.filter(status=Hold.Status.ASKED)


@tracked()
class Hold(models.Model):
    """Keeps reminders back for a while: they stay owed, and go out when it is over.

    VNG pauses a rule, a municipality, a safety region or, with none of these named, everything. A
    municipality snoozes one question of its own, or asks VNG for a longer delay.
    """

    class Kind(models.TextChoices):
        PAUSE = "pause", _("pause by VNG")
        SNOOZE = "snooze", _("postponed by the municipality")
        DELAY = "delay", _("delay asked of VNG")

    class Status(models.TextChoices):
        ASKED = "asked", _("VNG decides")
        HOLDS = "holds", _("in force")
        REFUSED = "refused", _("refused by VNG")
        LIFTED = "lifted", _("lifted")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.HOLDS)
    rule = models.CharField(_("rule"), max_length=30, choices=Rule, blank=True)
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        related_name="holds",
        null=True,
        blank=True,
        verbose_name=_("municipality"),
    )
    safety_region = models.ForeignKey(
        SafetyRegion,
        models.PROTECT,
        related_name="holds",
        null=True,
        blank=True,
        verbose_name=_("safety region"),
    )
    reason = models.CharField(_("reason"), max_length=300)
    until = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Empty: until somebody lifts the pause.")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("decided or lifted by"),
    )
    decided_at = models.DateTimeField(_("decided or lifted at"), null=True, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ("-made_at", "-pk")
        constraints = [
            models.CheckConstraint(name="hold_rule_known", condition=Q(rule="") | Q(rule__in=Rule.values)),
            models.CheckConstraint(
                name="hold_of_one_place",
                condition=Q(municipality__isnull=True) | Q(safety_region__isnull=True),
            ),
            models.CheckConstraint(
                name="hold_of_municipality_on_one_question_until_a_day",
                condition=Q(kind="pause")
                | (Q(municipality__isnull=False, until__isnull=False) & ~Q(rule="")),
            ),
            models.CheckConstraint(
                name="hold_only_delays_are_asked",
                condition=Q(kind="delay") | ~Q(status__in=["asked", "refused"]),
            ),
            models.CheckConstraint(name="hold_with_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="hold_decided_by_and_at",
                condition=Q(decided_by__isnull=True, decided_at__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="hold_in_force", fields=["until"], condition=Q(status="holds")),
            models.Index(name="hold_to_decide", fields=["made_at"], condition=Q(status="asked")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reason}"


@tracked()
class Handover(models.Model):
    """That a question of a municipality goes to this contact, instead of to the first one."""

    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="handovers", verbose_name=_("municipality")
    )
    rule = models.CharField(_("rule"), max_length=30, choices=Rule)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="handovers", verbose_name=_("contact"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made at"), default=timezone.now)

    class Meta:
        verbose_name = _("handed-over question")
        verbose_name_plural = _("handed-over questions")
        ordering = ("municipality", "rule")
        constraints = [
            models.UniqueConstraint(name="handover_once", fields=["municipality", "rule"]),
            models.CheckConstraint(name="handover_rule_known", condition=Q(rule__in=Rule.values)),
        ]

    def __str__(self) -> str:
        return f"{self.municipality_id} {self.rule} → {self.contact_id}"


@tracked()
class Preference(models.Model):
    """How a contact wants to be written to; without a row: on any working day, about everything."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")

    contact = models.OneToOneField(
        Contact, models.CASCADE, related_name="preference", verbose_name=_("contact")
    )
    digest_day = models.PositiveSmallIntegerField(
        _("day of the week"), choices=Weekday, null=True, blank=True
    )
    copy_to = models.EmailField(_("copy to"), blank=True)
    unsubscribed = ArrayField(
        models.CharField(max_length=30, choices=Rule),
        default=list,
        blank=True,
        verbose_name=_("does not want"),
    )

    class Meta:
        verbose_name = _("preference of a contact")
        verbose_name_plural = _("preferences of contacts")
        constraints = [
            models.CheckConstraint(
                name="preference_day_known", condition=Q(digest_day__isnull=True) | Q(digest_day__lte=4)
            ),
            models.CheckConstraint(
                name="preference_rules_known", condition=Q(unsubscribed__contained_by=Rule.values)
            ),
            models.CheckConstraint(
                name="preference_copy_lower_case", condition=Q(copy_to=Lower(F("copy_to")))
            ),
        ]

    def __str__(self) -> str:
        return str(self.contact_id)
