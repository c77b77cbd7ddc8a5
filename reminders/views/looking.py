"""What VNG's console answers: why a municipality was (not) reminded on a day, and which reminder works."""

import datetime as dt

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from municipalities.filters import MunicipalityField
from policytracker.dates import today
from policytracker.exporting import CSV, FORMATS, XLSX, table_response
from policytracker.forms import DateInput
from policytracker.listing import EXPORT, Address
from reminders import figures as counted
from reminders.permissions import for_those_who_run_reminders
from reminders.why import why as answer_for

LOOKS_AHEAD = dt.timedelta(days=366)


class WhyForm(forms.Form):
    """Of which municipality and which day one wants to know why; today unless the address says otherwise."""

    gemeente = MunicipalityField(label=gettext_lazy("Municipality or code"))
    dag = forms.DateField(
        label=gettext_lazy("Day"),
        widget=DateInput,
        input_formats=["%Y-%m-%d", "%d-%m-%Y"],
        error_messages={
            "invalid": gettext_lazy("We cannot read this day. Write it as 2026-12-31 or 31-12-2026.")
        },
    )

    def clean_dag(self) -> dt.date:
        """A day, and not so far ahead that too much will have changed by then."""
        day: dt.date = self.cleaned_data["dag"]
        if day > today() + LOOKS_AHEAD:
            raise forms.ValidationError(_("Choose a day at most a year from now."))
        return day


@require_safe
@for_those_who_run_reminders
def why(request: HttpRequest) -> HttpResponseBase:
    """Why a municipality was, or was not, reminded on a day."""
    asked = request.GET
    form = WhyForm(
        {"gemeente": asked.get("gemeente", ""), "dag": asked.get("dag", "").strip() or today().isoformat()}
    )
    if not form.is_valid():
        return render(request, "reminders/why.html", {"form": form}, status=422)
    municipality, day = form.cleaned_data["gemeente"], form.cleaned_data["dag"]
    if municipality is None:
        return render(request, "reminders/why.html", {"form": form})
    answer = answer_for(municipality, on=day)
    context = {"form": form, "answer": answer, "before": day - counted.ONE_DAY, "after": None}
    if day < today() + LOOKS_AHEAD:
        context["after"] = day + counted.ONE_DAY
    return render(request, "reminders/why.html", context)


@require_safe
@for_those_who_run_reminders
def figures(request: HttpRequest) -> HttpResponseBase:
    """What was sent in a period, and how much of it was answered, step by step."""
    form = counted.PeriodForm(request.GET)
    if not form.is_valid():
        return render(request, "reminders/figures.html", {"form": form}, status=422)
    first, last = form.cleaned_data["van"], form.cleaned_data["tot"]
    found = counted.figures(first, last)
    kind = request.GET.get(EXPORT, "")
    period = _("%(first)s until %(last)s") % {"first": date_format(first), "last": date_format(last)}
    if kind in FORMATS:
        about = {
            _("What this is"): _("Reminders sent to municipalities, and how many were answered in 30 days"),
            _("Sent"): period,
            _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
            _("An answer"): _("Counts for the last step that was sent before it"),
        }
        named = _("figures-of-reminders")
        name = f"{named}-{first:%Y-%m-%d}-{last:%Y-%m-%d}"
        rows = counted.export_rows(found, first, last)
        return table_response(kind, name, counted.export_header(), rows, about)
    total, address = counted.total(found), Address(request)
    sent = ngettext("%(number)s reminder sent", "%(number)s reminders sent", total.sent)
    context = {
        "form": counted.PeriodForm({"van": first.isoformat(), "tot": last.isoformat()}),
        "figures": found,
        "total": total,
        "period": period,
        "result": sent % {"number": number_format(total.sent, force_grouping=True)},
        "exports": [
            {"label": "CSV", "url": address.having(EXPORT, CSV)},
            {"label": "Excel", "url": address.having(EXPORT, XLSX)},
        ],
    }
    return render(request, "reminders/figures.html", context)
