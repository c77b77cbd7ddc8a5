"""Statements supersede each other, and rest on a policy that is thereby the municipality's own."""

import datetime as dt
import threading

import pytest
from django.db import InternalError, connection, transaction
from django.utils import timezone

from municipalities.actions import decide_participation, provenance_of, register_policy, state_coverage
from municipalities.coverage import Coverage
from municipalities.models import CoverageStatement, PolicyParticipation
from policytracker.provenance import Provenance
from tests.factories import (
    CoverageStatementFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def test_a_new_statement_supersedes_the_one_in_force() -> None:
    old = CoverageStatementFactory()
    new = state_coverage(by=UserFactory(), municipality=old.municipality, value=Coverage.ABSENT)
    old.refresh_from_db()
    assert old.superseded_at == new.stated_at
    assert list(CoverageStatement.objects.in_force()) == [new]


def test_a_statement_confirms_the_policy_on_which_it_rests() -> None:
    participation = PolicyParticipationFactory()
    officer = UserFactory()
    state_coverage(
        by=officer,
        municipality=participation.municipality,
        value=Coverage.INCLUDED,
        policy=participation.policy,
        page="4",
    )
    participation.refresh_from_db()
    assert participation.status == PolicyParticipation.Status.CONFIRMED
    assert participation.decided_by == officer


def test_confirming_for_one_municipality_leaves_the_other_participants_open() -> None:
    mine = PolicyParticipationFactory()
    other = PolicyParticipationFactory(policy=mine.policy)
    decide_participation(by=UserFactory(), policy=mine.policy, municipality=mine.municipality, ours=True)
    other.refresh_from_db()
    assert other.status == PolicyParticipation.Status.PROPOSED


def test_the_same_decision_twice_keeps_who_decided_first() -> None:
    mine = PolicyParticipationFactory()
    first = UserFactory()
    for officer in (first, UserFactory()):
        decide_participation(by=officer, policy=mine.policy, municipality=mine.municipality, ours=False)
    mine.refresh_from_db()
    assert mine.status == PolicyParticipation.Status.DECLINED
    assert mine.decided_by == first


def test_what_is_written_says_who_stands_behind_it() -> None:
    assert provenance_of(UserFactory()) == Provenance.MUNICIPALITY
    assert provenance_of(UserFactory(vng=True)) == Provenance.VNG
    assert provenance_of(UserFactory(administrator=True)) == Provenance.VNG
    assert provenance_of(UserFactory(nctv=True)) == Provenance.NCTV
    assert provenance_of(UserFactory(is_demonstration=True)) == Provenance.DEMONSTRATION


def test_a_registered_policy_is_the_municipalitys_own() -> None:
    municipality = MunicipalityFactory()
    policy = register_policy(
        by=UserFactory(),
        municipality=municipality,
        title="IVP",
        kind="ivp",
        starts_on=dt.date(2025, 1, 1),
        ends_on=dt.date(2028, 12, 31),
    )
    assert policy.participations.get().status == PolicyParticipation.Status.CONFIRMED
    assert list(municipality.safety_policies.all()) == [policy]


@pytest.mark.parametrize("change", [{"page": "13"}, {"value": "absent"}, {"stated_at": timezone.now()}])
def test_the_database_refuses_to_edit_a_statement(change: dict[str, object]) -> None:
    statement = CoverageStatementFactory()
    with pytest.raises(InternalError, match="never_edited"), transaction.atomic():
        CoverageStatement.objects.filter(pk=statement.pk).update(**change)


def test_the_database_refuses_to_delete_a_statement() -> None:
    statement = CoverageStatementFactory()
    with pytest.raises(InternalError, match="kept"), transaction.atomic():
        CoverageStatement.objects.filter(pk=statement.pk).delete()


@pytest.mark.django_db(transaction=True)
def test_two_who_state_at_once_are_served_one_after_the_other() -> None:
    municipality = MunicipalityFactory()
    officers = [UserFactory(), UserFactory()]
    together = threading.Barrier(2)
    failures: list[BaseException] = []

    def state(officer: object) -> None:
        try:
            together.wait(timeout=10)
            state_coverage(by=officer, municipality=municipality, value=Coverage.ABSENT)  # type: ignore[arg-type]
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=state, args=(officer,)) for officer in officers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert CoverageStatement.objects.count() == 2
    assert CoverageStatement.objects.filter(superseded_at__isnull=True).count() == 1
