"""The entries of the page header: at most six, by role."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

START = (_("Start"), "start")
MUNICIPALITIES = (_("Municipalities"), "municipalities:list")
LEDGER = (_("Reminders"), "reminders:ledger")
ADMIN = (_("Administration"), "admin:index")

ENTRIES = {
    "officer": [START, MUNICIPALITIES],
    "vng": [START, MUNICIPALITIES, LEDGER],
    "nctv": [START, MUNICIPALITIES],
    "administrator": [START, MUNICIPALITIES, LEDGER, ADMIN],
}


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `navigation` for the user's role, and the version of the software."""
    user = getattr(request, "user", None)
    entries = entries_of(user.role) if user is not None and user.is_authenticated else ()
    return {
        "navigation": [
            {"label": label, "url": url, "current": is_within(request.path, url)} for label, url in entries
        ],
        "version": settings.VERSION,
    }


@cache
def entries_of(role: str) -> tuple[tuple[Promise, str], ...]:
    """The entries for a role, each with its address."""
    return tuple((label, reverse(name)) for label, name in ENTRIES[role])


def is_within(path: str, url: str) -> bool:
    """Whether the page is the one at the address or lies below it; below the start page lies nothing."""
    return path == url or (url != "/" and path.startswith(url))
