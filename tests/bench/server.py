"""A real gunicorn with the settings of production, and a client that is logged in."""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psutil

from policytracker.serving.environment import free_ports
from tests.bench.floor import HEADER

ROOT = Path(__file__).resolve().parent.parent.parent
LOG_IN = "/account/inloggen/"
WORKERS = 2


class BenchError(Exception):
    """The measurements cannot be made; the text says why."""


@dataclass(frozen=True)
class Answer:
    """What came back, and how long that took from connecting to the last byte, in milliseconds."""

    status: int
    queries: int
    size: int
    milliseconds: float


@dataclass
class Client:
    """Asks for pages, each over a connection of its own, as gunicorn's sync workers want it."""

    port: int
    cookies: dict[str, str]

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[Answer, str]:
        """Ask for a path, or post a form to it. Returns what came back and its text."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        elapsed = (time.perf_counter() - started) * 1000
        for header, value in response.getheaders():
            if header.lower() == "set-cookie":
                name, _, rest = value.partition("=")
                self.cookies[name] = rest.partition(";")[0]
        answer = Answer(response.status, int(response.headers.get(HEADER, -1)), len(content), elapsed)
        return answer, content.decode("utf-8", "replace")

    def log_in(self, email: str, password: str) -> None:
        """Log in through the form.

        Raises:
            BenchError: when that does not work.
        """
        _answer, page = self.ask(LOG_IN)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        form = {"username": email, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        answer, _page = self.ask(LOG_IN, form)
        if answer.status != http.client.FOUND:
            raise BenchError(f"{email} cannot log in (answer {answer.status}).")


@dataclass
class Server:
    """A running gunicorn."""

    port: int
    process: psutil.Popen
    seconds_to_first_answer: float

    def client(self) -> Client:
        """Somebody who is not logged in yet."""
        return Client(self.port, {})

    def worker_megabytes(self) -> float:
        """The resident memory of the largest worker, in millions of bytes."""
        return max(child.memory_info().rss for child in self.process.children()) / 1e6


@contextmanager
def serve(env: dict[str, str], log: Path) -> Iterator[Server]:
    """Start gunicorn, wait for its first answer, and stop it at the end.

    Raises:
        BenchError: when no answer comes within half a minute.
    """
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
    command += ["--config", str(ROOT / "deploy" / "gunicorn.conf.py"), "policytracker.wsgi:application"]
    started = time.perf_counter()
    with log.open("ab") as output:
        process = psutil.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield Server(port, process, _first_answer(port, process, started, log))
    finally:
        process.terminate()
        process.wait()


def _first_answer(port: int, process: psutil.Popen, started: float, log: Path) -> float:
    """The seconds from `started` until the page to log in was there."""
    client = Client(port, {})
    while time.perf_counter() - started < 30 and process.poll() is None:
        try:
            answer, _text = client.ask(LOG_IN)
        except (ConnectionError, TimeoutError):
            time.sleep(0.01)
            continue
        if answer.status != http.client.OK:
            raise BenchError(f"The page to log in answers {answer.status}. {tail(log)}")
        return time.perf_counter() - started
    raise BenchError(f"Gunicorn gave no answer. {tail(log)}")


def tail(log: Path) -> str:
    """What the server wrote last, for a person who looks for the cause."""
    return "The end of its log:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def environment(database_url: str) -> dict[str, str]:
    """Production settings on the database of the measurements."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "DATABASE_URL": database_url,
        "DEBUG": "false",
        "HTTPS": "false",
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
