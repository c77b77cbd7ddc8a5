"""Why a reason to remind does not hold for a municipality on a day: what holds instead, in a sentence."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from municipalities.coverage import AFTER_ABSENT, CONFIRM_AFTER, COVERED, Coverage
from municipalities.cycle import council_since, next_election
from municipalities.models import Municipality
from policytracker.dates import local_day
from reminders.models import Rule
from reminders.rules import (
    BEFORE_ELECTION,
    BEFORE_END_OF_POLICY,
    BEFORE_MEASURE_IS_DUE,
    COUNCIL_FINDS_ITS_FEET,
    ONE_DAY,
)

Facts = dict[str, Any]


def facts_of(municipality: Municipality, *, on: dt.date) -> Facts:
    """What held for the municipality on the day, as far as the rules ask for it."""
    rows: QuerySet[Any, Any] = (
        Municipality.objects.filter(pk=municipality.pk)
        .with_coverage(on=on)
        .annotate(council_since=council_since(on), election_on=next_election(on))
        .values(
            "coverage",
            "council_since",
            "election_on",
            "statement__stated_at",
            "statement__confirmed_at",
            "statement__expected_on",
            "statement__policy__title",
            "statement__policy__ends_on",
        )
    )
    found: Facts = rows.get()
    return found


def not_asked(rule: str, facts: Facts, *, on: dt.date) -> str:
    """What holds instead of the reason."""
    return SENTENCES[rule](facts, on)


def said_on(facts: Facts, on: dt.date) -> dt.date | None:
    """The day on which the statement of the day was made or, by then, last confirmed."""
    moments = (facts["statement__stated_at"], facts["statement__confirmed_at"])
    days = [local_day(moment) for moment in moments if moment]
    return max((day for day in days if day <= on), default=None)


def standing(facts: Facts, on: dt.date) -> str:
    """What the municipality said, and when."""
    said, label = said_on(facts, on), str(Coverage(facts["coverage"]).label)
    if said is None:
        return _("Nothing has been stated about the safety policy.")
    if facts["statement__confirmed_at"] and local_day(facts["statement__confirmed_at"]) <= on:
        told = _("“%(what)s” holds, stated on %(stated)s and confirmed on %(said)s.")
    else:
        told = _("“%(what)s” holds, stated on %(stated)s.")
    stated = date_format(local_day(facts["statement__stated_at"]))
    return told % {"what": label, "stated": stated, "said": date_format(said)}


def asked_from(told: str, day: dt.date) -> str:
    """The sentence, and from which day on there is a reminder."""
    begins = _("A reminder comes from %(day)s on.") % {"day": date_format(day)}
    return f"{told} {begins}"


def lacks_theme(facts: Facts, on: dt.date) -> str:
    """Covered, a reasoned no, in preparation, or just answered."""
    told, said = standing(facts, on), said_on(facts, on)
    if facts["coverage"] == Coverage.ABSENT and said:
        return asked_from(told, said + AFTER_ABSENT)
    if facts["coverage"] in COVERED and facts["statement__policy__ends_on"]:
        ends = {"policy": facts["statement__policy__title"], "day": facts["statement__policy__ends_on"]}
        ends["day"] = date_format(ends["day"])
        until = _("“%(policy)s” ends on %(day)s.") % ends
        return f"{told} {until}"
    return told


def preparation(facts: Facts, on: dt.date) -> str:
    """Nothing in preparation, or its day has yet to come."""
    expected = facts["statement__expected_on"]
    if facts["coverage"] != Coverage.IN_PREPARATION or expected is None:
        return _("Nothing is in preparation.")
    return asked_from(
        _("A decision is expected by %(day)s.") % {"day": date_format(expected)}, expected + ONE_DAY
    )


def reasoned_no(facts: Facts, on: dt.date) -> str:
    """Not a reasoned no, or one of less than a year."""
    said = said_on(facts, on)
    if facts["coverage"] != Coverage.REASONED_NO or said is None:
        return _("There is no reasoned no.")
    return asked_from(
        _("The reasoned no was last given on %(day)s.") % {"day": date_format(said)}, said + CONFIRM_AFTER
    )


def unconfirmed(facts: Facts, on: dt.date) -> str:
    """Nothing to confirm, or it was said less than a year ago."""
    said = said_on(facts, on)
    if facts["coverage"] not in (*COVERED, Coverage.IN_PREPARATION) or said is None:
        return _("There is no statement that could be confirmed.")
    return asked_from(
        _("What holds was last said on %(day)s.") % {"day": date_format(said)}, said + CONFIRM_AFTER
    )


def council(facts: Facts, on: dt.date) -> str:
    """Nothing was stated, it was said under this council, or this council is only beginning."""
    said, since = said_on(facts, on), facts["council_since"]
    if said is None or facts["coverage"] in (Coverage.ABSENT, Coverage.LAPSED):
        return _("There is no statement of an earlier council to confirm.")
    if since is None or said >= since:
        return _("What holds was last said on %(day)s, under the council in office.") % {
            "day": date_format(said)
        }
    if said <= on - CONFIRM_AFTER:
        return _("What holds was last said more than a year ago: that is asked for as the yearly question.")
    return asked_from(
        _("The council is in office since %(day)s and is left to find its feet.")
        % {"day": date_format(since)},
        since + COUNCIL_FINDS_ITS_FEET,
    )


def election(facts: Facts, on: dt.date) -> str:
    """The election is far ahead."""
    day = facts["election_on"]
    return asked_from(
        _("The next council election is on %(day)s.") % {"day": date_format(day)}, day - BEFORE_ELECTION
    )


def policy(facts: Facts, on: dt.date) -> str:
    """No policy ends without another that follows."""
    if facts["coverage"] not in (*COVERED, Coverage.REASONED_NO, Coverage.IN_PREPARATION):
        return _("The policy lacks the theme, or nothing is known of it: that is asked first.")
    return _("No confirmed safety policy ends before %(day)s without another that follows.") % {
        "day": date_format(on + BEFORE_END_OF_POLICY)
    }


def measure(facts: Facts, on: dt.date) -> str:
    """No measure is due, as the plans stand now."""
    return _("As the plans stand now, no measure is due by %(day)s or late.") % {
        "day": date_format(on + BEFORE_MEASURE_IS_DUE)
    }


def finding(facts: Facts, on: dt.date) -> str:
    """No finding waits, as it stands now."""
    return _("As it stands now, no finding waits for an answer so long, and none is late.")


SENTENCES: dict[str, Callable[[Facts, dt.date], str]] = {
    Rule.POLICY_LACKS_THEME: lacks_theme,
    Rule.PREPARATION_OVERDUE: preparation,
    Rule.FINDING_UNANSWERED: finding,
    Rule.MEASURE_DUE: measure,
    Rule.POLICY_ENDS: policy,
    Rule.REASONED_NO_RENEWAL: reasoned_no,
    Rule.COUNCIL_ELECTED: council,
    Rule.STATEMENT_UNCONFIRMED: unconfirmed,
    Rule.ELECTION_COMING: election,
}
