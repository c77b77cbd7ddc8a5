"""The pages of the reminders, for VNG and administrators: the ledger, the next run, who is out of reach."""

import datetime as dt
from collections import Counter
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from accounts.models import User
from policytracker.dates import today
from policytracker.exporting import table_response
from policytracker.listing import PAGE, Listing, Pages
from policytracker.partials import render_page
from reminders import ledger as rows
from reminders.actions import ask_for_run
from reminders.addressing import Because
from reminders.forms import OutlookForm
from reminders.models import Hold, Reminder, ReminderRun
from reminders.office_hours import is_working_day, working_day_from
from reminders.permissions import for_those_who_run_reminders
from reminders.preview import Outlook, letters, preview
from reminders.runs import is_overdue
from reminders.sending import may_send_now

LEDGER = "reminders/ledger.html"
PARTS = ("results", "ledger")
LETTERS_PER_PAGE = 10
RUNS_SHOWN = 10
UNREACHABLE_SHOWN = 10
ONE_DAY = dt.timedelta(days=1)


@require_safe
@for_those_who_run_reminders
def ledger(request: HttpRequest) -> HttpResponseBase:
    """What was owed to whom and what became of it, with the last runs and the municipalities out of reach."""
    form = rows.LedgerFilter(request.GET)
    listing = Listing(request, form, rows.SORTING)
    if not form.is_valid():
        return render_page(request, LEDGER, listing.refused(), parts=PARTS, part="ledger", status=422)
    found = form.apply(Reminder.objects.all())
    ordered = rows.rows_of(found).order_by(*listing.sorting.expressions())
    if listing.export:
        about = {
            _("What this is"): _("Reminders to municipalities, and what became of them"),
            _("Filters"): listing.filters,
            _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
        }
        name = f"{_('reminders')}-{today():%Y-%m-%d}"
        return table_response(listing.export, name, rows.export_header(), rows.export_rows(ordered), about)
    pages = Pages(ordered, found, request)
    page = pages.asked
    unreachable = rows.without_reachable_contact(on=today())
    context = {
        **listing.around(pages),
        "result": counted(pages.count),
        "entries": list(rows.entries(page)),
        "latest_run": ReminderRun.objects.select_related("asked_by").first(),
        "runs": ReminderRun.objects.that_did_something().select_related("asked_by")[:RUNS_SHOWN],
        "overdue": is_overdue(),
        "to_decide": Hold.objects.to_decide().count(),
        "unreachable_count": unreachable.count(),
        "unreachable": unreachable.values("code", "name")[:UNREACHABLE_SHOWN],
    }
    return render_page(request, LEDGER, context, parts=PARTS, address=listing.shown_at(page))


@require_safe
@for_those_who_run_reminders
def unreachable(request: HttpRequest) -> HttpResponseBase:
    """The municipalities to which no message can be sent, for VNG to find somebody."""
    found = rows.without_reachable_contact(on=today())
    pages = Pages(rows.with_contacts(found), found, request)
    return render(request, "reminders/unreachable.html", {"page": pages.asked, "number": pages.count})


@require_safe
@for_those_who_run_reminders
def outlook(request: HttpRequest) -> HttpResponseBase:
    """What goes out on a day, message by message, as it will be read."""
    form = OutlookForm(request.GET)
    if not form.is_valid():
        return render(request, "reminders/preview.html", {"form": form}, status=422)
    on = form.cleaned_data["peildatum"]
    found = preview(on=on)
    page = Paginator(found.drafts, LETTERS_PER_PAGE).get_page(request.GET.get(PAGE))
    context = {
        "form": form,
        "on": on,
        "is_today": on == today(),
        "goes_out_on": None if is_working_day(on) else working_day_from(on),
        "page": page,
        "letters": letters(list(page), on=on),
        "messages_count": len(found.drafts),
        "office_hours": settings.REMINDERS_OFFICE_HOURS,
        "following": working_day_from(on + ONE_DAY) if on == today() else on,
        "waiting": waiting_by_reason(found),
        "unreachable_count": len(found.unreachable),
    }
    return render(request, "reminders/preview.html", context)


def waiting_by_reason(outlook: Outlook) -> dict[str, int]:
    """How many reminders wait, by what they wait for."""
    reasons = Counter(waiting.because for waiting in outlook.waiting)
    return {
        "held": reasons[Because.HELD],
        "day": reasons[Because.NOT_THEIR_DAY],
        "written_to": reasons[Because.WRITTEN_TO_LATELY] + reasons[Because.TOGETHER],
    }


@transaction.non_atomic_requests  # so that the worker is woken here, and a broker that is away can be told
@require_http_methods(["GET", "HEAD", "POST"])
@for_those_who_run_reminders
def run_now(request: HttpRequest) -> HttpResponseBase:
    """Ask whether to send now, and on yes let a worker do so, at whatever hour."""
    if request.method == "POST":
        try:
            ask_for_run(by=cast(User, request.user), outside_hours=True)
        except OperationalError:
            messages.error(
                request, _("The run could not be started: the queue cannot be reached. Try again later.")
            )
        else:
            messages.success(
                request, _("The run has been started. Its result appears here within a few minutes.")
            )
        return redirect("reminders:ledger")
    found = preview(on=today())
    context = {"messages_count": len(found.drafts), "in_office_hours": may_send_now()}
    return render(request, "reminders/run_now.html", context)


def counted(number: int) -> str:
    """How many reminders were found."""
    return ngettext("%(number)s reminder", "%(number)s reminders", number) % {
        "number": number_format(number, force_grouping=True)
    }
