"""The start page of each role."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render

from accounts.models import Role
from accounts.requests import UserRequest
from dashboards import figures
from dashboards.asked import desk, own_municipalities
from dashboards.pictures import Country, Overview
from dashboards.worklist import worklist
from policytracker.dates import today
from reminders.models import Hold
from reminders.runs import is_overdue

WORKLIST_ROWS = 10
A_YEAR = dt.timedelta(days=365)


def start(request: UserRequest) -> HttpResponse:
    """The page that fits the user's role."""
    return START_PAGES[Role(request.user.role)](request)


def officer(request: UserRequest) -> HttpResponse:
    """What is asked of one of the officer's municipalities, and how it stands there."""
    on = today()
    own = own_municipalities(request.user.pk, on, role=request.user.role)
    chosen = next((one for one in own if one.code == request.GET.get("gemeente")), own[0] if own else None)
    context = {"own": own, "municipality": chosen, "desk": desk(chosen, on) if chosen else None}
    return render(request, "dashboards/start_officer.html", context)


def vng(request: UserRequest) -> HttpResponse:
    """How all municipalities stand, and whom to help next."""
    on = today()
    overview = Overview(
        standing=figures.standing(on),
        waiting=next(iter(figures.waiting_for_vng(on)), figures.Waiting()),
        worklist=tuple(worklist(on, limit=WORKLIST_ROWS)),
        reminders=next(iter(figures.reminders(on - figures.RECENTLY)), figures.ReminderFigures()),
    )
    context = {"overview": overview, "overdue": is_overdue(), "to_decide": Hold.objects.to_decide().count()}
    return render(request, "dashboards/start_vng.html", context)


def nctv(request: UserRequest) -> HttpResponse:
    """One picture of the country: the share covered, its change, and what is done about the rest."""
    on = today()
    measures, follow_up, covered_before = figures.work(on, on - A_YEAR)
    country = Country(
        standing=figures.standing(on),
        covered_before=covered_before,
        before=on - A_YEAR,
        measures=measures,
        follow_up=follow_up,
    )
    return render(request, "dashboards/start_nctv.html", {"country": country})


START_PAGES = {Role.OFFICER: officer, Role.VNG: vng, Role.NCTV: nctv, Role.ADMINISTRATOR: vng}
