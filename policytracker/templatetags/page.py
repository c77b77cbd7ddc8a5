"""What stands around every page and is the same on many; each is written once."""

from django import template
from django.conf import settings
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from policytracker.markup import written_once
from policytracker.navigation import current_entry, entries_of

register = template.Library()

LANGUAGES_KEPT = 4
MENUS_KEPT = 64  # by role, entry and language


@register.simple_tag
@written_once(kept=LANGUAGES_KEPT)
def site_search() -> SafeString:
    """The search for a municipality in the page's header."""
    return render_to_string("components/site_search.html")


@register.simple_tag(takes_context=True)
def main_menu(context: Context) -> SafeString:
    """The menu of the user's role, in which the entry of this page is marked."""
    role = context["user"].role
    return menu(role, current_entry(role, context["request"].path))


@written_once(kept=MENUS_KEPT)
def menu(role: str, current: str) -> SafeString:
    """The menu of a role; `current` is the address of the marked entry."""
    entries = [{"label": label, "url": url, "current": url == current} for label, url in entries_of(role)]
    return render_to_string("components/main_menu.html", {"entries": entries})


@register.simple_tag
@written_once(kept=LANGUAGES_KEPT)
def request_failed() -> SafeString:
    """What is shown when a part of the page could not be fetched."""
    return render_to_string("components/request_failed.html")


@register.simple_tag
@written_once(kept=LANGUAGES_KEPT)
def page_end() -> SafeString:
    """The footer and the sheet of pictures."""
    return render_to_string("components/page_end.html", {"version": settings.VERSION})
