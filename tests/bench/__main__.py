"""Measures the pages or the reminders: `script/bench`, or `python -m tests.bench` with DATABASE_URL set.

It makes a database beside the one in DATABASE_URL, fills it, measures, makes all of it a hundred times as
large, measures again, and drops the database. The exit code is 1 when a limit is broken.
"""

import argparse
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from policytracker.serving.postgresql import drop_database, fresh_database
from policytracker.serving.server import ServerError
from tests.bench.reminders import measure_reminders
from tests.bench.server import BenchError, environment, serve, tail

DATABASES = "policytracker_bench_pages_"  # and the number of the process: two may measure at once


def say(text: str) -> None:
    """A line on the terminal, at once."""
    print(text, flush=True)


def fill(password: str) -> None:
    """Load the register and the demonstration, and a ledger in which the first reminders have gone out."""
    from django.core.management import call_command
    from django.utils import timezone

    from policytracker.dates import today
    from reminders import planning, sending
    from reminders.models import Message, Reminder

    os.environ["DEMO_PASSWORD"] = password
    with Path(os.devnull).open("w") as nowhere:
        call_command("migrate", interactive=False, stdout=nowhere)
        call_command("load_register", stdout=nowhere)
        call_command("load_demo", stdout=nowhere)
    planning.plan(on=today())
    sending.assemble(on=today())
    now = timezone.now()
    Message.objects.filter(status=Message.Status.WAITING).update(status=Message.Status.SENT, settled_at=now)
    Reminder.objects.filter(status=Reminder.Status.QUEUED).update(status=Reminder.Status.SENT, settled_at=now)


@contextmanager
def explained(log: Path) -> Iterator[None]:
    """Add what the server wrote to the reason why the measurements stop."""
    try:
        yield
    except BenchError as error:
        raise BenchError(f"{error} {tail(log)}") from error


def measure_pages(database_url: str, workplace: Path, *, times: int, rounds: int) -> list[str]:
    """Fill, measure, multiply, measure, and print. Returns what is wrong."""
    env = environment(database_url)
    os.environ.update(env)
    import django

    django.setup()
    from django.db import connection

    from tests.bench.measuring import measure
    from tests.bench.multiply import multiply
    from tests.bench.pages import PAGES
    from tests.bench.report import (
        broken_by_growth,
        broken_by_pages,
        broken_by_server,
        lines_of,
        table,
    )

    password = secrets.token_urlsafe(12)
    log = workplace / "gunicorn.log"
    started = time.monotonic()
    fill(password)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself within a minute
    say(f"Register and demonstration loaded in {time.monotonic() - started:.0f} s.")
    with serve(env, log):
        pass  # so that the next start finds everything compiled, as a restart does
    with serve(env, log) as server, explained(log):
        small, floor = measure(server, PAGES, password, rounds=rounds)
        megabytes, seconds = server.worker_megabytes(), server.seconds_to_first_answer
    lines = lines_of("1×", small, floor, with_limits=True)
    broken = broken_by_pages("1×", small, with_times=True)
    started = time.monotonic()
    say(f"Measured at 1×. Making it {times} times as large …")
    multiply(times)
    say(f"That took {time.monotonic() - started:.0f} s. Measuring again …")
    size, pages = f"{times}×", [page for page in PAGES if page.at_every_size]
    with serve(env, log) as server, explained(log):
        large, floor = measure(server, pages, password, rounds=rounds)
        megabytes = max(megabytes, server.worker_megabytes())
        seconds = max(seconds, server.seconds_to_first_answer)
    lines += lines_of(size, large, floor, with_limits=False)
    broken += broken_by_pages(size, large, with_times=False) + broken_by_growth(small, large)
    broken += broken_by_server(megabytes, seconds)
    connection.close()
    say("\n" + table(lines))
    say(f"\nLargest web worker {megabytes:.0f} MB, first answer of a warm start {seconds:.1f} s.")
    return broken


def drop(server_url: str, *names: str) -> None:
    """Drop databases, and first of all those that killed measurements left: nobody is connected to them."""
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND NOT EXISTS "
                "(SELECT FROM pg_stat_activity AS used WHERE used.datname = pg_database.datname)",
                [DATABASES],
            )
            left_behind = [name for (name,) in cursor.fetchall()]
            for name in dict.fromkeys([*left_behind, *names]):
                drop_database(cursor, name)
    finally:
        connection.close()


def main() -> int:
    """Measure and print. Returns 0 when every limit holds."""
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measures every page, or the reminders from planning to a mail server, with the register "
        "as it is and a hundred times as large.",
    )
    parser.add_argument(
        "what", nargs="?", choices=["pages", "reminders"], default="pages", help="what to measure"
    )
    parser.add_argument("--times", type=int, default=100, help="how many times as large (default 100)")
    parser.add_argument("--rounds", type=int, default=40, help="requests a page (default 40)")
    parser.add_argument("--quick", action="store_true", help="the reminders at a tenth of the size")
    options = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        parser.error("DATABASE_URL is not set; script/bench sets it.")
    if not 2 <= options.times <= 100 or options.rounds < 1:
        parser.error("--times is from 2 to 100, --rounds 1 or more.")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # cleans up on its way out
    database = f"{DATABASES}{os.getpid()}"
    server_url = os.environ["DATABASE_URL"]  # the measurements have another
    try:
        drop(server_url)
        url = fresh_database(server_url, database)
    except (ServerError, psycopg2.Error) as error:
        print(error, file=sys.stderr)
        return 1
    try:
        with tempfile.TemporaryDirectory() as workplace:
            if options.what == "reminders":
                broken = measure_reminders(url, Path(workplace), quick=options.quick)
            else:
                broken = measure_pages(url, Path(workplace), times=options.times, rounds=options.rounds)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        drop(server_url, database)
    for limit in broken:
        say(f"BROKEN  {limit}")
    say("" if broken else "\nEvery limit holds.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
