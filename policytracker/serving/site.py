"""One running copy of the system: its processes, in order, and the steps before they start."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policytracker.embedded import Servers
from policytracker.serving.environment import free_ports
from policytracker.serving.mail import MailSink
from policytracker.serving.processes import Child, Children
from policytracker.serving.server import ROOT


class StepFailedError(Exception):
    """A step of the start went wrong; the text is the sentence for the person who started it."""


def say(text: str) -> None:
    """A line on the terminal."""
    print(text, flush=True)


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

    def step(self, doing: str, module: str, *arguments: str, shows_progress: bool = False) -> str:
        """Run one of this package's programs to its end. Returns what it printed, but for its progress.

        Raises:
            StepFailedError: when it fails, with its last line; the rest is in a log.
        """
        started = time.monotonic()
        if not shows_progress:
            print(f"  {doing} …", end="", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=self.env,
            stdout=None if shows_progress else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        with self.start_log.open("a") as log:
            log.write(f"{done.stdout or ''}{done.stderr}\n")
        if done.returncode:
            if not shows_progress:
                print(flush=True)
            last = done.stderr.strip().splitlines()[-1:] or ["it gave no reason."]
            raise StepFailedError(f"{doing} failed: {last[0]} ({self.start_log} says more.)")
        if not shows_progress:
            say(f" {time.monotonic() - started:.0f} s")
        return done.stdout or ""

    @property
    def start_log(self) -> Path:
        """What the steps of the start said."""
        return self.log / "start.log"

    def commands(self) -> list[tuple[str, list[str], float]]:
        """Name, command and seconds to stop of every process, in the order in which they start."""
        celery = [sys.executable, "-m", "celery", "--app", "policytracker"]
        web = ["--bind", f"127.0.0.1:{self.port}", "--config", str(ROOT / "deploy" / "gunicorn.conf.py")]
        return [
            ("mail", self.mail.command(self.run / "mail.sqlite"), 5),
            ("web", [sys.executable, "-m", "gunicorn", *web, "policytracker.wsgi:application"], 15),
            (
                "worker",
                [
                    *celery,
                    "worker",
                    "--concurrency",
                    "1",
                    "--without-gossip",
                    "--without-mingle",
                    "--loglevel",
                    "INFO",
                ],
                30,
            ),
            ("beat", [*celery, "beat", "--pidfile=", "--schedule", str(self.run / "beat-schedule")], 5),
        ]

    def start(self, servers: Servers) -> dict[str, Any]:
        """Fill the database, start every process, send the first reminders. Returns the register's figures.

        Raises:
            StepFailedError, GivenUpError: when something does not come up.
        """
        mail, web, worker, beat = self.commands()
        self.run_command(mail)  # these two come up while the database is filled
        self.run_command(web)
        filling = ("policytracker.serving.filling", str(self.start_log))
        self.step("Filling the database", *filling, shows_progress=True)
        self.run_command(worker)  # not before: a database that is really used was refused by now
        self.wait_for("the mail sink", self.mail.url, servers)
        told = self.step("Sending the reminders", "policytracker.serving.reminding")
        self.run_command(beat)
        self.wait_for("the web server", f"{self.url}readyz", servers)
        figures: dict[str, Any] = json.loads(told)
        return figures

    def run_command(self, named: tuple[str, list[str], float]) -> None:
        """Start one of the commands as a process."""
        name, command, grace = named
        self.children.start(Child(name, command, self.env, self.log / f"{name}.log", grace=grace))

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
