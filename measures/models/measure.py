"""Measures: what is done, by whom and until when, and what was reported about it."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from measures.models.library import Category, Partner, Phase, TypicalMeasure
from measures.models.plan import ActionPlan
from municipalities.models import Contact, Municipality
from policytracker.dates import today
from policytracker.expressions import found_for_row
from policytracker.history import tracked
from policytracker.provenance import Provenance
from policytracker.revisions import Revised


class MeasureQuerySet(models.QuerySet["Measure"]):
    """Which measures."""

    def counted(self) -> Self:
        """The measures that count: a draft does not yet."""
        return self.exclude(status=Measure.Status.DRAFT)

    def holding(self, *, on: dt.date | None = None) -> Self:
        """The measures that count and were not stopped, of the plans that hold on the day."""
        return self.filter(status__in=Measure.HOLDING, plan__in=ActionPlan.objects.current(on=on))

    def visible_to(self, user: User) -> Self:
        """The measures of the plans that the user sees; a draft only for who may change it."""
        return self.filter(
            ~Q(status=Measure.Status.DRAFT) | Q(plan__in=ActionPlan.objects.editable_by(user)),
            plan__in=ActionPlan.objects.visible_to(user),
        )

    def editable_by(self, user: User) -> Self:
        """The measures of the plans that the user may change."""
        return self.filter(plan__in=ActionPlan.objects.editable_by(user))

    def with_rights(self, user: User) -> Self:
        """Adds `is_editable`: whether the user may change the measure."""
        plans = ActionPlan.objects.editable_by(user).filter(pk=OuterRef("plan_id"))
        return self.annotate(is_editable=found_for_row(plans))

    def of(self, municipality: Municipality) -> Self:
        """The measures of the plans that the municipality calls its own."""
        return self.filter(plan__in=ActionPlan.objects.of(municipality))

    def to_take_over(self, user: User) -> Self:
        """The measures that others may take over: what the user sees of the plans that were adopted."""
        return self.visible_to(user).counted().filter(plan__status=ActionPlan.Status.ADOPTED)

    def late(self, *, on: dt.date | None = None) -> Self:
        """The measures that are neither done nor stopped though their due day has passed."""
        return self.filter(status__in=Measure.UNFINISHED, due_on__lt=on or today())


@tracked()
class Measure(Revised):
    """One measure of an action plan. Whether it is late is derived from its due day, never stored."""

    class Status(models.TextChoices):
        """How far it is. A draft was taken over and is still being fitted: it counts nowhere."""

        DRAFT = "draft", _("draft")
        PLANNED = "planned", _("planned")
        IN_PROGRESS = "in_progress", _("in progress")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    class Embedding(models.TextChoices):
        PROJECT = "project", _("project")
        STRUCTURAL = "structural", _("structural")

    UNFINISHED = (Status.PLANNED, Status.IN_PROGRESS)
    HOLDING = (*UNFINISHED, Status.DONE)

    plan = models.ForeignKey(
        ActionPlan, models.CASCADE, related_name="measures", verbose_name=_("action plan")
    )
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    category = models.CharField(_("category"), max_length=25, choices=Category)
    phase = models.CharField(_("phase"), max_length=20, choices=Phase)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PLANNED)
    stopped_because = models.TextField(_("why it was stopped"), blank=True)
    embedding = models.CharField(_("embedding"), max_length=12, choices=Embedding, default=Embedding.PROJECT)
    lead_organisation = models.CharField(_("lead organisation"), max_length=200, blank=True)
    partners = models.ManyToManyField(
        Partner, related_name="measures", blank=True, verbose_name=_("partners")
    )
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        related_name="measures",
        null=True,
        blank=True,
        verbose_name=_("responsible contact"),
    )
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    budget = models.DecimalField(_("budget in euros"), max_digits=12, decimal_places=2, null=True, blank=True)
    funding_source = models.CharField(_("funding source"), max_length=200, blank=True)
    indicator = models.CharField(_("indicator"), max_length=300, blank=True)
    target = models.CharField(_("target"), max_length=200, blank=True)
    taken_from = models.ForeignKey(
        TypicalMeasure,
        models.PROTECT,
        related_name="measures",
        null=True,
        blank=True,
        verbose_name=_("taken from the library"),
    )
    copied_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        related_name="copies",
        null=True,
        blank=True,
        verbose_name=_("taken over from another municipality"),
    )
    carried_from = models.OneToOneField(
        "self",
        models.SET_NULL,
        related_name="carried_to",
        null=True,
        blank=True,
        verbose_name=_("carried over from an earlier plan"),
    )
    provenance = models.CharField(
        _("source"), max_length=20, choices=Provenance, default=Provenance.MUNICIPALITY
    )

    is_editable: bool  # what `with_rights` adds

    objects = MeasureQuerySet.as_manager()

    class Meta(Revised.Meta):
        abstract = False
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ("due_on", "title", "pk")
        constraints = [
            models.CheckConstraint(name="measure_category_known", condition=Q(category__in=Category.values)),
            models.CheckConstraint(name="measure_phase_known", condition=Q(phase__in=Phase.values)),
            models.CheckConstraint(
                name="measure_status_known",
                condition=Q(status__in=["draft", "planned", "in_progress", "done", "stopped"]),
            ),
            models.CheckConstraint(
                name="measure_stopped_with_reason",
                condition=(Q(status="stopped") & ~Q(stopped_because=""))
                | (~Q(status="stopped") & Q(stopped_because="")),
                violation_error_message=_("Say why the measure was stopped."),
            ),
            models.CheckConstraint(
                name="measure_period",
                condition=Q(starts_on__isnull=True) | Q(due_on__isnull=True) | Q(due_on__gte=F("starts_on")),
                violation_error_message=_("A measure is due after it starts."),
            ),
            models.CheckConstraint(
                name="measure_budget_not_negative", condition=Q(budget__isnull=True) | Q(budget__gte=0)
            ),
        ]
        indexes = [
            models.Index(
                name="measure_unfinished_by_due_day",
                fields=["due_on"],
                condition=Q(status__in=["planned", "in_progress"]),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("measures:detail", args=[self.pk])

    def is_late(self, *, on: dt.date | None = None) -> bool:
        """Whether the due day has passed on a measure that is neither done nor stopped."""
        return late_on(on or today(), self.status, self.due_on)


def late_on(on: dt.date, status: str, due_on: dt.date | None) -> bool:
    """Whether a measure with this status and due day is late on a day."""
    return status in Measure.UNFINISHED and due_on is not None and due_on < on


@tracked()
class MeasurePartner(Measure.partners.through):  # type: ignore[name-defined]
    """History of which partners a measure has."""

    class Meta:
        proxy = True


# The measure and those that it was carried over from, plan before plan.
CARRIED_FROM = """
WITH RECURSIVE line (id) AS (
    SELECT CAST(%s AS bigint)
    UNION
    SELECT earlier.carried_from_id FROM measures_measure earlier JOIN line ON earlier.id = line.id
)
SELECT id FROM line WHERE id IS NOT NULL
"""


class ProgressUpdateQuerySet(models.QuerySet["ProgressUpdate"]):
    """Which updates."""

    def along(self, measure: Measure) -> Self:
        """The updates on the measure and on those of earlier plans that it was carried over from."""
        return self.filter(measure__in=RawSQL(CARRIED_FROM, [measure.pk]))  # noqa: S611 a number only


@tracked()
class ProgressUpdate(models.Model):
    """What was reported about a measure on a day."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="progress_updates")
    text = models.TextField(_("progress"))
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)

    objects = ProgressUpdateQuerySet.as_manager()

    class Meta:
        verbose_name = _("progress update")
        verbose_name_plural = _("progress updates")
        ordering = ("-reported_at", "-pk")

    def __str__(self) -> str:
        return self.text
