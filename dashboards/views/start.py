"""The start page of each role."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.requests import UserRequest
from dashboards import figures
from dashboards.asked import desk
from dashboards.worklist import worklist
from measures.models import Phase
from municipalities.coverage import COVERED, Coverage
from municipalities.models import Municipality
from policytracker.dates import today

WORKLIST_ROWS = 10
WITHOUT_POLICY = (Coverage.LAPSED, Coverage.ABSENT, Coverage.UNKNOWN)


def start(request: UserRequest) -> HttpResponse:
    """The page that fits the user's role."""
    return START_PAGES[Role(request.user.role)](request)


def officer(request: UserRequest) -> HttpResponse:
    """What is asked of one of the officer's municipalities, and how it stands there."""
    on = today()
    own = list(
        Municipality.objects.in_register(on=on)
        .editable_by(request.user)
        .with_statement(on=on)
        .order_by("memberships__pk")  # the one that the officer joined first comes first
    )
    chosen = next((one for one in own if one.code == request.GET.get("gemeente")), own[0] if own else None)
    return render(
        request,
        "dashboards/start_officer.html",
        {"own": own, "municipality": chosen, "desk": desk(chosen, on) if chosen else None},
    )


def vng(request: UserRequest) -> HttpResponse:
    """How all municipalities stand, and whom to help next."""
    on = today()
    standing = figures.standing(on)
    waiting = figures.waiting_for_vng(on)
    context = {
        "on": on,
        "standing": standing,
        "numbers": [
            {"label": _("Covered"), "number": standing.covered.part, "url": register(coverage=COVERED)},
            *(stat for stat in coverage_stats(standing) if stat["coverage"] not in COVERED),
            {"label": _("To review"), "number": waiting["to_review"], "url": register(review="unreviewed")},
            {
                "label": _("Without a contact"),
                "number": waiting["without_contact"],
                "url": reverse("reminders:unreachable"),
            },
        ],
        "worklist": worklist(on, limit=WORKLIST_ROWS),
        "all_url": register(coverage=WITHOUT_POLICY),
        "reminders": figures.reminders(on),
    }
    return render(request, "dashboards/start_vng.html", context)


def nctv(request: UserRequest) -> HttpResponse:
    """One picture of the country: the share covered, its change, and what is done about the rest."""
    on = today()
    standing = figures.standing(on)
    before = figures.standing(on - dt.timedelta(days=365))
    measures = figures.measures(on)
    context = {
        "on": on,
        "standing": standing,
        "before": before,
        "change": (change := round(standing.covered.percentage or 0) - round(before.covered.percentage or 0)),
        "loss": -change,
        "numbers": coverage_stats(standing),
        "sizes": [(size.label, share) for size, share in standing.by_size.items()],
        "measures": measures,
        "phases": [(phase.label, measures.by_phase.get(phase, 0)) for phase in Phase],
        "follow_up": figures.follow_up(),
    }
    return render(request, "dashboards/start_nctv.html", context)


def coverage_stats(standing: figures.Standing) -> list[dict[str, Any]]:
    """Each value of coverage with its number, and the list behind that number."""
    return [
        {"coverage": coverage, "label": coverage.label, "number": number, "url": register(coverage=coverage)}
        for coverage, number in standing.by_coverage.items()
    ]


def register(**filters: Any) -> str:
    """The address of the register with these filters."""
    return f"{reverse('municipalities:list')}?{urlencode(filters, doseq=True)}"


START_PAGES = {Role.OFFICER: officer, Role.VNG: vng, Role.NCTV: nctv, Role.ADMINISTRATOR: vng}
