"""A municipality beside similar ones, and what it could take over from them."""

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import Role
from accounts.requests import UserRequest
from dashboards.comparison import (
    SMALLEST_GROUP,
    Comparison,
    Missing,
    bases,
    entries,
    export_header,
    export_rows,
    lacked,
    missing,
)
from dashboards.filters import BasisForm, MissingFilter
from municipalities.models import Municipality
from policytracker.dates import today
from policytracker.exporting import CSV, FORMATS, XLSX, table_response
from policytracker.listing import EXPORT, PAGE, Address, Chip, Pages, chips
from policytracker.partials import render_page

TEMPLATE = "dashboards/compare.html"
PARTS = ("found", "missing")


@require_safe
def compare(request: UserRequest, code: str) -> HttpResponseBase:
    """Compare by a basis; filter and page through what others do and this municipality does not."""
    on = today()
    municipality = get_object_or_404(
        Municipality.objects.in_register(on=on)
        .with_coverage(on=on)
        .select_related("province", "safety_region"),
        code=code.upper(),
    )
    may_edit = Municipality.objects.editable_by(request.user).filter(pk=municipality.pk).exists()
    address = Address(request)
    basis_form, form = BasisForm(request.GET, bases(municipality, on)), MissingFilter(request.GET)
    context = {
        "municipality": municipality,
        "may_edit": may_edit,
        "is_own": may_edit and request.user.role == Role.OFFICER,
        "basis_form": basis_form,
        "form": form,
        "path": address.path,
    }
    if not (basis_form.is_valid() and form.is_valid()):
        return render_page(request, TEMPLATE, context, parts=PARTS, part="missing", status=422)
    comparison = Comparison(municipality, basis_form.basis, on)
    found = lacked(comparison, form.cleaned_data["category"], form.cleaned_data["phase"])
    active = chips(form, address)
    if request.GET.get(EXPORT) in FORMATS:
        shown = missing(comparison, found, list(entries(found)), with_drafts=False)
        return export(request.GET[EXPORT], comparison, shown, active)
    pages = Pages(entries(found), None, request)
    page = pages.asked
    context |= {
        "comparison": comparison,
        "tally": comparison.tally,
        "smallest": SMALLEST_GROUP,
        "missing": missing(comparison, found, list(page.object_list), with_drafts=may_edit),
        "page": page,
        "address": address,
        "chips": active,
        "clear_url": address.without_all(list(form.fields)),
        "kept": [(key, value) for key, value in address.parts if key in basis_form.fields],
        "filters": [(key, value) for key, value in address.parts if key in form.fields],
        "exports": [
            {"label": "CSV", "url": address.having(EXPORT, CSV)},
            {"label": "Excel", "url": address.having(EXPORT, XLSX)},
        ],
    }
    shown_at = address.having(PAGE, page.number) if page.number > 1 else str(address)
    return render_page(request, TEMPLATE, context, parts=PARTS, address=shown_at)


def export(kind: str, comparison: Comparison, shown: list[Missing], active: list[Chip]) -> HttpResponseBase:
    """All that was found, in the order of the page, as a download that says what it is."""
    named = {"name": comparison.municipality.name}
    about = {
        _("What this is"): _("Measures that similar municipalities have and %(name)s does not") % named,
        _("Compared with"): comparison.basis.label,
        _("Reference day"): date_format(comparison.on),
        _("Filters"): "; ".join(f"{chip.label}: {chip.value}" for chip in active) or _("none"),
        _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
        _("What counts"): _("Measures of plans that hold today; no drafts and none that were stopped"),
    }
    name = "-".join((_("comparison"), comparison.municipality.code, f"{comparison.on:%Y-%m-%d}"))
    return table_response(kind, name, export_header(), export_rows(comparison, shown), about)
