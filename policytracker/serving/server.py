"""A server that runs from an installed package, with its data in one folder and a socket for its address."""

import hashlib
import importlib.util
import os
import signal
import socket
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("POLICYTRACKER_VAR") or ROOT / "var")  # data, logs, sockets
SOCKET_PATH_LIMIT = 100  # bytes; the system allows 107 on Linux and 103 on macOS
NOBODY = 65534


class ServerError(Exception):
    """A server cannot be started; the text is the sentence for the person who wanted it."""


def package_folder(name: str) -> Path:
    """Where an installed package is, without importing it.

    Raises:
        ServerError: when it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(f"The package {name} is not installed. Run script/setup.")
    return Path(spec.origin).parent


def socket_folder(var: Path) -> Path:
    """A directory that only this user may enter, with a path that a socket can have: var/run where it is one.

    libpq reads a comma as the end of the first of several hosts.

    Raises:
        ServerError: when somebody else made the directory first or may enter it.
    """
    folder = var / "run"
    if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) > SOCKET_PATH_LIMIT or "," in str(folder):
        mark = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
        folder = Path("/tmp") / f"policytracker-{os.geteuid()}-{mark}"  # noqa: S108 (made and checked here)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), NOBODY} or found.st_mode & 0o077:
        raise ServerError(f"{folder} must be a directory that only you may enter. Remove it and start again.")
    return folder


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def runs(process: psutil.Process) -> bool:
    """Whether the process still runs; one that ended and waits to be collected by its parent does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def end_processes(processes: list[psutil.Process], grace: float) -> None:
    """Give the processes `grace` seconds to end by themselves, then kill them."""
    deadline = time.monotonic() + grace
    while any(runs(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.01)
    for process in processes:
        if runs(process):
            process.kill()
    deadline = time.monotonic() + 10
    while any(runs(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.01)


class Server:
    """A server with its data in one folder, where its processes have their working directory."""

    name: ClassVar[str]
    program: ClassVar[str]  # as the process table shows it
    patience = 120  # seconds that recovery after a crash may take

    def __init__(self, var: Path) -> None:
        self.var = var
        self.data = var / self.program.partition("-")[0]
        self.log = var / "log" / f"{self.name.lower()}.log"
        self.sockets = socket_folder(var)
        self.address = self.sockets / "socket"
        self.process: subprocess.Popen[bytes] | None = None

    def processes(self) -> list[psutil.Process]:
        """The processes that work in the data folder, those of a killed server included."""
        found = []
        for process in psutil.process_iter(["name"]):
            try:
                named = process.info["name"].startswith(self.program)
                if named and process.cwd() == str(self.data) and runs(process):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def is_alive(self) -> bool:
        """Whether something answers at the address."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(self.address))
        except (BlockingIOError, TimeoutError):
            return True  # too busy to answer, which is no reason to start another
        except OSError:
            return False
        return True

    def prepare(self) -> None:
        """Write what the server needs before it starts."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether a server that was just started does its work."""
        raise NotImplementedError

    def identity(self) -> dict[str, Any]:
        """As whom the server runs, as arguments of Popen."""
        return {}

    def start(self) -> bool:
        """Start the server unless it runs, whatever an earlier one left. Returns whether it was started.

        Raises:
            ServerError: when it does not start.
        """
        if self.is_alive():
            return False
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.write_text("")
        for attempt in range(5):
            self.clear()
            self.prepare()
            if self.try_to_start():
                return True
            time.sleep(0.5 * (attempt + 1))
        raise ServerError(f"{self.name} did not start. The end of {self.log}:\n{tail(self.log)}")

    def try_to_start(self) -> bool:
        """Start the server and wait until it is ready. Returns whether it is."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for the command that uses the server
                **self.identity(),
            )
        deadline = time.monotonic() + self.patience
        while self.process.poll() is None and time.monotonic() < deadline:
            if self.is_ready():
                return True
            time.sleep(0.02)
        return False

    def clear(self) -> None:
        """Remove what a killed server left: its processes and its socket."""
        end_processes(self.processes(), grace=5)
        self.collect()
        for leftover in self.sockets.glob(f"{self.address.name}*"):
            leftover.unlink()

    def collect(self) -> None:
        """Take note of the end of a process that this object started, a moment after the server."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)

    def stop(self) -> None:
        """Stop the server in order; kill it when it does not stop."""
        processes = self.processes()
        for process in self.leaders(processes):
            process.send_signal(signal.SIGINT)
        end_processes(processes, grace=20)

    def leaders(self, processes: list[psutil.Process]) -> list[psutil.Process]:
        """Of the processes, those that are told to stop the others."""
        return [process for process in processes if process.parent() not in processes]
