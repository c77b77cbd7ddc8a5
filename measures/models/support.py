"""Resources and trainings on offer, and which municipality used which."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from measures.models.library import BilingualText
from municipalities.models import Municipality
from policytracker.history import tracked
from policytracker.provenance import Provenance, Sourced
from policytracker.revisions import Revised


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

    class Meta(Revised.Meta, Sourced.Meta):
        abstract = False
        verbose_name = _("support offer")
        verbose_name_plural = _("support offers")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name


class SupportUseQuerySet(models.QuerySet["SupportUse"]):
    """Which uses."""

    def editable_by(self, user: User) -> Self:
        """The uses of the user's own municipalities; all for VNG."""
        if user.role in (Role.VNG, Role.ADMINISTRATOR):
            return self
        return self.filter(municipality__in=Municipality.objects.in_register().editable_by(user))


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
