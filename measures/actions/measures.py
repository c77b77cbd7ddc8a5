"""Writes to measures that have consequences: what is taken over, how far it is, what was reported."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from measures.actions.plans import draft_plan
from measures.measure_status import DELETED, check
from measures.models import ActionPlan, Measure, ProgressUpdate, TypicalMeasure
from municipalities.actions import provenance_of
from municipalities.models import Municipality
from policytracker.dates import today

# What goes along to another municipality; who does it, what it costs and how it went stays behind.
COPIED = ("title", "description", "category", "phase", "embedding", "indicator", "target")
YEARS_OF_A_PLAN = 4


@transaction.atomic
def take_over(
    *,
    by: User,
    municipality: Municipality,
    source: Measure | TypicalMeasure,
    plan: ActionPlan | None,
    **details: Any,
) -> Measure:
    """Take over a measure of another municipality, or one of the library, as a draft that says so.

    `details` are further fields of the measure. A municipality without an open plan gets a draft of one.
    Two people who do this at the same moment are served one after the other, so that one plan is begun.
    """
    Municipality.objects.select_for_update().get(pk=municipality.pk)
    plan = (
        plan
        or ActionPlan.objects.open().of(municipality).first()
        or begin_plan(by=by, municipality=municipality)
    )
    return Measure.objects.create(
        plan=plan,
        status=Measure.Status.DRAFT,
        provenance=provenance_of(by),
        **taken_from(source),
        **details,
    )


def taken_from(source: Measure | TypicalMeasure) -> dict[str, Any]:
    """The fields that are taken over, with the one that tells where they come from."""
    if isinstance(source, TypicalMeasure):
        return {
            "title": source.title,
            "description": source.text,
            "category": source.category,
            "phase": source.phase,
            "taken_from": source,
        }
    return {name: getattr(source, name) for name in COPIED} | {"copied_from": source}


@transaction.atomic
def begin_plan(*, by: User, municipality: Municipality) -> ActionPlan:
    """Begin the municipality's own plan of action as a draft for this year and the next three."""
    first = today().year
    last = first + YEARS_OF_A_PLAN - 1
    named = {"name": municipality.name, "first": first, "last": last}
    return draft_plan(
        by=by,
        municipality=municipality,
        title=_("Action plan %(name)s %(first)s–%(last)s") % named,
        starts_on=dt.date(first, 1, 1),
        ends_on=dt.date(last, 12, 31),
    )


@transaction.atomic
def change_status(*, by: User, measures: Iterable[Measure], status: str, reason: str = "") -> None:
    """Give all of the measures the status, or none: one that may not get it raises `IllegalTransition`.

    The reason stands with each as an update on its progress.
    """
    asked = Measure.objects.filter(pk__in=[measure.pk for measure in measures])
    locked = list(asked.order_by("pk").select_for_update())
    for measure in locked:
        check(measure, status, by=by)
    asked.update(status=status, stopped_because=reason if status == Measure.Status.STOPPED else "")
    if reason:
        ProgressUpdate.objects.bulk_create(
            ProgressUpdate(measure=measure, text=reason, reported_by=by) for measure in locked
        )


@transaction.atomic
def report_progress(*, by: User, measure: Measure, text: str, status: str = "") -> None:
    """Add an update on the progress; with a status the measure gets that one, and the text is the reason."""
    if status:
        change_status(by=by, measures=[measure], status=status, reason=text)
    else:
        ProgressUpdate.objects.create(measure=measure, text=text, reported_by=by)


@transaction.atomic
def delete_draft(*, by: User, measure: Measure) -> None:
    """Delete a measure that is still a draft; any other raises `IllegalTransition`: it can be stopped."""
    locked = Measure.objects.select_for_update().get(pk=measure.pk)
    check(locked, DELETED, by=by)
    locked.delete()
