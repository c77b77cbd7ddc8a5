"""A process that has loaded what a worker's process has loaded, and does what the lines that it reads say.

It answers every line with one of JSON: how long it took, and what came of it.
"""

import json
import smtplib
import sys
import time
from collections.abc import Callable
from typing import Any

import celery.apps.worker
import celery.bin.worker
import celery.concurrency.prefork  # noqa: F401
import django
from django.conf import settings
from django.db import connection

from policytracker.celery import app

Answer = dict[str, Any]


def plan() -> Answer:
    """Plan what is owed, and count the statements."""
    from policytracker.dates import today
    from reminders import planning

    statements: list[str] = []

    def counted(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        statements.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(counted):
        done = planning.plan(on=today())
    return {"number": done.planned, "queries": len(statements)}


def assemble() -> Answer:
    """Make the messages."""
    from policytracker.dates import today
    from reminders import sending

    return {"number": sending.assemble(on=today())}


def send() -> Answer:
    """Send what waits."""
    from reminders import sending

    tally = sending.send_waiting()
    return {
        "number": tally.sent,
        "error": "" if vars(tally) == vars(sending.Tally(tally.sent)) else str(tally),
    }


def bare(number: str) -> Answer:
    """Send the text of one message of ours this often, with nothing around it."""
    from policytracker.dates import today
    from reminders import mails
    from reminders.models import Message
    from reminders.topics import topics

    message = Message.objects.order_by("pk")[0]
    mail = mails.write(
        topics(list(message.reminders.all()), on=today()), language=message.language, to_account_manager=False
    )
    text = mails.envelope(message, mail).message().as_bytes(linesep="\r\n")
    started = time.perf_counter()
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as server:
        for _message in range(int(number)):
            server.sendmail(settings.DEFAULT_FROM_EMAIL, [message.recipient], text)
    return {"number": int(number), "seconds": time.perf_counter() - started, "bytes": len(text)}


COMMANDS: dict[str, Callable[..., Answer]] = {"plan": plan, "assemble": assemble, "send": send, "bare": bare}


def main() -> None:
    """Do what each line says, until there are no more."""
    django.setup()
    app.loader.import_default_modules()
    connection.ensure_connection()
    print("{}", flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        started = time.perf_counter()
        answer = COMMANDS[command](*arguments)
        print(json.dumps({"seconds": time.perf_counter() - started} | answer), flush=True)


if __name__ == "__main__":
    main()
