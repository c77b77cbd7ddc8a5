"""The commands behind script/server and script/manage.

`server` brings everything up (database, broker, mail sink, web server, worker, beat), with the register and the
demonstration data in it, and keeps it running until Ctrl-C. `server --check` does the same on a database that is
made for it, looks at it as a person would, and stops. `manage` runs manage.py against the same servers.
"""

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from policytracker.embedded import Servers
from policytracker.serving.checking import CheckFailedError, check
from policytracker.serving.environment import free_ports, is_free, kept_secret, local_environment
from policytracker.serving.mail import MailSink
from policytracker.serving.postgresql import fresh_database
from policytracker.serving.processes import Child, Children, GivenUpError
from policytracker.serving.server import ROOT, ServerError
from policytracker.serving.valkey import numbered

VAR = ROOT / "var"
CHECK_DATABASE = "policytracker_check"
CHECK_BROKER = 1


class StoppedError(Exception):
    """The person or the system asked this command to stop."""


class StepFailedError(Exception):
    """A step of the start went wrong; the text is the sentence for the person who started it."""


def stop_on_signals() -> None:
    """Turn the first signal to stop into StoppedError; later ones do not disturb the stopping."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise StoppedError

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)


def say(text: str) -> None:
    """A line on the terminal."""
    print(text, flush=True)


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


@dataclass
class Site:
    """One running copy of the system: where it is and what it needs."""

    port: int
    mail: MailSink
    env: dict[str, str]
    log: Path
    run: Path
    children: Children

    @property
    def url(self) -> str:
        """The address of the start page."""
        return f"http://127.0.0.1:{self.port}/"

    def step(self, doing: str, *command: str) -> str:
        """Run one command to its end, its output in a log of its own. Returns what it printed.

        Raises:
            StepFailedError: when it fails, with its last line.
        """
        started = time.monotonic()
        print(f"  {doing} …", end="", flush=True)
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        log = self.log / "start.log"
        with log.open("a") as written:
            written.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}\n")
        if done.returncode:
            print(flush=True)
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it gave no reason."]
            raise StepFailedError(f"{doing} failed: {last[0]} ({log} says more.)")
        say(f" {time.monotonic() - started:.0f} s")
        return done.stdout

    def commands(self) -> list[tuple[str, list[str], float]]:
        """Name, command and seconds to stop of every process, in the order in which they start."""
        celery = [sys.executable, "-m", "celery", "--app", "policytracker"]
        web = ["--bind", f"127.0.0.1:{self.port}", "--config", str(ROOT / "deploy" / "gunicorn.conf.py")]
        return [
            ("mail", self.mail.command(self.run / "mail.sqlite"), 5),
            ("web", [sys.executable, "-m", "gunicorn", *web, "policytracker.wsgi:application"], 15),
            ("worker", [*celery, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"], 30),
            ("beat", [*celery, "beat", "--pidfile=", "--schedule", str(self.run / "beat-schedule")], 5),
        ]

    def start(self, servers: Servers) -> dict[str, Any]:
        """Fill the database, start every process, send the first reminders. Returns the figures of the register.

        Raises:
            StepFailedError, GivenUpError: when something does not come up.
        """
        self.step("Migrating the database", "manage.py", "migrate", "--noinput")
        self.step("Loading the register", "manage.py", "load_register")
        self.step("Loading the demonstration data", "manage.py", "load_demo")
        for name, command, grace in self.commands():
            self.children.start(Child(name, command, self.env, self.log / f"{name}.log", grace=grace))
        self.wait_for("the web server", f"{self.url}readyz", servers)
        self.wait_for("the mail sink", self.mail.url, servers)
        told = self.step("Sending the reminders", "-m", "policytracker.serving.reminding")
        figures: dict[str, Any] = json.loads(told)
        return figures

    def wait_for(self, what: str, url: str, servers: Servers) -> None:
        """Wait until an address answers well.

        Raises:
            StepFailedError: when it does not within a minute.
        """
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=10):  # noqa: S310 (loopback, http)
                    return
            except OSError:
                self.look_after(servers)
                time.sleep(0.1)
        raise StepFailedError(f"{what.capitalize()} did not answer within a minute. See {self.log}.")

    def look_after(self, servers: Servers) -> None:
        """Start again whatever has died.

        Raises:
            GivenUpError, ServerError: when that does not help.
        """
        for name in servers.restart():
            say(f"{name} had died and runs again.")
        self.children.look_after()


@contextmanager
def site(servers: Servers, port: int, name: str, env: dict[str, str]) -> Iterator[Site]:
    """A copy of the system whose processes are stopped at the end, however it ends."""
    run, log = servers.var / "run" / name, servers.var / "log" / name
    for folder in (run, log):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in log.iterdir():
        old.write_text("")
    mail = MailSink(*free_ports(2))
    children = Children(run / "processes.json", say)
    if left := children.stop_left_behind():
        say(f"Stopped {left} processes that a killed server had left behind.")
    env["BASE_URL"] = env.get("BASE_URL") or f"http://127.0.0.1:{port}"
    env["EMAIL_URL"] = mail.email_url
    env["SENDRIA_CONFIG_DIR"] = str(run / "sendria")
    try:
        yield Site(port, mail, env, log, run, children)
    finally:
        children.stop()


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
        with Servers() as servers, site(servers, port, "server", demonstration(servers)) as here:
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
        Servers() as servers,
    ):
        env = demonstration(servers)
        env["DATABASE_URL"] = fresh_database(env["DATABASE_URL"], CHECK_DATABASE)
        env["REDIS_URL"] = numbered(env["REDIS_URL"], CHECK_BROKER)
        env["MEDIA_ROOT"] = str(servers.var / "run" / "check" / "media")
        env["REMINDERS_OFFICE_HOURS"] = "false"
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


def manage(arguments: list[str]) -> int:
    """script/manage: manage.py with these arguments; returns its exit code."""
    with Servers() as servers:
        # Ctrl-C is for the command, which may ask a question or clean up; this one waits for it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        process = subprocess.Popen(
            command,
            env=local_environment(servers),
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
        if command == "manage":
            return manage(arguments)
        parser = argparse.ArgumentParser(
            prog="script/server", description="Runs the tracker with its demonstration data on 127.0.0.1:$PORT."
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
