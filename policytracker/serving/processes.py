"""The processes that script/server keeps running, and what happens when one of them ends."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from policytracker.serving.server import end_processes, runs

PR_SET_PDEATHSIG = 1


class GivenUpError(Exception):
    """A process ends again and again; the text is the sentence for the person who started it."""


def end_with_parent(parent: int) -> Callable[[], None]:
    """Have the kernel tell a new process to stop when its parent dies, be it by kill -9 (Linux only)."""

    def in_child() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)

    return in_child


def session_processes(leader: int, since: float) -> list[psutil.Process]:
    """The processes of the session that `leader` opened at the moment `since`, itself included."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.create_time() >= since - 1 and runs(process):
                found.append(process)
        except (OSError, psutil.Error):
            continue
    return found


class Child:
    """One process with its own log, in a session of its own so that Ctrl-C does not reach it directly."""

    def __init__(
        self, name: str, command: list[str], env: dict[str, str], log: Path, *, grace: float
    ) -> None:
        self.name, self.command, self.env, self.log, self.grace = name, command, env, log, grace
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.deaths: list[float] = []
        self.start_at = 0.0

    def start(self) -> None:
        """Start it; its output goes to its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(os.getpid()),  # the launcher has one thread
            )
        self.started = time.time()

    def has_ended(self) -> bool:
        """Whether it was started and runs no more."""
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """Ask it to stop, wait `grace` seconds, and kill whatever is left of it."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(self.grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        end_processes(session_processes(self.process.pid, self.started), grace=1)
        self.process = None


class Children:
    """The processes of one launcher.

    One that ends is started again after 1, 2, 4 … 30 seconds; when it ends for the fifth time within a minute
    everything stops. They are written down, so that the next launcher finds what a killed one left behind.
    """

    PATIENCE = 5  # deaths
    WITHIN = 60.0  # seconds

    def __init__(self, record: Path, say: Callable[[str], None]) -> None:
        self.record, self.say = record, say
        self.children: list[Child] = []

    def start(self, child: Child) -> None:
        """Start a process and look after it from now on."""
        child.start()
        self.children.append(child)
        self.write_down()

    def write_down(self) -> None:
        """Keep which processes belong to this launcher."""
        known = [
            {"name": child.name, "pid": child.process.pid, "started": child.started}
            for child in self.children
            if child.process is not None
        ]
        new = self.record.with_suffix(".new")
        new.write_text(json.dumps(known))
        new.replace(self.record)

    def look_after(self) -> None:
        """Start what has ended again, each after its pause.

        Raises:
            GivenUpError: when one ends too often.
        """
        now = time.monotonic()
        for child in self.children:
            if child.has_ended():
                code = child.process.returncode if child.process is not None else 0
                child.stop()  # its own children may have survived it
                child.deaths = [*(death for death in child.deaths if now - death < self.WITHIN), now]
                if len(child.deaths) >= self.PATIENCE:
                    raise GivenUpError(
                        f"{child.name} ended {len(child.deaths)} times within a minute, so everything stops. "
                        f"{child.log} says why."
                    )
                pause = min(30.0, 2.0 ** (len(child.deaths) - 1))
                child.start_at = now + pause
                self.say(
                    f"{child.name} ended (code {code}); starting it again in {pause:.0f} s. See {child.log}"
                )
            if child.process is None and now >= child.start_at:
                child.start()
                self.write_down()

    def stop(self) -> None:
        """Stop all, the last started first."""
        for child in reversed(self.children):
            child.stop()
        self.children.clear()
        self.record.unlink(missing_ok=True)

    def stop_left_behind(self) -> int:
        """Stop what an earlier launcher that was killed left behind. Returns how many processes that were."""
        try:
            known = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return 0
        left = [process for entry in known for process in session_processes(entry["pid"], entry["started"])]
        for process in left:
            process.terminate()
        end_processes(left, grace=10)
        self.record.unlink(missing_ok=True)
        return len(left)
