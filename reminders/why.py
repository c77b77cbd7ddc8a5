"""Why a municipality was, or was not, reminded on a day: one plain sentence for each reason that held.

The answer is read from the ledger, the holds and the register as they were on that day (looking_back); for
today and the days ahead it is what will happen as things stand.
"""

import datetime as dt
import enum
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from municipalities.models import MergerPart, Municipality
from policytracker.dates import local_day, today
from reminders.addressing import Because, Recipient
from reminders.looking_back import Looked, Thread, look
from reminders.models import DeliveryAttempt, Hold, Message, Reminder, Rule
from reminders.not_asked import facts_of, not_asked
from reminders.office_hours import name_of_day_off, working_day_from
from reminders.rules import ONE_DAY
from reminders.subjects import Subjects, subjects

PERMANENT = DeliveryAttempt.Outcome.PERMANENT
REFUSALS = (DeliveryAttempt.Outcome.TEMPORARY, PERMANENT)


class Outcome(enum.Enum):
    """What became of a reason on the day; what explains most comes first."""

    SENT = enum.auto()
    GOES_OUT = enum.auto()
    REFUSED = enum.auto()
    STOPPED = enum.auto()
    NO_RUN = enum.auto()
    UNREACHABLE = enum.auto()
    HELD = enum.auto()
    LATELY = enum.auto()
    NOT_THEIR_DAY = enum.auto()
    DAY_OFF = enum.auto()
    OTHER_DAY = enum.auto()
    UNEXPLAINED = enum.auto()
    UNSUBSCRIBED = enum.auto()
    NOT_YET = enum.auto()
    ALL_SENT = enum.auto()
    OFF = enum.auto()
    ENDED = enum.auto()


class Told(NamedTuple):
    """How an outcome is told: a word, its tone, and a clause after "because" (none: something goes out)."""

    label: Promise
    tone: str
    clause: str | Promise


TOLD = {
    Outcome.SENT: Told(gettext_lazy("sent"), "ok", ""),
    Outcome.GOES_OUT: Told(gettext_lazy("goes out"), "ok", ""),
    Outcome.REFUSED: Told(
        gettext_lazy("refused"), "error", gettext_lazy("the mail server refused the message")
    ),
    Outcome.STOPPED: Told(
        gettext_lazy("sending stopped"), "error", gettext_lazy("the sending stopped before its end")
    ),
    Outcome.NO_RUN: Told(gettext_lazy("no run"), "error", gettext_lazy("no run ended on that day")),
    Outcome.UNREACHABLE: Told(gettext_lazy("out of reach"), "error", gettext_lazy("nobody could be reached")),
    Outcome.HELD: Told(gettext_lazy("kept back"), "warning", gettext_lazy("the messages are kept back")),
    Outcome.LATELY: Told(gettext_lazy("waits"), "info", gettext_lazy("its recipient had a message lately")),
    Outcome.NOT_THEIR_DAY: Told(
        gettext_lazy("waits"), "info", gettext_lazy("its recipient chose another weekday")
    ),
    Outcome.DAY_OFF: Told(
        gettext_lazy("waits"), "info", gettext_lazy("nothing goes out by itself on that day")
    ),
    Outcome.OTHER_DAY: Told(
        gettext_lazy("goes out before"), "info", gettext_lazy("its message goes out on another day")
    ),
    Outcome.UNEXPLAINED: Told(
        gettext_lazy("waits"), "warning", gettext_lazy("the runs of that day left it waiting")
    ),
    Outcome.UNSUBSCRIBED: Told(
        gettext_lazy("not wanted"), "", gettext_lazy("its recipients do not want these messages")
    ),
    Outcome.NOT_YET: Told(gettext_lazy("not due yet"), "", gettext_lazy("the next step comes later")),
    Outcome.ALL_SENT: Told(gettext_lazy("all steps sent"), "", gettext_lazy("all steps were sent before")),
    Outcome.OFF: Told(gettext_lazy("switched off"), "", gettext_lazy("VNG has switched the reason off")),
    Outcome.ENDED: Told(gettext_lazy("ended unsent"), "", gettext_lazy("the reason was gone")),
}
ORDER = list(Outcome)


class Found(NamedTuple):
    """What became of one thread on the day, in sentences, with whom a message reached or will reach."""

    outcome: Outcome
    sentences: list[str]
    reached: tuple[str, ...] = ()
    messages: tuple[int, ...] = ()


@dataclass(frozen=True)
class Explained:
    """One reason that held, and what became of it."""

    rule: Rule
    subject: str
    since: dt.date | None
    found: Found

    @property
    def sentence(self) -> str:
        """What became of it."""
        return " ".join(self.found.sentences)

    @property
    def told(self) -> Told:
        """The outcome in a word, with its tone."""
        return TOLD[self.found.outcome]


class NotAsked(NamedTuple):
    """A reason that did not hold, and what held instead."""

    rule: Rule
    sentence: str


@dataclass
class Answer:
    """Why a municipality was, or was not, reminded on a day."""

    municipality: Municipality
    on: dt.date
    whole: str = ""
    about_day: str = ""
    explained: list[Explained] = field(default_factory=list)
    not_asked: list[NotAsked] = field(default_factory=list)

    @property
    def is_reminded(self) -> bool:
        """Whether something went out, or will."""
        return any(not one.told.clause for one in self.explained)


def why(municipality: Municipality, *, on: dt.date) -> Answer:
    """The answer for a municipality and a day, in a fixed number of queries."""
    answer = Answer(municipality, on)
    if gone := not_there(municipality, on):
        answer.whole = gone
        return answer
    looked = look(municipality, on=on)
    told = [(thread, found) for thread in looked.threads if (found := explain(looked, thread)) is not None]
    names = subjects((thread.rule.key, thread.about) for thread, _found in told)
    place = {rule: number for number, rule in enumerate(Rule.values)}
    answer.explained = sorted(
        (explained(thread, found, names) for thread, found in told), key=lambda one: place[one.rule]
    )
    asked, facts = {one.rule for one in answer.explained}, facts_of(municipality, on=on)
    for rule in looked.rules.values():
        if rule.key not in asked:
            sentence = not_asked(rule.key, facts, on=on) if rule.is_on else off(looked, rule.key)
            answer.not_asked.append(NotAsked(rule.key, sentence + answered_before(looked, rule.key)))
    answer.whole, answer.about_day = whole(answer), about_day(looked, answer)
    return answer


def explained(thread: Thread, found: Found, names: Subjects) -> Explained:
    """The thread as the page shows it."""
    subject = names.get((thread.rule.key, thread.about), "") if thread.about is not None else ""
    return Explained(thread.rule.key, subject, thread.since, found)


# The answer as a whole


def not_there(municipality: Municipality, on: dt.date) -> str:
    """That the municipality did not exist on the day; empty where it did."""
    begins, ended = municipality.valid_from, municipality.valid_until
    values = {"name": municipality.name, "day": date_format(on)}
    if begins and on < begins:
        told = _("%(name)s did not exist on %(day)s: it exists from %(first)s on.")
        return told % {**values, "first": date_format(begins)}
    if ended is None or on < ended:
        return ""
    parts = MergerPart.objects.filter(predecessor=municipality, merger__effective_on=ended)
    successors = ", ".join(parts.order_by("-is_main", "pk").values_list("successor__name", flat=True))
    values |= {"ended": date_format(ended), "successors": successors}
    if successors:
        return _("%(name)s did not exist on %(day)s: on %(ended)s it went over into %(successors)s.") % values
    return _("%(name)s did not exist on %(day)s: it ended on %(ended)s.") % values


def whole(answer: Answer) -> str:
    """The answer in one sentence."""
    values = {"name": answer.municipality.name, "day": date_format(answer.on)}
    for outcome, is_sent in ((Outcome.SENT, True), (Outcome.GOES_OUT, False)):
        of_outcome = [one.found for one in answer.explained if one.found.outcome == outcome]
        if not of_outcome:
            continue
        reached = sorted({who for found in of_outcome for who in found.reached})
        number = len({key for found in of_outcome for key in found.messages}) or len(reached)
        values |= {"number": str(number), "who": listed(reached)}
        if is_sent:
            told = ngettext(
                "%(name)s was reminded on %(day)s: %(number)s message to %(who)s.",
                "%(name)s was reminded on %(day)s: %(number)s messages to %(who)s.",
                number,
            )
        else:
            told = ngettext(
                "As things stand, %(name)s will be reminded on %(day)s: %(number)s message to %(who)s.",
                "As things stand, %(name)s will be reminded on %(day)s: %(number)s messages to %(who)s.",
                number,
            )
        return told % values
    outcomes = sorted({one.found.outcome for one in answer.explained}, key=ORDER.index)
    clauses = list(dict.fromkeys(str(TOLD[outcome].clause) for outcome in outcomes))[:2]
    if not clauses:
        clauses = [_("there was nothing to ask")]
    values["why"] = _(", and because ").join(clauses)
    if answer.on < today():
        return _("%(name)s was not reminded on %(day)s, because %(why)s.") % values
    if answer.on == today():
        return _("So far %(name)s has not been reminded on %(day)s, because %(why)s.") % values
    return _("As things stand, %(name)s will not be reminded on %(day)s, because %(why)s.") % values


def listed(addresses: list[str]) -> str:
    """Addresses in a sentence."""
    return _(" and ").join([", ".join(addresses[:-1]), addresses[-1]] if addresses[1:] else addresses)


def about_day(looked: Looked, answer: Answer) -> str:
    """What kind of day it was, and which runs ended on it."""
    told = []
    if name := name_of_day_off(looked.on):
        told.append(_("%(day)s: %(name)s.") % {"day": date_format(looked.on), "name": name})
    if looked.on <= today():
        runs = looked.runs
        if runs.last_at is not None:
            ended = ngettext(
                "%(number)s run of the reminders ended on that day, the last at %(time)s.",
                "%(number)s runs of the reminders ended on that day, the last at %(time)s.",
                runs.number,
            )
            told.append(ended % {"number": runs.number, "time": clock(runs.last_at)})
        elif all(one.found.outcome is not Outcome.NO_RUN for one in answer.explained):
            told.append(_("No run of the reminders ended on that day."))
    return " ".join(told)


def clock(moment: dt.datetime) -> str:
    """The time of the day in the Netherlands."""
    return time_format(localtime(moment), "H:i")


def off(looked: Looked, rule: str) -> str:
    """That VNG has switched the rule off, and when."""
    since = looked.off_since.get(rule)
    if since is None:
        return _("VNG has switched this reason off.")
    return _("VNG switched this reason off on %(day)s.") % {"day": date_format(since)}


def answered_before(looked: Looked, rule: str) -> str:
    """When the last reminder of the rule was sent, and when it was answered, if it was by then."""
    answered = [
        (answered_on, sent_on)
        for thread in looked.threads
        for reminder in thread.reminders
        if thread.rule.key == rule and reminder.answered_at
        if (answered_on := local_day(reminder.answered_at)) <= looked.on
        if (sent_on := looked.sent_on(reminder)) is not None
    ]
    if not answered:
        return ""
    answered_on, sent_on = max(answered)
    told = _("The last reminder, of %(sent)s, was answered by %(answered)s.")
    return " " + told % {"sent": date_format(sent_on), "answered": date_format(answered_on)}


# What became of one thread


def explain(looked: Looked, thread: Thread) -> Found | None:
    """What became of a thread on the day; None where nothing of it mattered on that day."""
    if (found := sent_that_day(looked, thread)) is not None:
        return found
    if thread.since is None and not was_open(looked, thread):
        return ended_that_day(looked, thread)
    if not thread.rule.is_on:
        return Found(Outcome.OFF, [off(looked, thread.rule.key)])
    if thread.since is None and not looked.is_past:
        return Found(Outcome.ENDED, [_("The reason is gone: the next run ends it unsent.")])
    refusals = refused_that_day(looked, thread)
    if ready := [message for message in looked.messages(thread) if looked.is_open(message)]:
        return made_ready(looked, thread, ready, refusals)
    found = ladder(looked, thread)
    if refusals:
        return Found(Outcome.REFUSED, [*refusals, *found.sentences])
    return found


def was_open(looked: Looked, thread: Thread) -> bool:
    """Whether a thread of which the register says nothing (any more) was open on a day that is over.

    What somebody has done since, such as a measure, is done in the register for that day too; the ledger
    knows better.
    """
    if not looked.is_past:
        return any(one.status in ("planned", "queued") for one in thread.reminders)
    return any(
        one.status in ("planned", "queued")
        or (one.status != "sent" and one.settled_at and one.settled_at >= looked.ends)
        or (one.status == "sent" and looked.sent_on(one) is None)
        or (one.about is not None and one.answered_at and one.answered_at >= looked.ends)
        for one in thread.reminders
    )


def sent_that_day(looked: Looked, thread: Thread) -> Found | None:
    """To whom the thread went out on the day, and at what time."""
    sent = [
        (moment, message)
        for message in looked.messages(thread)
        if (moment := looked.sent_at(message)) is not None and local_day(moment) == looked.on
    ]
    if not sent:
        return None
    steps = [
        one.step
        for one in thread.reminders
        if {message.pk for _moment, message in sent} & {each.pk for each in looked.carrying[one.pk]}
    ]
    to = [
        _("%(address)s at %(time)s") % {"address": message.recipient, "time": clock(moment)}
        for moment, message in sorted(sent, key=lambda it: (it[0], it[1].pk))
    ]
    sentences = [_("Step %(step)d was sent to %(who)s.") % {"step": max(steps), "who": listed(to)}]
    for _moment, message in sent:
        if message.status == Message.Status.BOUNCED:
            sentences.append(_("The message to %(who)s came back.") % {"who": message.recipient})
    sentences += refused_that_day(looked, thread)
    reached = tuple(message.recipient for _moment, message in sent)
    return Found(Outcome.SENT, sentences, reached, tuple(message.pk for _moment, message in sent))


def refused_that_day(looked: Looked, thread: Thread) -> list[str]:
    """What the mail server said on the day, for each address that it refused last."""
    sentences = []
    for message in looked.messages(thread):
        tries = [one for one in looked.attempts[message.pk] if local_day(one.started_at) == looked.on]
        if not tries or tries[-1].outcome not in REFUSALS:
            continue
        last = tries[-1]
        if last.outcome == PERMANENT:
            told = _("The mail server refused mail to %(who)s for good at %(time)s: “%(error)s”.")
        else:
            told = _("The mail server refused mail to %(who)s for now at %(time)s: “%(error)s”.")
        values = {"who": message.recipient, "time": clock(last.started_at), "error": last.error}
        sentences.append(told % values)
    return sentences


def ended_that_day(looked: Looked, thread: Thread) -> Found | None:
    """That the thread ended unsent on the day, and why."""
    ended = [
        one
        for one in thread.reminders
        if one.status == Reminder.Status.CANCELLED
        and one.settled_at is not None
        and local_day(one.settled_at) == looked.on
    ]
    if not ended:
        return None
    told = _("Step %(step)d ended unsent on that day: %(why)s.")
    values = {"step": ended[-1].step, "why": Reminder.Ending(ended[-1].ended_because).label}
    return Found(Outcome.ENDED, [told % values])


def made_ready(looked: Looked, thread: Thread, ready: list[Message], refusals: list[str]) -> Found:
    """A message was ready at the end of the day: what kept it."""
    who = listed([message.recipient for message in ready])
    steps = [
        one.step
        for one in thread.reminders
        if {each.pk for each in looked.carrying[one.pk]} & {message.pk for message in ready}
    ]
    step = max(steps)
    sentences = [_("The message with step %(step)d to %(who)s was ready.") % {"step": step, "who": who}]
    sentences += refusals
    not_before = max(message.not_before for message in ready)
    if refusals:
        if not looked.is_past:
            told = _("It is tried again on %(day)s, from %(time)s on.")
            values = {"day": date_format(local_day(not_before)), "time": clock(not_before)}
            sentences.append(told % values)
        return Found(Outcome.REFUSED, [*sentences, *later(looked, thread, step)])
    if not looked.is_past:
        if hold := looked.held(looked.on).hold_of(thread.rule.key, looked.municipality.pk):
            return Found(Outcome.HELD, [*sentences, held_sentence(hold)])
        return on_its_day(looked, [one.recipient for one in ready], sentences, local_day(not_before))
    if looked.runs.error:
        sentences.append(_("The sending stopped: “%(error)s”.") % {"error": looked.runs.error})
        return Found(Outcome.STOPPED, [*sentences, *later(looked, thread, step)])
    if not_before >= looked.ends and any(looked.attempts[message.pk] for message in ready):
        sentences.append(_("The mail server had refused it before, and it was to be tried again later."))
        return Found(Outcome.REFUSED, [*sentences, *later(looked, thread, step)])
    return not_run(looked, thread, step, sentences)


def on_its_day(looked: Looked, who: list[str], sentences: list[str], first: dt.date) -> Found:
    """From today on: the day on which a message that nothing keeps back goes out."""
    day = next(looked.days_to_send(first), None)
    if day == looked.on:
        sentences.append(_("It goes out to %(who)s with the next run.") % {"who": listed(who)})
        return Found(Outcome.GOES_OUT, sentences, tuple(who))
    if day is not None:
        sentences.append(_("As things stand it goes out before, on %(day)s.") % {"day": date_format(day)})
        return Found(Outcome.OTHER_DAY, sentences)
    return Found(Outcome.DAY_OFF, [*sentences, *day_off(looked)])


def day_off(looked: Looked) -> list[str]:
    """That messages do not go out on the day, or no more, and on which day they do."""
    name, following = name_of_day_off(looked.on), working_day_from(looked.on + ONE_DAY)
    if name:
        told = _("Nothing goes out by itself on that day: %(name)s. The next working day is %(day)s.")
    else:
        told = _("The office hours of that day are over. The next working day is %(day)s.")
    return [told % {"name": name, "day": date_format(following)}]


def not_run(looked: Looked, thread: Thread, step: int, sentences: list[str]) -> Found:
    """Nothing kept a step back on a day that is over: what the runs of that day did."""
    after = later(looked, thread, step)
    if settings.REMINDERS_OFFICE_HOURS and name_of_day_off(looked.on):
        return Found(Outcome.DAY_OFF, [*sentences, *day_off(looked), *after])
    if looked.runs.last_at is None:
        told = _("No run of the reminders ended on that day.")
        return Found(Outcome.NO_RUN, [*sentences, told, *after])
    if looked.runs.error:
        told = _("The sending stopped: “%(error)s”.") % {"error": looked.runs.error}
        return Found(Outcome.STOPPED, [*sentences, told, *after])
    told = _("The last run of that day, at %(time)s, left it to the next one.")
    return Found(Outcome.UNEXPLAINED, [*sentences, told % {"time": clock(looked.runs.last_at)}, *after])


def later(looked: Looked, thread: Thread, step: int) -> list[str]:
    """What became of a step after a day that is over."""
    reminder = next((one for one in thread.reminders if one.step == step), None)
    if not looked.is_past or reminder is None or reminder.settled_at is None:
        return []
    values = {"day": date_format(local_day(reminder.settled_at))}
    if reminder.status == Reminder.Status.SENT:
        return [_("It was sent on %(day)s.") % values]
    if reminder.status == Reminder.Status.CANCELLED:
        values["why"] = str(Reminder.Ending(reminder.ended_because).label)
        return [_("It ended unsent on %(day)s: %(why)s.") % values]
    return []


# The ladder


def ladder(looked: Looked, thread: Thread) -> Found:
    """Which step is owed, and what keeps it; or when the next one comes."""
    sent = [(one.step, day) for one in thread.reminders if (day := looked.sent_on(one)) is not None]
    step, sent_on = max(sent, default=(0, thread.since or looked.on))
    rungs = thread.rule.ladder
    sentences = []
    if step:
        told = _("Step %(step)d was sent on %(day)s.")
        sentences.append(told % {"step": step, "day": date_format(sent_on)})
    if step >= len(rungs):
        told = _("That was the last step: nothing more is sent by itself until the reason changes.")
        return Found(Outcome.ALL_SENT, [*sentences, told])
    planned = next((one for one in thread.reminders if one.step == step + 1), None)
    due_on = planned.due_on if planned else sent_on + rungs[step].wait
    if due_on > looked.on:
        told = _("Step %(step)d comes on %(day)s, unless there is an answer before.")
        sentences.append(told % {"step": step + 1, "day": date_format(due_on)})
        return Found(Outcome.NOT_YET, sentences)
    owed = Reminder(
        rule=thread.rule.key,
        municipality=looked.municipality,
        cycle=thread.cycle,
        about=thread.about,
        step=step + 1,
        due_on=due_on,
    )
    values = {"step": owed.step, "day": date_format(due_on)}
    return kept(looked, thread, owed, [*sentences, _("Step %(step)d was due on %(day)s.") % values])


def kept(looked: Looked, thread: Thread, owed: Reminder, sentences: list[str]) -> Found:
    """What keeps a step that is owed from going out."""
    after = later(looked, thread, owed.step)
    if hold := looked.held(looked.on).hold_of(owed.rule, owed.municipality_id):
        return Found(Outcome.HELD, [*sentences, held_sentence(hold), *after])
    if (given_up := settled(looked, thread, owed.step)) is not None:
        return Found(given_up.outcome, [*sentences, *given_up.sentences])
    found = looked.people.recipients(owed, thread.rule)
    wanted = [one for one in found if (one.contact_id or 0, owed.rule) not in looked.people.unwanted]
    if found and not wanted:
        told = _("%(who)s unsubscribed from these messages.")
        told %= {"who": listed([one.address for one in found])}
        return Found(Outcome.UNSUBSCRIBED, [*sentences, told, *after])
    recipients = [one for one in wanted if not has_refused(looked, thread, owed, one)]
    if not recipients:
        return Found(Outcome.UNREACHABLE, [*sentences, out_of_reach(looked), *after])
    addresses = [one.address for one in recipients]
    if looked.is_past:
        if waits := waiting(looked, thread, owed, addresses, looked.on):
            return Found(waits.outcome, [*sentences, *waits.sentences, *after])
        return not_run(looked, thread, owed.step, sentences)
    for day in looked.days_to_send(owed.due_on):
        is_held = looked.held(day).hold_of(owed.rule, owed.municipality_id)
        if not is_held and waiting(looked, thread, owed, addresses, day) is None:
            return on_its_day(looked, addresses, sentences, day)
    if waits := waiting(looked, thread, owed, addresses, looked.on):
        return Found(waits.outcome, [*sentences, *waits.sentences])
    return Found(Outcome.DAY_OFF, [*sentences, *day_off(looked)])


def settled(looked: Looked, thread: Thread, step: int) -> Found | None:
    """That a step was given up by then: nobody could be reached, or nobody wanted it."""
    given_up = [
        one
        for one in thread.reminders
        if one.step == step and one.settled_at is not None and one.settled_at < looked.ends
    ]
    for one in given_up:
        if one.status == Reminder.Status.UNDELIVERABLE and looked.is_past:
            return Found(Outcome.UNREACHABLE, [out_of_reach(looked)])
        if one.ended_because == Reminder.Ending.UNSUBSCRIBED:
            return Found(Outcome.UNSUBSCRIBED, [_("Its recipients had unsubscribed from these messages.")])
    return None


def has_refused(looked: Looked, thread: Thread, owed: Reminder, one: Recipient) -> bool:
    """Whether the address of an account manager refused this step for good by then."""
    return one.user_id is not None and any(
        message.recipient == one.address and message.status in (Message.Status.FAILED, Message.Status.BOUNCED)
        for reminder in thread.reminders
        if reminder.step == owed.step
        for message in looked.carrying[reminder.pk]
    )


def waiting(
    looked: Looked, thread: Thread, owed: Reminder, addresses: list[str], day: dt.date
) -> Found | None:
    """Why a step may not go to these addresses on a day; None where it may."""
    written = looked.written_on(day)
    blocked = written.blocked(owed, thread.rule, addresses, by_hand=False)
    if blocked is None:
        return None
    who = blocked.address
    if blocked.because is Because.NOT_THEIR_DAY:
        told = _("%(who)s wants messages on %(weekday)s only.")
        weekday = date_format(dt.date(2024, 1, 1) + ONE_DAY * looked.people.day_of[who], "l")
        return Found(Outcome.NOT_THEIR_DAY, [told % {"who": who, "weekday": weekday}])
    last, gap = written.last_on.get(who), thread.rule.step(owed.step).gap
    if last is None or last + gap <= day:
        told = _("Another message to %(who)s is on its way; this waits until it has been sent.")
        return Found(Outcome.LATELY, [told % {"who": who}])
    told = _("%(who)s had a message on %(last)s and gets the next one from %(day)s on.")
    values = {"who": who, "last": date_format(last), "day": date_format(last + gap)}
    return Found(Outcome.LATELY, [told % values])


def out_of_reach(looked: Looked) -> str:
    """Whom the mail did not reach, and why."""
    people = []
    for contact in looked.contacts:
        since = contact.unreachable_since
        if since is not None and since < looked.ends:
            told = _("mail to %(who)s does not arrive since %(day)s (“%(reason)s”)")
            values = {
                "who": contact.email,
                "day": date_format(local_day(since)),
                "reason": contact.unreachable_reason,
            }
            people.append(told % values)
    known = "; ".join(people) or _("no contact is known")
    if looked.people.managers.get(looked.municipality.pk):
        return _("Nobody can be reached: %(known)s.") % {"known": known}
    return _("Nobody can be reached: %(known)s, and nobody at VNG looks after it.") % {"known": known}


def held_sentence(hold: Hold) -> str:
    """Who keeps the messages back, why, and until when."""
    values = {
        "who": hold.made_by.name,
        "made": date_format(local_day(hold.made_at)),
        "until": date_format(hold.until) if hold.until else "",
        "reason": hold.reason,
        "place": hold.safety_region.name if hold.safety_region else "",
    }
    if hold.kind == Hold.Kind.SNOOZE:
        told = _("%(who)s postponed this on %(made)s until %(until)s: “%(reason)s”.")
    elif hold.kind == Hold.Kind.DELAY:
        told = _("VNG granted the delay until %(until)s that %(who)s asked for: “%(reason)s”.")
    elif hold.municipality_id is not None:
        told = _("%(who)s of VNG paused the messages to this municipality on %(made)s: “%(reason)s”.")
    elif hold.safety_region is not None:
        told = _("%(who)s of VNG paused the messages to %(place)s on %(made)s: “%(reason)s”.")
    elif hold.rule:
        told = _("%(who)s of VNG paused the messages for this reason on %(made)s: “%(reason)s”.")
    else:
        told = _("%(who)s of VNG paused all messages on %(made)s: “%(reason)s”.")
    sentences = [told % values]
    if hold.kind == Hold.Kind.PAUSE and hold.until:
        sentences.append(_("The last day of the pause is %(until)s.") % values)
    elif hold.kind == Hold.Kind.PAUSE and hold.status == Hold.Status.HOLDS:
        sentences.append(_("The pause lasts until somebody ends it."))
    if hold.status == Hold.Status.LIFTED and hold.decided_at and hold.decided_by:
        lifted = {"day": date_format(local_day(hold.decided_at)), "who": hold.decided_by.name}
        sentences.append(_("%(who)s ended it on %(day)s.") % lifted)
    return " ".join(sentences)
