"""The support on offer: its list, an offer with who used it, and how offers and uses are kept."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import only
from accounts.requests import UserRequest
from measures import support as listed
from measures.filters.support import SupportFilter
from measures.forms.support import SupportOfferForm, SupportUseForm
from measures.models import SupportOffer, SupportUse
from measures.permissions import WHY_NOT_OFFERS, may_edit_offers
from municipalities.models import Municipality
from municipalities.permissions import may_write
from policytracker.dates import today
from policytracker.exporting import table_response
from policytracker.forms import posted
from policytracker.listing import Listing, Pages
from policytracker.partials import render_page
from policytracker.revisions import opened

LIST = "support/list.html"
PARTS = ("results", "support")
USE_COLUMNS = (
    "pk",
    "municipality__code",
    "municipality__name",
    "used_on",
    "staff",
    "note",
    "provenance",
    "is_editable",
)
only_editors = only(may_edit_offers, WHY_NOT_OFFERS)
only_recorders = only(may_write, gettext_lazy("Municipalities record what they used, and VNG for them."))


@require_safe
def offers(request: UserRequest) -> HttpResponseBase:
    """Search, filter, sort and page through the support on offer."""
    form = SupportFilter(request.GET)
    listing = Listing(request, form, listed.SORTING)
    if not form.is_valid():
        return render_page(request, LIST, listing.refused(), parts=PARTS, part="support", status=422)
    found = form.apply(SupportOffer.objects.all())
    rows = listed.in_order(listed.rows(found), listing.sorting)
    if listing.export:
        return export(listing, rows)
    pages = Pages(rows, found, request)
    page = pages.asked
    context = {
        **listing.around(pages),
        "result": result(pages.count),
        "entries": [listed.Entry(*row) for row in page],
        "may_edit": may_edit_offers(request.user),
    }
    return render_page(request, LIST, context, parts=PARTS, address=listing.shown_at(page))


def result(number: int) -> str:
    """How many offers were found."""
    return ngettext("%(number)s offer", "%(number)s offers", number) % {
        "number": number_format(number, force_grouping=True)
    }


def export(listing: Listing, rows: QuerySet[SupportOffer, Any]) -> HttpResponseBase:
    """All that was found, in the order of the page, as a download that says what it is."""
    about = {
        _("What this is"): _("Support for municipalities, and how much of it they used"),
        _("Filters"): listing.filters,
        _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
        _("Numbers of staff"): _("Told where at least five municipalities gave theirs"),
    }
    name = f"{_('support')}-{today():%Y-%m-%d}"
    return table_response(listing.export, name, listed.export_header(), listed.export_rows(rows), about)


@require_safe
def offer(request: UserRequest, pk: int) -> HttpResponse:
    """One offer, with where it comes from and which municipalities used it."""
    offer = get_object_or_404(SupportOffer.objects.with_use(), pk=pk)
    uses = offer.uses.all()
    context = {
        "offer": offer,
        "page": Pages(uses.own_first(request.user).values(*USE_COLUMNS), uses, request).asked,
        "may_edit": may_edit_offers(request.user),
        "may_record": may_write(request.user),
    }
    return render(request, "support/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@only_editors
def add(request: UserRequest) -> HttpResponse:
    """Show or take in the form for a new offer."""
    return written(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@only_editors
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Show or take in the form for an offer."""
    return written(request, get_object_or_404(opened(SupportOffer.objects.all(), request), pk=pk))


def written(request: UserRequest, offer: SupportOffer | None) -> HttpResponse:
    """The form for an offer, or for a new one; once it is right, the way to that offer."""
    context = {"name": offer.name, "url": offer.get_absolute_url()} if offer else {}
    form = SupportOfferForm(**posted(request), instance=offer)
    if form.is_valid():
        saved = form.save_by(request.user)
        messages.success(request, _("The offer is saved."))
        return redirect(saved)
    return render(request, "support/form.html", {**context, "form": form}, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
@only_recorders
def record_use(request: UserRequest, pk: int) -> HttpResponse:
    """Show or take in the form for a use of the offer.

    The offer is locked meanwhile, so that who sends the form twice at once is told, and nothing breaks.
    """
    offer = get_object_or_404(opened(SupportOffer.objects.all(), request), pk=pk)
    return recorded(request, SupportUse(offer=offer))


@require_http_methods(["GET", "HEAD", "POST"])
@only_recorders
def edit_use(request: UserRequest, pk: int) -> HttpResponse:
    """Show or take in the form for a use that was recorded."""
    uses = SupportUse.objects.editable_by(request.user).select_related("offer", "municipality")
    return recorded(request, get_object_or_404(opened(uses, request), pk=pk))


def recorded(request: UserRequest, use: SupportUse) -> HttpResponse:
    """The form for a use; once it is right, the way back to the offer."""
    own = Municipality.objects.in_register().editable_by(request.user)
    form = SupportUseForm(**posted(request), instance=use, municipalities=own)
    if form.is_valid():
        form.save_by(request.user)
        messages.success(request, _("Recorded. You can change it whenever you like."))
        return redirect(use.offer)
    return render(request, "support/use_form.html", {"use": use, "form": form}, status=form.status)


@require_http_methods(["GET", "HEAD", "POST"])
@only_recorders
def delete_use(request: UserRequest, pk: int) -> HttpResponse:
    """Ask whether a use is to be deleted, and on yes do so, unless it was changed meanwhile."""
    uses = SupportUse.objects.editable_by(request.user).select_related("offer", "municipality")
    use = get_object_or_404(opened(uses, request), pk=pk)
    is_asked = request.method == "POST"
    if is_asked and request.POST.get("revision") == str(use.revision):
        use.delete()
        messages.success(request, _("The use is deleted."))
        return redirect(use.offer)
    context = {"use": use, "was_changed": is_asked}
    return render(request, "support/delete_use.html", context, status=409 if is_asked else 200)
