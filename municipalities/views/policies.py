"""Safety policies: the list, one policy, and what the municipalities that take part do with it."""

from typing import Any

from django.contrib import messages
from django.db.models import Case, DateField, F, OuterRef, QuerySet, Value, When
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Role, User
from accounts.permissions import only
from accounts.requests import UserRequest
from municipalities import policy_list
from municipalities.actions import decide_participation, remove_unused_document
from municipalities.filters import PolicyFilter
from municipalities.forms.policies import PolicyForm
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation, SafetyPolicy
from municipalities.permissions import WHY_NOT, may_write
from policytracker.documents import document_response
from policytracker.exporting import table_response
from policytracker.expressions import found_for_row
from policytracker.forms import posted
from policytracker.listing import Listing, Pages
from policytracker.partials import render_page
from policytracker.revisions import opened

LIST = "policies/list.html"
PARTS = ("results", "policies")
ANSWERS = {"yes": True, "no": False}


@require_safe
def policies(request: UserRequest) -> HttpResponseBase:
    """Search, filter, sort and page through the safety policies."""
    form = PolicyFilter(request.GET, user=request.user)
    listing = Listing(request, form, policy_list.SORTING)
    if not form.is_valid():
        return render_page(request, LIST, listing.refused(), parts=PARTS, part="policies", status=422)
    found = form.apply(SafetyPolicy.objects.all())
    rows = policy_list.rows(found).order_by(*listing.sorting.expressions())
    if listing.export:
        return export(listing, rows)
    pages = Pages(rows, found, request)
    page = pages.asked
    number = number_format(pages.count, force_grouping=True)
    context = {
        **listing.around(pages),
        "entries": [policy_list.PolicyEntry._make(row) for row in page.object_list],
        "result": ngettext("%(number)s policy", "%(number)s policies", pages.count) % {"number": number},
    }
    return render_page(request, LIST, context, parts=PARTS, address=listing.shown_at(page))


def export(listing: Listing, rows: QuerySet[SafetyPolicy, Any]) -> HttpResponseBase:
    """All that was found, in the order of the page, as a download that says what it is."""
    about = {
        _("What this is"): _("Safety policies of municipalities"),
        _("Filters"): listing.filters,
        _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
    }
    header, lines = policy_list.export_header(), policy_list.export_rows(rows)
    return table_response(listing.export, _("safety-policies"), header, lines, about)


@require_safe
def policy(request: UserRequest, pk: int) -> HttpResponse:
    """What is known of one policy: its period, who takes part, what rests on it."""
    current = SafetyPolicy.objects.current().filter(pk=OuterRef("pk"))
    rows = shown_to(request.user).select_related("successor").annotate(is_current=found_for_row(current))
    found = get_object_or_404(rows, pk=pk)
    own = own_municipalities(request.user)
    participations = list(
        found.participations.select_related("municipality", "decided_by").order_by("municipality__sort_name")
    )
    ends_on = Value(found.ends_on, output_field=DateField())
    after = PolicyParticipation.objects.after(found.kind, ends_on, found.successor_id)
    followed = set(after.filter(municipality__in=own).values_list("municipality_id", flat=True))
    statements = CoverageStatement.objects.in_force().filter(policy=found).select_related("municipality")
    status = PolicyParticipation.Status
    confirmed = [
        part for part in participations if part.municipality_id in own and part.status == status.CONFIRMED
    ]
    context = {
        "policy": found,
        "participations": [part for part in participations if part.status != status.DECLINED],
        "to_answer": [
            part for part in participations if part.municipality_id in own and part.status == status.PROPOSED
        ],
        "declined": [
            part for part in participations if part.municipality_id in own and part.status == status.DECLINED
        ],
        "confirmed": confirmed,
        "own": own,
        "statements": statements.order_by("municipality__sort_name"),
        "to_succeed": next((one for one in confirmed if one.municipality_id not in followed), None),
        "predecessors": found.predecessors.order_by(F("ends_on").desc(nulls_last=True)),
        "may_edit": found.may_edit,
        "may_read_document": found.document is not None and found.is_readable,
    }
    return render(request, "policies/detail.html", context)


@require_http_methods(["GET", "POST"])
@only(may_write, WHY_NOT)
def new_policy(request: UserRequest) -> HttpResponse:
    """Show or take in the form for a policy of a municipality, which may succeed another one."""
    predecessor = None
    if "opvolger-van" in request.GET:
        rows = SafetyPolicy.objects.editable_by(request.user)
        predecessor = get_object_or_404(rows, pk=number(request.GET["opvolger-van"]))
    municipality = municipality_asked(request, predecessor)
    form = PolicyForm(municipality=municipality, predecessor=predecessor, **posted(request))
    return answer(request, form, municipality)


@require_http_methods(["GET", "POST"])
@only(may_write, WHY_NOT)
def edit_policy(request: UserRequest, pk: int) -> HttpResponse:
    """Show or take in the changes of a policy."""
    rows = opened(SafetyPolicy.objects.editable_by(request.user), request)
    found = get_object_or_404(rows, pk=pk)
    municipality = municipality_asked(request, found)
    form = PolicyForm(municipality=municipality, instance=found, **posted(request))
    return answer(request, form, municipality)


def answer(request: UserRequest, form: PolicyForm, municipality: Municipality) -> HttpResponse:
    """Save a valid form and show the policy, or show the form with what is wrong."""
    if form.is_valid():
        earlier = form.instance.document
        saved = form.save_by(request.user)
        remove_unused_document(document=earlier)
        if SafetyPolicy.objects.current().filter(pk=saved.pk).exists():
            messages.success(request, _("Saved. Is the theme in it? State that too."))
        else:
            messages.success(request, _("Saved. You state where the theme stands in it once it has begun."))
        return redirect(saved)
    context = {"form": form, "municipality": municipality, "policy": None if form.is_new else form.instance}
    return render(request, "policies/form.html", context, status=form.status)


@require_POST
@only(may_write, WHY_NOT)
def answer_participation(request: UserRequest, pk: int) -> HttpResponse:
    """Take in whether a policy is the municipality's own.

    A yes to what tells of the theme leads to the statement, in which little is left to fill in.
    """
    municipality = get_object_or_404(
        Municipality.objects.in_register().editable_by(request.user),
        code=request.POST.get("gemeente", ""),
    )
    participation = get_object_or_404(
        PolicyParticipation.objects.select_related("policy"), policy=pk, municipality=municipality
    )
    ours = ANSWERS.get(request.POST.get("answer", ""))
    if ours is None:
        return redirect(participation.policy)  # which asks again
    statements = CoverageStatement.objects.in_force().filter(municipality=municipality)
    if not ours and statements.filter(policy=pk).exists():
        text = _("Your statement rests on this policy. State first what holds without it.")
        messages.error(request, text)
        return redirect("municipalities:state-coverage", municipality.code)
    decide_participation(by=request.user, policy=participation.policy, municipality=municipality, ours=ours)
    if not ours:
        said = _("Noted: this is not your policy. You can take that back on its page.")
        declined = participation.policy
        link = format_html('{} <a href="{}">{}</a>', said, declined.get_absolute_url(), declined)
        messages.success(request, link)
        return redirect(f"{reverse('start')}?gemeente={municipality.code}")
    is_current = SafetyPolicy.objects.current().filter(pk=pk).exists()
    if is_current and not statements.filter(policy=pk).exists():
        messages.success(request, _("Noted: this is your policy. Say also where the theme stands in it."))
        address = reverse("municipalities:state-coverage", args=[municipality.code])
        return redirect(f"{address}?beleid={pk}")
    messages.success(request, _("Noted: this is your policy."))
    return redirect(participation.policy)


@require_safe
def document(request: UserRequest, pk: int) -> FileResponse:
    """The policy's document as a download, to whoever may read it."""
    found = get_object_or_404(shown_to(request.user), pk=pk)
    if found.document is None or not found.is_readable:
        raise Http404(_("There is no document with this policy."))
    return document_response(found.document.file, found.document.name, found.document.kind)


def shown_to(user: User) -> QuerySet[Any, Any]:
    """The policies, each with whether the user `may_edit` it and may read its document (`is_readable`).

    What a council adopted is public; the document of a concept is for who may change it.
    """
    this = SafetyPolicy.objects.filter(pk=OuterRef("pk"))
    return SafetyPolicy.objects.select_related("document").annotate(
        may_edit=found_for_row(this.editable_by(user)),
        is_readable=Case(When(adopted_on__isnull=False, then=Value(True)), default=F("may_edit")),
    )


def municipality_asked(request: UserRequest, policy: SafetyPolicy | None) -> Municipality:
    """For which of the user's municipalities the policy is written: the one named, or else the first."""
    rows = Municipality.objects.in_register().editable_by(request.user)
    if code := request.GET.get("gemeente"):
        return get_object_or_404(rows, code=code.upper())
    if policy is not None:
        rows = rows.filter(participations__policy=policy).order_by("participations__pk")
    elif request.user.role != Role.OFFICER:
        raise Http404(_("Say of which municipality the policy is."))
    found = rows.first()
    if found is None:
        raise Http404(_("You keep no municipality up to date."))
    return found


def own_municipalities(user: User) -> set[int]:
    """The municipalities for which the user answers; VNG, which may write for all, answers for none."""
    if user.role != Role.OFFICER:
        return set()
    return set(Municipality.objects.in_register().editable_by(user).values_list("pk", flat=True))


def number(text: Any) -> int:
    """The number in an address, or one that nothing has."""
    return int(text) if str(text).isdecimal() and len(str(text)) < 18 else 0
