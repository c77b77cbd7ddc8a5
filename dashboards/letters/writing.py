"""Writing the letter to the council from what the register knows on the day. It is always in Dutch."""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards.dossier import Dossier, FollowUpLine, MeasureLine, Plan
from dashboards.figures import Share
from dashboards.letters.content import (
    Block,
    Column,
    Fact,
    Facts,
    Heading,
    Letter,
    Lines,
    Paragraph,
    Quotation,
    Table,
)
from evaluations.models import FollowUp
from measures.models import Category, Measure, Phase
from municipalities.coverage import Coverage
from municipalities.models import SafetyPolicy
from policytracker.choices import Choices, label

LANGUAGE = "nl"
# Control characters and what is none at all: XML, and so ODT, cannot hold it, and nobody types it on purpose.
NO_TEXT = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ROWS_LISTED = 500  # in one table; what is beyond is counted, so that no letter takes long to make

Listed = tuple[str, str, dt.date | None, bool]

COUNTED = [status for status in Measure.Status if status != Measure.Status.DRAFT]


def write(dossier: Dossier, *, number: str, made_at: dt.datetime, is_demonstration: bool) -> Letter:
    """The letter with this number about a municipality, as its dossier stands on the day."""
    with translation.override(LANGUAGE):
        name, day = dossier.standing.name, date_format(dossier.on)
        title = _("How radicalisation stands in the safety policy")
        letter = Letter(
            number=number,
            made_at=made_at.isoformat(),
            author=_("Municipality of %(name)s") % {"name": name},
            title=title,
            notice=_("Demonstration: what stands in this letter is invented.") if is_demonstration else "",
            head=[
                fact(_("Addressed to"), _("the council of %(name)s") % {"name": name}),
                fact(_("Date"), day),
                fact(_("Subject"), title),
                fact(_("Reference"), number),
            ],
            blocks=list(blocks(dossier)),
            source=_(
                "Source: monitor of radicalisation in safety policy, as on %(day)s, letter number %(number)s."
            )
            % {"day": day, "number": number},
        )
    return clean(letter)


def clean(value: Any) -> Any:
    """The same, with every text in it free of what is no text."""
    if isinstance(value, str):
        return NO_TEXT.sub("", value)
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list) else value


def blocks(dossier: Dossier) -> Iterator[Block]:
    """All that stands between the head of the letter and its source."""
    plans = [plan for plan in dossier.plans if plan.holds(dossier.on)]
    yield paragraph(_("To the members of the council,"))
    yield paragraph(
        _(
            "At least every four years you adopt the safety policy of our municipality (art. 38b of the "
            "Police Act 2012). This letter tells how radicalisation stands in it, what we do and how far we "
            "are. All figures are of %(day)s."
        )
        % {"day": date_format(dossier.on)}
    )
    yield from standing(dossier)
    yield from action_plans(plans, dossier)
    yield from measures(plans)
    yield from findings(dossier.follow_ups)
    closing = "\n".join((_("Yours faithfully,"), _("The mayor of %(name)s,")))
    yield lines(closing % {"name": dossier.standing.name}, _("Signature"), _("Name"))
    yield heading(_("Decision of the council"))
    yield lines(_("Here the council can write down its decision."), _("Decision"), _("Date"))


# The sections


def standing(dossier: Dossier) -> Iterator[Block]:
    """Whether the theme is in the safety policy, and where that stands."""
    found = dossier.standing
    yield heading(_("The safety policy"))
    yield paragraph(found.meaning)
    if found.value is None or dossier.stated_on is None:
        return
    policy = found.policy_title and f"{found.policy_title} ({label(SafetyPolicy.Kind, found.policy_kind)})"
    stated = f"{date_format(dossier.stated_on)}, {found.source}"
    yield facts(
        (_("Coverage"), label(Coverage, found.coverage)),
        (_("Safety policy"), policy),
        (_("Period"), between(found.policy_starts_on, found.policy_ends_on)),
        (_("Adopted on"), found.policy_adopted_on),
        (_("Decision of the council on"), found.decided_on),
        (_("Page"), found.page),
        (_("Last stated on"), stated),
    )
    if found.quotation:
        yield paragraph(_("The policy says:"))
        yield Quotation(kind="quotation", text=found.quotation)
    if found.analysis:
        yield paragraph(_("The local analysis, in short:"))
        yield Quotation(kind="quotation", text=found.analysis)


def action_plans(plans: list[Plan], dossier: Dossier) -> Iterator[Block]:
    """The action plans that hold, with their years and themes."""
    yield heading(ngettext("The action plan", "The action plans", len(plans) or 1))
    for plan in plans:
        about = plan.about
        yield facts(
            (_("Action plan"), about.plan_title),
            (_("Period"), between(about.plan_starts_on, about.plan_ends_on)),
            (_("Adopted on"), about.plan_adopted_on),
            (_("Themes"), plan.themes),
        )
    if plans:
        return
    yield paragraph(_("No action plan holds on this day."))
    if ended := next((plan for plan in dossier.plans if plan.had_ended(dossier.on)), None):
        yield paragraph(
            _("The last one, “%(title)s”, ended on %(day)s.")
            % {"title": ended.about.plan_title, "day": date_format(ended.about.plan_ends_on)}
        )


def measures(plans: list[Plan]) -> Iterator[Block]:
    """The measures of the plans that hold: counted, and one by one."""
    found = [measure for plan in plans for measure in plan.measures]
    yield heading(_("The measures"))
    if not found:
        yield paragraph(_("There are no measures to tell of."))
        return
    late = sum(measure.is_late for measure in found)
    yield paragraph(
        ngettext("There is %d measure.", "There are %d measures.", len(found)) % len(found)
        + " "
        + (ngettext("%d is late.", "%d are late.", late) % late if late else _("None is late."))
        + structural(found)
    )
    yield counted(_("Measures by phase"), _("Phase"), Phase, [(one.phase, one) for one in found])
    yield counted(_("Measures by category"), _("Category"), Category, [(one.category, one) for one in found])
    for plan in plans:
        if plan.measures:
            yield from listed(
                _("Measures of “%(title)s”") % {"title": plan.about.plan_title},
                _("Measure"),
                [(one.title, one.status_label, one.due_on, one.is_late) for one in plan.measures],
            )


def structural(found: list[MeasureLine]) -> str:
    """How many measures became permanent, of those that were not stopped; nothing where all were."""
    kept = [measure for measure in found if measure.status != Measure.Status.STOPPED]
    share = Share(
        part=sum(measure.embedding == Measure.Embedding.STRUCTURAL for measure in kept), whole=len(kept)
    )
    if not share.whole:
        return ""
    return " " + _(
        "Of the measures that were not stopped, %(part)d of %(whole)d are structural (%(percentage)d%%)."
    ) % {"part": share.part, "whole": share.whole, "percentage": share.percentage}


def findings(found: tuple[FollowUpLine, ...]) -> Iterator[Block]:
    """What evaluations found, and how far the municipality is with it."""
    yield heading(_("Findings of evaluations"))
    if not found:
        yield paragraph(_("There are no findings to follow up."))
        return
    late = sum(line.is_late for line in found)
    numbers = Counter(line.status for line in found)
    by_status = ", ".join(
        f"{numbers[status]} {label(FollowUp.Status, status)}" for status in FollowUp.Status if numbers[status]
    )
    yield paragraph(
        ngettext("There is %d finding to follow up", "There are %d findings to follow up", len(found))
        % len(found)
        + f": {by_status}. "
        + (ngettext("%d is late.", "%d are late.", late) % late if late else _("None is late."))
    )
    by_evaluation: defaultdict[str, list[Listed]] = defaultdict(list)
    for line in found:
        year = f" ({line.published_on.year})" if line.published_on else ""
        row = (line.text, line.status_label, line.due_on, line.is_late)
        by_evaluation[line.evaluation + year].append(row)
    for evaluation, rows in by_evaluation.items():
        yield from listed(_("Findings of “%(title)s”") % {"title": evaluation}, _("Finding"), rows)


# What the sections are made of


def fact(term: str, value: str) -> Fact:
    """A value with its name."""
    return Fact(term=term, value=value)


def heading(text: str) -> Heading:
    """The heading of a section."""
    return Heading(kind="heading", text=text)


def paragraph(text: str) -> Paragraph:
    """Running text."""
    return Paragraph(kind="paragraph", text=text)


def lines(text: str, *labels: str) -> Lines:
    """A text with lines to write on beneath it."""
    return Lines(kind="lines", text=text, labels=list(labels))


def facts(*known: tuple[str, str | dt.date | None]) -> Facts:
    """Those of the values that are known, days in words."""
    shown = [
        fact(term, date_format(value) if isinstance(value, dt.date) else value)
        for term, value in known
        if value
    ]
    return Facts(kind="facts", facts=shown)


def between(starts_on: dt.date | None, ends_on: dt.date | None) -> str:
    """A period in days, of which a side may be open."""
    if starts_on and ends_on:
        days = {"start": date_format(starts_on), "end": date_format(ends_on)}
        return _("%(start)s to %(end)s") % days
    if starts_on:
        return _("from %(start)s") % {"start": date_format(starts_on)}
    return _("to %(end)s") % {"end": date_format(ends_on)} if ends_on else ""


def counted(caption: str, first: str, choices: Choices, found: list[tuple[str, MeasureLine]]) -> Table:
    """How many measures have which status, a row for each of the choices and one for all."""
    titles = [capfirst(label(Measure.Status, status)) for status in COUNTED]
    rows = [
        [capfirst(label(choices, choice)), *numbers([one for value, one in found if value == choice])]
        for choice in choices
    ]
    return Table(
        kind="table",
        caption=caption,
        columns=[
            Column(title=first, is_number=False),
            *(
                Column(title=title, is_number=True)
                for title in (*titles, _("All measures"), _("Of them late"))
            ),
        ],
        rows=[*rows, [_("Together"), *numbers([one for _value, one in found])]],
    )


def numbers(found: list[MeasureLine]) -> list[str]:
    """The number of measures in each status, of all, and of those that are late."""
    by_status = Counter(one.status for one in found)
    late = sum(one.is_late for one in found)
    return [str(number) for number in (*(by_status[one] for one in COUNTED), len(found), late)]


def listed(caption: str, first: str, rows: list[Listed]) -> Iterator[Block]:
    """What is to be done, one by one: what, how far it is, and by which day."""
    titles = (first, _("Status"), _("To be done by"))
    yield Table(
        kind="table",
        caption=caption,
        columns=[Column(title=title, is_number=False) for title in titles],
        rows=[[what, capfirst(status), due(on, is_late)] for what, status, on, is_late in rows[:ROWS_LISTED]],
    )
    if (more := len(rows) - ROWS_LISTED) > 0:
        yield paragraph(ngettext("And %d more.", "And %d more.", more) % more)


def due(on: dt.date | None, is_late: bool) -> str:
    """The day by which something is to be done, and whether that has passed."""
    if on is None:
        return _("no day agreed")
    return _("%(day)s (late)") % {"day": date_format(on)} if is_late else date_format(on)
