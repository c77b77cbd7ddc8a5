"""The messages as they are read: subject, plain text and HTML, in the language of the reader."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.policy import Compat32
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

from accounts.demonstration import has_demonstration_data
from reminders.models import Message, Rule
from reminders.subscriptions import unsubscribe_url
from reminders.topics import Topic
from reminders.wording import Wording, Wordings, fill_in

TOPICS_SHOWN = 10
"""More than these are counted in a message, and told on the site."""

URGENCY = {rule: place for place, rule in enumerate(Rule.values)}


@dataclass(frozen=True)
class Asked:
    """A topic in the words of its reader."""

    topic: Topic
    subject: str
    text: str


@dataclass(frozen=True)
class Mail:
    """A message as it is read."""

    subject: str
    text: str
    html: str
    reply_to: str | None
    unsubscribe: str | None = None


def by_urgency(topic: Topic) -> tuple[int, int, str, dt.date]:
    """The order in a message: what escalated furthest, then the most urgent rule, by name and day."""
    reminder = topic.reminder
    return (-reminder.step, URGENCY[reminder.rule], topic.name, reminder.due_on)


def write(
    about: Iterable[Topic],
    *,
    language: str,
    to_account_manager: bool,
    contact_id: int | None = None,
    wordings: Wordings | None = None,
    demonstration: bool | None = None,
) -> Mail:
    """The message about these topics, the most urgent first.

    With `wordings` and `demonstration` given nothing is asked of the database.
    """
    ordered = sorted(about, key=by_urgency)
    wordings = wordings or Wordings()
    managers = {topic.account_manager_email for topic in ordered}
    with translation.override(language):
        asked = [in_words(topic, wordings, language) for topic in ordered[:TOPICS_SHOWN]]
        subject = _subject(ordered, asked[0], to_account_manager)
        if demonstration is None:
            demonstration = has_demonstration_data()
        context: dict[str, Any] = {
            **_button(ordered, to_account_manager),
            **(_to_account_manager(ordered) if to_account_manager else _to_contact(ordered, asked)),
            "subject": subject,
            "demonstration": demonstration,
        }
        kind = "account_manager" if to_account_manager else "contact"
        return Mail(
            subject=gettext("[DEMONSTRATION] %(subject)s") % {"subject": subject}
            if demonstration
            else subject,
            text=_tidy(render_to_string(f"emails/reminders/{kind}.txt", context)),
            html=render_to_string(f"emails/reminders/{kind}.html", context),
            reply_to=managers.pop() if len(managers) == 1 and not to_account_manager else None,
            unsubscribe=unsubscribe_url(contact_id, ordered[0].reminder.rule)
            if contact_id and len({topic.reminder.rule for topic in ordered}) == 1 and ordered[0].is_notice
            else None,
        )


ABOUT_POLICY = (Rule.POLICY_LACKS_THEME, Rule.PREPARATION_OVERDUE)


def in_words(topic: Topic, wordings: Wordings, language: str) -> Asked:
    """The topic in words, in the language that is active."""
    wording: Wording = wordings.of(topic.reminder.rule, topic.case, language)
    values = {name: _shown(value) for name, value in topic.values.items()}
    subject = " ".join(fill_in(str(wording.subject), values).split())
    return Asked(topic, subject, fill_in(str(wording.text), values))


def _shown(value: str | Promise | dt.date | None) -> str:
    if isinstance(value, dt.date):
        return date_format(value, "DATE_FORMAT")
    return "" if value is None else str(value)


LINE = 78


class PlainHeaders(Compat32):
    """Writes a header that needs neither encoding nor folding as it is, which takes a tenth of the time."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The line of a header; what is out of the ordinary is left to the standard library."""
        line = f"{name}: {value}"
        if isinstance(value, str) and line.isascii() and line.isprintable() and len(line) <= LINE:
            return f"{line}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


PLAIN_HEADERS = PlainHeaders()


@dataclass(frozen=True)
class WrittenOut:
    """A mail in the bytes that go over the wire, as Django's SMTP backend asks for them."""

    content: bytes

    def as_bytes(self, linesep: str = "\r\n") -> bytes:
        """The bytes."""
        return self.content


class Email(EmailMultiAlternatives):
    """A mail whose boundary is told, which is quicker than to look for one that the text does not have."""

    boundary: str
    content: WrittenOut | None = None

    def message(self) -> Any:  # type: ignore[override]  # the stubs are those of a later Django
        """The mail as MIME."""
        if self.content:
            return self.content
        mime = super().message()
        mime.policy = PLAIN_HEADERS
        mime.set_boundary(self.boundary)
        return mime

    def written_out(self) -> "Email":
        """The mail with its bytes ready."""
        self.content = WrittenOut(self.message().as_bytes(linesep="\r\n"))
        return self


def envelope(message: Message, mail: Mail) -> Email:
    """The mail, addressed, with headers that tell programs what it is; nothing in it tracks the reader."""
    headers = {
        "Message-ID": message.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "List-Id": f"<reminders.{urlsplit(settings.BASE_URL).hostname}>",
    }
    if mail.unsubscribe:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
    email = Email(
        subject=mail.subject,
        body=mail.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.recipient],
        reply_to=[mail.reply_to or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]],
        headers=headers,
    )
    email.boundary = f"=_{message.key.hex}"
    email.attach_alternative(mail.html, "text/html")
    return email


def _tidy(text: str) -> str:
    """The text with at most one empty line between its paragraphs."""
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def _subject(ordered: Sequence[Topic], first: Asked, to_account_manager: bool) -> str:
    """What is asked, in one line; the number is true even where the message shows fewer."""
    number, municipalities = len(ordered), len({topic.code for topic in ordered})
    if to_account_manager:
        return ngettext(
            "Please call %(name)s: no answer to our questions",
            "Please call %(number)d municipalities: no answer to our questions",
            municipalities,
        ) % {"name": ordered[0].name, "number": municipalities}
    if number == 1:
        return first.subject
    if municipalities == 1:
        return ngettext(
            "%(name)s: %(number)d question about your policy on radicalisation",
            "%(name)s: %(number)d questions about your policy on radicalisation",
            number,
        ) % {"name": ordered[0].name, "number": number}
    return ngettext(
        "Your %(municipalities)d municipalities: %(number)d question about their policy on radicalisation",
        "Your %(municipalities)d municipalities: %(number)d questions about their policy on radicalisation",
        number,
    ) % {"municipalities": municipalities, "number": number}


def _button(ordered: Sequence[Topic], to_account_manager: bool) -> dict[str, str]:
    """The one button: straight to what is asked. Of several questions each has its own link instead."""
    topic = ordered[0]
    if to_account_manager:
        if len({topic.code for topic in ordered}) > 1:
            return {}
        label = gettext("To the page of %(municipality)s") % {"municipality": topic.name}
        return {"button_url": topic.page_url, "button_label": label}
    if len(ordered) > 1:
        return {}
    if topic.reminder.rule == Rule.ELECTION_COMING:
        return {"button_url": topic.answer_url, "button_label": gettext("To the letter to the council")}
    label = gettext("Look and answer") if topic.case == "proposal" else gettext("Answer now")
    return {"button_url": topic.answer_url, "button_label": label}


def _to_contact(ordered: Sequence[Topic], asked: Sequence[Asked]) -> dict[str, Any]:
    """What a contact is told, in sentences that the text and the HTML share."""
    only = asked[0] if len(ordered) == 1 else None
    is_notice = only is not None and only.topic.is_notice
    why = gettext("You receive this message because you are the contact of %(names)s for its safety policy.")
    return {
        "only": only,
        "asked": asked,
        "names_each": len({topic.code for topic in ordered}) > 1,
        "lead": "" if only else _lead(ordered),
        "how_long": "" if is_notice else gettext("Answering takes about two minutes."),
        "earlier": _earlier(only.topic) if only else "",
        "rest": _rest(len(ordered) - len(asked)),
        "good_answer": "" if is_notice else _good_answer(ordered),
        "why": why % {"names": _names(ordered)},
        "own_url": _own_url(ordered),
    }


def _lead(ordered: Sequence[Topic]) -> str:
    """How much is asked."""
    number, municipalities = len(ordered), len({topic.code for topic in ordered})
    if municipalities == 1:
        told = gettext("We ask you %(number)s things about %(names)s. Each takes about two minutes.")
        return told % {"number": number, "names": ordered[0].name}
    return ngettext(
        "We ask you %(number)s thing about %(municipalities)s municipalities. It takes about two minutes.",
        "We ask you %(number)s things about %(municipalities)s municipalities. Each takes about two minutes.",
        number,
    ) % {"number": number, "municipalities": municipalities}


def _earlier(topic: Topic) -> str:
    """That it was asked before, and who helps."""
    if topic.asked_before_on is None:
        return ""
    told = gettext("We also asked this on %(day)s and have no answer yet.")
    told %= {"day": date_format(topic.asked_before_on)}
    if not topic.account_manager_knows:
        return told
    helps = gettext(
        "Does something stand in the way? %(name)s, your account manager at VNG, is glad to help and "
        "knows that we ask."
    )
    return f"{told} {helps % {'name': topic.account_manager}}"


def _rest(number: int) -> str:
    """That more is asked than the message shows."""
    if not number:
        return ""
    return ngettext(
        "And %(number)s more. Log in to see them all.", "And %(number)s more. Log in to see them all.", number
    ) % {"number": number}


def _good_answer(ordered: Sequence[Topic]) -> str:
    """Which answers help, and when the messages stop."""
    if not any(topic.reminder.rule in ABOUT_POLICY for topic in ordered):
        return gettext("These messages stop by themselves once you have answered.")
    return gettext(
        "“No” and “not yet” are good answers too: then we know what would help you. These messages stop once "
        "the theme is in your policy, or you have said when it will be or why it need not."
    )


def _to_account_manager(ordered: Sequence[Topic]) -> dict[str, Any]:
    """What an account manager is told: whom to call about what."""
    municipalities = _by_municipality(ordered)
    names = {"names": _names(ordered)}
    why = gettext(
        "You receive this message because you are the account manager at VNG for %(names)s. Does a colleague "
        "deal with this? Forward this message, and ask the administrator to change the account manager."
    )
    please_call = ngettext(
        "Please call %(names)s: our questions get no answer there. You can record what you hear on the page "
        "of the municipality, in two minutes.",
        "Please call %(names)s: our questions get no answer there. You can record what you hear on the page "
        "of each municipality, in two minutes each.",
        len(municipalities),
    )
    nobody = gettext("No contact there can be reached by mail: please find somebody.")
    return {
        "municipalities": municipalities,
        "please_call": please_call % names,
        "why": why % names,
        "nobody": nobody,
    }


def _own_url(ordered: Sequence[Topic]) -> str:
    """Where the reader sees everything that was asked, postpones it or hands it over."""
    if len({topic.code for topic in ordered}) == 1:
        return ordered[0].own_url
    return settings.BASE_URL + reverse("start")


def _by_municipality(ordered: Iterable[Topic]) -> list[list[Topic]]:
    """The topics of each municipality together, in order."""
    together: dict[str, list[Topic]] = defaultdict(list)
    for topic in ordered:
        together[topic.code].append(topic)
    return list(together.values())


def _names(ordered: Sequence[Topic]) -> str:
    """The names of the municipalities, as in a sentence: "Urk, Dronten and Almere"."""
    names = list(dict.fromkeys(topic.name for topic in ordered))
    if len(names) == 1:
        return names[0]
    return gettext("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}
