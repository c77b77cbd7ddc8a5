"""What helps to make a measure: the library of typical measures, and partners to work with."""

from typing import Self

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from measures.permissions import may_edit_library
from municipalities.search import holding
from policytracker.history import tracked
from policytracker.provenance import Sourced
from policytracker.revisions import Revised


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


def in_language(column: str) -> str:
    """The name of the column that holds a bilingual text in the language of the reader."""
    return f"{column}_en" if get_language() == "en" else f"{column}_nl"


class BilingualText(models.Model):
    """A text in Dutch and English, shown in the reader's language."""

    text_nl = models.TextField(_("text in Dutch"))
    text_en = models.TextField(_("text in English"))

    class Meta:
        abstract = True

    @property
    def text(self) -> str:
        """The text in the language of the reader."""
        return getattr(self, in_language("text"))


class TypicalMeasureQuerySet(models.QuerySet["TypicalMeasure"]):
    """Which entries of the library."""

    def search(self, text: str) -> Self:
        """The entries whose title or text holds every word, in Dutch or English, however it is typed."""
        return holding(self, text, "title_nl", "title_en", "text_nl", "text_en")

    def editable_by(self, user: User) -> Self:
        """All entries for who keeps the library, and none for anybody else."""
        return self if may_edit_library(user) else self.none()

    def with_municipalities(self) -> Self:
        """Adds `municipality_count`: how many municipalities made a measure of the entry.

        A draft counts nowhere, be it the measure or its plan; nor does a part that was not confirmed.
        """
        from measures.models.measure import Measure
        from measures.models.plan import ActionPlan, PlanParticipation

        taken = (
            PlanParticipation.objects.confirmed()
            .exclude(plan__status=ActionPlan.Status.DRAFT)
            .filter(plan__measures__in=Measure.objects.counted(), plan__measures__taken_from=OuterRef("pk"))
            .order_by()
            .values("plan__measures__taken_from")
            .annotate(number=Count("municipality", distinct=True))
            .values("number")
        )
        return self.annotate(municipality_count=Coalesce(Subquery(taken), 0))


@tracked()
class TypicalMeasure(Revised, Sourced, BilingualText):
    """An entry of the library: a measure that municipalities typically take, in our own words."""

    title_nl = models.CharField(_("title in Dutch"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200)
    category = models.CharField(_("category"), max_length=25, choices=Category)
    phase = models.CharField(_("phase"), max_length=20, choices=Phase)

    # What `with_municipalities` adds.
    municipality_count: int

    objects = TypicalMeasureQuerySet.as_manager()

    class Meta(Revised.Meta, Sourced.Meta):
        abstract = False
        verbose_name = _("typical measure")
        verbose_name_plural = _("typical measures")
        ordering = ("title_nl",)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("library:detail", args=[self.pk])

    @property
    def title(self) -> str:
        """The title in the language of the reader."""
        return getattr(self, in_language("title"))
