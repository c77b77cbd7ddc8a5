"""The entries of the page header: at most six, by role."""

from functools import cache

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

START = (_("Start"), "start")
MUNICIPALITIES = (_("Municipalities"), "municipalities:list")
POLICIES = (_("Safety policies"), "policies:list")
PLANS = (_("Plans"), "plans:list")
MEASURES = (_("Measures"), "measures:list")
SUPPORT = (_("Support"), "support:list")
LEDGER = (_("Reminders"), "reminders:ledger")
ADMIN = (_("Administration"), "admin:index")

ENTRIES = {
    "officer": [START, MUNICIPALITIES, POLICIES, PLANS, MEASURES, SUPPORT],
    "vng": [START, MUNICIPALITIES, POLICIES, MEASURES, SUPPORT, LEDGER],
    "nctv": [START, MUNICIPALITIES, POLICIES, PLANS, MEASURES, SUPPORT],
    "administrator": [START, MUNICIPALITIES, MEASURES, SUPPORT, LEDGER, ADMIN],
}


@cache
def entries_of(role: str) -> tuple[tuple[Promise, str], ...]:
    """The entries for a role, each with its address."""
    return tuple((label, reverse(name)) for label, name in ENTRIES[role])


def current_entry(role: str, path: str) -> str:
    """The address of the entry to which the page at the path belongs; empty where it belongs to none."""
    within = (url for _label, url in entries_of(role) if is_within(path, url))
    return next(within, "")


def is_within(path: str, url: str) -> bool:
    """Whether the page is the one at the address or lies below it; below the start page lies nothing."""
    return path == url or (url != "/" and path.startswith(url))
