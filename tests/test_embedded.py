"""The embedded PostgreSQL and Valkey: really started, killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from policytracker.embedded import ROOT, Servers
from policytracker.serving.postgresql import SUPERUSER, PostgreSQL, drop_database
from policytracker.serving.server import NOBODY, ServerError, runs, socket_folder

USER = """
import sys, time
from pathlib import Path
from policytracker.embedded import Servers
with Servers(Path(sys.argv[1])) as servers:
    print(servers.postgresql.processes()[0].pid, flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def _no_servers_of_ones_own(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("PGOPTIONS", raising=False)  # what is said to be kept must be kept


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder with a database in it and no server on it."""
    folder = Path(tempfile.mkdtemp(prefix="pt-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("REDIS_URL", raising=False)
        with Servers(folder):
            pass
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def var(made) -> Iterator[Path]:
    """The data folder; afterwards nothing may be left running on it."""
    yield made
    assert until(lambda: not left(made)), left(made)


def working(var: Path) -> list[psutil.Process]:
    """What runs for a data folder: servers by their folder, keepers and users by their arguments."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            mine = str(var) in (process.info["cmdline"] or []) or process.cwd().startswith(f"{var}/")
            if mine and runs(process):
                found.append(process)
        except psutil.Error:
            continue
    return found


def left(var: Path) -> list[str]:
    """The commands of what runs for a data folder."""
    return [" ".join(process.info["cmdline"]) for process in working(var)]


def until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether the condition becomes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def use(var: Path, seconds: float) -> subprocess.Popen[str]:
    """Another command that uses the servers for a while."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(var), str(seconds)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def postmaster(servers: Servers) -> psutil.Process:
    """The first process of PostgreSQL."""
    return psutil.Process(int((servers.postgresql.data / "postmaster.pid").read_text().split()[0]))


def ask(servers: Servers, query: str) -> list[tuple]:
    """Put a query as the application's role."""
    connection = psycopg2.connect(servers.postgresql.url())
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def valkey(servers: Servers, *words: str) -> str:
    """Give Valkey a command."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(servers.valkey.address))
        connection.sendall((" ".join(words) + "\r\n").encode())
        return connection.recv(1000).decode()


def test_the_application_is_no_superuser_and_nothing_listens_on_the_network(var):
    with Servers(var) as servers:
        role = ask(
            servers, "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert role == [(False, True, False)]
        assert ask(servers, "SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database LIMIT 1") == [
            ("C.UTF-8", "UTF8")
        ]
        processes = servers.postgresql.processes() + servers.valkey.processes()
        assert len(processes) > 2
        assert [each for process in processes for each in process.net_connections("inet")] == []


def test_a_database_is_dropped_as_soon_as_a_superuser_s_work_in_it_is_done(var):
    with Servers(var) as servers:
        ask(servers, "CREATE DATABASE busy")
        busy = psycopg2.connect(host=str(servers.postgresql.sockets), user=SUPERUSER, dbname="busy")
        timer = threading.Timer(1, busy.close)
        timer.start()
        connection = psycopg2.connect(servers.postgresql.url())
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                drop_database(cursor, "busy")  # as with autovacuum, which we may not end either
        finally:
            connection.close()
            timer.join()
        assert ask(servers, "SELECT FROM pg_database WHERE datname = 'busy'") == []


def test_only_this_user_can_come_near(var):
    with Servers(var) as servers:
        for folder in (servers.postgresql.sockets, servers.postgresql.data, servers.valkey.data):
            assert folder.stat().st_mode & 0o077 == 0


def test_what_was_kept_is_there_the_next_time(var):
    with Servers(var) as servers:
        ask(servers, "CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
        assert valkey(servers, "SET", "kept", "42").startswith("+OK")
    assert not left(var)
    with Servers(var) as servers:
        assert ask(servers, "SELECT answer FROM kept") == [(42,)]
        assert "42" in valkey(servers, "GET", "kept")


def test_commands_share_the_servers_and_the_last_one_stops_them(var):
    with Servers(var) as servers:
        first = postmaster(servers).pid
        with use(var, 3) as other:
            assert int(other.stdout.readline()) == first
            servers.leave()
            assert psutil.pid_exists(first)
            other.wait()
        assert not left(var)
        servers.users = (var / "run" / "users.lock").open("w")  # for the end of the `with`


def test_many_commands_at_once_start_one_server(var):
    users = [use(var, 2) for _ in range(4)]
    try:
        assert len({user.stdout.readline() for user in users}) == 1
    finally:
        for user in users:
            user.wait()
            user.stdout.close()


def test_a_killed_command_leaves_nothing_behind(var):
    with use(var, 60) as user:
        user.stdout.readline()
        assert until(lambda: any("policytracker.embedded" in line for line in left(var)))
        assert until(lambda: keeper_waits(var))
        user.kill()
    assert until(lambda: not left(var))


def keeper_waits(var: Path) -> bool:
    """Whether the keeper is up."""
    servers = Servers(var)
    return servers.keeper_is_there()


def test_servers_that_outlived_everything_are_used_again(var):
    with use(var, 60) as user:
        pid = int(user.stdout.readline())
        assert until(lambda: keeper_waits(var))
        for process in working(var):
            if "policytracker.embedded" in process.info["cmdline"]:
                process.kill()
        user.kill()
    assert until(lambda: not keeper_waits(var))
    assert psutil.pid_exists(pid)
    with Servers(var) as servers:
        assert postmaster(servers).pid == pid


def test_killed_servers_start_again_with_their_data(var):
    with Servers(var) as servers:
        ask(servers, "CREATE TABLE IF NOT EXISTS survives (n int)")
        ask(servers, "INSERT INTO survives VALUES (1)")
        valkey(servers, "SET", "survives", "yes")
        postmaster(servers).kill()
        for process in servers.valkey.processes():
            process.kill()
        assert until(lambda: not servers.postgresql.is_alive() and not servers.valkey.is_alive())
        assert sorted(servers.restart()) == ["PostgreSQL", "Valkey"]
        assert ask(servers, "SELECT n FROM survives LIMIT 1") == [(1,)]
        assert "yes" in valkey(servers, "GET", "survives")
        assert servers.restart() == []


def test_everything_killed_at_once_starts_again(var):
    with use(var, 60) as user:
        user.stdout.readline()
        for process in working(var):
            process.kill()
    assert until(lambda: not left(var))
    with Servers(var) as servers:
        assert ask(servers, "SELECT 1") == [(1,)]


def test_a_pid_file_that_names_another_process_is_no_hindrance(var):
    (var / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{var}/postgres\n0\n5432\n{var}/run\n\n")
    (var / "run" / ".s.PGSQL.5432").touch()
    (var / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    (var / "run" / "valkey.sock").touch()
    with Servers(var) as servers:
        assert ask(servers, "SELECT 1") == [(1,)]
        assert valkey(servers, "PING").startswith("+PONG")


def test_a_first_start_that_was_killed_is_done_again():
    with tempfile.TemporaryDirectory(prefix="pt it's a \\ copy, ") as folder:
        half = Path(folder) / "postgres.new" / "base"
        half.mkdir(parents=True)
        with Servers(Path(folder)) as servers:  # a second copy beside the first, with an awkward name
            assert ask(servers, "SELECT 1") == [(1,)]
            assert valkey(servers, "PING").startswith("+PONG")
        assert not half.exists()
        assert not left(Path(folder))
        servers.valkey.sockets.rmdir()


def test_another_version_s_data_is_left_alone(var):
    (var / "postgres" / "PG_VERSION").write_text("17\n")
    try:
        with pytest.raises(ServerError, match="was made by PostgreSQL 17"), Servers(var):
            pass
    finally:
        (var / "postgres" / "PG_VERSION").write_text("18\n")


def test_a_server_that_does_not_start_says_why(var, monkeypatch):
    settings = var / "postgres" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(f"{good}\nno_such_setting = 1\n")
    monkeypatch.setattr("policytracker.serving.server.time.sleep", lambda seconds: None)
    try:
        with pytest.raises(ServerError, match="no_such_setting"), Servers(var):
            pass
    finally:
        settings.write_text(good)


def test_a_busy_server_counts_as_alive(var):
    servers = Servers(var)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(servers.valkey.address))
        listener.listen(0)
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(str(servers.valkey.address))
        assert servers.valkey.is_alive()
        for each in waiting:
            each.close()
    assert not servers.valkey.is_alive()


def test_a_long_path_gets_a_short_private_folder(tmp_path):
    var = tmp_path / ("long" * 30)
    folder = socket_folder(var)
    try:
        assert len(str(folder)) < 60
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder == socket_folder(var)
        assert folder != socket_folder(var / "other")
        folder.chmod(0o755)
        with pytest.raises(ServerError, match="only you may enter"):
            socket_folder(var)
    finally:
        folder.rmdir()
        socket_folder(var / "other").rmdir()


def test_servers_of_ones_own_are_used_instead(var, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/x")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    with Servers(var) as servers:
        assert servers.wanted() == []
        assert not left(var)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")
def test_root_uses_nobody_where_it_may_make_no_user_namespace(monkeypatch):
    monkeypatch.setattr("policytracker.serving.postgresql.shutil.which", lambda name: None)
    folder = Path(tempfile.mkdtemp(prefix="pt-"))
    program = PostgreSQL(folder).programs / "postgres"
    reachable = subprocess.run(["test", "-x", program], user=NOBODY, group=NOBODY, extra_groups=[])
    try:
        if reachable.returncode:
            with pytest.raises(ServerError, match="ordinary user"), Servers(folder):
                pass
        else:
            with Servers(folder) as servers:
                assert postmaster(servers).uids().real == NOBODY
                assert ask(servers, "SELECT 1") == [(1,)]
            assert not left(folder)
    finally:
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be refused this way")
def test_root_gets_one_sentence_where_nothing_works(monkeypatch):
    monkeypatch.setattr("policytracker.serving.postgresql.shutil.which", lambda name: None)
    folder = Path(tempfile.mkdtemp(prefix="pt-"))
    folder.chmod(0o700)
    var = folder / "var"  # nobody cannot enter the folder above it
    try:
        with (
            pytest.raises(ServerError, match=r"^PostgreSQL does not run as root\..*set DATABASE_URL"),
            Servers(var),
        ):
            pass
        assert not left(var)
    finally:
        shutil.rmtree(folder)


def test_a_signal_while_starting_leaves_nothing_behind():
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        user = use(Path(folder), 60)
        assert until(lambda: (Path(folder) / "postgres.new").exists())
        user.send_signal(signal.SIGTERM)
        user.wait()
        user.stdout.close()
        assert until(lambda: not left(Path(folder)))
