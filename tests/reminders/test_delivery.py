"""A refusal of the recipient, of ourselves, for now or for good."""

import smtplib

import pytest

from reminders.delivery import refusal_of

RECIPIENT = "one@a.example"


def refused(answer: str) -> smtplib.SMTPRecipientsRefused:
    code, _, text = answer.partition(" ")
    return smtplib.SMTPRecipientsRefused({RECIPIENT: (int(code), text.encode())})


@pytest.mark.parametrize(
    ("error", "is_permanent", "is_ours"),
    [
        (refused("550 5.1.1 no such user"), True, False),
        (refused("550 no such user"), True, False),
        (refused("552 5.2.2 mailbox full"), True, False),
        (refused("450 4.2.1 greylisted"), False, False),
        (refused("550 User unknown in virtual mailbox table"), True, False),
        (refused("550 The email account that you tried to reach does not exist"), True, False),
        (refused("554 5.4.4 domain not found"), True, False),
        (refused("550 5.4.1 Recipient address rejected: Access denied."), True, False),
        (refused("550 5.4.1 relay access denied"), False, True),
        (refused("554 5.7.1 relay access denied"), False, True),
        (refused("550 relay not permitted"), False, True),
        (refused("550 5.1.8 Access denied, bad outbound sender"), False, True),
        (refused("553 5.1.7 bad sender address"), False, True),
        (refused("550 5.1.10 RESOLVER.ADR.RecipientNotFound"), True, False),
        (refused("550 relay not permitted for 5.2.11.7"), False, True),
        (refused("550 relay not permitted for 85.5.1.20"), False, True),
        (refused("554 Service unavailable; client host blocked using a list"), False, True),
        (refused("530 Authentication required"), False, True),
        (smtplib.SMTPDataError(550, b"5.1.1 no such user"), True, False),
        (smtplib.SMTPDataError(554, b"5.7.1 looks like spam"), False, True),
        (smtplib.SMTPDataError(451, b"try later"), False, True),
        (smtplib.SMTPSenderRefused(553, b"who are you", "us@x.example"), False, True),
        (smtplib.SMTPAuthenticationError(535, b"wrong password"), False, True),
        (smtplib.SMTPServerDisconnected("gone"), False, True),
        (ConnectionRefusedError("no"), False, True),
        (TimeoutError("slow"), False, True),
        (ValueError("the message is broken"), False, False),
    ],
)
def test_what_a_refusal_means(error: Exception, is_permanent: bool, is_ours: bool) -> None:
    refusal = refusal_of(error)
    assert (refusal.is_permanent, refusal.is_ours) == (is_permanent, is_ours)
    assert refusal.text


def test_keeps_the_answer_on_one_line() -> None:
    error = smtplib.SMTPDataError(550, b"5.1.1 no\r\n5.1.1 such \xff user")
    assert refusal_of(error).text == "550 5.1.1 no 5.1.1 such � user"
