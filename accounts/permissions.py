"""What each role may do with its account, and how a view refuses a role: with 403 and the reason."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase
from django.utils.functional import Promise

from accounts.models import User
from accounts.requests import UserRequest

View = Callable[..., HttpResponseBase]


def only(may: Callable[[User], bool], refusal: str | Promise) -> Callable[[View], View]:
    """Let a view answer only those users of whom `may` is true; the others read `refusal`.

    That is decided before the view looks at anything.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: UserRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not may(request.user):
                raise PermissionDenied(refusal)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def may_have_calendar(user: User) -> bool:
    """Who has deadlines may have them in a calendar: officers and VNG."""
    return user.has_deadlines
