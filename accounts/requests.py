"""The request as a view behind the log-in gets it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class UserRequest(HttpRequest):
    """A request of a user who is logged in: every one that reaches a view that is not open to visitors."""

    user: User
    htmx: HtmxDetails
