"""Action plans, their measures, and what helps to make them: typical measures and support on offer."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from municipalities.models import Contact, Municipality
from policytracker.dates import today
from policytracker.history import tracked
from policytracker.provenance import Provenance, Sourced


class Theme(models.TextChoices):
    """The forms of extremism that a plan is about; a plan may be about several."""

    POLARISATION = "polarisation", _("polarisation")
    JIHADISM = "jihadism", _("jihadism")
    RIGHT_WING = "right_wing", _("right-wing extremism")
    LEFT_WING = "left_wing", _("left-wing extremism")
    ANTI_INSTITUTIONAL = "anti_institutional", _("anti-institutional extremism")


class Category(models.TextChoices):
    """The six categories of the national grant scheme for municipalities' local approach."""

    LOCAL_ANALYSIS = "local_analysis", _("local analysis")
    PERSON_SPECIFIC_APPROACH = "person_specific_approach", _("person-specific approach arranged")
    NETWORK = "network", _("network")
    EXPERTISE = "expertise", _("expertise and information")
    PREVENTION = "prevention", _("prevention for target groups")
    EVALUATION = "evaluation", _("evaluation")


class Phase(models.TextChoices):
    """Where in the course of radicalisation a measure works."""

    PREVENTION = "prevention", _("prevention")
    EARLY_DETECTION = "early_detection", _("early detection")
    INDIVIDUAL_APPROACH = "individual_approach", _("individual approach")
    DISRUPTION = "disruption", _("disruption")
    AFTERCARE = "aftercare", _("aftercare")


class ActionPlanQuerySet(models.QuerySet["ActionPlan"]):
    """Which plans."""

    def current(self, *, on: dt.date | None = None) -> Self:
        """The adopted plans whose period holds the day."""
        on = on or today()
        return self.filter(status=ActionPlan.Status.ADOPTED, starts_on__lte=on, ends_on__gte=on)


@tracked()
class ActionPlan(models.Model):
    """The plan by which one or several municipalities carry out their policy on the theme."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        ADOPTED = "adopted", _("adopted")
        EXPIRED = "expired", _("expired")
        SUPERSEDED = "superseded", _("superseded")

    title = models.CharField(_("title"), max_length=300)
    themes = ArrayField(
        models.CharField(max_length=20, choices=Theme), default=list, blank=True, verbose_name=_("themes")
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    adopted_on = models.DateField(_("adopted on"), null=True, blank=True)
    superseded_by = models.OneToOneField(
        "self",
        models.PROTECT,
        related_name="supersedes",
        null=True,
        blank=True,
        verbose_name=_("superseded by"),
    )
    provenance = models.CharField(
        _("source"), max_length=20, choices=Provenance, default=Provenance.MUNICIPALITY
    )
    municipalities = models.ManyToManyField(
        Municipality,
        through="PlanParticipation",
        related_name="action_plans",
        verbose_name=_("municipalities"),
    )

    objects = ActionPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("action plan")
        verbose_name_plural = _("action plans")
        ordering = ("-ends_on", "title", "pk")
        constraints = [
            models.CheckConstraint(
                name="action_plan_status_known",
                condition=Q(status__in=["draft", "adopted", "expired", "superseded"]),
            ),
            models.CheckConstraint(
                name="action_plan_period",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The last day comes after the first day."),
            ),
            models.CheckConstraint(
                name="action_plan_themes_known", condition=Q(themes__contained_by=Theme.values)
            ),
            models.CheckConstraint(
                name="action_plan_adopted_on_a_day",
                condition=Q(status="draft") | Q(adopted_on__isnull=False),
                violation_error_message=_("Give the day on which the plan was adopted."),
            ),
            models.CheckConstraint(
                name="action_plan_superseded_by_a_plan",
                condition=Q(status="superseded", superseded_by__isnull=False)
                | (~Q(status="superseded") & Q(superseded_by__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_themes_display(self) -> str:
        """The themes in words, separated by commas."""
        return ", ".join(str(Theme(theme).label) for theme in self.themes)


@tracked()
class PlanParticipation(models.Model):
    """One municipality's part in an action plan."""

    plan = models.ForeignKey(ActionPlan, models.CASCADE, related_name="participations")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="plan_participations")

    class Meta:
        verbose_name = _("participation in an action plan")
        verbose_name_plural = _("participations in action plans")
        constraints = [
            models.UniqueConstraint(name="plan_participation_once", fields=["plan", "municipality"])
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} – {self.municipality_id}"


@tracked()
class Partner(models.Model):
    """An organisation with which municipalities work, by kind or by name; never a person."""

    class Kind(models.TextChoices):
        POLICE = "police", _("police")
        PUBLIC_PROSECUTOR = "public_prosecutor", _("public prosecutor (OM)")
        CARE_AND_SAFETY_HOUSE = "care_and_safety_house", _("care and safety house")
        SCHOOL = "school", _("schools")
        YOUTH_WORK = "youth_work", _("youth work")
        HEALTH_SERVICE = "health_service", _("health service")
        COMMUNITY = "community", _("community organisations")
        OTHER = "other", _("other")

    name = models.CharField(_("name"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=25, choices=Kind)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class BilingualText(models.Model):
    """A text in Dutch and English, shown in the reader's language."""

    text_nl = models.TextField(_("text in Dutch"))
    text_en = models.TextField(_("text in English"))

    class Meta:
        abstract = True

    @property
    def text(self) -> str:
        """The text in the language of the reader."""
        return self.text_en if get_language() == "en" else self.text_nl


@tracked()
class TypicalMeasure(Sourced, BilingualText):
    """An entry of the library: a measure that municipalities typically take, in our own words."""

    title_nl = models.CharField(_("title in Dutch"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200)
    category = models.CharField(_("category"), max_length=25, choices=Category)
    phase = models.CharField(_("phase"), max_length=20, choices=Phase)

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("typical measure")
        verbose_name_plural = _("typical measures")
        ordering = ("title_nl",)

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The title in the language of the reader."""
        return self.title_en if get_language() == "en" else self.title_nl


class MeasureQuerySet(models.QuerySet["Measure"]):
    """Which measures."""

    def late(self, *, on: dt.date | None = None) -> Self:
        """The measures that are neither done nor stopped though their due day has passed."""
        return self.filter(status__in=Measure.UNFINISHED, due_on__lt=on or today())


@tracked()
class Measure(models.Model):
    """One measure of an action plan. Whether it is late is derived from its due day, never stored."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        IN_PROGRESS = "in_progress", _("in progress")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    class Embedding(models.TextChoices):
        PROJECT = "project", _("project")
        STRUCTURAL = "structural", _("structural")

    UNFINISHED = (Status.PLANNED, Status.IN_PROGRESS)

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
    provenance = models.CharField(
        _("source"), max_length=20, choices=Provenance, default=Provenance.MUNICIPALITY
    )

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ("due_on", "title", "pk")
        constraints = [
            models.CheckConstraint(name="measure_category_known", condition=Q(category__in=Category.values)),
            models.CheckConstraint(name="measure_phase_known", condition=Q(phase__in=Phase.values)),
            models.CheckConstraint(
                name="measure_status_known",
                condition=Q(status__in=["planned", "in_progress", "done", "stopped"]),
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

    def is_late(self, *, on: dt.date | None = None) -> bool:
        """Whether the due day has passed on a measure that is neither done nor stopped."""
        return self.status in self.UNFINISHED and self.due_on is not None and self.due_on < (on or today())


@tracked()
class MeasurePartner(Measure.partners.through):  # type: ignore[name-defined]
    """History of which partners a measure has."""

    class Meta:
        proxy = True


@tracked()
class ProgressUpdate(models.Model):
    """What was reported about a measure on a day."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="progress_updates")
    text = models.TextField(_("progress"))
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)

    class Meta:
        verbose_name = _("progress update")
        verbose_name_plural = _("progress updates")
        ordering = ("-reported_at", "-pk")

    def __str__(self) -> str:
        return self.text


@tracked()
class SupportOffer(Sourced, BilingualText):
    """A training, tool, guide, advice or grant that helps municipalities."""

    class Kind(models.TextChoices):
        TRAINING = "training", _("training")
        ADVICE = "advice", _("advice")
        GUIDE = "guide", _("guide")
        TOOL = "tool", _("tool")
        FUNDING = "funding", _("funding")

    name = models.CharField(_("name"), max_length=200)
    provider = models.CharField(_("provider"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    audience = models.CharField(_("audience"), max_length=300, blank=True)
    has_ended = models.BooleanField(_("has ended"), default=False)

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("support offer")
        verbose_name_plural = _("support offers")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name
