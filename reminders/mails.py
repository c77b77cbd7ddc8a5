"""The messages as they are read: subject, plain text and HTML, in the language of the reader."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import OuterRef, Subquery
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, ngettext

from accounts.demonstration import has_demonstration_data
from municipalities.coverage import Coverage
from municipalities.models import Contact, Municipality, PolicyParticipation
from policytracker.dates import local_day
from reminders.models import Message, Reminder
from reminders.rules import RULES, Audience


@dataclass(frozen=True)
class Topic:
    """What one reminder is about, with what the register knows of it on the day."""

    reminder: Reminder
    name: str
    code: str
    coverage: str
    stated_on: dt.date | None
    expected_on: dt.date | None
    policy: str | None
    policy_ended_on: dt.date | None
    proposal: str | None
    account_manager: str | None
    account_manager_email: str | None
    contacts: tuple[str, ...]

    @property
    def answer_url(self) -> str:
        """The address at which the reminder is answered: with one click where that may be all it takes."""
        may_still_hold = self.awaits_confirmation or self.coverage == Coverage.ABSENT
        page = "municipalities:confirm" if may_still_hold else "municipalities:state-coverage"
        return settings.BASE_URL + reverse(page, args=[self.code])

    @property
    def page_url(self) -> str:
        """The address of the municipality's page, with its contacts."""
        return settings.BASE_URL + reverse("municipalities:detail", args=[self.code])

    @property
    def awaits_confirmation(self) -> bool:
        """Whether the register itself proposes something that the municipality need only confirm."""
        return self.proposal is not None and self.coverage == Coverage.UNKNOWN

    @property
    def template(self) -> str:
        """The template with the rule's sentences."""
        return f"emails/reminders/{RULES[self.reminder.rule].template}.txt"

    @property
    def asked_before_on(self) -> dt.date | None:
        """The day on which the step before this one was sent, None at the first step."""
        if self.reminder.step == 1:
            return None
        return self.reminder.due_on - RULES[self.reminder.rule].ladder[self.reminder.step - 1].wait

    @property
    def account_manager_knows(self) -> bool:
        """Whether the account manager gets this step too."""
        audience = RULES[self.reminder.rule].audience_of(self.reminder.step)
        return Audience.ACCOUNT_MANAGER in audience and self.account_manager is not None


@dataclass(frozen=True)
class Mail:
    """A message as it is read."""

    subject: str
    text: str
    html: str
    reply_to: str | None


def topics(reminders: Iterable[Reminder], *, on: dt.date) -> dict[int, list[Topic]]:
    """What the reminders are about, by municipality, in two queries whatever their number."""
    by_municipality: dict[int, list[Reminder]] = defaultdict(list)
    for reminder in reminders:
        by_municipality[reminder.municipality_id].append(reminder)
    contacts: dict[int, list[str]] = defaultdict(list)
    for municipality_id, name, email in (
        Contact.objects.reachable()
        .filter(municipality__in=by_municipality)
        .order_by("municipality", "position")
        .values_list("municipality", "name", "email")
    ):
        contacts[municipality_id].append(f"{name} ({email})")
    proposal = (
        PolicyParticipation.objects.proposed(on=on)
        .filter(municipality=OuterRef("pk"))
        .most_telling_first()
        .values("policy__title")[:1]
    )
    rows = (
        Municipality.objects.filter(pk__in=by_municipality)
        .with_coverage(on=on)
        .annotate(proposal=Subquery(proposal))
        .values(
            "pk",
            "name",
            "code",
            "coverage",
            "proposal",
            "statement__stated_at",
            "statement__expected_on",
            "statement__policy__title",
            "statement__policy__ends_on",
            "account_manager__name",
            "account_manager__email",
        )
    )
    return {
        row["pk"]: [
            Topic(
                reminder=reminder,
                name=row["name"],
                code=row["code"],
                coverage=row["coverage"],
                stated_on=local_day(row["statement__stated_at"]) if row["statement__stated_at"] else None,
                expected_on=row["statement__expected_on"],
                policy=row["statement__policy__title"],
                policy_ended_on=row["statement__policy__ends_on"],
                proposal=row["proposal"],
                account_manager=row["account_manager__name"],
                account_manager_email=row["account_manager__email"],
                contacts=tuple(contacts[row["pk"]]),
            )
            for reminder in by_municipality[row["pk"]]
        ]
        for row in rows
    }


def write(about: Iterable[Topic], *, language: str, to_account_manager: bool) -> Mail:
    """The message about these topics, the most urgent first."""
    ordered = sorted(about, key=lambda topic: (-topic.reminder.step, topic.name))
    managers = {topic.account_manager_email for topic in ordered}
    folder = "emails/reminders/account_manager" if to_account_manager else "emails/reminders/contact"
    with translation.override(language):
        subject = _subject(ordered, to_account_manager)
        demonstration = has_demonstration_data()
        context: dict[str, Any] = {
            **_button(ordered, to_account_manager),
            "topics": ordered,
            "topic": ordered[0] if len(ordered) == 1 else None,
            "names": _names(ordered),
            "subject": subject,
            "demonstration": demonstration,
        }
        return Mail(
            subject=gettext("[DEMONSTRATION] %(subject)s") % {"subject": subject}
            if demonstration
            else subject,
            text=_tidy(render_to_string(f"{folder}.txt", context)),
            html=render_to_string(f"{folder}.html", context),
            reply_to=managers.pop() if len(managers) == 1 and not to_account_manager else None,
        )


def envelope(message: Message, mail: Mail) -> EmailMultiAlternatives:
    """The mail, addressed, with headers that tell programs what it is; nothing in it tracks the reader."""
    headers = {
        "Message-ID": message.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "List-Id": f"<reminders.{urlsplit(settings.BASE_URL).hostname}>",
    }
    email = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.recipient],
        reply_to=[mail.reply_to or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]],
        headers=headers,
    )
    email.attach_alternative(mail.html, "text/html")
    return email


def _tidy(text: str) -> str:
    """The text with at most one empty line between its paragraphs."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _subject(ordered: list[Topic], to_account_manager: bool) -> str:
    """What is asked, in one line."""
    number = len(ordered)
    if to_account_manager:
        return ngettext(
            "Please call %(name)s: no answer about radicalisation in the safety policy",
            "Please call %(number)d municipalities: no answer about radicalisation in the safety policy",
            number,
        ) % {"name": ordered[0].name, "number": number}
    if number > 1:
        return gettext("Your %(number)d municipalities: is radicalisation in the safety policy?") % {
            "number": number
        }
    return RULES[ordered[0].reminder.rule].subject % {"municipality": ordered[0].name}


def _button(ordered: list[Topic], to_account_manager: bool) -> dict[str, str]:
    """The one button: straight to what is asked. Of several municipalities each has its own link instead."""
    if len(ordered) > 1:
        return {}
    (topic,) = ordered
    if to_account_manager:
        label = gettext("To the page of %(municipality)s") % {"municipality": topic.name}
        return {"button_url": topic.page_url, "button_label": label}
    label = gettext("Look and answer") if topic.awaits_confirmation else gettext("Answer now")
    return {"button_url": topic.answer_url, "button_label": label}


def _names(ordered: list[Topic]) -> str:
    """The names of the municipalities, as in a sentence: "Urk, Dronten and Almere"."""
    names = list(dict.fromkeys(topic.name for topic in ordered))
    if len(names) == 1:
        return names[0]
    return gettext("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}
