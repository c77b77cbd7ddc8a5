"""Writes to a user's account that somebody asks for."""

import datetime as dt
import secrets

from django.db import transaction
from django.utils import timezone

from accounts.models import CalendarAddress, User, digest_of

TOKEN_BYTES = 32


@transaction.atomic
def make_calendar_address(*, by: User) -> str:
    """Give the user a new secret address and return its token, which is kept nowhere.

    An address that the user had stops working.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CalendarAddress.objects.update_or_create(
        user=by,
        defaults={"digest": digest_of(token), "made_at": timezone.now(), "last_fetched_on": None},
    )
    return token


def revoke_calendar_address(*, by: User) -> None:
    """Let the user's address stop working; without one nothing happens."""
    CalendarAddress.objects.filter(user=by).delete()


def note_calendar_fetch(*, address: CalendarAddress, on: dt.date) -> None:
    """Keep the day on which a calendar program came; programs come many times a day, which is one write."""
    if address.last_fetched_on != on:
        CalendarAddress.objects.filter(pk=address.pk).update(last_fetched_on=on)
