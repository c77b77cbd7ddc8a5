"""The pages of measures: the list, the board of one municipality, one measure and its form."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Role
from accounts.permissions import only
from accounts.requests import UserRequest
from measures import measure_list as rows
from measures.forms.measures import MeasureForm, ProgressForm
from measures.measure_board import columns
from measures.measure_filter import MeasureFilter, municipality_choices
from measures.measure_status import Status, steps
from measures.models import ActionPlan, Measure, PlanParticipation, ProgressUpdate
from measures.models.measure import MeasureQuerySet
from measures.views.choosing import choose_municipality, municipality_asked
from municipalities.models import Contact, Municipality
from municipalities.permissions import WHY_NOT, may_write
from policytracker.dates import today
from policytracker.exporting import CSV, FORMATS, XLSX, table_response
from policytracker.forms import posted
from policytracker.listing import ALL_PER_PAGE, EXPORT, PAGE, PER_PAGE_KEY, SORT, Address, Chip, Pages, chips
from policytracker.partials import render_page
from policytracker.revisions import opened

LIST = "measures/list.html"
LIST_PARTS = ("results", "measures")
VIEW = "weergave"
AS_LIST, BY_PHASE, ON_BOARD = "lijst", "fase", "bord"
BOARD = "measures/board.html"
MOVED = "verplaatst"  # the measure that was just moved, which gets the focus


@require_safe
def listed(request: UserRequest) -> HttpResponseBase:
    """Search, filter, sort and page through the measures that the user sees; of one municipality by phase."""
    form = MeasureFilter(request.GET, user=request.user)
    address = Address(request)
    if not form.is_valid():
        context = {"form": form, "clear_url": address.path}
        return render_page(request, LIST, context, parts=LIST_PARTS, part="measures", status=422)
    sorting = rows.SORTING.asked(request)
    found = form.apply(Measure.objects.visible_to(request.user))
    ordered = found.order_by(*sorting.expressions())
    active = chips(form, address)
    if request.GET.get(EXPORT) in FORMATS:
        return export(request, ordered, active)
    in_phases = request.GET.get(VIEW) == BY_PHASE and bool(form.cleaned_data["gemeente"])
    pages = Pages(rows.entries(ordered, request.user), found, request)
    if in_phases:
        phased = found.order_by(rows.BY_PHASE, *sorting.expressions())
        shown = [rows.Entry(*row) for row in rows.entries(phased, request.user)[:ALL_PER_PAGE]]
        groups, page = rows.by_phase(shown), None
    else:
        page = pages.asked
        shown = [rows.Entry(*row) for row in page]
        groups = [rows.Group("", shown)]
    gemeente = form.cleaned_data["gemeente"]
    context = {
        "form": form,
        "address": address,
        "page": page,
        "result": result(pages.count),
        "groups": groups if shown else [],
        "chips": active,
        "clear_url": address.without_all(list(form.fields)),
        "headers": sorting.headers(address),
        "exports": [
            {"label": "CSV", "url": address.having(EXPORT, CSV)},
            {"label": "Excel", "url": address.having(EXPORT, XLSX)},
        ],
        "all_url": address.having(PER_PAGE_KEY, "all"),
        "by_page_url": address.without(PER_PAGE_KEY) if pages.shows_all else "",
        "kept": [(key, value) for key, value in address.parts if key in (SORT, PER_PAGE_KEY, VIEW)],
        "name": form.municipality,
        "views": views(gemeente, address, current=BY_PHASE if in_phases else AS_LIST) if gemeente else [],
        "may_choose": any(entry.is_editable for entry in shown),
        "targets": targets(),
        "back": str(address),
        "may_add": may_write(request.user),
    }
    shown_address = address.having(PAGE, page.number) if page and page.number > 1 else str(address)
    return render_page(request, LIST, context, parts=LIST_PARTS, address=shown_address)


def views(gemeente: str, address: Address | None = None, *, current: str) -> list[dict[str, Any]]:
    """The three ways to look at the measures of one municipality; from list to list the filters go along."""
    plain = f"{reverse('measures:list')}?gemeente={gemeente}"
    in_list = address.without(VIEW) if address else plain
    in_phases = address.having(VIEW, BY_PHASE) if address else f"{plain}&{VIEW}={BY_PHASE}"
    on_board = f"{reverse('measures:board')}?gemeente={gemeente}"
    ways = {
        AS_LIST: (_("List"), in_list),
        BY_PHASE: (_("By phase"), in_phases),
        ON_BOARD: (_("Board"), on_board),
    }
    return [{"label": said, "url": url, "current": way == current} for way, (said, url) in ways.items()]


def targets() -> list[tuple[str, str]]:
    """The statuses that several measures can get at once."""
    return [(status.value, str(status.label)) for status in Status if status != Status.DRAFT]


def result(number: int) -> str:
    """How many measures were found."""
    return ngettext("%(number)s measure", "%(number)s measures", number) % {
        "number": number_format(number, force_grouping=True)
    }


def export(request: UserRequest, measures: MeasureQuerySet, active: list[Chip]) -> HttpResponseBase:
    """All that was found, in the order of the page, as a download that says what it is."""
    about = {
        _("What this is"): _("Measures of municipalities against radicalisation"),
        _("Filters"): "; ".join(f"{chip.label}: {chip.value}" for chip in active) or _("none"),
        _("Made on"): date_format(timezone.localtime(), "DATETIME_FORMAT"),
        _("Late"): _("On the day on which this was made"),
    }
    name = f"{_('measures')}-{today():%Y-%m-%d}"
    return table_response(request.GET[EXPORT], name, rows.export_header(), rows.export_rows(measures), about)


@require_safe
def board(request: UserRequest) -> HttpResponse:
    """The measures of one municipality by how far they are, each with the buttons that move it."""
    own = Municipality.objects.in_register().editable_by(request.user)
    municipality = municipality_asked(
        request, Municipality.objects.all(), own if request.user.role == Role.OFFICER else own.none()
    )
    if municipality is None:
        title = _("Of which municipality do you want to see the board?")
        return choose_municipality(request, title, municipality_choices(request.user))
    plans = list(ActionPlan.objects.open().of(municipality).visible_to(request.user))
    asked = [plan for plan in plans if str(plan.pk) == request.GET.get("plan")]
    running = [plan for plan in plans if plan.status == ActionPlan.Status.ADOPTED]
    shown = asked or running or plans
    measures = Measure.objects.visible_to(request.user).filter(plan__in=shown).order_by(*rows.BY_DAY)
    entries = [rows.Entry(*row) for row in rows.entries(measures, request.user)]
    may_choose = any(entry.is_editable for entry in entries)
    address = f"{request.path}?gemeente={municipality.code}"
    address = f"{address}&plan={asked[0].pk}" if asked else address
    context = {
        "municipality": municipality,
        "plans": plans,
        "shown": shown,
        "columns": columns(entries, by=request.user, with_drafts=may_choose) if entries else [],
        "may_choose": may_choose,
        "targets": targets(),
        "back": address,
        "name": municipality.name,
        "views": views(municipality.code, current=ON_BOARD),
        "moved": request.GET.get(MOVED, ""),
        "may_add": own.filter(pk=municipality.pk).exists(),
    }
    return render_page(request, BOARD, context, parts=("board",), address=address)


@require_safe
def detail(request: UserRequest, pk: int) -> HttpResponse:
    """All that is known of a measure, with what was reported on it, also when it stood in an earlier plan."""
    measure = get_object_or_404(
        Measure.objects.visible_to(request.user)
        .with_rights(request.user)
        .select_related("plan", "contact", "taken_from", "copied_from__plan", "carried_from__plan"),
        pk=pk,
    )
    user = request.user
    participants = participations(measure)
    of_plan = [one.municipality for one in participants if one.plan_id == measure.plan_id]
    context = {
        "measure": measure,
        "is_late": measure.is_late(),
        "municipalities": of_plan,
        "origin": origin(request, measure, participants),
        "partners": measure.partners.all(),
        "contact": Contact.objects.visible_to(user).filter(pk=measure.contact_id).first(),
        "updates": ProgressUpdate.objects.along(measure).select_related("measure__plan", "reported_by"),
        "steps": steps(measure.status, by=user) if measure.is_editable else [],
        "form": ProgressForm(measure=measure, by=user) if measure.is_editable else None,
        "may_take_over": may_write(user)
        and not measure.is_editable
        and Measure.objects.to_take_over(user).filter(pk=pk).exists(),
    }
    return render(request, "measures/detail.html", context)


def participations(measure: Measure) -> QuerySet[PlanParticipation]:
    """The municipalities of the measure's plan, and of the plan from which it was taken over."""
    plans = [measure.plan_id, *([measure.copied_from.plan_id] if measure.copied_from else [])]
    parts = PlanParticipation.objects.confirmed().filter(plan__in=plans).select_related("municipality")
    return parts.order_by("municipality__sort_name", "pk")


def origin(
    request: UserRequest, measure: Measure, participants: QuerySet[PlanParticipation]
) -> dict[str, Any] | None:
    """The measure of another municipality that it was taken over from, with a link where the user sees it."""
    source = measure.copied_from
    if source is None:
        return None
    return {
        "municipalities": [one.municipality for one in participants if one.plan_id == source.plan_id],
        "measure": source,
        "is_visible": Measure.objects.visible_to(request.user).filter(pk=source.pk).exists(),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_write, WHY_NOT)
def new(request: UserRequest) -> HttpResponse:
    """Add a measure to a plan; where the address names none, ask which."""
    plans = ActionPlan.objects.editable_by(request.user)
    if "plan" not in request.GET:
        return choose_plan(request)
    plan = get_object_or_404(plans, pk=number(request.GET["plan"]))
    form = MeasureForm(**posted(request), by=request.user, plan=plan)
    if form.is_valid():
        measure = form.save()
        messages.success(request, _("The measure stands in the plan."))
        return redirect(measure)
    return render(request, "measures/form.html", {"form": form, "plan": plan}, status=form.status)


def number(text: str) -> int:
    """The key that the address names; none has the key 0."""
    return int(text) if text.isascii() and text.isdigit() else 0


def choose_plan(request: UserRequest) -> HttpResponse:
    """Ask for the plan of a new measure, or go on where there is but one."""
    own = Municipality.objects.in_register().editable_by(request.user)
    municipality = municipality_asked(request, own, own)
    if municipality is None:
        title = _("For which municipality is the measure?")
        return choose_municipality(request, title, list(own.values_list("code", "name")))
    plans = list(ActionPlan.objects.open().of(municipality))
    if len(plans) == 1:
        return redirect(f"{request.path}?plan={plans[0].pk}")
    return render(request, "measures/choose_plan.html", {"municipality": municipality, "plans": plans})


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_write, WHY_NOT)
def edit(request: UserRequest, pk: int) -> HttpResponse:
    """Change a measure, unless somebody else did meanwhile."""
    measure = get_object_or_404(opened(Measure.objects.editable_by(request.user), request), pk=pk)
    form = MeasureForm(**posted(request), instance=measure, by=request.user, plan=measure.plan)
    if form.is_valid():
        form.save()
        messages.success(request, _("The measure has been changed."))
        return redirect(measure)
    context = {"form": form, "plan": measure.plan, "measure": measure}
    return render(request, "measures/form.html", context, status=form.status)
