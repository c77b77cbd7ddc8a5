"""The commands behind script/server and script/manage.

`server` brings everything up (database, broker, mail sink, web server, worker, beat), with the register and
the demonstration data in it, and keeps it running until Ctrl-C. `server --check` does the same on a database
that is made for it, looks at it as a person would, and stops. `manage` runs manage.py on the same servers,
`bench` the measurements.
"""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from policytracker.embedded import Servers
from policytracker.serving.checking import CheckFailedError, check
from policytracker.serving.environment import free_ports, is_free, kept_secret, local_environment
from policytracker.serving.postgresql import fresh_database
from policytracker.serving.processes import GivenUpError
from policytracker.serving.server import ROOT, VAR, ServerError
from policytracker.serving.site import Site, StepFailedError, say, site
from policytracker.serving.valkey import empty_database

CHECK_DATABASE = "policytracker_check"
CHECK_BROKER = 1
BENCH_DATABASE = "policytracker_bench"
BENCH_BROKER = 3


class StoppedError(BaseException):
    """The person or the system asked this command to stop."""


def stop_on_signals() -> None:
    """Turn the first signal to stop into StoppedError; later ones do not disturb the stopping."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise StoppedError

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # started with nohup it outlives its terminal
        signal.signal(signal.SIGHUP, stop)


@contextmanager
def only_one(lock: Path, otherwise: str) -> Iterator[TextIO]:
    """Hold the lock file; what the holder writes into it is told to whoever comes second.

    Raises:
        StepFailedError: with the sentence `otherwise` when another process holds it.
    """
    with lock.open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.seek(0)
            raise StepFailedError(otherwise.format(held.read().strip() or "another command")) from error
        held.truncate(0)
        yield held
        held.truncate(0)


def running_server() -> str:
    """Address and process of the server of this checkout that runs now; empty where none does."""
    try:
        with only_one(VAR / "run" / "server.lock", "{}"):
            return ""
    except StepFailedError as error:
        return str(error)


def demonstration(servers: Servers) -> dict[str, str]:
    """The environment of a server that shows the system: reminders at any hour, a password that is told."""
    env = local_environment(servers)
    env.setdefault("REMINDERS_OFFICE_HOURS", "false")
    env.setdefault("DEMO_PASSWORD", kept_secret(servers.var / "demo-password")[:20])
    return env


def summary(here: Site, figures: dict[str, Any]) -> str:
    """What a person needs to know of the running server."""
    lines = ["", f"  The tracker     {here.url}", f"  The messages    {here.mail.url}", "", "  Log in as"]
    lines += [f"    {who['email']:<24}{who['role']}" for who in figures["log_ins"]]
    lines += [f"  with password   {here.env['DEMO_PASSWORD']}", ""]
    lines += [f"  Municipalities      {figures['municipalities']:>5}"]
    lines += [f"  Published policies  {figures['policies']:>5}"]
    lines += [f"  Reminders sent      {figures['reminders']:>5}  in {figures['messages']} messages"]
    return "\n".join([*lines, "", f"  Logs in {here.log}. Stop with Ctrl-C.", ""])


def serve() -> int:
    """script/server: run until somebody stops it."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StepFailedError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    port = int(text)
    (VAR / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    already = "This checkout's server already runs: {}. Stop it first (Ctrl-C there)."
    with only_one(VAR / "run" / "server.lock", already) as lock:
        if not is_free(port):
            raise StepFailedError(
                f"Port {port} is in use. Choose another: PORT={free_ports(1)[0]} script/server"
            )
        lock.write(f"http://127.0.0.1:{port}/, process {os.getpid()}")
        lock.flush()
        started = time.monotonic()
        say("Starting the database and the broker …")
        with Servers(VAR) as servers, site(servers, port, "server", demonstration(servers)) as here:
            say(summary(here, here.start(servers)) + f"  Ready after {time.monotonic() - started:.0f} s.\n")
            try:
                while True:
                    time.sleep(1)
                    here.look_after(servers)
            except StoppedError:
                say("\nStopping …")
        say("Everything has stopped.")
    return 0


def serve_and_check() -> int:
    """script/server --check: start on a fresh database, verify as a person would, stop."""
    (VAR / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    if running := running_server():
        say(f"This checkout's server runs: {running}. The check leaves it alone.")
    with (
        only_one(VAR / "run" / "check.lock", "A check of this checkout already runs ({}). Wait for it."),
        Servers(VAR) as servers,
    ):
        env = demonstration(servers)
        env["DATABASE_URL"] = fresh_database(env["DATABASE_URL"], CHECK_DATABASE)
        env["REDIS_URL"] = empty_database(env["REDIS_URL"], CHECK_BROKER)
        env["MEDIA_ROOT"] = str(servers.var / "run" / "check" / "media")
        env["REMINDERS_OFFICE_HOURS"] = "false"
        env["PGOPTIONS"] = "-c synchronous_commit=off"  # quicker; the database is thrown away
        env.pop("BASE_URL", None)
        with site(servers, free_ports(1)[0], "check", env) as here:
            (here.run / "mail.sqlite").unlink(missing_ok=True)
            figures = here.start(servers)
            say("  Looking at it as each role …")
            pages = check(here.url, here.mail, figures, env["DEMO_PASSWORD"])
    say(f"municipalities: {figures['municipalities']}")
    say(f"published policies: {figures['policies']}")
    say(f"reminders sent: {figures['reminders']}")
    say(f"pages checked: {pages}")
    return 0


def manage(servers: Servers, arguments: list[str]) -> int:
    """script/manage: manage.py with these arguments; returns its exit code."""
    return pass_through([str(ROOT / "manage.py"), *arguments], local_environment(servers))


def bench(servers: Servers, arguments: list[str]) -> int:
    """script/bench: the measurements of tests/bench on a database of their own; returns the exit code."""
    env = local_environment(servers)
    env["DATABASE_URL"] = fresh_database(env["DATABASE_URL"], BENCH_DATABASE)
    env["REDIS_URL"] = empty_database(env["REDIS_URL"], BENCH_BROKER)
    return pass_through(["-m", "tests.bench", *arguments], env)


def pass_through(arguments: list[str], env: dict[str, str]) -> int:
    """Run Python with these arguments on this terminal; returns the exit code.

    Ctrl-C is for the command, which may ask a question or clean up; this one waits for it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=env,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, frame: process.send_signal(number))
    code = process.wait()
    return code if code >= 0 else 128 - code


def main() -> int:
    """Run the command of the arguments. Returns the exit code."""
    command, *arguments = sys.argv[1:]
    try:
        if command in {"manage", "bench"}:
            with Servers(VAR) as servers:
                return {"manage": manage, "bench": bench}[command](servers, arguments)
        parser = argparse.ArgumentParser(
            prog="script/server",
            description="Runs the tracker with its demonstration data on 127.0.0.1:$PORT.",
        )
        parser.add_argument("--check", action="store_true", help="start, verify over HTTP and SMTP, stop")
        checking = parser.parse_args(arguments).check
        stop_on_signals()
        return serve_and_check() if checking else serve()
    except StoppedError:
        say("\nStopped.")
        return 130
    except (StepFailedError, ServerError, GivenUpError, CheckFailedError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
