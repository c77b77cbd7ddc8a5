"""What the browser is told on every page, from the log-in page on (standards.md: web headers)."""

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db


def test_the_content_security_policy_allows_nothing_unsafe(client: Client) -> None:
    policy = client.get("/account/inloggen/").headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == directives["frame-src"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert "*" not in policy


def test_the_other_headers(client: Client) -> None:
    headers = client.get("/account/inloggen/").headers
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31_536_000)
def test_https_comes_first_on_the_same_host_and_stays(client: Client) -> None:
    response = client.get("/account/inloggen/")
    assert response.status_code == 301
    assert response.headers["Location"] == "https://testserver/account/inloggen/"
    secure = client.get("/account/inloggen/", secure=True)
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]
