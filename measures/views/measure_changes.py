"""Reporting on measures and changing how far they are, one by one or several at once."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from accounts.permissions import only
from accounts.requests import UserRequest
from measures.actions.measures import change_status, delete_draft, report_progress
from measures.forms.measures import ProgressForm, StatusForm
from measures.measure_status import DELETED, IllegalTransition, Status, check, is_allowed
from measures.models import Measure
from municipalities.permissions import WHY_NOT, may_write
from policytracker.choices import label
from policytracker.forms import posted

NEXT = "next"


def way_back(request: UserRequest, otherwise: str) -> str:
    """The address on this site that the form came from."""
    asked = request.POST.get(NEXT, "")
    return asked if url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else otherwise


def whole_page(request: UserRequest, response: HttpResponse) -> HttpResponse:
    """The answer as a page of its own, also where htmx asked for a part of another."""
    return reswap(retarget(response, "body"), "innerHTML") if request.htmx else response


def refused(request: UserRequest, error: IllegalTransition) -> HttpResponse:
    """Say which step cannot be taken; nothing was written."""
    context = {"measure": error.measure, "told": error.in_words()}
    return render(request, "measures/refused.html", context, status=409)


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_write, WHY_NOT)
def progress(request: UserRequest, pk: int) -> HttpResponse:
    """Report on a measure, and with it how far it is."""
    measure = get_object_or_404(Measure.objects.editable_by(request.user), pk=pk)
    form = ProgressForm(**posted(request), measure=measure, by=request.user)
    if form.is_valid():
        try:
            report_progress(by=request.user, measure=measure, **form.cleaned_data)
        except IllegalTransition as error:
            return refused(request, error)
        messages.success(request, _("Your report stands with the measure."))
        return redirect(measure)
    context = {"measure": measure, "form": form}
    return render(request, "measures/progress.html", context, status=422 if form.is_bound else 200)


@require_POST
@only(may_write, WHY_NOT)
def status(request: UserRequest, pk: int) -> HttpResponse:
    """Give a measure another status; whoever stops it says why."""
    measure = get_object_or_404(Measure.objects.editable_by(request.user), pk=pk)
    form = StatusForm(request.POST)
    asked = request.POST.get("status", "")
    try:
        if form.is_valid():
            change_status(by=request.user, measures=[measure], **form.cleaned_data)
            said = _("“%(title)s” is now: %(status)s.")
            messages.success(request, said % {"title": measure, "status": label(Status, asked)})
            return HttpResponseRedirect(way_back(request, measure.get_absolute_url()))
        if asked in Status.values:
            check(measure, asked, by=request.user)
    except IllegalTransition as error:
        return refused(request, error)
    context = {"measure": measure, "form": form, "next": way_back(request, "")}
    return whole_page(request, render(request, "measures/status.html", context, status=422))


@require_POST
@only(may_write, WHY_NOT)
def several(request: UserRequest) -> HttpResponse:
    """Show what a new status would change of the chosen measures, ask, and on yes change all of them."""
    back = way_back(request, reverse("measures:list"))
    measures = chosen(request)
    to = request.POST.get("status", "")
    if not measures or to not in Status.values:
        context = {"nothing_chosen": not measures, "back": back}
        return render(request, "measures/bulk_status.html", context, status=422)
    allowed = [measure for measure in measures if is_allowed(measure, to, by=request.user)]
    form = StatusForm(request.POST) if "sure" in request.POST else StatusForm(initial=request.POST.dict())
    if form.is_valid() and len(allowed) == len(measures):
        change_status(by=request.user, measures=measures, **form.cleaned_data)
        done = ngettext(
            "%(number)s measure is now: %(status)s.",
            "%(number)s measures are now: %(status)s.",
            len(measures),
        )
        messages.success(request, done % {"number": len(measures), "status": label(Status, to)})
        return HttpResponseRedirect(back)
    context = {
        "form": form,
        "to": to,
        "to_label": label(Status, to),
        "allowed": allowed,
        "refused": [measure for measure in measures if measure not in allowed],
        "back": back,
    }
    asked_only = not form.is_bound
    code = 200 if asked_only else 409 if len(allowed) < len(measures) else 422
    return render(request, "measures/bulk_status.html", context, status=code)


def chosen(request: UserRequest) -> list[Measure]:
    """The measures that were chosen; one that the user may not change makes that there are none: 404."""
    keys = set(request.POST.getlist("measures"))
    if not all(key.isascii() and key.isdigit() for key in keys):
        raise Http404
    found = Measure.objects.editable_by(request.user).filter(pk__in=keys).select_related("plan")
    measures = list(found.select_for_update(of=("self",)).order_by("pk"))
    if len(measures) < len(keys):
        raise Http404
    return measures


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_write, WHY_NOT)
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Ask whether a draft may go, and on yes delete it; any other measure stays."""
    measure = get_object_or_404(Measure.objects.editable_by(request.user).select_related("plan"), pk=pk)
    try:
        check(measure, DELETED, by=request.user)
        if request.method == "POST":
            delete_draft(by=request.user, measure=measure)
            messages.success(request, _("The draft “%(title)s” has been deleted.") % {"title": measure})
            return redirect("measures:list")
    except IllegalTransition as error:
        return refused(request, error)
    return render(request, "measures/delete.html", {"measure": measure})


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_write, WHY_NOT)
def withdraw(request: UserRequest, pk: int, update: int) -> HttpResponse:
    """Ask whether a report on a measure may go, and on yes withdraw it; the status stays as it is."""
    measure = get_object_or_404(Measure.objects.editable_by(request.user), pk=pk)
    report = get_object_or_404(measure.progress_updates, pk=update)
    if request.method == "POST":
        report.delete()
        messages.success(request, _("The report is withdrawn."))
        return redirect(measure)
    return render(request, "measures/withdraw.html", {"measure": measure, "report": report})
