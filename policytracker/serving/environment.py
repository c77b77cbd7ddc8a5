"""The environment in which the commands of a checkout run: production settings on this machine's loopback."""

import os
import secrets
import socket
from pathlib import Path

from policytracker.embedded import Servers


def kept_secret(file: Path) -> str:
    """A random text that is made once and kept in a file that only this user may read."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if kept := file.read_text().strip():
            return kept
        file.unlink()  # the command that made it was killed before it wrote
        return kept_secret(file)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(made := secrets.token_urlsafe(50))
    return made


def is_free(port: int) -> bool:
    """Whether a server may listen on the port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 on which nothing listens now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def local_environment(servers: Servers) -> dict[str, str]:
    """What Django needs to run from this checkout. What the person has set stays as it is."""
    env = dict(os.environ)
    env.setdefault("SECRET_KEY", kept_secret(servers.var / "secret-key"))
    env.setdefault("HTTPS", "false")
    env.setdefault("MEDIA_ROOT", str(servers.var / "media"))
    env.setdefault("DEFAULT_FROM_EMAIL", "beleidsmonitor@demo.example")
    env.setdefault("EMAIL_URL", "consolemail://")
    env["DJANGO_SETTINGS_MODULE"] = "policytracker.settings"
    env["PYTHONUNBUFFERED"] = "1"
    if servers.postgresql is not None:
        env["DATABASE_URL"] = servers.postgresql.url()
    if servers.valkey is not None:
        env["REDIS_URL"] = servers.valkey.url()
    return env
