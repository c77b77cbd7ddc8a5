"""The library of typical measures: its list, an entry, and how VNG keeps it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import only
from accounts.requests import UserRequest
from measures import library as listed
from measures.filters.library import LibraryFilter
from measures.forms.library import TypicalMeasureForm
from measures.models import TypicalMeasure
from measures.permissions import WHY_NOT_LIBRARY, may_edit_library
from municipalities.permissions import may_write
from policytracker.dates import today
from policytracker.exporting import table_response
from policytracker.forms import posted
from policytracker.listing import Listing, Pages
from policytracker.partials import render_page
from policytracker.revisions import opened

LIST = "library/list.html"
PARTS = ("results", "library")
only_editors = only(may_edit_library, WHY_NOT_LIBRARY)


@require_safe
def entries(request: UserRequest) -> HttpResponseBase:
    """Search, filter, sort and page through the library."""
    form = LibraryFilter(request.GET)
    listing = Listing(request, form, listed.sorting())
    if not form.is_valid():
        return render_page(request, LIST, listing.refused(), parts=PARTS, part="library", status=422)
    found = form.apply(TypicalMeasure.objects.all())
    rows = listed.rows(found).order_by(*listing.sorting.expressions())
    if listing.export:
        return export(listing, rows)
    pages = Pages(rows, found, request)
    page = pages.asked
    context = {
        **listing.around(pages),
        "result": result(pages.count),
        "entries": [listed.Entry(*row) for row in page],
        "may_edit": may_edit_library(request.user),
    }
    return render_page(request, LIST, context, parts=PARTS, address=listing.shown_at(page))


def result(number: int) -> str:
    """How many entries were found."""
    return ngettext("%(number)s typical measure", "%(number)s typical measures", number) % {
        "number": number_format(number, force_grouping=True)
    }


def export(listing: Listing, rows: QuerySet[TypicalMeasure, Any]) -> HttpResponseBase:
    """All that was found, in the order of the page, as a download that says what it is."""
    about = {
        _("What this is"): _("Measures that municipalities typically take"),
        _("Filters"): listing.filters,
        _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
        _("Municipalities that took it over"): _("Those with the measure in a plan that is not a draft"),
    }
    name = f"{_('typical-measures')}-{today():%Y-%m-%d}"
    return table_response(listing.export, name, listed.export_header(), listed.export_rows(rows), about)


@require_safe
def entry(request: UserRequest, pk: int) -> HttpResponse:
    """One entry, with where it comes from and how many municipalities took it over."""
    context = {
        "entry": get_object_or_404(TypicalMeasure.objects.with_municipalities(), pk=pk),
        "take_over_url": listed.take_over_address(pk) if may_write(request.user) else "",
        "may_edit": may_edit_library(request.user),
    }
    return render(request, "library/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only_editors
def add(request: UserRequest) -> HttpResponse:
    """Show or take in the form for a new entry."""
    return written(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@only_editors
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Show or take in the form for an entry."""
    return written(request, get_object_or_404(opened(TypicalMeasure.objects.all(), request), pk=pk))


def written(request: UserRequest, entry: TypicalMeasure | None) -> HttpResponse:
    """The form for an entry, or for a new one; once it is right, the way to that entry."""
    context = {"title": entry.title, "url": entry.get_absolute_url()} if entry else {}
    form = TypicalMeasureForm(**posted(request), instance=entry)
    if form.is_valid():
        saved = form.save_by(request.user)
        messages.success(request, _("Saved in the library."))
        return redirect(saved)
    return render(request, "library/form.html", {**context, "form": form}, status=form.status)
