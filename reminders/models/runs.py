"""The runs: when the job ran, for whom, and what it did."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from municipalities.models import Municipality
from reminders.models.ledger import Rule


class ReminderRunQuerySet(models.QuerySet["ReminderRun"]):
    """Which runs."""

    def that_did_something(self) -> Self:
        """The runs that planned, cancelled or sent, or met trouble; most runs find nothing to do."""
        return self.filter(
            Q(planned__gt=0) | Q(cancelled__gt=0) | Q(sent__gt=0) | Q(failed__gt=0) | ~Q(error="")
        )


class ReminderRun(models.Model):
    """One run of the job: who asked for it, when it began and ended, and what it did."""

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("asked by"),
        help_text=_("Empty: by the clock, or from the command line."),
    )
    is_by_clock = models.BooleanField(_("by the clock"), default=False)
    rule = models.CharField(
        _("rule"), max_length=30, choices=Rule, blank=True, help_text=_("Empty: all rules.")
    )
    municipality = models.ForeignKey(
        Municipality,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("municipality"),
        help_text=_("Empty: all municipalities."),
    )
    outside_hours = models.BooleanField(_("also outside office hours"), default=False)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    planned = models.PositiveIntegerField(_("planned"), default=0)
    cancelled = models.PositiveIntegerField(_("cancelled"), default=0)
    sent = models.PositiveIntegerField(_("sent"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    error = models.CharField(_("error"), max_length=500, blank=True)

    objects = ReminderRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run of the reminders")
        verbose_name_plural = _("runs of the reminders")
        ordering = ("-started_at", "-pk")
        indexes = [
            models.Index(name="reminder_run_latest", fields=["-started_at", "-id"]),
            models.Index(name="reminder_run_ended", fields=["-ended_at"]),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"
