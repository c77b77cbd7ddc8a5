"""A real SMTP server on this machine, which keeps what it accepts and refuses what a test wants refused."""

import email
import email.policy
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


class MailServer:
    """What the server answers, and what it has accepted, the oldest first."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.delivered_to: list[str] = []
        """To which address each accepted message went, whatever stands in it."""
        self.connections = 0
        self.to_recipient: dict[str, str] = {}
        """The answer to a recipient that is refused."""
        self.to_data = "250 accepted"
        self.to_next_data: list[str] = []
        """The answers to the next messages, before those of `to_data`."""
        self.after_data: Callable[[], None] = lambda: None
        """Called with the message in hand, before the answer."""
        self.hangs_up = False
        """Whether it breaks the connection off instead of answering to a message that it has accepted."""
        self.port = 0

    @property
    def url(self) -> str:
        """The address as EMAIL_URL wants it."""
        return f"smtp://{HOST}:{self.port}"

    @property
    def recipients(self) -> list[str]:
        """To whom the accepted messages went."""
        return [str(message["To"]) for message in self.accepted]

    @property
    def message_ids(self) -> list[str]:
        """The Message-ID of each accepted message."""
        return [str(message["Message-ID"]) for message in self.accepted]

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.to_recipient.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content: Any = envelope.content
        answer = self.to_next_data.pop(0) if self.to_next_data else self.to_data
        if answer.startswith("2"):
            self.accepted.append(email.message_from_bytes(content, policy=email.policy.default))
            self.delivered_to += envelope.rcpt_tos
        self.after_data()
        if self.hangs_up:
            server.transport.abort()
        return answer


def free_port() -> int:
    """A port on this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    """A mail server that listens until the block ends."""
    server = MailServer()
    server.port = free_port()
    controller = Controller(server, hostname=HOST, port=server.port, ready_timeout=10)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
