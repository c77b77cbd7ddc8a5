"""Evaluations of the policy, their findings, and how each municipality follows up."""

import datetime as dt
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from measures.models import BilingualText, Measure
from municipalities.models import Municipality, PoliceUnit, SafetyRegion
from policytracker.dates import today
from policytracker.history import tracked
from policytracker.provenance import Sourced


@tracked()
class Evaluation(Sourced):
    """An inspection, self-assessment, peer review, audit-office study or other study of the policy."""

    class Kind(models.TextChoices):
        INSPECTION = "inspection", _("inspection")
        SELF_ASSESSMENT = "self_assessment", _("self-assessment")
        PEER_REVIEW = "peer_review", _("peer review")
        AUDIT_OFFICE = "audit_office", _("audit-office study")
        STUDY = "study", _("study")

    class Scope(models.TextChoices):
        NATIONAL = "national", _("national")
        REGION = "region", _("region")
        MUNICIPALITY = "municipality", _("one or some municipalities")

    class DatePrecision(models.TextChoices):
        """How exact the day of publication is; `reported` is the day of a report about it."""

        DAY = "day", _("day")
        MONTH = "month", _("month")
        YEAR = "year", _("year")
        REPORTED = "reported", _("day of the news about it")
        UNKNOWN = "unknown", _("not known")

    title = models.CharField(_("title"), max_length=300)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    body = models.CharField(_("by"), max_length=200)
    commissioned_by = models.CharField(_("commissioned by"), max_length=200, blank=True)
    published_on = models.DateField(
        _("published on"),
        null=True,
        blank=True,
        help_text=_("The first day of the month or year where no more is known."),
    )
    date_precision = models.CharField(
        _("how exact the day is"), max_length=10, choices=DatePrecision, default=DatePrecision.DAY
    )
    period_studied = models.CharField(_("period studied"), max_length=200, blank=True)
    scope = models.CharField(_("scope"), max_length=15, choices=Scope)
    municipalities = models.ManyToManyField(
        Municipality, related_name="evaluations", blank=True, verbose_name=_("municipalities")
    )
    safety_regions = models.ManyToManyField(
        SafetyRegion, related_name="evaluations", blank=True, verbose_name=_("safety regions")
    )
    police_units = models.ManyToManyField(
        PoliceUnit, related_name="evaluations", blank=True, verbose_name=_("police units")
    )
    findings_seen = models.BooleanField(_("findings were seen"), default=True)

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = (models.F("published_on").desc(nulls_last=True), "title")
        constraints = [
            *Sourced.Meta.constraints,
            models.CheckConstraint(
                name="evaluation_day_unless_unknown",
                condition=Q(date_precision="unknown", published_on__isnull=True)
                | (~Q(date_precision="unknown") & Q(published_on__isnull=False)),
                violation_error_message=_("Give the day of publication, or say that it is not known."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


@tracked()
class EvaluationMunicipality(Evaluation.municipalities.through):  # type: ignore[name-defined]
    """History of which municipalities an evaluation is about."""

    class Meta:
        proxy = True


@tracked()
class EvaluationSafetyRegion(Evaluation.safety_regions.through):  # type: ignore[name-defined]
    """History of which safety regions an evaluation is about."""

    class Meta:
        proxy = True


@tracked()
class EvaluationPoliceUnit(Evaluation.police_units.through):  # type: ignore[name-defined]
    """History of which police units an evaluation is about."""

    class Meta:
        proxy = True


@tracked()
class Finding(Sourced, BilingualText):
    """A strength or a point for improvement; its text is in our own words."""

    class Kind(models.TextChoices):
        STRENGTH = "strength", _("strength")
        IMPROVEMENT = "improvement", _("point for improvement")

    class Theme(models.TextChoices):
        """The chapters of the Inspectorate's evaluation of 2017, and what later studies added."""

        COOPERATION = "cooperation", _("cooperation")
        INFORMATION_SHARING = "information_sharing", _("information sharing")
        CASE_CONSULTATION = "case_consultation", _("case consultation")
        AWARENESS = "awareness", _("awareness and use of measures")
        AREAS_OF_TENSION = "areas_of_tension", _("areas of tension")
        ACCOUNTABILITY = "accountability", _("accountability")
        TRAINING_EXPERTISE = "training_expertise", _("training and expertise")
        LOCAL_ANALYSIS = "local_analysis", _("local analysis")
        EMBEDDING = "embedding", _("embedding")
        OTHER = "other", _("other")

    class Priority(models.IntegerChoices):
        HIGH = 1, _("high")
        NORMAL = 2, _("normal")
        LOW = 3, _("low")

    evaluation = models.ForeignKey(
        Evaluation, models.CASCADE, related_name="findings", verbose_name=_("evaluation")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    theme = models.CharField(_("theme"), max_length=20, choices=Theme)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    recommendation = models.TextField(_("recommendation"), blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ("evaluation", "priority", "pk")

    def __str__(self) -> str:
        return self.text


def is_late(on: dt.date) -> Q:
    """That a follow-up was not done by its day."""
    return Q(due_on__lt=on, status__in=FollowUp.NOT_DONE)


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    """Which follow-ups."""

    def visible_to(self, user: User) -> Self:
        """An officer sees the own municipality's follow-up only; VNG, NCTV and administrators see all."""
        if user.role == Role.OFFICER:
            return self.filter(municipality__in=Municipality.objects.editable_by(user))
        return self

    def late(self, *, on: dt.date | None = None) -> Self:
        """The follow-ups that were not done by their day."""
        return self.filter(is_late(on or today()))


@tracked()
class FollowUp(models.Model):
    """What one municipality does with one finding."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")
        IN_PROGRESS = "in_progress", _("in progress")
        DONE = "done", _("done, with evidence")
        VERIFIED = "verified", _("verified")
        RETURNED = "returned", _("returned")

    class Response(models.TextChoices):
        ACCEPTED = "accepted", _("accepted, with a plan")
        REJECTED = "rejected", _("rejected, with reasons")

    WAITING_FOR_MUNICIPALITY = (Status.OPEN, Status.RETURNED)
    NOT_DONE = (*WAITING_FOR_MUNICIPALITY, Status.ANSWERED, Status.IN_PROGRESS)

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="follow_ups", verbose_name=_("finding"))
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="follow_ups", verbose_name=_("municipality")
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.OPEN)
    response = models.CharField(_("response"), max_length=10, choices=Response, blank=True)
    explanation = models.TextField(_("plan or reasons"), blank=True)
    evidence = models.TextField(_("evidence"), blank=True)
    asked_on = models.DateField(
        _("asked on"),
        default=today,
        help_text=_("When the finding was last put to the municipality, also when an answer was returned."),
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    measures = models.ManyToManyField(
        Measure, related_name="follow_ups", blank=True, verbose_name=_("measures")
    )

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = (models.F("due_on").asc(nulls_last=True), "pk")
        constraints = [
            models.UniqueConstraint(name="follow_up_once", fields=["finding", "municipality"]),
            models.CheckConstraint(
                name="follow_up_status_known",
                condition=Q(status__in=["open", "answered", "in_progress", "done", "verified", "returned"]),
            ),
            models.CheckConstraint(
                name="follow_up_response_explained",
                condition=Q(response="", explanation="") | (~Q(response="") & ~Q(explanation="")),
                violation_error_message=_("Explain the plan, or why the finding is rejected."),
            ),
            models.CheckConstraint(
                name="follow_up_answered_after_open",
                condition=Q(status="open", response="") | ~Q(response=""),
            ),
            models.CheckConstraint(
                name="follow_up_done_with_evidence",
                condition=~Q(status__in=["done", "verified"]) | Q(response="rejected") | ~Q(evidence=""),
                violation_error_message=_("Give the evidence."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality_id}: {self.get_status_display()}"


@tracked()
class FollowUpMeasure(FollowUp.measures.through):  # type: ignore[name-defined]
    """History of which measures follow from a finding."""

    class Meta:
        proxy = True
