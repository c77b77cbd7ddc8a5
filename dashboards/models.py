"""Letters to the council: what was told on a day, kept as it was told (docs/adr/0013)."""

import uuid
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from dashboards.letters.content import VERSION
from municipalities.models import Municipality
from policytracker.history import tracked


class CouncilLetterQuerySet(models.QuerySet["CouncilLetter"]):
    """Which letters."""

    def readable_by(self, user: User) -> Self:
        """The letters of the municipalities that the user keeps up to date, also where these have ended."""
        return self.filter(municipality__in=Municipality.objects.editable_by(user))


@pgtrigger.register(
    pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
    pgtrigger.ReadOnly(name="never_edited"),
)
@tracked()
class CouncilLetter(models.Model):
    """How a municipality stood on a day, as its council was told; triggers refuse any change.

    `content` is a `dashboards.letters.content.Letter`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    municipality = models.ForeignKey(
        Municipality, models.PROTECT, related_name="council_letters", verbose_name=_("municipality")
    )
    number = models.CharField(_("letter number"), max_length=20, unique=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    content = models.JSONField(_("content"))
    content_version = models.PositiveSmallIntegerField(_("version of the content"), default=VERSION)

    objects = CouncilLetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter to the council")
        verbose_name_plural = _("letters to the council")
        ordering = ("-made_at", "-number")
        constraints = [
            models.CheckConstraint(
                name="council_letter_number", condition=Q(number__regex=r"^GM[0-9]{4}-[0-9]{4}-[0-9]{3,}$")
            ),
            models.CheckConstraint(name="council_letter_version_known", condition=Q(content_version=1)),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("letters:letter", args=[self.pk])
