"""Rows that several people may change: each change raises the revision, so that nobody overwrites unseen.

The database raises it, so that no code path can forget to. A form carries the revision that it was opened
with; the write asks for that revision and finds no row when somebody else was first.
"""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _


class Revised(models.Model):
    """A row that counts its changes."""

    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Trigger(
                name="raises_revision",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.AnyChange(),
                func="NEW.revision = OLD.revision + 1; RETURN NEW;",
            )
        ]


class ChangedMeanwhile(Exception):
    """Somebody else changed the row after it was looked at; nothing was written."""


def write_revision(rows: QuerySet[Any, Any], pk: int, revision: int, values: dict[str, Any]) -> None:
    """Write the values into the row if it still has this revision, or raise `ChangedMeanwhile`.

    Without values the row is only looked at, and locked until the transaction ends.
    """
    mine = rows.filter(pk=pk, revision=revision)
    written = mine.update(**values) if values else len(mine.select_for_update().values_list("pk"))
    if not written:
        raise ChangedMeanwhile
