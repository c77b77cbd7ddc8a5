"""Documents that municipalities add to their policies and plans."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from policytracker.documents import Kind, upload_to
from policytracker.history import tracked


@tracked()
class Document(models.Model):
    """A file that was checked by its content. Another upload makes another document.

    It goes when the last policy or plan that refers to it lets it go.
    """

    file = models.FileField(_("file"), upload_to=upload_to, max_length=200)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ("-uploaded_at", "-pk")
        constraints = [
            models.CheckConstraint(name="document_kind_known", condition=models.Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="document_checksum", condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name
