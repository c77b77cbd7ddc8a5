"""One template serves the page and its htmx fragments: a part of the page is a `{% partialdef %}` in it.

An htmx request names the element that it replaces; where a part of the template bears that element's id, that
part alone is rendered. Everything else gets the whole page, also the browser that goes back.
"""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers


def asked_part(request: HttpRequest, parts: Collection[str]) -> str | None:
    """The part of the page that an htmx request asks for; None where the whole page is wanted."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return htmx.target if htmx and not htmx.history_restore_request and htmx.target in parts else None


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    parts: Collection[str],
    part: str | None = None,
    address: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or the part of it that an htmx request asks for.

    `part` answers an htmx request with another part than it asked for, and tells the browser where it goes.
    `address` is what the browser shows as the page's address, where it is not what was asked for.
    The answer under one address differs by request, so that no cache may mix the two up.
    """
    asked = asked_part(request, parts)
    shown = part if part and asked else asked
    response = render(request, f"{template}#{shown}" if shown else template, context, status=status)
    if shown != asked:
        response["HX-Retarget"] = f"#{shown}"
    if shown and address:
        response["HX-Push-Url"] = address
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    patch_cache_control(response, private=True, no_cache=True)
    return response
