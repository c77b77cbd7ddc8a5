"""Where the link in a message leads: what the register knows, each with a button that says it still holds."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import only
from accounts.requests import UserRequest
from dashboards.confirming import confirm, parts
from municipalities.models import Municipality, PolicyParticipation
from municipalities.permissions import WHY_NOT, may_write
from policytracker.revisions import ChangedMeanwhile


@require_http_methods(["GET", "POST"])
@only(may_write, WHY_NOT)
def confirm_parts(request: UserRequest, code: str) -> HttpResponse:
    """Show what can be confirmed of a municipality, or take in that a part, or several, still hold."""
    rows = Municipality.objects.in_register().editable_by(request.user)
    municipality = get_object_or_404(rows.select_related("contacts_confirmed_by"), code=code.upper())
    if request.method == "POST":
        keys = request.POST.getlist("confirm")
        if not keys:
            messages.error(request, _("Nothing was chosen, so nothing was confirmed."))
            return redirect("municipalities:confirm", municipality.code)
        try:
            with transaction.atomic():
                for key in keys:
                    confirm(by=request.user, municipality=municipality, key=key)
        except ChangedMeanwhile:
            messages.error(request, _("This was changed meanwhile. Look at what stands there now."))
            return redirect("municipalities:confirm", municipality.code)
        messages.success(request, _("Confirmed, thank you."))
        return redirect(after(request, municipality))
    proposals = PolicyParticipation.objects.to_answer().filter(municipality=municipality)
    shown = parts(municipality)
    context = {
        "municipality": municipality,
        "parts": shown,
        "is_stated": any(part.is_statement for part in shown),
        "proposals": proposals.select_related("policy").most_telling_first(),
    }
    return render(request, "municipalities/confirm.html", context)


def after(request: UserRequest, municipality: Municipality) -> str:
    """Where the user goes next: an officer to what else is asked, VNG to the municipality."""
    if request.user.memberships.filter(municipality=municipality).exists():
        return f"{reverse('start')}?gemeente={municipality.code}"
    return municipality.get_absolute_url()
