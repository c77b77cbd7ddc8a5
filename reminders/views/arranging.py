"""What VNG arranges about the reminders: rules and their texts, pauses, delays, and sending one now."""

from typing import cast

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from accounts.models import User
from municipalities.models import Municipality
from policytracker.dates import today
from policytracker.forms import posted
from policytracker.revisions import ChangedMeanwhile, opened
from reminders.actions import ask_for_run, decide, lift
from reminders.delivery import refusal_of
from reminders.forms import PauseForm, RuleForm, RuleTextForm
from reminders.mails import Mail
from reminders.models import Hold, RuleSetting, RuleText
from reminders.permissions import for_those_who_run_reminders
from reminders.planning import Scope
from reminders.preview import letters, preview
from reminders.rules import DEFAULTS, ReminderRule, rules
from reminders.samples import sample, send_to
from reminders.wording import CASES

ENDED_SHOWN = 20


def user_of(request: HttpRequest) -> User:
    """The user, who is logged in."""
    return cast(User, request.user)


# Rules and texts


@require_safe
@for_those_who_run_reminders
def rule_list(request: HttpRequest) -> HttpResponse:
    """For which reasons municipalities are reminded, how often, and in whose words."""
    own = set(RuleText.objects.values_list("rule", "case"))
    changed = set(RuleSetting.objects.values_list("rule", flat=True))
    context = {
        "rules": [
            {
                "rule": rule,
                "is_changed": rule.key in changed,
                "cases": [
                    {"key": key, "case": case, "is_own": (rule.key, key) in own}
                    for key, case in CASES[rule.key].items()
                ],
            }
            for rule in rules().values()
        ]
    }
    return render(request, "reminders/rules.html", context)


def rule_named(name: str) -> ReminderRule:
    """The rule with this name in an address, as it comes along."""
    if name not in DEFAULTS:
        raise Http404
    return DEFAULTS[name]


@require_http_methods(["GET", "POST"])
@for_those_who_run_reminders
def change_rule(request: HttpRequest, rule: str) -> HttpResponse:
    """Show or take in whether a rule is on and when its steps come."""
    usual = rule_named(rule)
    setting = opened(RuleSetting.objects.filter(rule=rule), request).first()
    form = RuleForm(instance=setting, rule=usual, data=posted(request).get("data"))
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved. It holds from the next run on."))
        return redirect("reminders:rules")
    context = {"form": form, "rule": usual}
    return render(request, "reminders/change_rule.html", context, status=form.status)


@require_http_methods(["GET", "POST"])
@for_those_who_run_reminders
def change_text(request: HttpRequest, rule: str, case: str) -> HttpResponse:
    """Show or take in what a case of a rule says: to see it, to have it sent as a test, or to keep it."""
    if case not in CASES[rule_named(rule).key]:
        raise Http404
    form = RuleTextForm(rule=rule, case=case, data=posted(request).get("data"))
    wanted = request.POST.get("do", "")
    examples: list[tuple[str, Mail]] = []
    if form.is_bound and wanted == "reset":
        RuleText.objects.filter(rule=rule, case=case).delete()
        messages.success(request, _("The text that comes along is used again."))
        return redirect("reminders:change-text", rule, case)
    if form.is_valid():
        examples = [
            (language, sample(rule, case, form.typed(language), language=language)) for language in LANGUAGES
        ]
        if wanted == "save":
            form.save()
            messages.success(request, _("Saved. It holds from the next message on."))
            return redirect("reminders:rules")
        if wanted == "test":
            send_test(request, dict(examples))
    elif not form.is_bound:
        examples = [
            (language, sample(rule, case, form.wording(language), language=language))
            for language in LANGUAGES
        ]
    context = {
        "form": form,
        "rule": rule_named(rule),
        "case": CASES[rule][case],
        "number_of_cases": len(CASES[rule]),
        "examples": examples,
        "is_own": bool(form.own),
    }
    return render(request, "reminders/change_text.html", context, status=422 if form.errors else 200)


LANGUAGES = ("nl", "en")


def send_test(request: HttpRequest, examples: dict[str, Mail]) -> None:
    """Send the example in the language of the user to the user, and say what became of it."""
    try:
        send_to(user_of(request), examples[get_language() or "nl"])
    except Exception as error:
        told = _("The test message was not sent: %(why)s")
        messages.error(request, told % {"why": refusal_of(error).text})
    else:
        told = _("A test message is on its way to %(address)s. Nothing has been saved yet.")
        messages.success(request, told % {"address": user_of(request).email})


# Pauses and delays


@require_http_methods(["GET", "POST"])
@for_those_who_run_reminders
def pauses(request: HttpRequest) -> HttpResponse:
    """What is kept back, which delays wait for a decision, and the form for a new pause."""
    initial = {"municipality": request.GET.get("gemeente", "").upper()}
    form = PauseForm(by=user_of(request), data=posted(request).get("data"), initial=initial)
    if form.is_valid():
        form.save()
        messages.success(request, _("Paused. What is owed meanwhile goes out when the pause is over."))
        return redirect("reminders:pauses")
    every: QuerySet[Hold] = Hold.objects.select_related(
        "municipality", "safety_region", "made_by", "decided_by"
    )
    in_force = Hold.objects.in_force()
    context = {
        "form": form,
        "asked": every.filter(pk__in=Hold.objects.to_decide().values("pk")).order_by("made_at"),
        "in_force": every.filter(pk__in=in_force.values("pk")),
        "ended": every.exclude(pk__in=in_force.values("pk")).exclude(status=Hold.Status.ASKED)[:ENDED_SHOWN],
    }
    return render(request, "reminders/pauses.html", context, status=422 if form.errors else 200)


@require_POST
@for_those_who_run_reminders
def end_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """End a pause, or what a municipality postponed."""
    try:
        lift(by=user_of(request), hold=get_object_or_404(Hold, pk=pk))
    except ChangedMeanwhile:
        messages.error(request, _("This had ended already."))
    else:
        messages.success(request, _("Ended. What is owed goes out with the next run."))
    return redirect("reminders:pauses")


@require_POST
@for_those_who_run_reminders
def decide_delay(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or refuse the delay that a municipality asked for."""
    is_granted = request.POST.get("decision") == "grant"
    hold = get_object_or_404(Hold.objects.select_related("municipality"), pk=pk)
    try:
        decide(by=user_of(request), hold=hold, is_granted=is_granted)
    except ChangedMeanwhile:
        messages.error(request, _("This was decided or taken back already."))
    else:
        told = (
            _("Granted. %(name)s sees it on its page.")
            if is_granted
            else _("Refused. %(name)s sees it on its page.")
        )
        messages.success(request, told % {"name": hold.municipality})
    return redirect("reminders:pauses")


# Sending one now


@transaction.non_atomic_requests  # so that the worker is woken here, and a broker that is away can be told
@require_http_methods(["GET", "HEAD", "POST"])
@for_those_who_run_reminders
def send_one(request: HttpRequest, code: str) -> HttpResponse:
    """Show what is owed to one municipality, and on yes let a worker send it now."""
    municipality = get_object_or_404(Municipality.objects.in_register(), code=code.upper())
    if request.method == "POST":
        try:
            ask_for_run(by=user_of(request), outside_hours=True, municipality=municipality)
        except OperationalError:
            messages.error(
                request, _("The run could not be started: the queue cannot be reached. Try again later.")
            )
        else:
            messages.success(
                request, _("The run has been started. Its result appears here within a few minutes.")
            )
        return redirect("reminders:ledger")
    found = preview(on=today(), scope=Scope(municipality=municipality.pk), by_hand=True)
    context = {
        "municipality": municipality,
        "letters": letters(found.drafts, on=today()),
        "waiting": found.waiting,
        "unreachable": found.unreachable,
    }
    return render(request, "reminders/send_one.html", context)
