"""The floor under every page, and how many queries a page takes. Both exist for the measurements only."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

HEADER = "X-Queries"


def floor(request: HttpRequest) -> HttpResponse:
    """What the cheapest page for a logged-in user costs: session and user are loaded, and nothing else."""
    return HttpResponse(request.user.get_username(), content_type="text/plain")


class QueryCountMiddleware:
    """Tells in a header how many queries a request took; it stands before all other middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        count = 0

        def counted(execute: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal count
            count += 1
            return execute(*arguments)

        with connection.execute_wrapper(counted):
            response = self.get_response(request)
        response.headers[HEADER] = str(count)
        return response
