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

from municipalities.models import Contact, Municipality
from policytracker.dates import today
from policytracker.serving.valkey import empty_database
from reminders.models import Message, Reminder
from reminders.planning import plan
from reminders.sending import assemble
from tests.factories import ContactFactory, MunicipalityFactory
from tests.mail_server import MailServer, running_mail_server

ROOT = Path(__file__).resolve().parents[2]
FIRST_BROKER = 8  # the database of the broker for the first test process; the next has the next
PATIENCE = 60  # seconds, for a machine that has much else to do

WORKER = ("-m", "celery", "-A", "policytracker", "worker", "--concurrency", "1", "--without-gossip")
BEAT = ("-m", "celery", "-A", "policytracker", "beat", "--pidfile", "")

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


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that the process prints."""
    assert process.stdout
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str], line: str) -> str:
    """Hand the process a line; gives the line that it prints in answer."""
    assert process.stdin
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return line_of(process)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition holds; fail when it never does."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"It never came: {what}."
        time.sleep(0.05)


def owe(number: int) -> list[str]:
    """Let this many municipalities be asked something, each at an address of its own; gives the addresses."""
    base = MunicipalityFactory()
    others = Municipality.objects.bulk_create(
        MunicipalityFactory.build(
            province=base.province, safety_region=base.safety_region, police_unit=base.police_unit
        )
        for _municipality in range(number - 1)
    )
    contacts = Contact.objects.bulk_create(
        ContactFactory.build(municipality=municipality) for municipality in [base, *others]
    )
    return [contact.email for contact in contacts]


def make_messages(number: int) -> list[str]:
    """Make this many messages; gives the addresses."""
    addresses = owe(number)
    plan(on=today())
    assert assemble(on=today()) == number
    return addresses


def is_over() -> bool:
    """Whether no message waits any more."""
    return not Message.objects.filter(status=Message.Status.WAITING).exists()


def is_all_sent() -> bool:
    """Whether reminders were planned, and all of them are sent."""
    return set(Reminder.objects.values_list("status", flat=True)) == {Reminder.Status.SENT}
