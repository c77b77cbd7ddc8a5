"""What a receiver can do about the reminders: see what is asked, postpone, hand over, say how to write."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import only
from accounts.requests import UserRequest
from municipalities.models import Contact, Municipality
from municipalities.permissions import WHY_NOT, may_write
from policytracker.dates import today
from policytracker.forms import posted
from policytracker.revisions import ChangedMeanwhile
from reminders.actions import lift
from reminders.actions import unsubscribe as stop
from reminders.forms import HandOverForm, PostponeForm, PreferenceForm
from reminders.models import Hold, Preference, Rule
from reminders.permissions import may_run_reminders
from reminders.receivers import questions
from reminders.rules import DEFAULTS
from reminders.subscriptions import read_token

NOTICES = [key for key, rule in DEFAULTS.items() if rule.is_notice]


def own_municipality(request: UserRequest, code: str) -> Municipality:
    """The municipality, if the user keeps it up to date."""
    return get_object_or_404(Municipality.objects.in_register().editable_by(request.user), code=code.upper())


def rule_of(name: str) -> str:
    """The rule with this name in an address."""
    if name not in Rule.values:
        raise Http404
    return name


@require_safe
@only(may_write, WHY_NOT)
def own(request: UserRequest, code: str) -> HttpResponse:
    """What we asked the municipality, with what it can do about each question."""
    municipality = own_municipality(request, code)
    contacts = municipality.contacts.order_by("position").select_related("preference")
    context = {
        "municipality": municipality,
        "questions": questions(municipality, on=today()),
        "contacts": contacts,
        "may_send": may_run_reminders(request.user),
    }
    return render(request, "reminders/own.html", context)


@require_http_methods(["GET", "POST"])
@only(may_write, WHY_NOT)
def postpone(request: UserRequest, code: str, rule: str) -> HttpResponse:
    """Show or take in until when a question is postponed."""
    municipality = own_municipality(request, code)
    form = PostponeForm(
        municipality=municipality, rule=rule_of(rule), by=request.user, data=posted(request).get("data")
    )
    if form.is_valid():
        hold = form.save()
        if hold.status == Hold.Status.ASKED:
            told = _("VNG has been asked for a delay until %(day)s. You see here what it decides.")
        else:
            told = _("We leave this question alone until %(day)s.")
        messages.success(request, told % {"day": date_format(form.cleaned_data["until"])})
        return redirect("reminders:own", municipality.code)
    context = {"form": form, "municipality": municipality, "reason": Rule(rule).label}
    return render(request, "reminders/postpone.html", context, status=422 if form.is_bound else 200)


@require_POST
@only(may_write, WHY_NOT)
def resume(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Take back that a question was postponed, or that VNG was asked for a delay."""
    municipality = own_municipality(request, code)
    own_holds = Hold.objects.filter(municipality=municipality).exclude(kind=Hold.Kind.PAUSE)
    try:
        lift(by=request.user, hold=get_object_or_404(own_holds, pk=pk))
    except ChangedMeanwhile:
        messages.error(request, _("This had ended already."))
    else:
        messages.success(request, _("Taken back. We ask again when it is time."))
    return redirect("reminders:own", municipality.code)


@require_http_methods(["GET", "POST"])
@only(may_write, WHY_NOT)
def hand_over(request: UserRequest, code: str, rule: str) -> HttpResponse:
    """Show or take in to which colleague a question goes."""
    municipality = own_municipality(request, code)
    form = HandOverForm(
        municipality=municipality, rule=rule_of(rule), by=request.user, data=posted(request).get("data")
    )
    if form.is_valid():
        contact = form.save()
        told = _("%(name)s gets this question from now on, and what was asked already with the next run.")
        messages.success(request, told % {"name": contact.name})
        return redirect("reminders:own", municipality.code)
    context = {"form": form, "municipality": municipality, "reason": Rule(rule).label}
    return render(request, "reminders/hand_over.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@only(may_write, WHY_NOT)
def preferences(request: UserRequest, code: str, pk: int) -> HttpResponse:
    """Show or take in how a contact wants to be written to."""
    municipality = own_municipality(request, code)
    contact = get_object_or_404(municipality.contacts.all(), pk=pk)
    preference = Preference.objects.filter(contact=contact).first() or Preference(contact=contact)
    form = PreferenceForm(instance=preference, notices=NOTICES, data=posted(request).get("data"))
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("reminders:own", municipality.code)
    context = {"form": form, "municipality": municipality, "contact": contact}
    return render(request, "reminders/preferences.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: UserRequest, token: str) -> HttpResponse:
    """Ask whether these messages must stop, and on yes stop them; needs no log-in and does nothing else."""
    asked = read_token(token)
    contact = Contact.objects.filter(pk=asked[0]).select_related("municipality").first() if asked else None
    if asked is None or contact is None or asked[1] not in NOTICES:
        raise Http404
    if request.method == "POST":
        stop(contact=contact, rule=asked[1])
    context = {"municipality": contact.municipality, "is_done": request.method == "POST"}
    return render(request, "reminders/unsubscribe.html", context)
