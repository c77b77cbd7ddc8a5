"""The rules of the register's querysets, on days of today and of the past."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from municipalities.coverage import COVERED, STATED, Coverage
from municipalities.models import Contact, Municipality, PolicyParticipation
from policytracker.provenance import Confidence, Provenance
from tests.factories import (
    ContactFactory,
    CoverageStatementFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC), tick=False):
        yield


def coverage_of(municipality: Municipality, on: dt.date | None = None) -> str:
    return Municipality.objects.with_coverage(on=on).get(pk=municipality.pk).coverage


class TestInRegister:
    def test_from_its_first_day_to_the_day_before_its_end(self) -> None:
        MunicipalityFactory(code="GM0001", valid_from=dt.date(2019, 1, 1), valid_until=dt.date(2022, 3, 24))
        counts = {
            day: Municipality.objects.in_register(on=dt.date.fromisoformat(day)).count()
            for day in ("2018-12-31", "2019-01-01", "2022-03-23", "2022-03-24")
        }
        assert counts == {"2018-12-31": 0, "2019-01-01": 1, "2022-03-23": 1, "2022-03-24": 0}

    def test_without_days_it_was_always_there(self) -> None:
        MunicipalityFactory()
        assert Municipality.objects.in_register(on=dt.date(1815, 1, 1)).exists()

    def test_today_is_the_day_in_the_netherlands(self) -> None:
        MunicipalityFactory(valid_until=dt.date(2027, 1, 1))
        with time_machine.travel(dt.datetime(2026, 12, 31, 22, 59, tzinfo=dt.UTC)):
            assert Municipality.objects.in_register().exists()
        with time_machine.travel(dt.datetime(2026, 12, 31, 23, 0, tzinfo=dt.UTC)):
            assert not Municipality.objects.in_register().exists()


class TestSearch:
    @pytest.fixture(autouse=True)
    def names(self) -> None:
        MunicipalityFactory(code="GM1900", name="Súdwest-Fryslân")
        MunicipalityFactory(code="GM0796", name="'s-Hertogenbosch", other_names="Den Bosch")
        MunicipalityFactory(code="GM0820", name="Nuenen, Gerwen en Nederwetten")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("sudwest", "GM1900"),
            ("SÚDWEST FRYSLAN", "GM1900"),
            ("fryslan sudwest", "GM1900"),
            ("den bosch", "GM0796"),
            ("s-hertogenbosch", "GM0796"),
            ("'s-Hertogenbosch", "GM0796"),
            ("hertogen bosch", "GM0796"),
            ("gm0820", "GM0820"),
            ("0820", "GM0820"),
            ("nederwetten nuenen", "GM0820"),
        ],
    )
    def test_finds_a_name_however_it_is_typed(self, text: str, code: str) -> None:
        assert Municipality.objects.search(text).get().code == code

    @pytest.mark.parametrize("text", ["rotterdam", "den bosch nuenen", "%", "_", "\\", "GM08200"])
    def test_finds_nothing_that_is_not_there(self, text: str) -> None:
        assert not Municipality.objects.search(text).exists()

    @pytest.mark.parametrize("text", ["", "   ", "\t"])
    def test_nothing_typed_finds_all(self, text: str) -> None:
        assert Municipality.objects.search(text).count() == 3


class TestWithCoverage:
    @pytest.mark.parametrize("value", STATED)
    def test_is_what_was_stated(self, value: str) -> None:
        assert coverage_of(CoverageStatementFactory(value=value).municipality) == value

    def test_is_unknown_without_a_statement(self) -> None:
        assert coverage_of(MunicipalityFactory()) == Coverage.UNKNOWN

    def test_what_a_public_source_proposes_is_no_coverage(self) -> None:
        participation = PolicyParticipationFactory(
            policy__theme_seen="yes", policy__theme_as=Coverage.PRIORITY
        )
        assert coverage_of(participation.municipality) == Coverage.UNKNOWN

    @pytest.mark.parametrize("value", COVERED)
    def test_lapses_the_day_after_the_policy_ends(self, value: str) -> None:
        policy = SafetyPolicyFactory(ends_on=dt.date(2026, 12, 31))
        municipality = CoverageStatementFactory(value=value, policy=policy).municipality
        assert coverage_of(municipality, dt.date(2026, 12, 31)) == value
        assert coverage_of(municipality, dt.date(2027, 1, 1)) == Coverage.LAPSED

    def test_does_not_lapse_where_the_end_of_the_policy_is_open(self) -> None:
        municipality = CoverageStatementFactory(policy=SafetyPolicyFactory(ends_on=None)).municipality
        assert coverage_of(municipality, dt.date(2040, 1, 1)) == Coverage.PRIORITY

    @pytest.mark.parametrize("value", [Coverage.REASONED_NO, Coverage.ABSENT, Coverage.IN_PREPARATION])
    def test_what_is_not_covered_never_lapses(self, value: str) -> None:
        policy = SafetyPolicyFactory(ends_on=dt.date(2025, 12, 31))
        assert coverage_of(CoverageStatementFactory(value=value, policy=policy).municipality) == value

    def test_on_a_past_day_it_is_what_held_then(self) -> None:
        municipality = MunicipalityFactory()
        changed_at = dt.datetime(2024, 5, 1, 9, 0, tzinfo=dt.UTC)
        CoverageStatementFactory(
            municipality=municipality,
            value=Coverage.ABSENT,
            stated_at=dt.datetime(2023, 1, 10, 9, 0, tzinfo=dt.UTC),
            superseded_at=changed_at,
        )
        CoverageStatementFactory(municipality=municipality, value=Coverage.INCLUDED, stated_at=changed_at)
        assert {
            day: coverage_of(municipality, dt.date.fromisoformat(day))
            for day in ("2023-01-09", "2023-01-10", "2024-04-30", "2024-05-01", "2026-11-24")
        } == {
            "2023-01-09": Coverage.UNKNOWN,
            "2023-01-10": Coverage.ABSENT,
            "2024-04-30": Coverage.ABSENT,
            "2024-05-01": Coverage.INCLUDED,
            "2026-11-24": Coverage.INCLUDED,
        }

    def test_a_day_ends_at_midnight_in_the_netherlands(self) -> None:
        stated_at = dt.datetime(2025, 6, 30, 22, 30, tzinfo=dt.UTC)  # half past midnight on 1 July
        municipality = CoverageStatementFactory(value=Coverage.ABSENT, stated_at=stated_at).municipality
        assert coverage_of(municipality, dt.date(2025, 6, 30)) == Coverage.UNKNOWN
        assert coverage_of(municipality, dt.date(2025, 7, 1)) == Coverage.ABSENT

    def test_each_municipality_stands_once(self) -> None:
        municipality = MunicipalityFactory()
        for month in range(1, 6):
            CoverageStatementFactory(
                municipality=municipality,
                value=Coverage.ABSENT,
                stated_at=dt.datetime(2025, month, 1, tzinfo=dt.UTC),
                superseded_at=dt.datetime(2025, month + 1, 1, tzinfo=dt.UTC),
            )
        assert Municipality.objects.with_coverage(on=dt.date(2025, 3, 1)).count() == 1

    def test_another_municipalitys_statement_does_not_count(self) -> None:
        CoverageStatementFactory()
        assert coverage_of(MunicipalityFactory()) == Coverage.UNKNOWN


class TestCovered:
    def test_holds_the_four_covered_values_and_no_other(self) -> None:
        for value in STATED:
            CoverageStatementFactory(value=value)
        MunicipalityFactory()
        assert set(Municipality.objects.covered().values_list("coverage", flat=True)) == set(COVERED)

    def test_what_has_lapsed_is_not_covered(self) -> None:
        CoverageStatementFactory(policy=SafetyPolicyFactory(ends_on=TODAY - dt.timedelta(days=1)))
        assert not Municipality.objects.covered().exists()
        assert Municipality.objects.covered(on=TODAY - dt.timedelta(days=1)).exists()


class TestWithoutRadicalisationPolicy:
    @pytest.mark.parametrize(
        ("value", "owes"),
        [
            (Coverage.PRIORITY, False),
            (Coverage.INCLUDED, False),
            (Coverage.SEPARATE_PLAN, False),
            (Coverage.REGIONAL_PLAN, False),
            (Coverage.REASONED_NO, False),
            (Coverage.IN_PREPARATION, False),  # expected on 1 June 2027
            (Coverage.ABSENT, True),
        ],
    )
    def test_who_owes_an_answer(self, value: str, owes: bool) -> None:
        CoverageStatementFactory(value=value)
        assert Municipality.objects.without_radicalisation_policy().exists() is owes

    def test_unknown_owes_an_answer(self) -> None:
        MunicipalityFactory()
        assert Municipality.objects.without_radicalisation_policy().exists()

    def test_lapsed_owes_an_answer(self) -> None:
        CoverageStatementFactory()
        assert not Municipality.objects.without_radicalisation_policy(on=dt.date(2026, 12, 31)).exists()
        assert Municipality.objects.without_radicalisation_policy(on=dt.date(2027, 1, 1)).exists()

    def test_a_preparation_owes_an_answer_after_its_day(self) -> None:
        CoverageStatementFactory(value=Coverage.IN_PREPARATION, expected_on=TODAY)
        assert not Municipality.objects.without_radicalisation_policy(on=TODAY).exists()
        assert Municipality.objects.without_radicalisation_policy(on=TODAY + dt.timedelta(days=1)).exists()


class TestWithProposal:
    def has_proposal(self, municipality: Municipality, on: dt.date | None = None) -> bool:
        return Municipality.objects.with_proposal(on=on).get(pk=municipality.pk).has_proposal

    def test_a_public_source_that_waits(self) -> None:
        assert self.has_proposal(PolicyParticipationFactory().municipality)
        assert not self.has_proposal(MunicipalityFactory())

    @pytest.mark.parametrize(
        ("on", "holds"),
        [("2022-12-31", False), ("2023-01-01", True), ("2026-12-31", True), ("2027-01-01", False)],
    )
    def test_only_while_the_policy_holds(self, on: str, holds: bool) -> None:
        municipality = PolicyParticipationFactory().municipality
        assert self.has_proposal(municipality, dt.date.fromisoformat(on)) is holds

    def test_an_open_end_still_holds(self) -> None:
        participation = PolicyParticipationFactory(policy__starts_on=None, policy__ends_on=None)
        assert self.has_proposal(participation.municipality)

    @pytest.mark.parametrize(
        "status", [PolicyParticipation.Status.CONFIRMED, PolicyParticipation.Status.DECLINED]
    )
    def test_not_after_an_answer(self, status: str) -> None:
        participation = PolicyParticipationFactory(
            status=status, decided_by=UserFactory(), decided_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
        )
        assert not self.has_proposal(participation.municipality)

    def test_a_policy_from_the_municipality_itself_is_no_proposal(self) -> None:
        policy = SafetyPolicyFactory(provenance=Provenance.VNG, confidence=Confidence.HIGH)
        assert not self.has_proposal(PolicyParticipationFactory(policy=policy).municipality)


class TestEditableBy:
    @pytest.fixture
    def own(self) -> Municipality:
        return MunicipalityFactory(code="GM0001")

    @pytest.fixture(autouse=True)
    def other(self) -> Municipality:
        return MunicipalityFactory(code="GM0002")

    def codes(self, user: Any) -> list[str]:
        return sorted(Municipality.objects.editable_by(user).values_list("code", flat=True))

    def test_an_officers_own(self, own: Municipality) -> None:
        assert self.codes(MembershipFactory(municipality=own).user) == ["GM0001"]

    def test_an_officer_without_municipality_none(self, own: Municipality) -> None:
        MembershipFactory(municipality=own)
        assert self.codes(UserFactory()) == []

    @pytest.mark.parametrize("role", ["vng", "administrator"])
    def test_all_for_vng_and_administrators(self, own: Municipality, role: str) -> None:
        assert self.codes(UserFactory(**{role: True})) == ["GM0001", "GM0002"]

    def test_none_for_nctv(self, own: Municipality) -> None:
        assert self.codes(UserFactory(nctv=True)) == []

    def test_contacts_follow_the_same_rule(self, own: Municipality, other: Municipality) -> None:
        mine, _other = ContactFactory(municipality=own), ContactFactory(municipality=other)
        officer = MembershipFactory(municipality=own).user
        assert list(Contact.objects.visible_to(officer)) == [mine]
        assert Contact.objects.visible_to(UserFactory(vng=True)).count() == 2
        assert not Contact.objects.visible_to(UserFactory(nctv=True)).exists()
