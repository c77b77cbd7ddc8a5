"""The start page of each role."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role
from dashboards import figures
from dashboards.asked import desk
from dashboards.worklist import worklist
from measures.models import Phase
from municipalities.coverage import Coverage
from municipalities.models import Municipality
from policytracker.dates import today
from reminders.models import Reminder

WORKLIST_ROWS = 10


def start(request: HttpRequest) -> HttpResponse:
    """The page that fits the user's role."""
    return START_PAGES[request.user.role](request)


def officer(request: HttpRequest) -> HttpResponse:
    """What is asked of one of the officer's municipalities, and how it stands there."""
    on = today()
    own = list(
        Municipality.objects.in_register(on=on)
        .editable_by(request.user)
        .with_statement(on=on)
        .order_by("sort_name")
    )
    chosen = next((one for one in own if one.code == request.GET.get("gemeente")), own[0] if own else None)
    return render(
        request,
        "dashboards/start_officer.html",
        {"own": own, "municipality": chosen, "desk": desk(chosen, on) if chosen else None, "on": on},
    )


def vng(request: HttpRequest) -> HttpResponse:
    """How all municipalities stand, and whom to help next."""
    on = today()
    standing = figures.standing(on)
    waiting = figures.waiting_for_vng(on)
    reminders = Reminder.objects.figures(since=on - dt.timedelta(days=30))
    register = reverse("municipalities:list")
    numbers = [
        {"label": coverage.label, "number": number, "url": f"{register}?coverage={coverage}"}
        for coverage, number in standing.by_coverage.items()
        if coverage in (Coverage.LAPSED, Coverage.IN_PREPARATION, Coverage.ABSENT, Coverage.UNKNOWN)
    ]
    return render(
        request,
        "dashboards/start_vng.html",
        {
            "on": on,
            "standing": standing,
            "numbers": numbers,
            "waiting": waiting,
            "worklist": worklist(on, limit=WORKLIST_ROWS),
            "reminders": reminders,
        },
    )


def nctv(request: HttpRequest) -> HttpResponse:
    """One picture of the country: the share covered, its change, and what is done about the rest."""
    on = today()
    standing = figures.standing(on)
    measures = figures.measures(on)
    return render(
        request,
        "dashboards/start_nctv.html",
        {
            "on": on,
            "standing": standing,
            "before": figures.standing(on.replace(year=on.year - 1, day=min(on.day, 28))),
            "measures": measures,
            "phases": [(phase.label, measures.by_phase.get(phase, 0)) for phase in Phase],
            "follow_up": figures.follow_up(),
        },
    )


START_PAGES = {Role.OFFICER: officer, Role.VNG: vng, Role.NCTV: nctv, Role.ADMINISTRATOR: vng}
