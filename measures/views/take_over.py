"""Taking over a measure of another municipality, or one of the library, as a draft."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import only
from accounts.requests import UserRequest
from measures.actions import measures as actions
from measures.forms.measures import TakeOverForm
from measures.models import Measure, PlanParticipation, TypicalMeasure
from measures.views.choosing import choose_municipality, municipality_asked
from municipalities.models import Municipality
from municipalities.models.municipality import MunicipalityQuerySet
from municipalities.permissions import WHY_NOT, may_write
from policytracker.forms import posted


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_write, WHY_NOT)
def take_over(request: UserRequest) -> HttpResponse:
    """Show what is taken over, ask the little that is missing, and make a draft of it."""
    source = source_asked(request)
    candidates = may_take_over(request, source)
    municipality = municipality_asked(request, candidates, candidates)
    if municipality is None:
        title = _("For which municipality do you take over “%(title)s”?") % {"title": source.title}
        return choose_municipality(request, title, list(candidates.values_list("code", "name")))
    form = TakeOverForm(**posted(request), municipality=municipality, by=request.user)
    if form.is_valid():
        measure = actions.take_over(
            by=request.user, municipality=municipality, source=source, plan=form.plan, **form.details
        )
        told = _("Taken over as a draft in “%(plan)s”. Adjust it, then put it in the plan.")
        if not form.plans:
            told = _("There was no plan yet, so we began one: “%(plan)s”. The measure is a draft in it.")
        messages.success(request, told % {"plan": measure.plan})
        return redirect(measure)
    context = {
        "form": form,
        "municipality": municipality,
        "source": source,
        "copied": actions.taken_from(source),
        "from_library": isinstance(source, TypicalMeasure),
        "of": municipalities_of(source),
    }
    return render(request, "measures/take_over.html", context, status=422 if form.is_bound else 200)


def source_asked(request: UserRequest) -> Measure | TypicalMeasure:
    """The measure, or the entry of the library, that the address names."""
    key = request.GET.get("typical") or request.GET.get("measure") or ""
    if not (key.isascii() and key.isdigit()):
        raise Http404
    if request.GET.get("typical"):
        return get_object_or_404(TypicalMeasure, pk=key)
    return get_object_or_404(Measure.objects.to_take_over(request.user).select_related("plan"), pk=key)


def may_take_over(request: UserRequest, source: Measure | TypicalMeasure) -> MunicipalityQuerySet:
    """The user's municipalities whose own measure it is not yet."""
    municipalities = Municipality.objects.in_register().editable_by(request.user)
    if isinstance(source, TypicalMeasure):
        return municipalities
    owners = PlanParticipation.objects.confirmed().filter(plan=source.plan_id)
    return municipalities.exclude(pk__in=owners.values("municipality"))


def municipalities_of(source: Measure | TypicalMeasure) -> list[str]:
    """The names of the municipalities whose measure it is; none of the library's."""
    if isinstance(source, TypicalMeasure):
        return []
    owners = PlanParticipation.objects.confirmed().filter(plan=source.plan_id)
    return list(owners.order_by("municipality__sort_name").values_list("municipality__name", flat=True))
