"""One municipality's part in what several may share."""

from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

Part = TypeVar("Part", bound="Participation")


class ParticipationQuerySet(models.QuerySet[Part]):
    """Which participations."""

    def unanswered(self) -> Self:
        """Those that wait for the municipality's answer."""
        return self.filter(status=Participation.Status.PROPOSED)

    def confirmed(self) -> Self:
        """Those that the municipality calls its own."""
        return self.filter(status=Participation.Status.CONFIRMED)


class Participation(models.Model):
    """Somebody names a municipality as taking part; the municipality itself confirms or declines."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("waits for the municipality's answer")
        CONFIRMED = "confirmed", _("confirmed by the municipality")
        DECLINED = "declined", _("not ours, says the municipality")

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_unanswered(self) -> bool:
        """Whether it waits for the municipality's answer."""
        return self.status == self.Status.PROPOSED

    @property
    def is_confirmed(self) -> bool:
        """Whether the municipality calls it its own."""
        return self.status == self.Status.CONFIRMED
