"""Writing what the invented municipalities do with findings that really were published about all of them."""

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass

from demonstration.draw import dice, pick
from demonstration.people import UTRECHT, ZEIST
from demonstration.wording import ACCEPTED, EVIDENCE, REJECTED
from evaluations.models import Finding, FollowUp
from measures.models import Measure
from municipalities.coverage import COVERED
from municipalities.models import Municipality

Status = FollowUp.Status


@dataclass(frozen=True)
class Round:
    """The findings of one evaluation that every municipality was asked to answer, and how far they are."""

    keys: tuple[str, ...]
    due: tuple[int, int]  # days from today
    covered: dict[Status, float]
    others: dict[Status, float]


ROUNDS = (
    Round(
        keys=("insp-2017-actieprogramma-06", "insp-2017-actieprogramma-10", "insp-2017-actieprogramma-12"),
        due=(-2600, -2400),
        covered={Status.VERIFIED: 68, Status.DONE: 18, Status.IN_PROGRESS: 6, Status.ANSWERED: 8},
        others={Status.VERIFIED: 30, Status.DONE: 20, Status.ANSWERED: 18, Status.OPEN: 32},
    ),
    Round(
        keys=("insp-2024-vroegsignalering-05", "insp-2024-vroegsignalering-06"),
        due=(-60, 150),
        covered={
            Status.OPEN: 22,
            Status.ANSWERED: 22,
            Status.IN_PROGRESS: 26,
            Status.DONE: 14,
            Status.VERIFIED: 11,
            Status.RETURNED: 5,
        },
        others={
            Status.OPEN: 62,
            Status.ANSWERED: 18,
            Status.IN_PROGRESS: 12,
            Status.DONE: 5,
            Status.RETURNED: 3,
        },
    ),
)

TIME_TO_FOLLOW_UP = dt.timedelta(days=240)


def add_follow_ups(
    coverage: Mapping[Municipality, str], measures: Mapping[int, list[Measure]], on: dt.date
) -> int:
    """Save one follow-up for each municipality and finding. Returns how many there are."""
    findings = {finding.source_key: finding for finding in Finding.objects.exclude(source_key=None)}
    follow_ups = [
        _follow_up(findings[key], municipality, is_covered=value in COVERED, asked=asked, on=on)
        for asked in ROUNDS
        for key in asked.keys
        if key in findings
        for municipality, value in coverage.items()
    ]
    FollowUp.objects.bulk_create(follow_ups)
    link = FollowUp.measures.through
    link._default_manager.bulk_create(
        link(followup_id=follow_up.pk, measure_id=measure.pk)
        for follow_up in follow_ups
        if follow_up.response == FollowUp.Response.ACCEPTED
        for measure in _measures(follow_up, measures.get(follow_up.municipality_id, []), on)
    )
    return len(follow_ups)


def _follow_up(
    finding: Finding, municipality: Municipality, *, is_covered: bool, asked: Round, on: dt.date
) -> FollowUp:
    rng = dice("follow-up", finding.source_key, municipality.code)
    status = pick(rng, asked.covered if is_covered else asked.others)
    due_on = on + dt.timedelta(days=rng.randint(*asked.due))
    follow_up = FollowUp(
        finding=finding, municipality=municipality, asked_on=due_on - TIME_TO_FOLLOW_UP, due_on=due_on
    )
    if municipality.code == ZEIST or (municipality.code == UTRECHT and asked is not ROUNDS[-1]):
        status = Status.VERIFIED
    elif municipality.code == UTRECHT:
        status = Status.OPEN if finding.source_key == asked.keys[0] else Status.IN_PROGRESS
        follow_up.due_on = on + dt.timedelta(days=30)
    _answer(rng, follow_up, status)
    return follow_up


def _answer(rng: random.Random, follow_up: FollowUp, status: Status) -> None:
    """Fill in what belongs to the status."""
    follow_up.status = status
    if status == Status.OPEN:
        return
    may_reject = status in (Status.ANSWERED, Status.VERIFIED)
    follow_up.response = FollowUp.Response.ACCEPTED
    follow_up.explanation = rng.choice(ACCEPTED)
    if may_reject and rng.random() < 0.15:
        follow_up.response = FollowUp.Response.REJECTED
        follow_up.explanation = rng.choice(REJECTED)
    elif status in (Status.DONE, Status.VERIFIED):
        follow_up.evidence = rng.choice(EVIDENCE)


def _measures(follow_up: FollowUp, measures: list[Measure], on: dt.date) -> list[Measure]:
    """A measure of a plan that held when the finding was to be followed up, if there is one."""
    due_on = follow_up.due_on or on
    held = [measure for measure in measures if measure.plan.starts_on <= due_on <= measure.plan.ends_on]
    rng = dice("measure", follow_up.finding.source_key, follow_up.municipality.code)
    return rng.sample(held, 1) if held and rng.random() < 0.6 else []
