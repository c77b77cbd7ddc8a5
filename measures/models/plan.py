"""Action plans: what municipalities set out to do, alone or together, version after version."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from municipalities.models import Document, Municipality, Participation, ParticipationQuerySet
from policytracker.dates import today
from policytracker.history import tracked
from policytracker.provenance import Provenance
from policytracker.revisions import Revised


class Theme(models.TextChoices):
    """The forms of extremism that a plan is about; a plan may be about several."""

    POLARISATION = "polarisation", _("polarisation")
    JIHADISM = "jihadism", _("jihadism")
    RIGHT_WING = "right_wing", _("right-wing extremism")
    LEFT_WING = "left_wing", _("left-wing extremism")
    ANTI_INSTITUTIONAL = "anti_institutional", _("anti-institutional extremism")


# A plan with the versions before and after it.
VERSIONS = """
WITH RECURSIVE version (id, previous_version_id) AS (
    SELECT id, previous_version_id FROM measures_actionplan WHERE id = %s
    UNION
    SELECT plan.id, plan.previous_version_id FROM measures_actionplan plan
    JOIN version ON plan.id = version.previous_version_id OR plan.previous_version_id = version.id
)
SELECT id FROM version
"""


class ActionPlanQuerySet(models.QuerySet["ActionPlan"]):
    """Which plans."""

    def current(self, *, on: dt.date | None = None) -> Self:
        """The adopted plans whose period holds the day.

        A later version took the place of the one before it when it was adopted, so it counts from then on.
        """
        on = on or today()
        return self.filter(
            Q(starts_on__lte=on) | Q(version__gt=1, adopted_on__lte=on),
            status=ActionPlan.Status.ADOPTED,
            ends_on__gte=on,
        )

    def in_state(self, *states: str, on: dt.date | None = None) -> Self:
        """The plans that are in one of these states on the day, in the terms of `PLAN_STATES`."""
        on = on or today()
        asked = Q(status__in={*states} - {ActionPlan.Status.ADOPTED, ActionPlan.EXPIRED})
        if ActionPlan.Status.ADOPTED in states:
            asked |= Q(status=ActionPlan.Status.ADOPTED, ends_on__gte=on)
        if ActionPlan.EXPIRED in states:
            asked |= Q(status=ActionPlan.Status.ADOPTED, ends_on__lt=on)
        return self.filter(asked)

    def versions_of(self, plan: "ActionPlan") -> Self:
        """The plan with the versions before and after it, the newest first."""
        versions = RawSQL(VERSIONS, [plan.pk])  # noqa: S611 with a number only
        return self.filter(pk__in=versions).order_by("-version")

    def open(self, *, on: dt.date | None = None) -> Self:
        """The plans that may still get measures on the day: drafts, and adopted ones that did not end."""
        return self.exclude(status=ActionPlan.Status.SUPERSEDED).filter(ends_on__gte=on or today())

    def of(self, municipality: Municipality) -> Self:
        """The plans that the municipality calls its own."""
        return self.filter(
            participations__in=PlanParticipation.objects.confirmed().filter(municipality=municipality)
        )

    def visible_to(self, user: User) -> Self:
        """A draft is seen by the municipalities named in it, VNG and administrators; the rest by all."""
        if user.role in (Role.VNG, Role.ADMINISTRATOR):
            return self
        drafts = PlanParticipation.objects.exclude(status=PlanParticipation.Status.DECLINED).filter(
            municipality__in=Municipality.objects.editable_by(user)
        )
        return self.filter(~Q(status=ActionPlan.Status.DRAFT) | Q(pk__in=drafts.values("plan")))

    def editable_by(self, user: User) -> Self:
        """The plans that a municipality of the user calls its own, all for VNG; what is superseded stays."""
        kept_up = self.exclude(status=ActionPlan.Status.SUPERSEDED)
        if user.role in (Role.VNG, Role.ADMINISTRATOR):
            return kept_up
        municipalities = Municipality.objects.in_register().editable_by(user)
        return kept_up.filter(
            pk__in=PlanParticipation.objects.confirmed()
            .filter(municipality__in=municipalities)
            .values("plan")
        )


@tracked()
class ActionPlan(Revised):
    """The plan by which one or several municipalities carry out their policy on the theme.

    A new version is a plan of its own that begins as a copy; once it is adopted the old one is superseded.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        ADOPTED = "adopted", _("adopted")
        SUPERSEDED = "superseded", _("superseded")

    EXPIRED = "expired"  # derived from the last day, never stored (docs/adr/0011)

    title = models.CharField(_("title"), max_length=300)
    themes = ArrayField(
        models.CharField(max_length=20, choices=Theme), default=list, blank=True, verbose_name=_("themes")
    )
    description = models.TextField(_("what the plan is for"), blank=True)
    version = models.PositiveSmallIntegerField(_("version"), default=1, editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    adopted_on = models.DateField(_("adopted on"), null=True, blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("document")
    )
    previous_version = models.OneToOneField(
        "self",
        models.PROTECT,
        related_name="next_version",
        null=True,
        blank=True,
        verbose_name=_("previous version"),
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

    class Meta(Revised.Meta):
        abstract = False
        verbose_name = _("action plan")
        verbose_name_plural = _("action plans")
        ordering = ("-ends_on", "title", "pk")
        constraints = [
            models.CheckConstraint(
                name="action_plan_status_known",
                condition=Q(status__in=["draft", "adopted", "superseded"]),
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
                name="action_plan_first_version_has_no_previous",
                condition=Q(version=1, previous_version__isnull=True)
                | Q(version__gt=1, previous_version__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("plans:detail", args=[self.pk])

    def state(self, *, on: dt.date | None = None) -> str:
        """The status on the day: an adopted plan whose last day has passed is expired."""
        return state_on(on or today(), self.status, self.ends_on)

    def get_themes_display(self) -> str:
        """The themes in words, separated by commas."""
        return ", ".join(str(Theme(theme).label) for theme in self.themes)


PLAN_STATES = {
    **{status.value: status.label for status in ActionPlan.Status},
    ActionPlan.EXPIRED: _("expired"),
}


def state_on(on: dt.date, status: str, ends_on: dt.date) -> str:
    """The state of a plan on a day, in the terms of `PLAN_STATES`."""
    return ActionPlan.EXPIRED if status == ActionPlan.Status.ADOPTED and ends_on < on else status


def holds_on(
    on: dt.date,
    *,
    status: str,
    version: int,
    starts_on: dt.date,
    ends_on: dt.date,
    adopted_on: dt.date | None,
) -> bool:
    """Whether a plan with these fields counts on the day, as in `ActionPlan.objects.current`."""
    took_over = version > 1 and adopted_on is not None and adopted_on <= on
    return status == ActionPlan.Status.ADOPTED and (starts_on <= on or took_over) and on <= ends_on


class PlanParticipationQuerySet(ParticipationQuerySet["PlanParticipation"]):
    """Which municipalities take part in which plan."""

    def to_answer(self, *, on: dt.date | None = None) -> Self:
        """Those that a municipality of the day still has to answer, in plans that can still matter."""
        on = on or today()
        return self.unanswered().filter(
            plan__in=ActionPlan.objects.exclude(status=ActionPlan.Status.SUPERSEDED).filter(ends_on__gte=on),
            municipality__in=Municipality.objects.in_register(on=on),
        )

    def editable_by(self, user: User) -> Self:
        """Those of the municipalities for which the user may speak."""
        return self.filter(municipality__in=Municipality.objects.in_register().editable_by(user))


@tracked()
class PlanParticipation(Participation):
    """One municipality's part in an action plan, and when it last said that nothing changed."""

    plan = models.ForeignKey(ActionPlan, models.CASCADE, related_name="participations")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="plan_participations")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    confirmed_at = models.DateTimeField(_("plan last confirmed at"), null=True, blank=True)

    objects = PlanParticipationQuerySet.as_manager()

    class Meta:
        verbose_name = _("participation in an action plan")
        verbose_name_plural = _("participations in action plans")
        constraints = [
            models.UniqueConstraint(name="plan_participation_once", fields=["plan", "municipality"]),
            models.CheckConstraint(
                name="plan_participation_decided_by_and_at",
                condition=Q(decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(status="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="plan_participation_confirmed_by_and_at",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(status="confirmed", confirmed_by__isnull=False, confirmed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} – {self.municipality_id}"
