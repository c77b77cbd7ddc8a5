"""Handing a message to the mail server, and understanding its answer."""

import logging
import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)

# No part of a longer number with points, such as an address of a machine.
STATUS = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?!\.?\d)")
# 5.1.7 and 5.1.8 are about the sender's address, not the recipient's.
MAILBOX_STATUS = re.compile(r"(?<![\d.])5\.(?:1\.(?![78]\b)\d{1,3}|2\.\d{1,3}|4\.4)(?!\.?\d)")
# How Exchange Online refuses an address that the organisation's directory does not know.
NOT_IN_DIRECTORY = re.compile(r"(?<![\d.])5\.4\.1\b.{0,40}?recipient address rejected", re.IGNORECASE)
MAILBOX_WORDS = re.compile(
    r"(?:unknown|no such|invalid|unavailable|disabled|inactive) (?:user|mailbox|recipient|address|account)"
    r"|(?:user|mailbox|recipient|address|account)\b.{0,40}?"
    r"(?:unknown|not found|unavailable|disabled|inactive|does ?n[o']t exist|does not exist|is full)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Refusal:
    """Why a message was not accepted.

    `is_permanent`: this recipient will never get it. `is_ours`: it says nothing of the recipient, and the
    next message will fare no better: the server is away, or does not want us. `is_answer`: the server said it
    to this message. `is_unwritten`: the message could not even be written.
    """

    text: str
    is_permanent: bool = False
    is_ours: bool = False
    is_answer: bool = False
    is_unwritten: bool = False


@contextmanager
def mail_server() -> Iterator[BaseEmailBackend]:
    """A connection to the mail server, to be opened when first used and kept; closed at the end."""
    server = get_connection()
    try:
        yield server
    finally:
        hang_up(server)


def hang_up(server: BaseEmailBackend) -> None:
    """Close the connection, also one that is broken; it may be opened again."""
    with suppress(OSError, smtplib.SMTPException):
        server.close()


def refusal_of(error: Exception) -> Refusal:
    """What the failure of a sending means, after RFC 5321 (codes) and RFC 3463 (statuses such as 5.1.1).

    Only what names the recipient's mailbox or domain is permanent, by its status or, where the server gives
    none, in words. Every other 5xx (by policy, of the sender, of the log-in, a relay that does not know us)
    is about us: to hold it against the recipients would strike them all from the list.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            text = _text(code, answer)
            is_permanent = code >= 500 and names_mailbox(text)
            return Refusal(
                text,
                is_permanent=is_permanent,
                is_ours=code >= 500 and not is_permanent,
                is_answer=True,
            )
        case smtplib.SMTPDataError():
            text = _text(error.smtp_code, error.smtp_error)
            is_permanent = error.smtp_code >= 500 and names_mailbox(text)
            return Refusal(text, is_permanent=is_permanent, is_ours=not is_permanent, is_answer=True)
        case smtplib.SMTPResponseException():
            return Refusal(_text(error.smtp_code, error.smtp_error), is_ours=True)
        case smtplib.SMTPException() | OSError():
            return Refusal(f"{type(error).__name__}: {error}", is_ours=True)
        case _:
            logger.error("A message could not be written", exc_info=error)
            told = f"The message could not be written: {type(error).__name__}: {error}"
            return Refusal(told, is_unwritten=True)


def names_mailbox(text: str) -> bool:
    """Whether a refusal is about the recipient's mailbox or domain."""
    if NOT_IN_DIRECTORY.search(text):
        return True
    if STATUS.search(text):
        return MAILBOX_STATUS.search(text) is not None
    return MAILBOX_WORDS.search(text) is not None


def _text(code: int, answer: bytes | str) -> str:
    """The answer of a mail server on one line."""
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join(f"{code} {words}".split())
