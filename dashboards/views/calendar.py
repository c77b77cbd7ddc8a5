"""The calendar of a user's own deadlines, for the program that knows its secret address."""

import hashlib

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.actions import note_calendar_fetch
from accounts.models import CalendarAddress
from dashboards.calendar import calendar_of
from policytracker.dates import today

LANGUAGE = "taal"


@login_not_required  # a calendar program cannot log in: whoever knows the address may read
@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar, or that the program has it already.

    Whatever is wrong with the address, the answer and the work for it are the same.
    """
    address = CalendarAddress.objects.opened_by(token).first()
    response = closed() if address is None else opened(request, address)
    response["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, private=True, no_cache=True)
    return response


def closed() -> HttpResponse:
    """The answer at an address that opens nothing; a calendar program has no use for a page."""
    return HttpResponseNotFound(
        _("There is no calendar at this address."), content_type="text/plain; charset=utf-8"
    )


def opened(request: HttpRequest, address: CalendarAddress) -> HttpResponse:
    """The calendar in the language of the address."""
    on = today()
    note_calendar_fetch(address=address, on=on)
    asked = request.GET.get(LANGUAGE)
    language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language):
        body = calendar_of(address.user, on, stamp=address.made_at)
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    response = HttpResponse(
        body,
        content_type="text/calendar; charset=utf-8",
        headers={"ETag": etag, "Content-Language": language},
    )
    return get_conditional_response(request, etag=etag, response=response) or response
