"""What every test gets: no network but this machine, and only the tests that can and should run here."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django import DjangoDbBlocker

from accounts.demonstration import CACHE_KEY
from municipalities import kept_areas
from tests.chromium import find_chromium


class NetworkForbiddenError(Exception):
    """A test tried to reach another machine."""


def is_local(address: Any) -> bool:
    """Whether an address of a socket is on this machine."""
    if not isinstance(address, tuple):
        return True  # a socket in the file system
    host = str(address[0]).partition("%")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost", socket.gethostname()}


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Let no test reach another machine, nor ask for another's address."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if not is_local(address):
            raise NetworkForbiddenError(f"A test tried to connect to {address}.")
        return connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if not is_local(address):
            raise NetworkForbiddenError(f"A test tried to connect to {address}.")
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not is_local((name,)):
            raise NetworkForbiddenError(f"A test asked for the address of {name}.")
        return getaddrinfo(host, *arguments, **options)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The test database, from which at the end everybody is sent away: a browser keeps connections open.

    Where the database is dropped nobody may come back in between.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if not request.config.getoption("reuse_db"):
            name = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )


@pytest.fixture(autouse=True)
def no_demonstration() -> None:
    """Begin each test knowing that nothing is invented, so that no test pays for the question."""
    cache.set(CACHE_KEY, False, None)


@pytest.fixture(autouse=True)
def no_kept_areas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test without what an earlier one kept of its areas; within a test no minute ends."""
    kept_areas.forget()
    monkeypatch.setattr(kept_areas, "_period", lambda: 0)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the tests that take longer than 20 seconds too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    no_browser = pytest.mark.skip(reason="no Chromium was found")
    takes_long = pytest.mark.skip(reason="takes long; runs with --long")
    for item in items:
        if item.get_closest_marker("browser") and find_chromium() is None:
            item.add_marker(no_browser)
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(takes_long)


class BrowserTests:
    """Counts the browser tests that ran, for a run that may not go without."""

    def __init__(self) -> None:
        self.ran = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call" and "browser" in report.keywords and not report.skipped

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.ran:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.ran:
            terminalreporter.write_line("No browser test ran, and REQUIRE_BROWSER asks for them.", red=True)


def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")
    if os.environ.get("REQUIRE_BROWSER") and not is_worker:
        config.pluginmanager.register(BrowserTests())
