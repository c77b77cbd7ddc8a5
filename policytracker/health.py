"""Answers to the platform's two questions, outside log-in, session and host check.

`/healthz`: is the process alive? `/readyz`: can it do its work (database, broker, migrations)? What else is
worth knowing, such as when the reminders last ran, `/readyz` reports without holding it against this process.
"""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu.exceptions import OperationalError

from policytracker.celery import app as celery_app


def database_is_reachable() -> bool:
    """Whether a query is answered."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def broker_is_reachable() -> bool:
    """Whether a connection to the broker opens within a second."""
    try:
        with celery_app.connection_for_read(connect_timeout=1) as broker:
            broker.ensure_connection(max_retries=0, timeout=1)
    except (OperationalError, OSError):
        return False
    return True


def migrations_are_applied() -> bool:
    """Whether the database has every migration that this version of the software has."""
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_is_reachable,
    "broker": broker_is_reachable,
    "migrations": migrations_are_applied,
}
REPORTS: dict[str, Callable[[], object]] = {}
"""What the apps have to report; asked only where every check holds."""


class HealthMiddleware:
    """Answers `/healthz` and `/readyz` before anything else may fail or redirect."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            results = {name: check() for name, check in CHECKS.items()}
            if not all(results.values()):
                return JsonResponse(results, status=503)
            return JsonResponse(results | {name: report() for name, report in REPORTS.items()})
        return self.get_response(request)
