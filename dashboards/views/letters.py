"""Letters to the council: those that were made, a new one, and one as a page and as a file."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import only
from accounts.requests import UserRequest
from dashboards.actions import make_letter
from dashboards.letters.files import file
from dashboards.models import CouncilLetter
from municipalities.models import Municipality
from municipalities.permissions import may_write

ODT = "application/vnd.oasis.opendocument.text"
PDF = "application/pdf"
for_those_who_write = only(
    may_write,
    gettext_lazy("NCTV reads the register. A letter to the council is for the municipality and VNG."),
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_those_who_write
def letters(request: UserRequest, code: str) -> HttpResponse:
    """Show the letters of a municipality, or make the one of today."""
    own = Municipality.objects.editable_by(request.user)
    if request.method == "POST":
        municipality = get_object_or_404(own.in_register(), code=code.upper())
        letter = make_letter(by=request.user, municipality=municipality)
        messages.success(request, _("The letter has been made. It stays as it is now."))
        return redirect(letter)
    municipality = get_object_or_404(own, code=code.upper())
    made = municipality.council_letters.select_related("made_by").defer("content")
    return render(
        request,
        "dashboards/council_letters.html",
        {
            "municipality": municipality,
            "exists": Municipality.objects.in_register().contains(municipality),
            "letters": made,
        },
    )


@require_safe
@for_those_who_write
def letter(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a letter as it was made."""
    return render(request, "dashboards/council_letter.html", {"letter": found(request, pk)})


@require_safe
@for_those_who_write
def letter_as_odt(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """A letter to go on writing in."""
    one = found(request, pk)
    return download(file(one.content, "odt"), ODT, f"{one.number}.odt")


@require_safe
@for_those_who_write
def letter_as_pdf(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """A letter to send."""
    one = found(request, pk)
    return download(file(one.content, "pdf"), PDF, f"{one.number}.pdf")


def found(request: UserRequest, pk: uuid.UUID) -> CouncilLetter:
    """The letter, if this user may read it."""
    readable = CouncilLetter.objects.readable_by(request.user)
    return get_object_or_404(readable.select_related("municipality", "made_by"), pk=pk)


def download(content: bytes, content_type: str, name: str) -> HttpResponse:
    """A file for the reader's own machine."""
    header = {"Content-Disposition": f'attachment; filename="raadsbrief-{name}"'}
    return HttpResponse(content, content_type=content_type, headers=header)
