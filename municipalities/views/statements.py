"""The officer's form: what holds for the municipality, and where that stands."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import only
from accounts.requests import UserRequest
from municipalities.actions import can_be_confirmed
from municipalities.coverage import COVERED
from municipalities.forms.coverage import CoverageForm
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation, SafetyPolicy
from municipalities.permissions import WHY_NOT, may_write
from policytracker.revisions import opened


@require_http_methods(["GET", "POST"])
@only(may_write, WHY_NOT)
def state_coverage(request: UserRequest, code: str) -> HttpResponse:
    """Show or take in the form for one municipality."""
    rows = opened(Municipality.objects.in_register().editable_by(request.user), request)
    municipality = get_object_or_404(rows, code=code.upper())
    statement = (
        CoverageStatement.objects.in_force()
        .select_related("policy", "stated_by")
        .filter(municipality=municipality)
        .first()
    )
    proposal = (
        PolicyParticipation.objects.proposed()
        .filter(municipality=municipality)
        .select_related("policy")
        .most_telling_first()
        .first()
    )
    initial = known(statement, proposal)
    form = CoverageForm(request.POST or None, municipality=municipality, statement=statement, initial=initial)
    if not form.is_bound and (policy := form.policies.get(request.GET.get("beleid", ""))):
        form.initial.update(of_policy(policy, statement))
    if form.is_valid():
        form.save(by=request.user)
        messages.success(request, _("Stated. You can change it whenever something changes."))
        return redirect(municipality)
    return render(
        request,
        "municipalities/state_coverage.html",
        {
            "municipality": municipality,
            "form": form,
            "statement": statement,
            "proposal": proposal,
            "may_confirm": statement is not None and can_be_confirmed(statement),
        },
        status=409 if form.is_overtaken else 422 if form.is_bound else 200,
    )


def of_policy(policy: SafetyPolicy, statement: CoverageStatement | None) -> dict[str, Any]:
    """What the form can fill in about a policy: how it names the theme, as far as that was seen."""
    if statement is not None and statement.policy_id == policy.pk:
        return {}
    value = policy.theme_as or (statement.value if statement and statement.value in COVERED else "")
    return {"value": value, "policy": policy.pk, "page": "", "quotation": "", "decided_on": policy.adopted_on}


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
