"""Asking for which municipality a page is, where its address does not say so."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.requests import UserRequest
from measures.forms.measures import MunicipalityForm
from municipalities.models import Municipality
from municipalities.models.municipality import MunicipalityQuerySet

GEMEENTE = "gemeente"


def municipality_asked(
    request: UserRequest, among: MunicipalityQuerySet, usual: MunicipalityQuerySet
) -> Municipality | None:
    """The municipality that the address names, else the only usual one; None where the user must choose."""
    if code := request.GET.get(GEMEENTE):
        return get_object_or_404(among, code=code.upper())
    found = list(usual[:2])
    return found[0] if len(found) == 1 else None


def choose_municipality(request: UserRequest, title: str, choices: list[tuple[str, Any]]) -> HttpResponse:
    """Ask for the municipality, and come back to the same address with it."""
    if not choices:
        raise Http404
    kept = [(key, value) for key, value in request.GET.items() if key != GEMEENTE]
    context = {"title": title, "form": MunicipalityForm(choices), "kept": kept}
    return render(request, "measures/choose_municipality.html", context)
