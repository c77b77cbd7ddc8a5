"""The officer's form: what holds for the municipality, and where that stands."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import only
from accounts.requests import UserRequest
from municipalities.forms import CoverageForm
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation
from municipalities.permissions import may_state_coverage


@require_http_methods(["GET", "POST"])
@only(may_state_coverage, gettext_lazy("NCTV reads the register. Only municipalities and VNG write in it."))
def state_coverage(request: UserRequest, code: str) -> HttpResponse:
    """Show or take in the form for one municipality."""
    municipality = get_object_or_404(
        Municipality.objects.in_register().editable_by(request.user), code=code.upper()
    )
    statements = CoverageStatement.objects.in_force().select_related("policy")
    statement = statements.filter(municipality=municipality).first()
    proposal = (
        PolicyParticipation.objects.proposed()
        .filter(municipality=municipality)
        .select_related("policy")
        .most_telling_first()
        .first()
    )
    form = CoverageForm(request.POST or None, municipality=municipality, initial=known(statement, proposal))
    if form.is_valid():
        form.save(by=request.user)
        messages.success(request, _("Stated. You can change it whenever something changes."))
        return redirect(municipality)
    return render(
        request,
        "municipalities/state_coverage.html",
        {"municipality": municipality, "form": form, "statement": statement, "proposal": proposal},
        status=422 if form.is_bound else 200,
    )


def known(statement: CoverageStatement | None, proposal: PolicyParticipation | None) -> dict[str, Any]:
    """What the form can fill in itself: the last statement, or else what a public source proposes.

    A statement whose policy has ended says nothing of the policy that holds now; nor does its evidence.
    """
    if statement is not None and not (statement.policy and statement.policy.has_ended()):
        return {
            "value": statement.value,
            "policy": statement.policy_id,
            "page": statement.page,
            "quotation": statement.quotation,
            "decided_on": statement.decided_on,
            "analysis": statement.analysis,
            "expected_on": statement.expected_on,
        }
    if proposal is not None:
        return {"value": proposal.policy.theme_as, "policy": proposal.policy_id}
    return {}
