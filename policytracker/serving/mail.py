"""The mail sink of script/server: what came in over SMTP, asked of its web page."""

import json
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class MailSink:
    """A sendria that listens on two ports of 127.0.0.1."""

    smtp_port: int
    http_port: int

    @property
    def url(self) -> str:
        """Its web page, where a person reads the messages."""
        return f"http://127.0.0.1:{self.http_port}/"

    @property
    def email_url(self) -> str:
        """Its address for EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.smtp_port}"

    def command(self, database: Path) -> list[str]:
        """The command that runs it in the foreground and keeps the messages in `database`."""
        ports = ["--smtp-port", str(self.smtp_port), "--http-port", str(self.http_port)]
        sendria = [sys.executable, "-m", "sendria", "--foreground", "--no-quit"]
        return [*sendria, "--db", str(database), "--smtp-ip", "127.0.0.1", "--http-ip", "127.0.0.1", *ports]

    def read(self, path: str) -> bytes:
        """What the web page answers.

        Raises:
            OSError: when it does not answer.
        """
        with urllib.request.urlopen(f"{self.url}{path}", timeout=30) as answer:  # noqa: S310 (loopback, http)
            return bytes(answer.read())

    def messages(self) -> list[dict[str, Any]]:
        """Every message that came in, newest first."""
        found: list[dict[str, Any]] = []
        page = pages = 1
        while page <= pages:
            answer = json.loads(self.read(f"api/messages/?page={page}"))
            found += answer["data"]
            page, pages = page + 1, answer["meta"]["pages_total"]
        return found
