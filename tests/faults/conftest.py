"""Real processes on the test's own database, broker and mail server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from policytracker.serving.valkey import empty_database
from tests.mail_server import MailServer, running_mail_server

ROOT = Path(__file__).resolve().parents[2]
FIRST_BROKER = 8  # the database of the broker for the first test process; the next has the next
PATIENCE = 60  # seconds, for a machine that has much else to do

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """The mail server to which the processes send."""
    with running_mail_server() as server:
        yield server


@pytest.fixture
def environment(mail_server: MailServer, worker_id: str, transactional_db: None) -> dict[str, str]:
    """The environment of a process that works where this test looks."""
    number = FIRST_BROKER + int(worker_id.removeprefix("gw") or 0) if worker_id != "master" else FIRST_BROKER
    address = urlsplit(os.environ["DATABASE_URL"])
    server, _, _database = address.path.rpartition("/")
    database = connection.settings_dict["NAME"]
    return {
        **os.environ,
        "SECRET_KEY": "only-for-this-test",
        "DATABASE_URL": urlunsplit(address._replace(path=f"{server}/{database}")),
        "REDIS_URL": empty_database(os.environ["REDIS_URL"], number),
        "EMAIL_URL": mail_server.url,
        "REMINDERS_OFFICE_HOURS": "false",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts Python with arguments in a process group of its own; at the end none of them is left."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **more: str) -> subprocess.Popen[str]:
        with (tmp_path / f"{len(started)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=environment | more,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)
        for stream in (process.stdin, process.stdout):
            if stream:
                stream.close()


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9 for the process and all its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition holds; fail when it never does."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"It never came: {what}."
        time.sleep(0.05)
