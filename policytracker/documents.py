"""Documents that people upload."""

import secrets
from typing import Any

from django.db import models
from django.utils import timezone


class Kind(models.TextChoices):
    """The kinds of document that are taken."""

    PDF = "pdf", "PDF"
    ODT = "odt", "ODT"
    DOCX = "docx", "DOCX"


def upload_to(instance: Any, filename: str) -> str:
    """A name that tells nothing and cannot be guessed, in a folder of the month."""
    return f"documents/{timezone.localdate():%Y/%m}/{secrets.token_hex(16)}.{instance.kind}"
