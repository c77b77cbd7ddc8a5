"""Safety policies and the evidenced answer to whether they cover the theme."""

import datetime as dt
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from municipalities.coverage import COVERED, RESTS_ON_POLICY, STATED, Coverage, in_force
from municipalities.models.document import Document
from municipalities.models.municipality import Municipality
from municipalities.models.participation import Participation, ParticipationQuerySet
from policytracker.dates import today
from policytracker.history import tracked
from policytracker.provenance import Provenance, Sourced
from policytracker.revisions import Revised


class SafetyPolicyQuerySet(models.QuerySet["SafetyPolicy"]):
    """Which safety policies."""

    def current(self, *, on: dt.date | None = None) -> Self:
        """The policies whose period holds the day; an open end is read as still running."""
        on = on or today()
        return self.filter(
            Q(starts_on__isnull=True) | Q(starts_on__lte=on), Q(ends_on__isnull=True) | Q(ends_on__gte=on)
        )

    def not_ended(self, *, on: dt.date | None = None) -> Self:
        """The policies whose last day has not passed, those that have yet to begin included."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on or today()))

    def overlapping(self, starts_on: dt.date, ends_on: dt.date) -> Self:
        """The policies whose period shares a day with this one; an unknown side is read as open."""
        return self.filter(
            Q(starts_on__isnull=True) | Q(starts_on__lte=ends_on),
            Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on),
        )

    def published(self) -> Self:
        """The policies as they were found in a public source, which nobody has corrected since."""
        return self.filter(provenance=Provenance.PUBLIC_SOURCE)

    def of(self, municipality: Municipality) -> Self:
        """The policies that the municipality calls its own."""
        return self.filter(
            participations__in=PolicyParticipation.objects.confirmed().filter(municipality=municipality)
        )

    def editable_by(self, user: User) -> Self:
        """The policies that name a municipality of the user, unless it declined; all for VNG."""
        if user.role in (Role.VNG, Role.ADMINISTRATOR):
            return self
        return self.filter(
            pk__in=PolicyParticipation.objects.exclude(status=PolicyParticipation.Status.DECLINED)
            .filter(municipality__in=Municipality.objects.in_register().editable_by(user))
            .values("policy")
        )


@tracked()
class SafetyPolicy(Revised, Sourced):
    """What the council adopts, at least every four years (art. 38b Politiewet 2012)."""

    class Kind(models.TextChoices):
        IVP = "ivp", _("integral safety plan")
        KADERNOTA = "kadernota", _("framework memorandum")
        UITVOERINGSPROGRAMMA = "uitvoeringsprogramma", _("implementation programme")
        REGIONAL = "regional", _("regional policy plan")
        SEPARATE = "separate", _("separate plan on the theme")

    class ThemeSeen(models.TextChoices):
        """Whether the part of the text that was seen names the theme; `unknown` is never read as no."""

        YES = "yes", _("the theme was seen")
        NO = "no", _("a complete list of priorities without the theme was seen")
        UNKNOWN = "unknown", _("not seen whether the theme is in it")

    title = models.CharField(_("title"), max_length=300)
    kind = models.CharField(_("kind"), max_length=25, choices=Kind)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    adopted_on = models.DateField(_("adopted by the council on"), null=True, blank=True)
    published_in_force_on = models.DateField(
        _("in force according to the publication"),
        null=True,
        blank=True,
        help_text=_("Often years later than the first day of the period."),
    )
    cvdr_id = models.CharField(
        _("CVDR id"), max_length=20, blank=True, help_text=_("The number on lokaleregelgeving.overheid.nl.")
    )
    theme_seen = models.CharField(
        _("theme in the source"), max_length=10, choices=ThemeSeen, default=ThemeSeen.UNKNOWN
    )
    theme_as = models.CharField(_("theme named as"), max_length=20, choices=Coverage, blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("document")
    )
    successor = models.ForeignKey(
        "self",
        models.SET_NULL,
        related_name="predecessors",
        null=True,
        blank=True,
        verbose_name=_("succeeded by"),
    )
    participants = models.ManyToManyField(
        Municipality, through="PolicyParticipation", related_name="safety_policies"
    )

    objects = SafetyPolicyQuerySet.as_manager()

    class Meta(Revised.Meta, Sourced.Meta):
        abstract = False
        verbose_name = _("safety policy")
        verbose_name_plural = _("safety policies")
        ordering = (F("ends_on").desc(nulls_last=True), "title", "pk")
        constraints = [
            *Sourced.Meta.constraints,
            models.CheckConstraint(
                name="safety_policy_period",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The last day comes after the first day."),
            ),
            models.CheckConstraint(
                name="safety_policy_theme_as_when_seen",
                condition=Q(theme_seen="yes", theme_as__in=COVERED) | (~Q(theme_seen="yes") & Q(theme_as="")),
                violation_error_message=_("Say how the theme is named only where it was seen."),
            ),
            models.CheckConstraint(
                name="safety_policy_not_its_own_successor",
                condition=Q(successor__isnull=True) | ~Q(successor=F("pk")),
                violation_error_message=_("A policy is succeeded by another one."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("policies:detail", args=[self.pk])

    def has_ended(self, *, on: dt.date | None = None) -> bool:
        """Whether the last day lies before the day."""
        return self.ends_on is not None and self.ends_on < (on or today())

    @property
    def period(self) -> str:
        """The years from first to last, such as “2023–2026”; an unknown side is left open."""
        years = [str(day.year) if day else "" for day in (self.starts_on, self.ends_on)]
        return "–".join(dict.fromkeys(years)) if any(years) else ""


class PolicyParticipationQuerySet(ParticipationQuerySet["PolicyParticipation"]):
    """Which municipalities take part in which policy."""

    def most_telling_first(self) -> Self:
        """First the policies in which the theme was seen, then the newest."""
        return self.annotate(theme_was_seen=Q(policy__theme_seen=SafetyPolicy.ThemeSeen.YES)).order_by(
            "-theme_was_seen", F("policy__starts_on").desc(nulls_last=True), "policy"
        )

    def proposed(self, *, on: dt.date | None = None) -> Self:
        """What a public source says of the policies of the day and the municipality has not answered yet.

        Another municipality that shares the policy may have corrected it meanwhile: the source stays named.
        """
        found = SafetyPolicy.objects.current(on=on).exclude(source_url="")
        return self.unanswered().filter(policy__in=found)

    def after(self, kind: Any, ends_on: Any, successor: Any) -> Self:
        """The parts in what follows a policy with these fields, also those that wait for an answer.

        That is its successor, or a policy of its kind that begins later: where several municipalities share
        a policy each has its own successor, and one of those is named in it.
        """
        return self.exclude(status=Participation.Status.DECLINED).filter(
            Q(policy=successor) | Q(policy__kind=kind, policy__starts_on__gt=ends_on)
        )

    def to_answer(self, *, on: dt.date | None = None) -> Self:
        """What waits for the municipality's answer and has not ended, whoever named it."""
        return self.unanswered().filter(policy__in=SafetyPolicy.objects.not_ended(on=on))


@tracked()
class PolicyParticipation(Participation):
    """One municipality's part in a safety policy, which may be shared by several and counts for each.

    It is proposed by a public source or by the officer of another municipality.
    """

    policy = models.ForeignKey(SafetyPolicy, models.CASCADE, related_name="participations")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="participations")

    objects = PolicyParticipationQuerySet.as_manager()

    class Meta:
        verbose_name = _("participation in a safety policy")
        verbose_name_plural = _("participations in safety policies")
        constraints = [
            models.UniqueConstraint(name="policy_participation_once", fields=["policy", "municipality"]),
            models.CheckConstraint(
                name="policy_participation_decided_by_and_at",
                condition=Q(status="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(status="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(
                name="policy_participation_proposed",
                fields=["municipality"],
                condition=Q(status="proposed"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} – {self.municipality_id}"


class CoverageStatementQuerySet(models.QuerySet["CoverageStatement"]):
    """Which statements."""

    def in_force(self, *, on: dt.date | None = None) -> Self:
        """The statements that nothing had superseded by the end of the day, one per municipality."""
        return self.filter(in_force(on or today()))


@pgtrigger.register(
    pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
    pgtrigger.ReadOnly(
        name="never_edited",
        exclude=[
            "superseded_at",
            "confirmed_by",
            "confirmed_at",
            "review",
            "reviewed_by",
            "reviewed_at",
            "question",
        ],
    ),
)
@tracked()
class CoverageStatement(models.Model):
    """The evidenced answer to "is radicalisation part of this municipality's safety policy?".

    Statements are never edited: a new one supersedes, and triggers in the database refuse anything else.
    That it still holds is confirmed on the statement itself, which keeps its review.
    """

    class Review(models.TextChoices):
        UNREVIEWED = "unreviewed", _("not reviewed yet")
        CONFIRMED = "confirmed", _("confirmed by VNG")
        RETURNED = "returned", _("returned with a question")

    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="coverage_statements", verbose_name=_("municipality")
    )
    value = models.CharField(_("coverage"), max_length=20, choices=[(v.value, v.label) for v in STATED])
    policy = models.ForeignKey(
        SafetyPolicy,
        models.PROTECT,
        related_name="coverage_statements",
        null=True,
        blank=True,
        verbose_name=_("safety policy"),
    )
    page = models.CharField(_("page"), max_length=50, blank=True)
    quotation = models.TextField(_("quotation"), blank=True)
    analysis = models.TextField(_("local analysis"), blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    decided_on = models.DateField(_("decision of the council on"), null=True, blank=True)
    provenance = models.CharField(
        _("source"), max_length=20, choices=Provenance, default=Provenance.MUNICIPALITY
    )
    stated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("stated by")
    )
    stated_at = models.DateTimeField(_("stated at"), default=timezone.now)
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("last confirmed by"),
    )
    confirmed_at = models.DateTimeField(_("last confirmed at"), null=True, blank=True)
    review = models.CharField(_("review"), max_length=12, choices=Review, default=Review.UNREVIEWED)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("reviewed by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    question = models.TextField(_("question"), blank=True)

    objects = CoverageStatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("coverage statement")
        verbose_name_plural = _("coverage statements")
        ordering = ("-stated_at", "-pk")
        constraints = [
            models.CheckConstraint(name="statement_value_known", condition=Q(value__in=STATED)),
            models.UniqueConstraint(
                name="statement_one_in_force",
                fields=["municipality"],
                condition=Q(superseded_at__isnull=True),
            ),
            models.CheckConstraint(
                name="statement_period",
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gte=F("stated_at")),
            ),
            models.CheckConstraint(
                name="statement_confirmed_by_and_at",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__gte=F("stated_at")),
            ),
            models.CheckConstraint(
                name="statement_rests_on_policy",
                condition=~Q(value__in=RESTS_ON_POLICY) | Q(policy__isnull=False),
                violation_error_message=_("Choose the safety policy in which the theme stands."),
            ),
            models.CheckConstraint(
                name="statement_has_evidence",
                condition=~Q(value__in=COVERED) | ~Q(page="") | ~Q(quotation=""),
                violation_error_message=_("Give the page or a quotation as evidence."),
            ),
            models.CheckConstraint(
                name="statement_reasoned_no_has_analysis",
                condition=Q(value="reasoned_no") & ~Q(analysis="") | ~Q(value="reasoned_no") & Q(analysis=""),
                violation_error_message=_("Summarise the local analysis on which the reasoned no rests."),
            ),
            models.CheckConstraint(
                name="statement_preparation_has_day",
                condition=Q(value="in_preparation", expected_on__isnull=False)
                | ~Q(value="in_preparation") & Q(expected_on__isnull=True),
                violation_error_message=_("Give the day on which the policy is expected."),
            ),
            models.CheckConstraint(
                name="statement_not_from_public_source",
                condition=Q(provenance__in=["municipality", "vng", "demonstration"]),
            ),
            models.CheckConstraint(
                name="statement_reviewed_by_and_at",
                condition=Q(review="unreviewed", reviewed_by__isnull=True, reviewed_at__isnull=True)
                | ~Q(review="unreviewed") & Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="statement_returned_with_question",
                condition=Q(review="returned") & ~Q(question="") | ~Q(review="returned") & Q(question=""),
            ),
        ]
        indexes = [
            models.Index(name="statement_of_a_day", fields=["municipality", "stated_at"]),
            models.Index(
                name="statement_to_review",
                fields=["stated_at"],
                condition=Q(superseded_at__isnull=True, review="unreviewed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality_id}: {self.get_value_display()}"
