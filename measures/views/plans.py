"""Action plans to read: the list with its export, one plan, its document, and what a version changed."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.models import Role, User
from accounts.requests import UserRequest
from measures.models import ActionPlan, Measure, Phase
from measures.models.plan import PLAN_STATES, ActionPlanQuerySet
from measures.plan_filters import PlanFilter, plans_of
from measures.plan_list import (
    SORTING,
    TONES,
    entries,
    export_header,
    export_rows,
    rows,
    with_columns,
)
from measures.plan_versions import compare
from municipalities.models import Contact, Document, Municipality
from municipalities.permissions import may_write
from policytracker.dates import today
from policytracker.documents import document_response
from policytracker.exporting import CSV, FORMATS, XLSX, table_response
from policytracker.listing import EXPORT, PAGE, PER_PAGE_KEY, SORT, Address, Chip, Pages, chips
from policytracker.partials import render_page

OWN, YES = "mijn", "ja"
PARTS = ("results", "plans")


@require_safe
def plan_list(request: UserRequest) -> HttpResponseBase:
    """Search, filter, sort and page through the plans that the user sees."""
    form = PlanFilter(request.GET)
    address = Address(request)
    only_own = request.GET.get(OWN) == YES and request.user.role == Role.OFFICER
    if not form.is_valid():
        context = {"form": form, "clear_url": address.path}
        return render_page(request, "plans/list.html", context, parts=PARTS, part="plans", status=422)
    sorting = SORTING.asked(request)
    found = form.apply(plans_of(request.user, only_own=only_own))
    active = chips(form, address)
    if request.GET.get(EXPORT) in FORMATS:
        return export(request, with_columns(found).order_by(*sorting.expressions()), active)
    pages = Pages(rows(found).order_by(*sorting.expressions()), found, request)
    page = pages.asked
    context = {
        "form": form,
        "address": address,
        "page": page,
        "result": result(pages.count),
        "entries": entries(page.object_list),
        "chips": active,
        "clear_url": address.without_all(list(form.fields)),
        "headers": sorting.headers(address),
        "exports": [
            {"label": "CSV", "url": address.having(EXPORT, CSV)},
            {"label": "Excel", "url": address.having(EXPORT, XLSX)},
        ],
        "all_url": address.having(PER_PAGE_KEY, "all"),
        "by_page_url": address.without(PER_PAGE_KEY) if pages.shows_all else "",
        "kept": [(key, value) for key, value in address.parts if key in (SORT, PER_PAGE_KEY, OWN)],
        "scopes": [
            {"label": _("My municipalities"), "url": address.having(OWN, YES), "current": only_own},
            {"label": _("All municipalities"), "url": address.without(OWN), "current": not only_own},
        ]
        if request.user.role == Role.OFFICER
        else [],
        "may_write": may_write(request.user),
    }
    shown = address.having(PAGE, page.number) if page.number > 1 else str(address)
    return render_page(request, "plans/list.html", context, parts=PARTS, address=shown)


def result(number: int) -> str:
    """How many plans were found."""
    return ngettext("%(number)s action plan", "%(number)s action plans", number) % {
        "number": number_format(number, force_grouping=True)
    }


def export(request: UserRequest, plans: ActionPlanQuerySet, active: list[Chip]) -> HttpResponseBase:
    """All that was found, in the order of the page, as a download that says what it is."""
    about = {
        _("What this is"): _("Action plans of municipalities against radicalisation"),
        _("Reference day"): date_format(today()),
        _("Filters"): "; ".join(f"{chip.label}: {chip.value}" for chip in active) or _("none"),
        _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
    }
    name = _("action-plans")
    return table_response(
        request.GET[EXPORT], f"{name}-{today():%Y-%m-%d}", export_header(), export_rows(plans), about
    )


# One plan


class PhaseOfPlan(NamedTuple):
    """The measures of a plan that work in one phase."""

    name: str
    measures: list[Measure]


def by_phase(measures: Iterable[Measure]) -> Iterator[PhaseOfPlan]:
    """The measures in the order of the phases, without the phases that have none."""
    found = list(measures)
    for phase in Phase:
        if within := [measure for measure in found if measure.phase == phase]:
            yield PhaseOfPlan(capfirst(str(phase.label)), within)


def is_editable(plan: ActionPlan, user: User) -> bool:
    """Whether the user may change the plan."""
    return ActionPlan.objects.editable_by(user).filter(pk=plan.pk).exists()


@require_safe
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """One plan with who takes part, its measures and its versions."""
    visible = ActionPlan.objects.visible_to(request.user)
    plan = get_object_or_404(visible.select_related("document"), pk=pk)
    participations = list(
        plan.participations.select_related("municipality", "confirmed_by").order_by("municipality__sort_name")
    )
    own = set(
        Municipality.objects.in_register()
        .editable_by(request.user)
        .filter(pk__in=[each.municipality_id for each in participations])
        .values_list("pk", flat=True)
    )
    measures = Measure.objects.visible_to(request.user).filter(plan=plan).prefetch_related("partners")
    versions = list(visible.versions_of(plan))
    kept_up = plan.status != ActionPlan.Status.SUPERSEDED
    context = {
        "plan": plan,
        "state": capfirst(str(PLAN_STATES[plan.state()])),
        "tone": TONES[plan.state()],
        "holds": plan.state() == ActionPlan.Status.ADOPTED,
        "participations": participations,
        "own": own,
        "to_answer": [
            each for each in participations if kept_up and each.municipality_id in own and each.is_unanswered
        ],
        "to_confirm": [each for each in participations if each.municipality_id in own and each.is_confirmed],
        "phases": list(by_phase(measures)),
        "late": {measure.pk for measure in measures if kept_up and measure.is_late()},
        "versions": [
            (version, capfirst(str(PLAN_STATES[version.state()])), TONES[version.state()])
            for version in versions
        ],
        "next_version": next((each for each in versions if each.previous_version_id == plan.pk), None),
        "may_edit": is_editable(plan, request.user),
    }
    return render(request, "plans/detail.html", context)


@require_safe
def document(request: UserRequest, pk: int) -> HttpResponseBase:
    """The plan's document, to whoever sees the plan."""
    plans = ActionPlan.objects.visible_to(request.user).filter(pk=pk)
    found = get_object_or_404(Document, pk__in=plans.values("document"))
    return document_response(found.file, found.name, found.kind)


def sees_contacts(user: User, plans: Iterable[ActionPlan]) -> bool:
    """Whether the user may see every contact that the measures of the plans name."""
    hidden = Measure.objects.filter(plan__in=plans, contact__isnull=False).exclude(
        contact__in=Contact.objects.visible_to(user)
    )
    return not hidden.exists()


@require_safe
def differences(request: UserRequest, pk: int) -> HttpResponse:
    """What changed in a plan since the version before it, or since the earlier one that is asked for."""
    visible = ActionPlan.objects.visible_to(request.user).select_related("document")
    plan = get_object_or_404(visible, pk=pk)
    earlier = list(visible.versions_of(plan).filter(version__lt=plan.version))
    asked = request.GET.get("met") or str(plan.previous_version_id)
    before = next((version for version in earlier if str(version.pk) == asked), None)
    if before is None:
        raise Http404
    shows_contacts = is_editable(plan, request.user) and sees_contacts(request.user, [before, plan])
    context: dict[str, Any] = {
        "plan": plan,
        "earlier": earlier,
        "comparison": compare(before, plan, user=request.user, shows_contacts=shows_contacts),
    }
    return render(request, "plans/differences.html", context)
