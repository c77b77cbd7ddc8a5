"""Action plans to write: begin, change, adopt, follow up, confirm, and who takes part."""

from functools import wraps

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import View, only
from accounts.requests import UserRequest
from measures.actions.plans import (
    adopt_plan,
    confirm_unchanged,
    decide_participation,
    delete_draft,
    draft_plan,
    invite_partners,
    make_next_version,
    put_document,
)
from measures.forms.plans import AdoptForm, InviteForm, NewPlanForm, PlanForm
from measures.models import ActionPlan, Measure, PlanParticipation
from measures.plan_status import DELETED, Refusal, check, check_holds
from measures.plan_versions import added_since, moved_on_since
from municipalities.actions import remove_unused_document
from municipalities.models import Municipality
from municipalities.permissions import WHY_NOT, may_write
from policytracker.dates import today
from policytracker.documents import Checked
from policytracker.forms import posted
from policytracker.revisions import opened

ANSWERS = {"ja": True, "nee": False}


def writes(view: View) -> View:
    """Let only those in who may write plans, and tell why a plan is not in the state to do this with."""

    @wraps(view)
    def told(request: UserRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            context = {"plan": refusal.plan, "why": refusal.why}
            return render(request, "plans/refused.html", context, status=409)

    return only(may_write, WHY_NOT)(told)


def plan_of(request: UserRequest, pk: int) -> ActionPlan:
    """The plan if the user may change it, locked while something is written."""
    return get_object_or_404(opened(ActionPlan.objects.editable_by(request.user), request), pk=pk)


@require_http_methods(["GET", "POST"])
@writes
def new(request: UserRequest) -> HttpResponse:
    """Begin a plan of the municipality that is asked for, or ask which one."""
    municipalities = Municipality.objects.in_register().editable_by(request.user)
    code = request.GET.get("gemeente", "")
    if not code:
        return choose_municipality(request, list(municipalities.values_list("code", "name")))
    municipality = get_object_or_404(municipalities, code=code.upper())
    form = NewPlanForm(municipality=municipality, **posted(request))
    if form.is_valid():
        plan = draft_plan(
            by=request.user,
            municipality=municipality,
            partners=form.partners,
            document=form.cleaned_data["document"],
            **form.plan_fields,
        )
        messages.success(request, _("The plan was made as a draft. Add its measures, then adopt it."))
        return redirect(plan)
    context = {"form": form, "municipality": municipality}
    return render(request, "plans/new.html", context, status=form.status)


def choose_municipality(request: UserRequest, own: list[tuple[str, str]]) -> HttpResponse:
    """Ask for which municipality the plan is, unless there is but one."""
    if len(own) == 1:
        return redirect(reverse("plans:new", query={"gemeente": own[0][0]}))
    return render(request, "plans/choose_municipality.html", {"municipalities": own})


@require_http_methods(["GET", "POST"])
@writes
def change(request: UserRequest, pk: int) -> HttpResponse:
    """Change what stands in the plan itself, and its document."""
    plan = plan_of(request, pk)
    form = PlanForm(instance=plan, **posted(request))
    if form.is_valid():
        form.save()
        document = form.cleaned_data["document"]
        if document is False or isinstance(document, Checked):
            earlier = plan.document
            put_document(by=request.user, plan=plan, document=document or None)
            remove_unused_document(document=earlier)
        messages.success(request, _("The plan was changed."))
        return redirect(plan)
    return render(request, "plans/change.html", {"plan": plan, "form": form}, status=form.status)


@require_http_methods(["GET", "POST"])
@writes
def adopt(request: UserRequest, pk: int) -> HttpResponse:
    """Ask on which day the plan was adopted, and adopt it."""
    plan = plan_of(request, pk)
    check(plan, ActionPlan.Status.ADOPTED, by=request.user)
    form = AdoptForm(instance=plan, **posted(request))
    if form.is_valid():
        adopted = adopt_plan(by=request.user, plan=plan, adopted_on=form.cleaned_data["adopted_on"])
        messages.success(request, _("The plan was adopted."))
        return redirect(adopted)
    context = {
        "plan": plan,
        "form": form,
        "brought": plan.previous_version
        and added_since(plan.previous_version, plan).count()
        + moved_on_since(plan.previous_version, plan).count(),
        "ends_early": plan.previous_version is not None
        and plan.starts_on > today()
        and plan.previous_version.ends_on >= today(),
        "drafts": plan.measures.filter(status=Measure.Status.DRAFT).count(),
        "has_measures": plan.measures.counted().exists(),
        "unanswered": list(
            Municipality.objects.filter(plan_participations__in=plan.participations.unanswered()).values_list(
                "name", flat=True
            )
        ),
    }
    return render(request, "plans/adopt.html", context, status=form.status)


@require_http_methods(["GET", "POST"])
@writes
def delete(request: UserRequest, pk: int) -> HttpResponse:
    """Ask whether the draft must go, and delete it."""
    plan = plan_of(request, pk)
    check(plan, DELETED, by=request.user)
    if request.method == "POST":
        before, document = plan.previous_version, plan.document
        delete_draft(by=request.user, plan=plan)
        remove_unused_document(document=document)
        messages.success(request, _("The draft “%(title)s” was deleted.") % {"title": plan.title})
        return redirect(before or "plans:list")
    context = {"plan": plan, "measures": plan.measures.count()}
    return render(request, "plans/delete.html", context)


@require_POST
@writes
def new_version(request: UserRequest, pk: int) -> HttpResponse:
    """Make the next version as a draft, or lead to the one that is there already."""
    draft, is_new = make_next_version(by=request.user, plan=plan_of(request, pk))
    if is_new:
        told = _("Version %(number)s was made as a draft. Look at its period and measures, then adopt it.")
        messages.success(request, told % {"number": draft.version})
    else:
        messages.info(request, _("This version was being made already."))
    return redirect(draft)


@require_http_methods(["GET", "POST"])
@writes
def confirm(request: UserRequest, pk: int) -> HttpResponse:
    """Take in that nothing changed in the plan, for each own municipality that is ticked."""
    plan = plan_of(request, pk)
    check_holds(plan)
    own = list(
        plan.participations.confirmed()
        .editable_by(request.user)
        .select_related("municipality", "confirmed_by")
        .order_by("municipality__sort_name")
    )
    ticked = [each for each in own if each.municipality.code in request.POST.getlist("gemeente")]
    if ticked:
        confirm_unchanged(by=request.user, plan=plan, participations=ticked)
        messages.success(request, _("Confirmed. Thank you."))
        return redirect(plan)
    context = {"plan": plan, "own": own, "is_refused": request.method == "POST"}
    return render(request, "plans/confirm.html", context, status=422 if context["is_refused"] else 200)


@require_http_methods(["GET", "POST"])
@writes
def participate(request: UserRequest, pk: int) -> HttpResponse:
    """Ask for a municipality whether it takes part, and take in the answer."""
    visible = ActionPlan.objects.visible_to(request.user)
    code = request.POST.get("gemeente") or request.GET.get("gemeente", "")
    participation = get_object_or_404(
        PlanParticipation.objects.editable_by(request.user).select_related("plan", "municipality"),
        plan__in=visible.filter(pk=pk),
        municipality__code=code.upper(),
    )
    ours = ANSWERS.get(request.POST.get("antwoord", ""))
    if ours is not None:
        decide_participation(by=request.user, participation=participation, ours=ours)
        name = {"name": participation.municipality.name}
        told = (
            _("%(name)s takes part in the plan.") if ours else _("%(name)s does not take part in the plan.")
        )
        messages.success(request, told % name)
        return redirect(participation.plan if visible.filter(pk=pk).exists() else "plans:list")
    context = {"plan": participation.plan, "participation": participation}
    return render(request, "plans/participate.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@writes
def invite(request: UserRequest, pk: int) -> HttpResponse:
    """Ask more municipalities to take part."""
    plan = plan_of(request, pk)
    parts = list(
        plan.participations.exclude(status=PlanParticipation.Status.DECLINED)
        .select_related("municipality")
        .order_by("pk")
    )
    form = InviteForm(
        municipality=parts[0].municipality if parts else None,
        taking_part=[each.municipality_id for each in parts],
        **posted(request),
    )
    if form.is_valid():
        invite_partners(plan=plan, partners=form.partners)
        names = ", ".join(each.name for each in form.partners)
        messages.success(
            request, _("Asked: %(names)s. They answer on the page of the plan.") % {"names": names}
        )
        return redirect(plan)
    context = {"plan": plan, "form": form}
    return render(request, "plans/invite.html", context, status=422 if form.is_bound else 200)
