"""Coming in, by the one log-in page, also for the administration; and what a user arranges for oneself."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.actions import make_calendar_address, revoke_calendar_address
from accounts.models import CalendarAddress
from accounts.permissions import may_have_calendar, only
from accounts.requests import UserRequest

NO_CALENDAR = gettext_lazy("Only officers and account managers of VNG have deadlines in the register.")


class LoginView(views.LoginView):
    """The log-in page."""

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Where the user wanted to go, unless that is the log-in page itself."""
        address = super().get_redirect_url()
        return "" if address == self.request.path else address


def log_in_to_administration(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the log-in page; tell a user who is no administrator why this is closed."""
    if request.user.is_authenticated:
        raise PermissionDenied(_("The administration is for administrators."))
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


@never_cache  # the answer to a POST shows the address, which nothing may keep
@require_http_methods(["GET", "HEAD", "POST"])
@only(may_have_calendar, NO_CALENDAR)
def calendar_address(request: UserRequest) -> HttpResponse:
    """Show whether the user's deadlines have an address; on POST make one, and show it this once.

    There is no redirect after the POST: whatever carried the address to the next page would have to keep it.
    """
    url = address_with(make_calendar_address(by=request.user)) if request.method == "POST" else ""
    context = {
        "address": CalendarAddress.objects.filter(user=request.user).first(),
        "url": url,
        "webcal_url": url.replace("https:", "webcal:").replace("http:", "webcal:"),
    }
    return render(request, "accounts/calendar_address.html", context)


def address_with(token: str) -> str:
    """The full address of the calendar with this token, in the language in which its user reads."""
    language = get_language()
    query = "" if language == settings.LANGUAGE_CODE else f"?taal={language}"
    return settings.BASE_URL + reverse("calendar", args=[token]) + query


@require_http_methods(["GET", "HEAD", "POST"])
@only(may_have_calendar, NO_CALENDAR)
def revoke_address(request: UserRequest) -> HttpResponse:
    """Ask whether the address must stop working, and on yes let it."""
    if request.method == "POST":
        revoke_calendar_address(by=request.user)
        messages.success(request, _("The address no longer works. Calendars that use it stop being updated."))
        return redirect("calendar_address")
    return render(request, "accounts/revoke_calendar_address.html")
