"""Writes to action plans that have consequences: who takes part, what is adopted and what that supersedes."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from measures.models import ActionPlan, PlanParticipation
from measures.plan_status import DELETED, Refusal, check, check_holds
from measures.plan_versions import OVER, carry_measures, catch_up, following_period
from municipalities.actions import provenance_of, store_document
from municipalities.models import Municipality
from policytracker.documents import Checked

Status = ActionPlan.Status
Part = PlanParticipation.Status


def locked(plan: ActionPlan) -> ActionPlan:
    """The plan as it is now, which nobody else changes until the transaction ends."""
    return ActionPlan.objects.select_for_update().get(pk=plan.pk)


@transaction.atomic
def draft_plan(
    *,
    by: User,
    municipality: Municipality,
    partners: Iterable[Municipality] = (),
    document: Checked | None = None,
    **fields: Any,
) -> ActionPlan:
    """Begin a plan of a municipality; the partners are asked whether they take part.

    `fields` are those of the plan.
    """
    plan = ActionPlan.objects.create(provenance=provenance_of(by), **fields)
    PlanParticipation.objects.create(
        plan=plan, municipality=municipality, status=Part.CONFIRMED, decided_by=by, decided_at=timezone.now()
    )
    invite_partners(plan=plan, partners=partners)
    if document:
        put_document(by=by, plan=plan, document=document)
    return plan


@transaction.atomic
def put_document(*, by: User, plan: ActionPlan, document: Checked | None) -> None:
    """Give the plan another document, or none."""
    plan.document = store_document(by=by, checked=document) if document else None
    plan.save(update_fields=["document"])


@transaction.atomic
def adopt_plan(*, by: User, plan: ActionPlan, adopted_on: dt.date) -> ActionPlan:
    """Adopt a draft; the version before it is superseded in the same moment.

    What was added to that version and how far its measures came since the draft was made goes along.

    Raises:
        Refusal: when the plan is no draft.
    """
    plan = locked(plan)
    check(plan, Status.ADOPTED, by=by)
    plan.status, plan.adopted_on = Status.ADOPTED, adopted_on
    plan.save(update_fields=["status", "adopted_on"])
    if plan.previous_version is not None:
        previous = locked(plan.previous_version)
        check(previous, Status.SUPERSEDED, by=by)
        catch_up(previous, plan)
        previous.status = Status.SUPERSEDED
        previous.save(update_fields=["status"])
    return plan


@transaction.atomic
def delete_draft(*, by: User, plan: ActionPlan) -> None:
    """Delete a draft with its measures; the history keeps both.

    Raises:
        Refusal: when the plan is no draft.
    """
    plan = locked(plan)
    check(plan, DELETED, by=by)
    plan.delete()


@transaction.atomic
def make_next_version(*, by: User, plan: ActionPlan) -> tuple[ActionPlan, bool]:
    """The next version of an adopted plan as a draft, and whether it was made now; there is only one.

    Who makes it speaks for the municipalities that are theirs (VNG for all); the others are asked again.

    Raises:
        Refusal: when the plan was not adopted.
    """
    plan = locked(plan)
    if plan.status != Status.ADOPTED:
        raise Refusal(plan, _("Only an adopted plan gets a new version. A draft is changed as it is."))
    if draft := ActionPlan.objects.filter(previous_version=plan).first():
        return draft, False
    starts_on, ends_on = following_period(plan.starts_on, plan.ends_on)
    draft = ActionPlan.objects.create(
        title=plan.title,
        description=plan.description,
        themes=plan.themes,
        starts_on=starts_on,
        ends_on=ends_on,
        version=plan.version + 1,
        previous_version=plan,
        provenance=provenance_of(by),
    )
    own = set(plan.participations.confirmed().editable_by(by).values_list("municipality", flat=True))
    now = timezone.now()
    PlanParticipation.objects.bulk_create(
        PlanParticipation(
            plan=draft, municipality_id=pk, status=Part.CONFIRMED, decided_by=by, decided_at=now
        )
        if pk in own
        else PlanParticipation(plan=draft, municipality_id=pk)
        for pk in plan.participations.exclude(status=Part.DECLINED)
        .order_by("pk")
        .values_list("municipality", flat=True)
    )
    carry_measures(plan.measures.exclude(status__in=OVER).order_by("pk"), draft)
    return draft, True


@transaction.atomic
def invite_partners(*, plan: ActionPlan, partners: Iterable[Municipality]) -> None:
    """Ask municipalities whether they take part; who declined before is asked again."""
    for municipality in partners:
        participation, is_new = PlanParticipation.objects.select_for_update().get_or_create(
            plan=plan, municipality=municipality
        )
        if not is_new and participation.status == Part.DECLINED:
            participation.status = Part.PROPOSED
            participation.decided_by = participation.decided_at = None
            participation.save(update_fields=["status", "decided_by", "decided_at"])


@transaction.atomic
def decide_participation(*, by: User, participation: PlanParticipation, ours: bool) -> PlanParticipation:
    """Say for a municipality that the plan is its own, or that it does not take part (any more).

    The same answer twice changes nothing.

    Raises:
        Refusal: when the plan would be left without a municipality, or was superseded.
    """
    plan = locked(participation.plan)
    participation.refresh_from_db(fields=["status"])
    if plan.status == Status.SUPERSEDED:
        raise Refusal(plan, _("A newer version has taken the place of this one. Answer there."))
    status = Part.CONFIRMED if ours else Part.DECLINED
    if participation.status == status:
        return participation
    others = plan.participations.confirmed().exclude(pk=participation.pk)
    if participation.status == Part.CONFIRMED and not others.exists():
        raise Refusal(plan, _("A plan has at least one municipality. Nobody else takes part in this one."))
    participation.status = status
    participation.decided_by, participation.decided_at = by, timezone.now()
    participation.confirmed_by = participation.confirmed_at = None
    participation.save(update_fields=["status", "decided_by", "decided_at", "confirmed_by", "confirmed_at"])
    return participation


@transaction.atomic
def confirm_unchanged(*, by: User, plan: ActionPlan, participations: Collection[PlanParticipation]) -> None:
    """Say for municipalities that take part that nothing changed in the plan and its measures.

    Raises:
        Refusal: when the plan does not hold: a draft, or expired.
    """
    check_holds(plan)
    now = timezone.now()
    for participation in participations:
        participation.confirmed_by, participation.confirmed_at = by, now
        participation.save(update_fields=["confirmed_by", "confirmed_at"])
