"""Messages that come back: the reports of mail servers (RFC 3464), from a pipe or from a mailbox.

Anybody can write to the address to which reports go. So a report counts only where it returns a message of
ours, whose Message-ID is known to its receivers alone, and where it is about the recipient of that message.
Whatever else arrives does nothing. What is logged names neither the recipient nor what was written.
"""

import email
import enum
import imaplib
import logging
import re
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils import timezone

from reminders.delivery import names_mailbox
from reminders.models import Message
from reminders.sending import bounced, stop_copy

logger = logging.getLogger(__name__)

LARGEST = 1024 * 1024  # bytes; a report returns at most one message, and ours are small
AT_ONCE = 200
"""Messages of the mailbox that are read in one run."""
TIMEOUT = 20  # seconds

MESSAGE_ID = re.compile(r"<reminder-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>\s]+>", re.IGNORECASE)
STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
IN_WORDS = ("5.0.0", "5.4.1")
"""The statuses of servers that say in words only what is wrong."""


class Finding(enum.Enum):
    """What became of something that arrived, in words."""

    TOO_LARGE = "Too large to be a report: not read."
    NO_REPORT = "Not a report of a message that came back: left alone."
    BROKEN = "A report that cannot be read: left alone."
    NOT_OURS = "A report about no message of ours: left alone."
    NOT_FOR_GOOD = "Not refused for good: nothing changes."
    EXPIRED = "A mail server gave the message up after trying for days: it is sent again."
    ABOUT_US = "Refused because of us, not because of the mailbox: nothing changes."
    SOMEBODY_ELSE = "A report about somebody to whom the message did not go: left alone."
    KNOWN = "The message was settled before: nothing changes."
    COPY = "The copy came back: no more copies go there."
    BOUNCED = "The message came back: the next in the chain is written to."


@dataclass(frozen=True)
class Outcome:
    """What a report says of one recipient; addresses are in lower case."""

    addresses: frozenset[str]
    action: str
    status: str
    diagnosis: str

    @property
    def is_for_good(self) -> bool:
        """Whether the recipient will never get the message."""
        return self.action == "failed" and self.status.startswith("5.")

    @property
    def is_given_up(self) -> bool:
        """Whether it was not refused, but a server on the way gave up trying."""
        return self.action == "failed" and self.status.startswith("4.")

    @property
    def is_about_mailbox(self) -> bool:
        """Whether the recipient's mailbox or domain is why."""
        return names_mailbox(self.diagnosis if self.status in IN_WORDS else self.status)

    @property
    def reason(self) -> str:
        """Why, in the words of the server."""
        return f"{self.status} {self.diagnosis}".strip()


@dataclass(frozen=True)
class Report:
    """What a report says: the key of the message that it returns, and what became of it."""

    key: uuid.UUID | None
    outcomes: list[Outcome]


def take_in(content: bytes) -> list[Finding]:
    """Do what something that arrived asks for; no input makes it fail. One finding for each recipient."""
    report = read(content)
    if isinstance(report, Finding):
        logger.info(report.value)
        return [report]
    message = Message.objects.filter(key=report.key).first() if report.key else None
    if message is None:
        logger.info(Finding.NOT_OURS.value)
        return [Finding.NOT_OURS]
    findings = [_settle(message, outcome) for outcome in report.outcomes]
    for finding in findings:
        level = logging.WARNING if finding is Finding.ABOUT_US else logging.INFO
        logger.log(level, "Message %s: %s", message.key, finding.value)
    return findings


def _settle(message: Message, outcome: Outcome) -> Finding:
    """Do what a report asks for about one recipient."""
    if outcome.is_given_up and message.recipient in outcome.addresses:
        is_news = bounced(message, outcome.reason, timezone.now(), for_good=False)
        return Finding.EXPIRED if is_news else Finding.KNOWN
    if not outcome.is_for_good:
        return Finding.NOT_FOR_GOOD
    if not outcome.is_about_mailbox:
        return Finding.ABOUT_US
    if message.recipient in outcome.addresses:
        is_news = bounced(message, outcome.reason, timezone.now())
        return Finding.BOUNCED if is_news else Finding.KNOWN
    if any(stop_copy(message, address) for address in sorted(outcome.addresses)):
        return Finding.COPY
    return Finding.SOMEBODY_ELSE


# Reading a report


def read(content: bytes) -> Report | Finding:
    """What a report says; where it is none, or not to be read, a finding instead. Never raises."""
    if len(content) > LARGEST:
        return Finding.TOO_LARGE
    try:
        message = email.message_from_bytes(content, policy=policy.default)
        if not _is_report(message):
            return Finding.NO_REPORT
        outcomes = [_outcome(block) for block in _blocks(message)]
        key = _key(message)
    except Exception as error:  # the parser of the standard library stumbles over what is broken enough
        logger.info("A report could not be parsed: %s", type(error).__name__)
        return Finding.BROKEN
    return Report(key, outcomes) if outcomes else Finding.BROKEN


def _is_report(message: EmailMessage) -> bool:
    """Whether this is a delivery status notification, and no automatic answer or receipt."""
    kind = message.get_param("report-type", "")
    is_delivery_status = isinstance(kind, str) and kind.lower() == "delivery-status"
    return message.get_content_type() == "multipart/report" and is_delivery_status


def _blocks(message: EmailMessage) -> list[Any]:
    """The parts of a report that are about one recipient each."""
    return [
        block
        for part in message.iter_parts()
        if part.get_content_type() == "message/delivery-status" and part.is_multipart()
        for block in part.get_payload()
        if "Action" in block and ("Final-Recipient" in block or "Original-Recipient" in block)
    ]


def _outcome(block: Any) -> Outcome:
    status = STATUS.match(_line(block["Status"]))
    addresses = {_address(block["Final-Recipient"]), _address(block["Original-Recipient"])}
    return Outcome(
        addresses=frozenset(addresses - {""}),
        action=_line(block["Action"]).partition(" ")[0].lower(),
        status=status[1] if status else "",
        diagnosis=re.sub(r"^smtp\s*;\s*", "", _line(block["Diagnostic-Code"]), flags=re.IGNORECASE),
    )


def _line(value: object) -> str:
    """The value of a field on one line that can be shown and kept; empty where there is none."""
    text = "" if value is None else str(value)
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _address(value: object) -> str:
    """The address in a field such as `rfc822; name@example.nl`."""
    return _line(value).rpartition(";")[2].strip(" <>").lower()


def _key(message: EmailMessage) -> uuid.UUID | None:
    """The key of our message that is returned whole, or of which the headers are."""
    for part in message.iter_parts():
        found = MESSAGE_ID.search(_line(_returned(part).get("Message-ID")))
        if found:
            return uuid.UUID(found[1])
    return None


def _returned(part: Any) -> Any:
    """The headers of the message that a part of a report returns; none for another part."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        return part.get_payload(0)
    if kind == "text/rfc822-headers":
        headers = part.get_payload(decode=True) or b""
        return BytesHeaderParser(policy=policy.default).parsebytes(headers.lstrip())
    return {}


# Reading a mailbox


class MailboxError(Exception):
    """The mailbox could not be read, or not to the end; says why, and never with what password."""


@dataclass(frozen=True)
class Mailbox:
    """Where reports arrive."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    is_encrypted: bool

    @classmethod
    def at(cls, url: str) -> "Mailbox":
        """The mailbox at an address such as `imaps://user:password@host:993/INBOX`.

        Raises:
            MailboxError: when the address is none; what stands in it is not told.
        """
        with suppress(ValueError):
            parts = urlsplit(url)
            is_encrypted, port = parts.scheme == "imaps", parts.port
            if parts.scheme in ("imap", "imaps") and parts.hostname and parts.username and parts.password:
                return cls(
                    host=parts.hostname,
                    port=port or (993 if is_encrypted else 143),
                    user=unquote(parts.username),
                    password=unquote(parts.password),
                    folder=unquote(parts.path.strip("/")) or "INBOX",
                    is_encrypted=is_encrypted,
                )
        raise MailboxError(
            "BOUNCES_URL must be as imaps://user:password@host:993/INBOX, with % and two digits for signs "
            "that mean something in an address."
        )


def read_mailbox() -> list[Finding]:
    """Take in what is unread in the mailbox, the oldest first, and mark it as read.

    Nothing is moved or deleted. A message is marked after it was taken in: where the connection breaks in
    between, it is read again, which changes nothing.

    Raises:
        MailboxError: when the mailbox cannot be read, or not to the end.
    """
    findings: list[Finding] = []
    with _logged_in(Mailbox.at(settings.BOUNCES_URL)) as connection:
        for number in _unread(connection)[:AT_ONCE]:
            content = _fetch(connection, number)
            if content is None:
                continue  # somebody removed it meanwhile
            findings += take_in(content)
            _ask(connection, "STORE", number, "+FLAGS.SILENT", "(\\Seen)")
    logger.info("Read %d reports from the mailbox", len(findings))
    return findings


@contextmanager
def _logged_in(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    """A connection on which the folder is open."""
    with _told("The mail server cannot be reached"):
        if mailbox.is_encrypted:
            context = ssl.create_default_context()
            connection: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                mailbox.host, mailbox.port, ssl_context=context, timeout=TIMEOUT
            )
        else:
            connection = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    try:
        with _told("The mail server refuses the log-in"):
            connection.login(_quoted(mailbox.user), mailbox.password)  # which imaplib quotes itself
        with _told("The folder cannot be opened"):
            answer, _number = connection.select(_quoted(mailbox.folder))
        if answer != "OK":
            raise MailboxError("The folder cannot be opened")
        yield connection
        with suppress(OSError, imaplib.IMAP4.error):
            connection.logout()
    finally:
        with suppress(OSError):
            connection.shutdown()


def _quoted(text: str) -> str:
    """The text as IMAP takes it in a command."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Whatever goes wrong is told without the words of the server: it may repeat what was said to it."""
    try:
        yield
    except OSError as error:
        raise MailboxError(f"{what}: {type(error).__name__}: {error}") from None
    except Exception as error:
        raise MailboxError(f"{what}: {type(error).__name__}") from None


def _ask(connection: imaplib.IMAP4, command: str, *arguments: str) -> list[Any]:
    """The answer to a command."""
    with _told("The connection broke"):
        answer, data = connection.uid(command, *arguments)
    if answer != "OK":
        raise MailboxError(f"The mail server refuses {command}")
    return data


def _unread(connection: imaplib.IMAP4) -> list[str]:
    """The lasting numbers of what is unread, the oldest first."""
    numbers = b" ".join(line for line in _ask(connection, "SEARCH", "UNSEEN") if line).split()
    return [str(number) for number in sorted(int(number) for number in numbers if number.isdigit())]


def _fetch(connection: imaplib.IMAP4, number: str) -> bytes | None:
    """A message, of one that is too large only so much that this shows; None where it is gone."""
    answer = _ask(connection, "FETCH", number, f"(BODY.PEEK[]<0.{LARGEST + 1}>)")
    return next((bytes(line[1]) for line in answer if isinstance(line, tuple)), None)
