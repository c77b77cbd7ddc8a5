"""Every page, as everybody who may see it: accessible in light and dark, and no wider than the window."""

from collections.abc import Callable

import pytest

from tests.browser.visiting import (
    ADMINISTRATOR,
    NARROW,
    NCTV,
    OFFICER,
    PHONE,
    VNG,
    WIDE,
    Visit,
    assert_accessible,
    assert_fits,
)

pytestmark = pytest.mark.browser

PAGES = [
    (None, "/account/inloggen/"),
    (None, "/account/wachtwoord/"),
    (None, "/account/wachtwoord/verstuurd/"),
    (None, "/account/wachtwoord/MQ/geen-goede-link/"),
    (None, "/account/wachtwoord/klaar/"),
    (None, "/toegankelijkheid/"),
    (None, "/privacy/"),
    (OFFICER, "/?gemeente=GM0344"),
    (OFFICER, "/?gemeente=GM0355"),
    (OFFICER, "/gemeenten/GM0344/"),
    (OFFICER, "/gemeenten/GM0355/dekking/"),
    (VNG, "/"),
    (VNG, "/gemeenten/"),
    (VNG, "/gemeenten/?coverage=lapsed&coverage=absent&q=en"),
    (VNG, "/gemeenten/?q=bestaat-niet"),
    (VNG, "/gemeenten/GM1696/"),
    (VNG, "/herinneringen/"),
    (VNG, "/herinneringen/volgende/"),
    (VNG, "/herinneringen/nu-versturen/"),
    (VNG, "/herinneringen/onbereikbaar/"),
    (NCTV, "/"),
    (NCTV, "/gemeenten/GM0363/"),
    (NCTV, "/gemeenten/GM0457/"),
    (ADMINISTRATOR, "/"),
]


@pytest.mark.parametrize(("email", "path"), PAGES, ids=lambda value: str(value).partition("@")[0])
def test_page(visit: Callable[..., Visit], email: str | None, path: str) -> None:
    page = visit(email=email).page()
    response = page.goto(path)
    assert response is not None
    assert response.status == 200
    assert "/inloggen/" not in page.url or email is None
    for width, height in (WIDE, PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        assert_fits(page)
        if (width, height) != NARROW:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert_accessible(page)


@pytest.mark.parametrize(("path", "status"), [("/gemeenten/GM9999/", 404), ("/herinneringen/", 403)])
def test_a_refusal_is_a_page_too(visit: Callable[..., Visit], path: str, status: int) -> None:
    window = visit(email=OFFICER)
    page = window.page()
    response = page.goto(path)
    assert response is not None
    assert response.status == status
    assert page.get_by_role("heading", level=1).is_visible()
    for width, height in (WIDE, PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        assert_fits(page)
    assert_accessible(page)
    window.wrong = [line for line in window.wrong if f"status of {status}" not in line]
