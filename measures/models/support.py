"""Resources and trainings on offer, and which municipality used which."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, Sum, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from measures.models.library import BilingualText
from measures.permissions import may_edit_offers
from municipalities.models import Municipality
from municipalities.search import holding
from policytracker.history import tracked
from policytracker.provenance import Provenance, Sourced
from policytracker.revisions import Revised

STAFF_TOLD_FROM = 5  # municipalities: a total over fewer would tell of one of them


class SupportOfferQuerySet(models.QuerySet["SupportOffer"]):
    """Which offers."""

    def search(self, text: str) -> Self:
        """The offers whose name, provider, audience or text holds every word, however it is typed."""
        return holding(self, text, "name", "provider", "audience", "text_nl", "text_en")

    def editable_by(self, user: User) -> Self:
        """All offers for who keeps them, and none for anybody else."""
        return self if may_edit_offers(user) else self.none()

    def used_by(self, municipality: Municipality) -> Self:
        """The offers that the municipality used."""
        return self.filter(Exists(SupportUse.objects.filter(offer=OuterRef("pk"), municipality=municipality)))

    def with_use(self) -> Self:
        """Adds `municipality_count`, how many municipalities used the offer, and `use_count`, how often.

        And `staff_total`, for how many of their staff: NULL where fewer than five municipalities told that.
        """
        told = Count("uses__municipality", filter=Q(uses__staff__isnull=False), distinct=True)
        return self.annotate(
            municipality_count=Count("uses__municipality", distinct=True),
            use_count=Count("uses"),
            staff_told_by=told,
            staff_total=Case(When(staff_told_by__gte=STAFF_TOLD_FROM, then=Sum("uses__staff"))),
        )


@tracked()
class SupportOffer(Revised, Sourced, BilingualText):
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

    # What `with_use` adds.
    municipality_count: int
    use_count: int
    staff_total: int | None

    objects = SupportOfferQuerySet.as_manager()

    class Meta(Revised.Meta, Sourced.Meta):
        abstract = False
        verbose_name = _("support offer")
        verbose_name_plural = _("support offers")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("support:detail", args=[self.pk])


class SupportUseQuerySet(models.QuerySet["SupportUse"]):
    """Which uses."""

    def editable_by(self, user: User) -> Self:
        """The uses of the user's own municipalities; all for VNG."""
        if user.role in (Role.VNG, Role.ADMINISTRATOR):
            return self
        return self.filter(municipality__in=Municipality.objects.in_register().editable_by(user))

    def own_first(self, user: User) -> Self:
        """Adds `is_editable`, whether the user may change the use; those come first, the newest on top."""
        editable = SupportUse.objects.editable_by(user).filter(pk=OuterRef("pk"))
        return self.annotate(is_editable=Exists(editable)).order_by("-is_editable", "-used_on", "-pk")


@tracked()
class SupportUse(Revised):
    """That a municipality used an offer: when, and for how many of its staff."""

    offer = models.ForeignKey(SupportOffer, models.PROTECT, related_name="uses", verbose_name=_("offer"))
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="support_uses", verbose_name=_("municipality")
    )
    used_on = models.DateField(_("used on"))
    staff = models.PositiveSmallIntegerField(_("number of staff"), null=True, blank=True)
    note = models.TextField(_("what it brought"), blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    provenance = models.CharField(
        _("source"), max_length=20, choices=Provenance, default=Provenance.MUNICIPALITY
    )

    objects = SupportUseQuerySet.as_manager()

    class Meta(Revised.Meta):
        abstract = False
        verbose_name = _("use of an offer")
        verbose_name_plural = _("uses of offers")
        ordering = ("-used_on", "-pk")
        constraints = [
            models.UniqueConstraint(
                name="support_use_once_a_day",
                fields=["municipality", "offer", "used_on"],
                violation_error_message=_("This use has been recorded already."),
            ),
            models.CheckConstraint(
                name="support_use_by_somebody", condition=Q(staff__isnull=True) | Q(staff__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.municipality_id}: {self.offer_id}"
