"""Rows that several people may change: each change raises the revision, so that nobody overwrites unseen.

The database raises it, so that no code path can forget to. A form carries the revision that it was opened
with; the write asks for that revision and finds no row when somebody else was first.
"""

import datetime as dt
from typing import Any, NamedTuple, TypeVar

import pgtrigger
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


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


def opened(rows: Rows, request: HttpRequest) -> Rows:
    """The rows as a form needs them: while one is taken in, its row is locked until the answer is ready."""
    return rows.select_for_update(of=("self",)) if request.method == "POST" else rows


class Author(NamedTuple):
    """Who changed a row last, and when; the name is empty where no user did."""

    name: str
    moment: dt.datetime


def last_author(row: Any) -> Author:
    """Who changed the row last, from its history."""
    event = row.pgh_event_model.objects.filter(pgh_obj=row.pk).select_related("pgh_context").last()
    user = event.pgh_context.metadata.get("user") if event.pgh_context else None
    found = get_user_model()._default_manager.filter(pk=user).first() if user else None
    return Author(found.name if found else "", event.pgh_created_at)


def state_at(row: Any, revision: int | None) -> Any | None:
    """The row as it was at a revision, from its history; None where that is not known."""
    return row.pgh_event_model.objects.filter(pgh_obj=row.pk, revision=revision).last()
