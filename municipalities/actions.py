"""Writes to the register that have consequences: who did it, what it supersedes, what it decides."""

import datetime as dt
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db import transaction
from django.db.models import ProtectedError, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.models import Role, User
from municipalities.coverage import COVERED, Coverage
from municipalities.models import (
    Contact,
    CoverageStatement,
    Document,
    Municipality,
    PolicyParticipation,
    SafetyPolicy,
)
from policytracker.dates import today
from policytracker.documents import Checked
from policytracker.provenance import Provenance
from policytracker.revisions import ChangedMeanwhile

STANDS_BEHIND = {
    Role.OFFICER: Provenance.MUNICIPALITY,
    Role.VNG: Provenance.VNG,
    Role.NCTV: Provenance.NCTV,
    Role.ADMINISTRATOR: Provenance.VNG,
}


def provenance_of(by: User) -> Provenance:
    """Who stands behind what this user writes; what an invented user writes is invented."""
    return Provenance.DEMONSTRATION if by.is_demonstration else STANDS_BEHIND[Role(by.role)]


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
def confirm_statement(*, by: User, statement: CoverageStatement) -> None:
    """Confirm that a statement still holds, which keeps its evidence and review.

    Raises:
        ChangedMeanwhile: when another statement superseded it.
        ValueError: when it cannot hold any more (`can_be_confirmed`).
    """
    if not can_be_confirmed(statement):
        raise ValueError(f"Statement {statement.pk} can no longer hold.")
    confirmed = CoverageStatement.objects.filter(pk=statement.pk, superseded_at__isnull=True).update(
        confirmed_by=by, confirmed_at=timezone.now()
    )
    if not confirmed:
        raise ChangedMeanwhile


def can_be_confirmed(statement: CoverageStatement) -> bool:
    """Whether a statement may still hold: neither its policy nor its time of preparation is over."""
    if statement.value in COVERED:
        return statement.policy is None or not statement.policy.has_ended()
    if statement.value == Coverage.IN_PREPARATION and statement.expected_on is not None:
        return statement.expected_on >= today()
    return True


@transaction.atomic
def confirm_contacts(*, by: User, municipality: Municipality, seen: str) -> None:
    """Confirm that the contacts are still right; `seen` is the `state_of_contacts` that was looked at.

    Raises:
        ChangedMeanwhile: when the contacts are others by now, or there are none.
    """
    Municipality.objects.select_for_update().get(pk=municipality.pk)
    if not seen or state_of_contacts(municipality) != seen:
        raise ChangedMeanwhile
    _contacts_are_right(by, municipality)


# A word that is another one as soon as a contact of the municipality is.
STATE_OF_CONTACTS = StringAgg(
    Concat(Cast("pk", TextField()), Value("."), Cast("revision", TextField()), output_field=TextField()),
    Value("-"),
    order_by="pk",
)


def state_of_contacts(municipality: Municipality) -> str:
    """The state of the municipality's contacts, empty where it has none."""
    return municipality.contacts.order_by().aggregate(state=STATE_OF_CONTACTS)["state"] or ""


def _contacts_are_right(by: User, municipality: Municipality) -> None:
    Municipality.objects.filter(pk=municipality.pk).update(
        contacts_confirmed_by=by, contacts_confirmed_at=timezone.now()
    )


@transaction.atomic
def save_contact(*, by: User, contact: Contact, changed: list[str]) -> Contact:
    """Save a contact, new or with the `changed` fields; whoever looks after the list confirms it.

    A new address is taken to arrive until a message proves otherwise. A new contact comes last.
    """
    municipality = Municipality.objects.select_for_update().get(pk=contact.municipality_id)
    if contact.pk is None:
        last = municipality.contacts.order_by("-position").first()
        contact.position = last.position + 1 if last else 1
        contact.provenance = provenance_of(by)
        contact.save(force_insert=True)
    elif changed:
        if "email" in changed:
            contact.unreachable_since, contact.unreachable_reason = None, ""
            changed = [*changed, "unreachable_since", "unreachable_reason"]
        contact.save(update_fields=changed)
    _contacts_are_right(by, municipality)
    return contact


@transaction.atomic
def remove_contact(*, by: User, contact: Contact) -> None:
    """Remove a contact; those after it move up, so that somebody is written to first."""
    municipality = Municipality.objects.select_for_update().get(pk=contact.municipality_id)
    contact.delete()
    _put_in_order(list(municipality.contacts.order_by("position")))
    _contacts_are_right(by, municipality)


@transaction.atomic
def write_to_first(*, by: User, contact: Contact) -> None:
    """Make a contact the first that is written to."""
    municipality = Municipality.objects.select_for_update().get(pk=contact.municipality_id)
    others = municipality.contacts.exclude(pk=contact.pk).order_by("position")
    _put_in_order([contact, *others])
    _contacts_are_right(by, municipality)


def _put_in_order(contacts: list[Contact]) -> None:
    """Number the contacts from one; two never have the same number, not even in between."""
    free = max((contact.position for contact in contacts), default=0) + 1
    moved = [
        (contact, number) for number, contact in enumerate(contacts, start=1) if contact.position != number
    ]
    for offset, (contact, _number) in enumerate(moved):
        Contact.objects.filter(pk=contact.pk).update(position=free + offset)
    for contact, number in moved:
        Contact.objects.filter(pk=contact.pk).update(position=number)


def store_document(*, by: User, checked: Checked) -> Document:
    """Keep an uploaded document that was looked into."""
    return Document.objects.create(
        file=checked.file,
        name=checked.name,
        kind=checked.kind,
        size=checked.size,
        sha256=checked.sha256,
        uploaded_by=by,
    )


@transaction.atomic
def remove_unused_document(*, document: Document | None) -> None:
    """Remove a document to which no policy or plan refers any more, so that what is in it is gone too.

    Those that still do protect it (`models.PROTECT`), and then nothing happens; the history tells only that
    it was there. The file goes once the transaction is committed: until then the row can come back.
    """
    if document is None:
        return
    file = document.file
    try:
        document.delete()
    except ProtectedError:
        return
    transaction.on_commit(partial(file.delete, save=False), robust=True)


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


@transaction.atomic
def propose_participation(*, policy: SafetyPolicy, municipalities: Iterable[Municipality]) -> None:
    """Name municipalities as taking part in a policy; each answers for itself, and a past answer stays."""
    there = set(policy.participations.values_list("municipality_id", flat=True))
    PolicyParticipation.objects.bulk_create(
        PolicyParticipation(policy=policy, municipality=municipality)
        for municipality in municipalities
        if municipality.pk not in there
    )
