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
from policytracker.exporting import CSV, FORMATS, XLSX, table_response
from policytracker.listing import EXPORT, PAGE, PER_PAGE_KEY, SORT, Address, Chip, Pages, chips
from policytracker.partials import render_page

TEMPLATE = "municipalities/list.html"
PARTS = ("results", "register")


@require_safe
def register(request: HttpRequest) -> HttpResponseBase:
    """Search, filter, sort and page through the register as it is or was on a day."""
    form = RegisterFilter(request.GET)
    address = Address(request)
    if not form.is_valid():
        context = {"form": form, "clear_url": address.path}
        return render_page(request, TEMPLATE, context, parts=PARTS, part="register", status=422)
    sorting = SORTING.asked(request)
    counted = None if form.looks_at_coverage else form.apply(municipalities_on(form.day))
    rows = form.apply(rows_on(form.day)).order_by(*sorting.expressions())
    active = chips(form, address)
    if request.GET.get(EXPORT) in FORMATS:
        return export(request, form, rows, active)
    pages = Pages(rows, counted, request)
    page = pages.asked
    context = {
        "form": form,
        "on": form.day,
        "address": address,
        "page": page,
        "result": result(pages.count, form.day),
        "entries": entries(page.object_list),
        "chips": active,
        "clear_url": address.without_all(list(form.fields)),
        "headers": sorting.headers(address),
        "exports": [
            {"label": "CSV", "url": address.having(EXPORT, CSV)},
            {"label": "Excel", "url": address.having(EXPORT, XLSX)},
        ],
        "all_url": address.having(PER_PAGE_KEY, "all"),
        "by_page_url": address.without(PER_PAGE_KEY) if pages.shows_all else "",
        "kept": [(key, value) for key, value in address.parts if key in (SORT, PER_PAGE_KEY)],
        "day_query": "" if form.day == today() else f"?peildatum={form.day:%Y-%m-%d}",
        "is_empty": not pages.count and not active and not Municipality.objects.exists(),
    }
    shown = address.having(PAGE, page.number) if page.number > 1 else str(address)
    return render_page(request, TEMPLATE, context, parts=PARTS, address=shown)


def result(number: int, on: dt.date) -> str:
    """How many municipalities were found, and on which day if that is another than today."""
    found = ngettext("%(number)s municipality", "%(number)s municipalities", number) % {
        "number": number_format(number, force_grouping=True)
    }
    if on == today():
        return found
    return _("%(found)s, as on %(day)s") % {"found": found, "day": date_format(on)}


def export(
    request: HttpRequest, form: RegisterFilter, rows: MunicipalityQuerySet, active: list[Chip]
) -> HttpResponseBase:
    """All that was found, in the order of the page, as a download that says what it is."""
    moment = timezone.localtime()
    about = {
        _("What this is"): _("Municipalities and whether radicalisation is part of their safety policy"),
        _("Reference day"): date_format(form.day),
        _("Filters"): "; ".join(f"{chip.label}: {chip.value}" for chip in active) or _("none"),
        _("Made on"): date_format(moment, "DATETIME_FORMAT"),
        _("Source of the coverage"): _("What municipalities stated, unless its column says otherwise"),
        _("Source of the municipalities"): _("CBS and RvIG; numbers of inhabitants of CBS (CC BY 4.0)"),
    }
    name = f"{_('municipalities')}-{form.day:%Y-%m-%d}"
    return table_response(request.GET[EXPORT], name, export_header(), export_rows(rows, form.day), about)
