"""Coming in: the one log-in page, also for the administration."""

from django.contrib.auth import views
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _


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
