"""What a reminder asks, in words: the texts that come along, and those that VNG puts in their place.

A text has placeholders in braces, such as {municipality}. Which case of a rule applies to a municipality is
decided in reminders/topics.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reminders.models import Rule, RuleText

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

MEANINGS: dict[str, Promise] = {
    "municipality": _("the name of the municipality"),
    "policy": _("the title of the safety policy"),
    "day": _("the day that the question is about"),
    "measure": _("the title of the measure"),
    "theme": _("the theme of the finding"),
    "evaluation": _("the title of the evaluation"),
}


@dataclass(frozen=True)
class Wording:
    """What is asked: the subject of a message about this alone, and one or two sentences."""

    subject: str | Promise
    text: str | Promise

    @property
    def placeholders(self) -> list[str]:
        """What may stand in braces in this text; the name of the municipality always may."""
        used = PLACEHOLDER.findall(f"{self.subject} {self.text}")
        return [name for name in MEANINGS if name in used or name == "municipality"]


@dataclass(frozen=True)
class CaseOfRule:
    """One case of a rule: when it applies, and its text."""

    applies: Promise
    wording: Wording


ONLY = "always"
ALWAYS = _("always")
IN_POLICY = _("{municipality}: is radicalisation in your safety policy?")

CASES: dict[str, dict[str, CaseOfRule]] = {
    Rule.POLICY_LACKS_THEME: {
        "proposal": CaseOfRule(
            _("a public source names a policy"),
            Wording(
                IN_POLICY,
                _(
                    "In a public source we found “{policy}”. Is this the safety policy of {municipality}, "
                    "and is radicalisation part of it?"
                ),
            ),
        ),
        "lapsed": CaseOfRule(
            _("the policy has ended"),
            Wording(
                IN_POLICY,
                _(
                    "“{policy}” ended on {day}. Which safety policy does {municipality} have now, and is "
                    "radicalisation part of it?"
                ),
            ),
        ),
        "absent": CaseOfRule(
            _("the theme is not in the policy"),
            Wording(
                IN_POLICY,
                _(
                    "On {day}, {municipality} told us that radicalisation is not part of its safety policy. "
                    "Is that still so, or is something being prepared?"
                ),
            ),
        ),
        "unknown": CaseOfRule(
            _("nothing is known"),
            Wording(
                IN_POLICY,
                _(
                    "We do not know yet whether radicalisation is part of the safety policy of "
                    "{municipality}. Can you tell us?"
                ),
            ),
        ),
    },
    Rule.PREPARATION_OVERDUE: {
        ONLY: CaseOfRule(
            ALWAYS,
            Wording(
                _("{municipality}: has the council decided on the safety policy?"),
                _(
                    "{municipality} expected a decision about radicalisation in its safety policy by {day}. "
                    "Has the council decided?"
                ),
            ),
        )
    },
    Rule.FINDING_UNANSWERED: {
        "open": CaseOfRule(
            _("no answer yet"),
            Wording(
                _("{municipality}: what do you do with a finding of an evaluation?"),
                _(
                    "“{evaluation}” has a finding on {theme} that also concerns {municipality}. What do you "
                    "do with it?"
                ),
            ),
        ),
        "returned": CaseOfRule(
            _("the answer was returned"),
            Wording(
                _("{municipality}: your answer to a finding came back"),
                _(
                    "The answer of {municipality} to the finding on {theme} in “{evaluation}” was returned. "
                    "Can you complete it?"
                ),
            ),
        ),
        "late": CaseOfRule(
            _("not done by its day"),
            Wording(
                _("{municipality}: a finding is past its day"),
                _(
                    "{municipality} meant to act on the finding on {theme} in “{evaluation}” by {day}. Has "
                    "it been done?"
                ),
            ),
        ),
    },
    Rule.MEASURE_DUE: {
        "soon": CaseOfRule(
            _("due within two weeks"),
            Wording(
                _("{municipality}: how far is “{measure}”?"),
                _("The measure “{measure}” of {municipality} is due on {day}. Is it done?"),
            ),
        ),
        "late": CaseOfRule(
            _("past its day"),
            Wording(
                _("{municipality}: how far is “{measure}”?"),
                _(
                    "The measure “{measure}” of {municipality} was due on {day}. Is it done, or does it need "
                    "another day?"
                ),
            ),
        ),
    },
    Rule.POLICY_ENDS: {
        "soon": CaseOfRule(
            _("the policy ends within a year"),
            Wording(
                _("{municipality}: your safety policy ends on {day}"),
                _(
                    "“{policy}” of {municipality} ends on {day}. Is radicalisation going to be part of the "
                    "next one? Tell us once there is a draft."
                ),
            ),
        ),
        "ended": CaseOfRule(
            _("the policy has ended"),
            Wording(
                _("{municipality}: your safety policy has ended"),
                _(
                    "“{policy}” of {municipality} ended on {day}. Which safety policy followed it, and is "
                    "radicalisation part of it?"
                ),
            ),
        ),
    },
    Rule.REASONED_NO_RENEWAL: {
        ONLY: CaseOfRule(
            ALWAYS,
            Wording(
                _("{municipality}: is a policy on radicalisation still not needed?"),
                _(
                    "On {day}, {municipality} explained from its local analysis why it needs no policy on "
                    "radicalisation. Does that analysis still hold?"
                ),
            ),
        )
    },
    Rule.COUNCIL_ELECTED: {
        ONLY: CaseOfRule(
            ALWAYS,
            Wording(
                _("{municipality}: does it still hold with the new council?"),
                _(
                    "{municipality} has a new council. What you told us about radicalisation in your safety "
                    "policy dates from {day}, under the council before. Does it still hold?"
                ),
            ),
        )
    },
    Rule.STATEMENT_UNCONFIRMED: {
        ONLY: CaseOfRule(
            ALWAYS,
            Wording(
                _("{municipality}: does it still hold?"),
                _(
                    "On {day}, {municipality} last told us what holds about radicalisation in its safety "
                    "policy. If nothing has changed, one click is enough."
                ),
            ),
        )
    },
    Rule.ELECTION_COMING: {
        ONLY: CaseOfRule(
            ALWAYS,
            Wording(
                _("{municipality}: radicalisation in the hand-over to the new council"),
                _(
                    "{municipality} elects its council on {day}. Put radicalisation on the list for the new "
                    "council and the next safety policy: the letter to the council is ready to be printed."
                ),
            ),
        )
    },
}


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled in; one without a value stays as it is."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


class Wordings:
    """The texts in use: those of VNG where there are, else those that come along; in one query."""

    def __init__(self, own: Mapping[tuple[str, str, str], Wording] | None = None) -> None:
        self.own = (
            {
                (text.rule, text.case, text.language): Wording(text.subject, text.text)
                for text in RuleText.objects.all()
            }
            if own is None
            else own
        )

    def of(self, rule: str, case: str, language: str) -> Wording:
        """The text for a case of a rule; one that comes along is read in the language that is active."""
        return self.own.get((rule, case, language)) or CASES[rule][case].wording
