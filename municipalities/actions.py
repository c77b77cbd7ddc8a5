"""Writes to the register that have consequences: who did it, what it supersedes, what it decides."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Role, User
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation, SafetyPolicy
from policytracker.provenance import Provenance


def provenance_of(by: User) -> Provenance:
    """Who stands behind what this user writes; what an invented user writes is invented."""
    if by.is_demonstration:
        return Provenance.DEMONSTRATION
    return Provenance.MUNICIPALITY if by.role == Role.OFFICER else Provenance.VNG


@transaction.atomic
def state_coverage(
    *,
    by: User,
    municipality: Municipality,
    value: str,
    stated_at: dt.datetime | None = None,
    **evidence: Any,
) -> CoverageStatement:
    """State the coverage of a municipality; the statement that was in force is superseded, never edited.

    `evidence` holds the other fields of the statement: policy, page, quotation, analysis, expected_on and
    decided_on.
    A safety policy on which the statement rests is thereby confirmed as the municipality's own.
    Two officers who state at the same moment are served one after the other.
    """
    Municipality.objects.select_for_update().get(pk=municipality.pk)
    stated_at = stated_at or timezone.now()
    CoverageStatement.objects.filter(municipality=municipality, superseded_at__isnull=True).update(
        superseded_at=stated_at
    )
    statement = CoverageStatement.objects.create(
        municipality=municipality,
        value=value,
        provenance=provenance_of(by),
        stated_by=by,
        stated_at=stated_at,
        **evidence,
    )
    if statement.policy is not None:
        decide_participation(by=by, policy=statement.policy, municipality=municipality, ours=True)
    return statement


@transaction.atomic
def register_policy(*, by: User, municipality: Municipality, **fields: Any) -> SafetyPolicy:
    """Register a safety policy as the municipality's own; `fields` are those of the policy."""
    policy = SafetyPolicy.objects.create(provenance=provenance_of(by), **fields)
    decide_participation(by=by, policy=policy, municipality=municipality, ours=True)
    return policy


@transaction.atomic
def decide_participation(
    *, by: User, policy: SafetyPolicy, municipality: Municipality, ours: bool
) -> PolicyParticipation:
    """Confirm a safety policy as the municipality's own, or decline it; twice changes nothing."""
    status = PolicyParticipation.Status.CONFIRMED if ours else PolicyParticipation.Status.DECLINED
    participation, _created = PolicyParticipation.objects.select_for_update().get_or_create(
        policy=policy,
        municipality=municipality,
        defaults={"status": status, "decided_by": by, "decided_at": timezone.now()},
    )
    if participation.status != status:
        participation.status = status
        participation.decided_by = by
        participation.decided_at = timezone.now()
        participation.save(update_fields=["status", "decided_by", "decided_at"])
    return participation
