"""Where a row of content comes from. Everything in the register says so (docs/architecture.md)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Provenance(models.TextChoices):
    """Who stands behind a row."""

    MUNICIPALITY = "municipality", _("stated by the municipality")
    VNG = "vng", _("entered by VNG")
    NCTV = "nctv", _("entered by NCTV")
    PUBLIC_SOURCE = "public_source", _("from a public source, not yet confirmed")
    DEMONSTRATION = "demonstration", _("invented for the demonstration")


class Confidence(models.TextChoices):
    """How sure the reading of a public source is."""

    HIGH = "high", _("sure")
    MEDIUM = "medium", _("fairly sure")
    LOW = "low", _("not sure")


class Sourced(models.Model):
    """Fields that tell where a row comes from; what was read in public names its address and day."""

    provenance = models.CharField(_("source"), max_length=20, choices=Provenance)
    source_key = models.SlugField(
        _("key in the register's own data files"), max_length=200, null=True, blank=True, unique=True
    )
    source_url = models.URLField(_("address of the source"), max_length=500, blank=True)
    source_seen_on = models.DateField(_("seen on"), null=True, blank=True)
    source_note = models.TextField(_("what was seen there"), blank=True)
    confidence = models.CharField(_("how sure"), max_length=10, choices=Confidence, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_provenance_known", condition=models.Q(provenance__in=Provenance.values)
            ),
            models.CheckConstraint(
                name="%(class)s_public_source_named",
                condition=~models.Q(provenance=Provenance.PUBLIC_SOURCE)
                | (
                    ~models.Q(source_url="")
                    & models.Q(source_seen_on__isnull=False)
                    & ~models.Q(confidence="")
                ),
                violation_error_message=_(
                    "What was read in public names the address, the day and how sure it is."
                ),
            ),
        ]
