"""The areas in which municipalities lie: reference tables with the codes of CBS."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from policytracker.history import tracked


class Area(models.Model):
    """A named area with a CBS code."""

    code = models.CharField(_("code"), max_length=4, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        abstract = True
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


@tracked()
class Province(Area):
    """One of the 12 provinces, `PV20` to `PV31`."""

    class Meta(Area.Meta):
        verbose_name = _("province")
        verbose_name_plural = _("provinces")


@tracked()
class SafetyRegion(Area):
    """One of the 25 safety regions (Wet veiligheidsregio's), `VR01` to `VR25`."""

    class Meta(Area.Meta):
        verbose_name = _("safety region")
        verbose_name_plural = _("safety regions")


@tracked()
class PoliceUnit(Area):
    """One of the 10 regional units of the police (Politiewet 2012), `RE01` to `RE10`."""

    class Meta(Area.Meta):
        verbose_name = _("police unit")
        verbose_name_plural = _("police units")
