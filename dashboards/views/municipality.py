"""The page of one municipality."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from dashboards.dossier import dossier
from municipalities.filters import ReferenceDayForm
from policytracker.dates import today


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
    context = {"dossier": found, "standing": found.standing, "form": form}
    return render(request, "municipalities/detail.html", context, status=422 if form.errors else 200)
