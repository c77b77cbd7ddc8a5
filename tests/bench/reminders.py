"""Measures the reminders: `script/bench reminders`, from planning to a real mail server.

Planning, making messages and sending are done by processes of their own, as a worker does them; the mail
server is a process of its own too, the same for all. Rates are compared round by round, so that what else the
machine does counts for both.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

from tests.bench.report import table
from tests.bench.server import ROOT, BenchError, environment, tail

COUNTRY, TIMES = 342, 100
ROUNDS, MESSAGES_OF_ROUND = 3, 3000
MESSAGES_FOR_MEMORY = 50_000
PLAN_SECONDS, QUERIES_PER_RULE = 2.0, 2
COUNTRY_SECONDS, LARGE_SECONDS = 3.0, 120.0
SHARE_OF_BARE = 0.4
MEGABYTES, GROWTH_MEGABYTES = 110, 3
HEADINGS = ("what", "measured", "limit", "")


def say(text: str) -> None:
    """A line on the terminal, at once."""
    print(text, flush=True)


@dataclass
class Results:
    """What was measured, as lines of a table, and what broke its limit."""

    lines: list[tuple[str, ...]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def add(
        self, what: str, measured: float, unit: str, *, most: float | None = None, least: float | None = None
    ) -> None:
        """Note a figure, and whether it keeps its limit; show it at once."""
        holds = (most is None or measured <= most) and (least is None or measured >= least)
        limit = f"≤ {most:g}" if most is not None else f"≥ {least:g}" if least is not None else ""
        line = (what, f"{measured:,.2f} {unit}".rstrip(), limit, "" if holds else "BROKEN")
        self.lines.append(line)
        if not holds:
            self.broken.append(f"{what}: {line[1]}, limit {limit}")
        say("  " + "  ".join(line).rstrip())


@dataclass
class Process:
    """One of our processes: a line in, a line out."""

    popen: subprocess.Popen[str]
    log: Path

    def ask(self, line: str) -> None:
        """Hand in a line."""
        assert self.popen.stdin
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()

    def answer(self) -> Any:
        """The next line that comes out.

        Raises:
            BenchError: when the process ended instead, or did something else than was measured.
        """
        assert self.popen.stdout
        line = self.popen.stdout.readline()
        if not line:
            raise BenchError(f"A process ended. {tail(self.log)}")
        found = json.loads(line)
        if isinstance(found, dict) and found.get("error"):
            raise BenchError(f"Not everything was sent: {found['error']}")
        return found

    def do(self, line: str) -> Any:
        """Hand in a line and wait for what comes out."""
        self.ask(line)
        return self.answer()


@contextmanager
def process(module: str, env: dict[str, str], log: Path) -> Iterator[Process]:
    """Run a module of the measurements; at the end it is gone."""
    with log.open("ab") as errors:
        popen = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield Process(popen, log)
    finally:
        popen.kill()
        popen.communicate()


@contextmanager
def memory_of(watched: Process) -> Iterator[list[float]]:
    """The resident memory of a process in millions of bytes, every quarter of a second of the block."""
    found: list[float] = []
    over = Event()

    def watch() -> None:
        with suppress(psutil.NoSuchProcess):
            while not over.wait(0.25):
                found.append(psutil.Process(watched.popen.pid).memory_info().rss / 1e6)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


# The database


def fill() -> None:
    """Load the register, so that every municipality is asked about its policy."""
    from django.core.management import call_command

    with Path(os.devnull).open("w") as nowhere:
        call_command("migrate", interactive=False, stdout=nowhere)
        call_command("load_register", stdout=nowhere)


def give_contacts() -> None:
    """One contact for each municipality, with an address of its own."""
    from municipalities.models import Contact, Municipality

    Contact.objects.all().delete()
    Contact.objects.bulk_create(
        Contact(municipality_id=pk, position=1, name="C. Contact", email=f"contact{pk}@gemeente.example")
        for pk in Municipality.objects.values_list("pk", flat=True)
    )
    execute("ANALYZE")


def execute(statement: str, *parameters: int) -> None:
    """Carry out a statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def forget_ledger() -> None:
    """Begin with an empty ledger."""
    execute(
        "TRUNCATE reminders_reminder, reminders_message, reminders_messagereminder, reminders_deliveryattempt"
    )


def unsend(number: int) -> None:
    """Let this many messages wait again, as if they had never been sent."""
    execute(
        "UPDATE reminders_message SET status = 'waiting', settled_at = NULL, claimed_at = NULL "
        "WHERE id IN (SELECT id FROM reminders_message ORDER BY id LIMIT %s)",
        number,
    )
    execute(
        "UPDATE reminders_reminder SET status = 'queued', settled_at = NULL WHERE id IN ("
        "SELECT reminder_id FROM reminders_messagereminder item JOIN reminders_message message "
        "ON message.id = item.message_id AND message.status = 'waiting')"
    )
    execute("TRUNCATE reminders_deliveryattempt")
    execute("VACUUM ANALYZE reminders_message, reminders_reminder")


# The measurements


def measure_planning(results: Results, times: int) -> None:
    """Plan for the demonstration, in which every rule holds for somebody, and leave no trace of it."""
    from django.core.management import call_command
    from django.db import transaction

    from policytracker.dates import today
    from reminders import planning
    from tests.bench.multiply import multiply

    with transaction.atomic():
        with Path(os.devnull).open("w") as nowhere:
            call_command("load_demo", stdout=nowhere)
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        multiply(times)
        for what in ("first day", "day after it"):
            started = time.perf_counter()
            done = planning.plan(on=today())
            seconds = time.perf_counter() - started
            results.add(f"demonstration × {times}: planning, {what}, {done.planned} reminders", seconds, "s")
            execute("ANALYZE reminders_reminder")  # as the database does by itself within a minute
        transaction.set_rollback(True)


def measure_all(
    results: Results, sender: Process, sink: Process, *, municipalities: int, seconds: float
) -> None:
    """From plan to sink: one message to every municipality, and none more."""
    from reminders.rules import DEFAULTS

    what, before = f"{municipalities:,} municipalities", sink.do("accepted")
    planned = sender.do("plan")
    results.add(f"{what}: planning", planned["seconds"], "s", most=PLAN_SECONDS)
    results.add(
        f"{what}: statements for each rule", planned["queries"] / len(DEFAULTS), "", most=QUERIES_PER_RULE
    )
    assembled = sender.do("assemble")
    results.add(f"{what}: making the messages", assembled["seconds"], "s")
    sent = sender.do("send")
    results.add(f"{what}: sending", sent["seconds"], "s")
    together = sum(part["seconds"] for part in (planned, assembled, sent))
    results.add(f"{what}: from plan to sink", together, "s", most=seconds)
    accepted = sink.do("accepted") - before
    if not municipalities == planned["number"] == assembled["number"] == sent["number"] == accepted:
        raise BenchError(f"Of {municipalities} reminders {accepted} arrived.")


def measure_rates(results: Results, senders: list[Process], sink: Process, number: int) -> None:
    """The bare loop, one sender and two, in turn, round after round."""
    rates: dict[str, list[float]] = {"bare": [], "one": [], "two": []}
    size = 0
    for _round in range(ROUNDS):
        bare = senders[0].do(f"bare {number}")
        rates["bare"].append(number / bare["seconds"])
        size = bare["bytes"]
        for name, at_work in (("one", senders[:1]), ("two", senders)):
            unsend(number)
            before, started = sink.do("accepted"), time.perf_counter()
            for sender in at_work:
                sender.ask("send")
            sent = sum(sender.answer()["number"] for sender in at_work)
            rates[name].append(number / (time.perf_counter() - started))
            if not number == sent == sink.do("accepted") - before:
                raise BenchError(f"Of {number} messages {sent} were sent.")
    for name, what in (
        ("bare", f"bare smtplib loop, {size:,} bytes"),
        ("one", "one sender"),
        ("two", "two senders"),
    ):
        results.add(what, statistics.median(rates[name]), "messages/s")
    for what, name, than, least in (
        ("one sender, share of the bare loop", "one", "bare", SHARE_OF_BARE),
        ("two senders, times one", "two", "one", 1.0),
    ):
        shares = [first / second for first, second in zip(rates[name], rates[than], strict=True)]
        results.add(what, statistics.median(shares), "", least=least)


def measure_memory(results: Results, sender: Process, number: int, at_once: int) -> None:
    """Whether a sender keeps its size: what it takes late is compared with what it took early."""
    with memory_of(sender) as found:
        sent = 0
        while sent < number:
            unsend(min(at_once, number - sent))
            sent += sender.do("send")["number"]
    early, late = found[: len(found) // 10], found[-len(found) // 10 :]
    results.add(f"a sender's memory, most in {sent:,} messages", max(found), "MB", most=MEGABYTES)
    results.add("its growth", max(late) - max(early), "MB", most=GROWTH_MEGABYTES)


def measure_reminders(database_url: str, workplace: Path, *, quick: bool) -> list[str]:
    """Fill, measure and print. Returns what is wrong."""
    env = environment(database_url) | {
        "DJANGO_SETTINGS_MODULE": "policytracker.settings",
        "REMINDERS_OFFICE_HOURS": "false",
        "REMINDERS_PER_MINUTE": "0",
    }
    os.environ.update(env)
    import django

    django.setup()
    from django.db import connection

    from tests.bench.multiply import multiply

    results = Results()
    divided = 10 if quick else 1
    times, number = TIMES // divided, MESSAGES_OF_ROUND // divided
    fill()
    say("Register loaded.")
    measure_planning(results, times)
    execute("VACUUM ANALYZE")
    with process("tests.bench.sink", env, workplace / "sink.log") as sink:
        env["EMAIL_URL"] = f"smtp://127.0.0.1:{sink.answer()}"
        with (
            process("tests.bench.sender", env, workplace / "first.log") as first,
            process("tests.bench.sender", env, workplace / "second.log") as second,
        ):
            for sender in (first, second):
                sender.answer()
            give_contacts()
            measure_all(results, first, sink, municipalities=COUNTRY, seconds=COUNTRY_SECONDS)
            forget_ledger()
            multiply(times)
            give_contacts()
            with memory_of(first) as found:
                seconds = LARGE_SECONDS / divided
                measure_all(results, first, sink, municipalities=COUNTRY * times, seconds=seconds)
            results.add("the same process, with planning and making messages", max(found), "MB")
            measure_rates(results, [first, second], sink, number)
            measure_memory(results, second, MESSAGES_FOR_MEMORY // divided, COUNTRY * times)
    connection.close()
    say("\n" + table(results.lines, HEADINGS, left=1))
    return results.broken
