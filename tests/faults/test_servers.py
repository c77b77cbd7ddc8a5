"""Broker and database are emptied, stopped and started again, and clocks and workers crowd."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil
import psycopg2
import pytest
from django.db import connection
from kombu import Connection

from policytracker.serving.postgresql import DATABASE, ROLE, PostgreSQL
from policytracker.serving.valkey import Valkey
from reminders.models import ReminderRun
from tests.faults.conftest import BEAT, PATIENCE, WORKER, Start, is_all_sent, line_of, owe, wait_until
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

EVERY_SECOND = {"REMINDERS_EVERY": "1"}


AGE_CLAIMS = "UPDATE reminders_message SET claimed_at = '2026-01-01' WHERE claimed_at IS NOT NULL"
"""Nobody need wait for what was interrupted; who had claimed it cannot go on."""


def end_other_sessions() -> None:
    """End every other session of the test's database, as a restart of the server does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        cursor.execute(AGE_CLAIMS)


def ask(database: PostgreSQL, statement: str) -> list[str]:
    """Carry out a statement in a database of another server; gives the first column."""
    session = psycopg2.connect(host=str(database.sockets), user=ROLE, dbname=DATABASE)
    try:
        with session, session.cursor() as cursor:
            cursor.execute(statement)
            return [value for (value,) in cursor.fetchall()] if cursor.description else []
    finally:
        session.close()


def test_an_emptied_broker_costs_nothing(
    start: Start, environment: dict[str, str], mail_server: MailServer, tmp_path: Path
) -> None:
    start(*WORKER, **EVERY_SECOND)
    start(*BEAT, "--schedule", str(tmp_path / "beat"), **EVERY_SECOND)
    wait_until(ReminderRun.objects.filter(ended_at__isnull=False).exists, "a run")
    with Connection(environment["REDIS_URL"]) as broker:
        broker.default_channel.client.flushdb()
    addresses = owe(20)
    with Connection(environment["REDIS_URL"]) as broker:
        broker.default_channel.client.flushdb()
    wait_until(is_all_sent, "the messages")
    assert sorted(mail_server.recipients) == sorted(addresses)


@pytest.mark.long
def test_two_clocks_and_four_workers_send_nothing_twice(
    start: Start, mail_server: MailServer, tmp_path: Path
) -> None:
    addresses = owe(60)
    for number in range(2):
        start(*WORKER[:-2], "4", "--without-gossip", "--hostname", f"worker{number}@%h", **EVERY_SECOND)
        start(*BEAT, "--schedule", str(tmp_path / f"beat{number}"), **EVERY_SECOND)
    wait_until(is_all_sent, "the messages")
    runs = ReminderRun.objects.count()
    wait_until(lambda: ReminderRun.objects.count() >= runs + 3, "runs that find nothing to do")
    assert sorted(mail_server.recipients) == sorted(addresses)


class InHand:
    """Stops the mail server while it has a certain message in hand, for something to happen meanwhile."""

    def __init__(self, mail_server: MailServer, *numbers: int) -> None:
        self.mail_server, self.numbers = mail_server, list(numbers)
        self.reached, self.happened = Event(), Event()
        mail_server.after_data = self.after_data

    def after_data(self) -> None:
        """Wait where the message is one of those."""
        if self.numbers and len(self.mail_server.accepted) >= self.numbers[0]:
            self.numbers.pop(0)
            self.reached.set()
            self.happened.wait(PATIENCE)
            self.happened.clear()

    def let(self, happen: Callable[[], None]) -> None:
        """Let something happen at the next of these messages."""
        assert self.reached.wait(PATIENCE)
        self.reached.clear()
        happen()
        self.happened.set()


def test_a_database_that_ends_every_session_costs_at_most_one_message_twice_each_time(
    start: Start, mail_server: MailServer, tmp_path: Path
) -> None:
    addresses = owe(60)
    moments = InHand(mail_server, 10, 30)
    start(*WORKER, **EVERY_SECOND)
    start(*BEAT, "--schedule", str(tmp_path / "beat"), **EVERY_SECOND)
    for _time in range(2):
        moments.let(end_other_sessions)
    wait_until(is_all_sent, "the messages")
    assert set(mail_server.recipients) == set(addresses)
    assert len(set(mail_server.message_ids)) == 60
    assert len(mail_server.accepted) == 62  # nobody could mark the two that the server had in hand


STATUSES = "SELECT DISTINCT status FROM reminders_reminder"
OWE = """
import django
django.setup()
from tests.faults.conftest import owe
print(*owe(60), flush=True)
"""


@pytest.mark.long
def test_database_and_broker_that_are_killed_and_started_again_lose_nothing(
    start: Start, mail_server: MailServer, tmp_path: Path
) -> None:
    """With servers of its own; the broker's data are gone too.

    A worker that loses its broker while it has a task in hand may end, and is started again by what watches
    it (script/server, docker compose).
    """
    for folder in ("run", "log"):
        (tmp_path / folder).mkdir(mode=0o700)
    database, broker = PostgreSQL(tmp_path), Valkey(tmp_path)
    try:
        for server in (database, broker):
            server.start()
        database.make_database()
        there = {"DATABASE_URL": database.url(), "REDIS_URL": broker.url(), **EVERY_SECOND}
        assert start("manage.py", "migrate", **there).wait() == 0
        addresses = line_of(
            start("-c", OWE, DJANGO_SETTINGS_MODULE="policytracker.settings", **there)
        ).split()
        moments = InHand(mail_server, 10, 30, 45)

        def restart() -> None:
            """kill -9 for both, and a moment later they are back."""
            for server in (database, broker):
                for process in server.processes():
                    with suppress(psutil.NoSuchProcess):
                        process.kill()
            shutil.rmtree(broker.data)
            for server in (database, broker):
                server.start()
            ask(database, AGE_CLAIMS)

        workers = [start(*WORKER, **there)]
        start(*BEAT, "--schedule", str(tmp_path / "beat"), **there)

        def comes(condition: Callable[[], bool]) -> bool:
            """Whether the condition holds; keeps a worker running meanwhile."""
            if workers[-1].poll() is not None:
                workers.append(start(*WORKER, **there))
            return condition()

        for _time in range(3):
            wait_until(lambda: comes(moments.reached.is_set), "the next message")
            moments.let(restart)
        wait_until(lambda: comes(lambda: ask(database, STATUSES) == ["sent"]), "the messages")
    finally:
        for server in (database, broker):
            server.stop()
            server.clear()
    assert set(mail_server.recipients) == set(addresses)
    assert len(set(mail_server.message_ids)) == 60
    assert len(mail_server.accepted) == 63
