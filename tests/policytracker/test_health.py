"""The platform's questions are answered without log-in, and honestly."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from kombu import Connection

from policytracker import health


def test_the_process_is_alive_even_without_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_it_is_ready_when_database_broker_and_migrations_are(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    checks = {"database": True, "broker": True, "migrations": True}
    assert response.json().items() >= checks.items()


@pytest.mark.django_db
def test_a_missing_migration_is_seen(client: Client) -> None:
    ((app, newest),) = MigrationLoader(connection).graph.leaf_nodes("reminders")
    MigrationRecorder(connection).record_unapplied(app, newest)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["migrations"]) == (503, False)


@pytest.mark.django_db
def test_a_broker_that_does_not_answer_is_seen(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_broker(**options: Any) -> Any:
        return Connection("redis://127.0.0.1:1/0", **options)

    monkeypatch.setattr(health.celery_app, "connection_for_read", no_broker)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["broker"]) == (503, False)
