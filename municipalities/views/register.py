"""The list of municipalities, on the page and as an export of what the page shows."""

import datetime as dt

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from municipalities.filters import RegisterFilter
from municipalities.models import Municipality
from municipalities.models.municipality import MunicipalityQuerySet
from municipalities.register import (
    SORTING,
    entries,
    export_header,
    export_rows,
    municipalities_on,
    rows_on,
)
from policytracker.dates import today
from policytracker.exporting import table_response
from policytracker.listing import Listing, Pages
from policytracker.partials import render_page

TEMPLATE = "municipalities/list.html"
PARTS = ("results", "register")


@require_safe
def register(request: HttpRequest) -> HttpResponseBase:
    """Search, filter, sort and page through the register as it is or was on a day."""
    form = RegisterFilter(request.GET)
    listing = Listing(request, form, SORTING)
    if not form.is_valid():
        return render_page(request, TEMPLATE, listing.refused(), parts=PARTS, part="register", status=422)
    counted = None if form.looks_at_coverage else form.apply(municipalities_on(form.day))
    rows = form.apply(rows_on(form.day)).order_by(*listing.sorting.expressions())
    if listing.export:
        return export(listing, rows, form.day)
    pages = Pages(rows, counted, request)
    page = pages.asked
    context = {
        **listing.around(pages),
        "on": form.day,
        "result": result(pages.count, form.day),
        "entries": entries(page.object_list),
        "day_query": "" if form.day == today() else f"?peildatum={form.day:%Y-%m-%d}",
        "is_empty": not pages.count and not listing.chips and not Municipality.objects.exists(),
    }
    return render_page(request, TEMPLATE, context, parts=PARTS, address=listing.shown_at(page))


def result(number: int, on: dt.date) -> str:
    """How many municipalities were found, and on which day if that is another than today."""
    found = ngettext("%(number)s municipality", "%(number)s municipalities", number) % {
        "number": number_format(number, force_grouping=True)
    }
    if on == today():
        return found
    return _("%(found)s, as on %(day)s") % {"found": found, "day": date_format(on)}


def export(listing: Listing, rows: MunicipalityQuerySet, on: dt.date) -> HttpResponseBase:
    """All that was found, in the order of the page, as a download that says what it is."""
    about = {
        _("What this is"): _("Municipalities and whether radicalisation is part of their safety policy"),
        _("Reference day"): date_format(on),
        _("Filters"): listing.filters,
        _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
        _("Source of the coverage"): _("What municipalities stated, unless its column says otherwise"),
        _("Source of the municipalities"): _("CBS and RvIG; numbers of inhabitants of CBS (CC BY 4.0)"),
    }
    name = f"{_('municipalities')}-{on:%Y-%m-%d}"
    return table_response(listing.export, name, export_header(), export_rows(rows, on), about)
