"""A real PostgreSQL and a real Valkey for a machine that has none, kept in the checkout's var/.

Both listen on a socket in a directory that only this user may enter and on no network port. All commands of
a checkout share them: each holds a shared lock on var/run/users.lock while it uses them, which the kernel
takes back however the command ends. Whoever gets that lock for itself stops them: the last command, or after
kill -9 the keeper, a small process that waits for it. So nothing stays behind.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from policytracker.serving.postgresql import PostgreSQL
from policytracker.serving.server import ROOT, VAR, Server
from policytracker.serving.valkey import Valkey


class Servers:
    """The embedded servers of one checkout, for as long as the `with` block lasts.

    `postgresql` and `valkey` are None where the environment names a server of one's own. Without `durable` a
    power cut may destroy the data: for data that is thrown away.
    """

    def __init__(self, var: Path = VAR, *, durable: bool = True) -> None:
        self.var = var.resolve()
        for folder in (self.var, self.var / "run", self.var / "log"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.keeper: subprocess.Popen[bytes] | None = None
        self.postgresql = None if os.environ.get("DATABASE_URL") else PostgreSQL(self.var, durable=durable)
        self.valkey = None if os.environ.get("REDIS_URL") else Valkey(self.var)

    def wanted(self) -> list[Server]:
        """The servers that this command needs."""
        return [server for server in (self.postgresql, self.valkey) if server is not None]

    @contextmanager
    def starting(self) -> Iterator[None]:
        """One command at a time starts servers."""
        with (self.var / "run" / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def __enter__(self) -> Self:
        self.users = (self.var / "run" / "users.lock").open("w")
        try:
            with self.starting():
                fcntl.flock(self.users, fcntl.LOCK_SH)  # waits where the last user is just stopping them
                self.start()
            if self.postgresql is not None:
                self.postgresql.make_database()
        except BaseException:
            self.leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def start(self) -> list[str]:
        """Start what does not run, the keeper included. Returns the names of what was started."""
        started = [server.name for server in self.wanted() if server.start()]
        if self.wanted() and not self.keeper_is_there():
            with (self.var / "log" / "keeper.log").open("ab") as log:
                self.keeper = subprocess.Popen(
                    [sys.executable, "-m", "policytracker.embedded", str(self.var)],
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        return started

    def restart(self) -> list[str]:
        """Start again what has died meanwhile. Returns the names."""
        if all(server.is_alive() for server in self.wanted()):
            return []
        with self.starting():
            return self.start()

    def keeper_is_there(self) -> bool:
        """Whether a keeper waits for the last user to leave."""
        with (self.var / "run" / "keeper.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def leave(self) -> None:
        """Give the servers up; the last user stops them."""
        with self.users:
            fcntl.flock(self.users, fcntl.LOCK_UN)
            try:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Others use them, or the keeper is just stopping them, which is waited for.
                fcntl.flock(self.users, fcntl.LOCK_SH)
            else:
                stop_all(self.var)
        if not any(server.is_alive() for server in self.wanted()):
            self.collect()

    def collect(self) -> None:
        """Take note of the end of what this object started, the keeper included."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and (
            self.keeper_is_there() or (self.keeper is not None and self.keeper.poll() is None)
        ):
            time.sleep(0.01)
        for server in self.wanted():
            server.collect()


def stop_all(var: Path) -> None:
    """Stop both servers of a checkout where they run. Only for who holds users.lock alone."""
    for server in (Valkey(var), PostgreSQL(var)):
        server.stop()
        server.clear()


def keep(var: Path) -> None:
    """Wait until nobody uses the servers any more, however their last user ended, and stop them."""
    with (var / "run" / "keeper.lock").open("w") as mine, (var / "run" / "users.lock").open("w") as users:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        fcntl.flock(users, fcntl.LOCK_EX)
        stop_all(var)
        mine.close()  # before `users`: whoever comes next finds no keeper and starts one


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
