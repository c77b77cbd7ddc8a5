"""The page of one municipality."""

from collections.abc import Iterator
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from dashboards.dossier import Dossier, dossier
from municipalities.filters import ReferenceDayForm
from policytracker.dates import local_day, today
from policytracker.templatetags.interface import day


@require_safe
def municipality(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is known of a municipality; a day that cannot be read is told beside its field."""
    if code != code.upper():
        query = request.META["QUERY_STRING"]
        return redirect(
            reverse("municipalities:detail", args=[code.upper()]) + (f"?{query}" if query else "")
        )
    form = ReferenceDayForm(request.GET)
    on = form.day if form.is_valid() else today()
    found = dossier(code, cast(User, request.user), on)
    if found is None:
        raise Http404(_("There is no municipality with this code."))
    stated_at = found.standing.stated_at
    context = {
        "dossier": found,
        "standing": found.standing,
        "stated_on": local_day(stated_at) if stated_at else None,
        "form": form,
        "is_today": on == today(),
        "last_day": found.last_day,
        "notices": list(notices(found)),
    }
    return render(request, "municipalities/detail.html", context, status=422 if form.errors else 200)


def notices(found: Dossier) -> Iterator[dict[str, Any]]:
    """What a reader must know first: that the municipality is gone, or that a merger is planned."""
    for merger in found.successions:
        notice = {
            "url": reverse("municipalities:detail", args=[merger.successor_code]),
            "url_label": _("To %(name)s") % {"name": merger.successor},
        }
        names = {"day": day(merger.effective_on), "successor": merger.successor}
        if merger.is_planned:
            yield {
                **notice,
                "type": "info",
                "heading": _("Planned, not certain: part of %(successor)s from %(day)s") % names,
                "text": merger.note,
            }
        else:
            yield {
                **notice,
                "type": "warning",
                "heading": _("This municipality no longer exists"),
                "text": _("On %(day)s it went into %(successor)s.") % names,
            }
