"""Whoever reads the log cannot come in with what stands there."""

import datetime as dt
import io
import logging
import logging.config
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from gunicorn.config import Config

from dashboards.views import calendar as feed
from policytracker.access_log import Logger, without_keys

TOKEN = "Zk3vXq0b-1nT_9s"


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/account/wachtwoord/MQ/c4x-1f0e9d8c7b/", "/account/wachtwoord/-/-/"),
        ("/account/wachtwoord/MQ/c4x-1f0e9d8c7b", "/account/wachtwoord/-/-/"),
        ("/account/wachtwoord/MQ/set-password/", "/account/wachtwoord/-/-/"),
        ("/account/wachtwoord/verstuurd/", "/account/wachtwoord/verstuurd/"),
        (f"/agenda/{TOKEN}.ics", "/agenda/-"),
        (f"/agenda/{TOKEN}", "/agenda/-"),
        (f"/agenda/{TOKEN}.ics/?", "/agenda/-"),
        (f"//agenda/{TOKEN}\n.ics", "//agenda/-"),
        ("/account/agenda/", "/account/agenda/"),
        ("/gemeenten/GM0344/", "/gemeenten/GM0344/"),
    ],
)
def test_keys_are_left_out(path: str, logged: str) -> None:
    assert without_keys(path) == logged


def test_the_line_of_a_request_holds_no_key() -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"/agenda/{TOKEN}.ics",
        "RAW_URI": f"/agenda/{TOKEN}.ics",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }
    response = SimpleNamespace(status="200 OK", headers=[], sent=1)
    request = SimpleNamespace(headers=[])
    atoms = Logger(Config()).atoms(response, request, environ, dt.timedelta(seconds=1))
    assert atoms["U"] == "/agenda/-"


@pytest.fixture
def written(settings: Any) -> Any:
    """What the site's own logging writes."""
    text = io.StringIO()
    configuration = settings.LOGGING | {
        "handlers": {"console": settings.LOGGING["handlers"]["console"] | {"stream": text}}
    }
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.config.dictConfig(configuration)
    yield text
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.django_db
def test_a_request_that_is_refused_or_fails_leaves_no_key(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    Client(enforce_csrf_checks=True).post(f"/agenda/{TOKEN}.ics")
    assert "CSRF" in written.getvalue()
    monkeypatch.setattr(feed, "closed", lambda: 1 / 0)
    assert Client(raise_request_exception=False).get(f"/agenda/{TOKEN}.ics").status_code == 500
    assert "Internal Server Error: /agenda/-" in written.getvalue()
    assert TOKEN not in written.getvalue()
