"""A message as an example, with an invented municipality, to see what a text looks like."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext, override

from accounts.models import User
from evaluations.models import Finding
from policytracker.dates import today
from reminders import mails
from reminders.delivery import mail_server
from reminders.models import Reminder
from reminders.rules import DEFAULTS
from reminders.topics import Topic
from reminders.wording import Wording, Wordings

IN_A_MONTH = dt.timedelta(days=30)


def sample(rule: str, case: str, wording: Wording, *, language: str) -> mails.Mail:
    """The message with this text, about a municipality that does not exist."""
    with override(language):
        name = gettext("Example Town")
        values: dict[str, Any] = {
            "municipality": name,
            "policy": gettext("Integral safety plan 2023–2026"),
            "day": today() + IN_A_MONTH,
            "measure": gettext("Training for youth workers"),
            "theme": Finding.Theme.COOPERATION.label,
            "evaluation": gettext("Evaluation of the local approach"),
        }
    topic = Topic(
        reminder=Reminder(rule=rule, step=1, due_on=today()),
        name=name,
        code="GM0000",
        case=case,
        values=values,
        answer_path=reverse("start"),
        is_notice=DEFAULTS[rule].is_notice,
    )
    own = Wordings({(rule, case, language): wording})
    return mails.write([topic], language=language, to_account_manager=False, wordings=own)


def send_to(user: User, mail: mails.Mail) -> None:
    """Send an example to the user who made it; raises what the mail server or the connection raises."""
    email = EmailMultiAlternatives(
        subject=gettext("[TEST] %(subject)s") % {"subject": mail.subject},
        body=mail.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    email.attach_alternative(mail.html, "text/html")
    with mail_server() as server:
        email.connection = server
        email.send()
