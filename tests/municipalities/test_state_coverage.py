"""The officer's form: who may, what is asked with which answer, and that nothing typed is lost."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from municipalities.coverage import Coverage
from municipalities.models import CoverageStatement, PolicyParticipation, SafetyPolicy
from policytracker.person_data import LOOKED_AT
from tests.factories import (
    CoverageStatementFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def membership() -> Any:
    return MembershipFactory(municipality__code="GM0344", municipality__name="Utrecht")


@pytest.fixture
def officer(client: Client, membership: Any) -> Client:
    client.force_login(membership.user)
    return client


ADDRESS = "/gemeenten/GM0344/dekking/"
ANOTHER = {
    "value": "priority",
    "policy": "another",
    "policy_title": "IVP 2027–2030",
    "policy_kind": "ivp",
    "policy_starts_on": "2026-11-01",
    "policy_ends_on": "2030-12-31",
    "page": "12",
}


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return response.context["form"].errors


def test_an_officer_states_a_policy_that_a_public_source_proposes(officer: Client, membership: Any) -> None:
    participation = PolicyParticipationFactory(municipality=membership.municipality)
    answer = {"value": "priority", "policy": participation.policy_id, "quotation": "Wij pakken het aan."}
    response = officer.post(ADDRESS, answer)
    assert response.status_code == 302
    assert response.url == membership.municipality.get_absolute_url()
    statement = CoverageStatement.objects.get()
    assert (statement.value, statement.policy, statement.stated_by, statement.provenance) == (
        "priority",
        participation.policy,
        membership.user,
        "municipality",
    )
    participation.refresh_from_db()
    assert participation.status == PolicyParticipation.Status.CONFIRMED


def test_an_officer_describes_a_policy_that_is_not_known_yet(officer: Client, membership: Any) -> None:
    assert officer.post(ADDRESS, ANOTHER).status_code == 302
    policy = SafetyPolicy.objects.get()
    assert (policy.title, policy.kind, policy.starts_on, policy.ends_on, policy.provenance) == (
        "IVP 2027–2030",
        "ivp",
        dt.date(2026, 11, 1),
        dt.date(2030, 12, 31),
        "municipality",
    )
    assert CoverageStatement.objects.get().policy == policy


def test_the_day_of_the_decision_is_that_of_the_policy_described_with_it(officer: Client) -> None:
    officer.post(ADDRESS, ANOTHER | {"decided_on": "2026-10-29"})
    assert SafetyPolicy.objects.get().adopted_on == dt.date(2026, 10, 29)


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"value": "absent"}, None),
        ({"value": "reasoned_no", "analysis": "Geen signalen in de analyse van 2026."}, "analysis"),
        ({"value": "in_preparation", "expected_on": "2027-03-31"}, "expected_on"),
    ],
)
def test_the_other_answers_ask_one_thing_at_most(
    officer: Client, answer: dict[str, str], field: str | None
) -> None:
    assert officer.post(ADDRESS, answer).status_code == 302
    statement = CoverageStatement.objects.get()
    assert statement.value == answer["value"]
    if field:
        assert str(getattr(statement, field)) == answer[field]


def test_what_belongs_to_another_answer_is_not_kept(officer: Client) -> None:
    answer = ANOTHER | {"value": "absent", "expected_on": "nonsense", "analysis": "x"}
    assert officer.post(ADDRESS, answer).status_code == 302
    statement = CoverageStatement.objects.get()
    assert (statement.page, statement.analysis, statement.expected_on, statement.policy) == (
        "",
        "",
        None,
        None,
    )
    assert not SafetyPolicy.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": ""}, "value"),
        ({"value": "lapsed"}, "value"),
        ({"policy": ""}, "policy"),
        ({"policy": "999999"}, "policy"),
        ({"page": ""}, "page"),
        ({"policy_title": ""}, "policy_title"),
        ({"policy_kind": "poem"}, "policy_kind"),
        ({"policy_starts_on": "1999-12-31"}, "policy_starts_on"),
        ({"policy_starts_on": "31 februari"}, "policy_starts_on"),
        ({"policy_ends_on": "2026-11-23"}, "policy_ends_on"),
        ({"policy_ends_on": "2062-12-31"}, "policy_ends_on"),
        ({"policy_starts_on": "2026-11-25"}, "policy_starts_on"),
        ({"decided_on": "2026-11-25"}, "decided_on"),
        ({"decided_on": "1999-01-01"}, "decided_on"),
        ({"value": "reasoned_no", "analysis": " "}, "analysis"),
        ({"value": "in_preparation", "expected_on": ""}, "expected_on"),
        ({"value": "in_preparation", "expected_on": "2026-11-23"}, "expected_on"),
        ({"value": "in_preparation", "expected_on": "2033-01-01"}, "expected_on"),
    ],
)
def test_each_error_stands_beside_its_field_and_nothing_is_written(
    officer: Client, change: dict[str, str], field: str
) -> None:
    response = officer.post(ADDRESS, ANOTHER | change)
    assert list(errors(response)) == [field]
    assert f'id="id_{field}_error"' in response.content.decode()
    assert not CoverageStatement.objects.exists()
    assert not SafetyPolicy.objects.exists()


def test_an_error_keeps_everything_that_was_typed(officer: Client) -> None:
    typed = ANOTHER | {
        "page": "",
        "quotation": "",
        "analysis": "Typed under another answer",
        "decided_on": "2026-01-02",
    }
    html = officer.post(ADDRESS, typed).content.decode()
    for value in ("IVP 2027–2030", "2026-11-01", "2030-12-31", "Typed under another answer", "2026-01-02"):
        assert value in html


@pytest.mark.parametrize(("language", "message"), [("nl", "bladzijde"), ("en", "Give the page")])
def test_errors_speak_the_readers_language(officer: Client, language: str, message: str) -> None:
    officer.cookies["django_language"] = language
    response = officer.post(ADDRESS, ANOTHER | {"page": ""})
    assert message in errors(response)["page"][0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"policy_title": "IVP 123456782"}, "policy_title"),
        ({"page": "123456782"}, "page"),
        ({"quotation": "De jongere met BSN 1234.56.782."}, "quotation"),
        ({"value": "reasoned_no", "analysis": "Alleen 123 456 782 viel op."}, "analysis"),
    ],
)
def test_a_citizen_service_number_is_refused_in_each_text(
    officer: Client, change: dict[str, str], field: str
) -> None:
    officer.cookies["django_language"] = "en"
    response = officer.post(ADDRESS, ANOTHER | change | {LOOKED_AT: "on"})
    [message] = errors(response)[field]
    assert "12•••••82" in message
    assert "123456782" not in message
    assert f'name="{LOOKED_AT}"' not in response.content.decode()
    assert not CoverageStatement.objects.exists()


def test_what_may_be_about_a_person_is_asked_about_once_and_nothing_typed_is_lost(officer: Client) -> None:
    typed = ANOTHER | {
        "quotation": "De jongere, geboren op 3 mei 2001, volgt het traject.",
        "analysis": "Typed under another answer",
    }
    response = officer.post(ADDRESS, typed)
    assert list(errors(response)) == ["quotation"]
    html = response.content.decode()
    for value in ("IVP 2027–2030", "geboren op 3 mei 2001", "Typed under another answer"):
        assert value in html
    assert html.count(f'name="{LOOKED_AT}"') == 1
    assert (
        html.index('name="expected_on"')
        < html.index(f'name="{LOOKED_AT}"')
        < html.index('id="submit-id-submit"')
    )
    assert not CoverageStatement.objects.exists()
    assert officer.post(ADDRESS, typed | {LOOKED_AT: "on"}).status_code == 302
    assert CoverageStatement.objects.get().quotation == typed["quotation"]


def test_what_belongs_to_another_answer_is_not_looked_into(officer: Client) -> None:
    answer = {"value": "absent", "quotation": "BSN 123456782"}
    assert officer.post(ADDRESS, answer).status_code == 302
    assert CoverageStatement.objects.get().quotation == ""


def test_a_period_that_overlaps_a_confirmed_policy_is_refused(officer: Client, membership: Any) -> None:
    officer.post(ADDRESS, ANOTHER)
    seen = {"seen": CoverageStatement.objects.get().pk}
    again = ANOTHER | seen | {"policy_title": "Twice", "policy_starts_on": "2026-11-10"}
    response = officer.post(ADDRESS, again)
    assert "IVP 2027–2030" in errors(response)["policy_starts_on"][0]
    assert SafetyPolicy.objects.count() == 1


def test_a_statement_that_somebody_made_meanwhile_is_not_superseded_unseen(
    officer: Client, membership: Any
) -> None:
    theirs = CoverageStatementFactory(municipality=membership.municipality, stated_by__name="Sam")
    response = officer.post(ADDRESS, {"value": "absent", "seen": ""})
    assert response.status_code == 409
    page = response.content.decode()
    assert "Sam" in page
    assert f'value="{theirs.pk}"' in page
    assert CoverageStatement.objects.in_force().get() == theirs
    assert officer.post(ADDRESS, {"value": "absent", "seen": theirs.pk}).status_code == 302
    assert CoverageStatement.objects.in_force().get().value == "absent"


def test_a_policy_of_another_municipality_cannot_be_chosen(officer: Client) -> None:
    foreign = PolicyParticipationFactory()
    response = officer.post(ADDRESS, ANOTHER | {"policy": str(foreign.policy_id)})
    assert "policy" in errors(response)


def test_the_form_fills_in_what_is_known(officer: Client, membership: Any) -> None:
    participation = PolicyParticipationFactory(
        municipality=membership.municipality, policy__theme_seen="yes", policy__theme_as="included"
    )
    form = officer.get(ADDRESS).context["form"]
    assert (form["value"].value(), form["policy"].value()) == ("included", participation.policy_id)
    CoverageStatementFactory(municipality=membership.municipality, page="7")
    assert officer.get(ADDRESS).context["form"]["page"].value() == "7"


def test_the_evidence_of_an_ended_policy_is_not_carried_over(officer: Client, membership: Any) -> None:
    ended = SafetyPolicyFactory(ends_on=dt.date(2025, 12, 31))
    CoverageStatementFactory(municipality=membership.municipality, policy=ended, page="29")
    proposed = PolicyParticipationFactory(municipality=membership.municipality)
    form = officer.get(ADDRESS).context["form"]
    assert (form["policy"].value(), form["page"].value()) == (proposed.policy_id, None)


@pytest.mark.parametrize(
    ("role", "member", "status"),
    [
        (Role.OFFICER, True, 200),
        (Role.OFFICER, False, 404),
        (Role.VNG, False, 200),
        (Role.ADMINISTRATOR, False, 200),
        (Role.NCTV, False, 403),
    ],
)
def test_who_may_open_the_form(client: Client, role: str, member: bool, status: int) -> None:
    municipality = MunicipalityFactory(code="GM0344")
    user = UserFactory(role=role)
    if member:
        MembershipFactory(user=user, municipality=municipality)
    client.force_login(user)
    assert client.get(ADDRESS).status_code == status
    assert client.post(ADDRESS, {"value": "absent"}).status_code == (302 if status == 200 else status)


def test_a_municipality_that_has_ended_states_nothing(client: Client) -> None:
    ended = MunicipalityFactory(code="GM0344", valid_until=dt.date(2020, 1, 1))
    client.force_login(MembershipFactory(municipality=ended).user)
    assert client.get(ADDRESS).status_code == 404


def test_a_visitor_is_sent_to_the_log_in_and_comes_back(client: Client) -> None:
    MunicipalityFactory(code="GM0344")
    response = client.get(ADDRESS)
    assert response.url == f"{reverse('login')}?next={ADDRESS}"


def test_the_form_takes_as_many_queries_with_one_policy_as_with_many(
    officer: Client, membership: Any
) -> None:
    PolicyParticipationFactory(municipality=membership.municipality)
    with expect_queries(6):
        officer.get(ADDRESS)
    PolicyParticipationFactory.create_batch(20, municipality=membership.municipality)
    with expect_queries(6):
        officer.get(ADDRESS)


def test_vng_enters_in_its_own_name(client: Client) -> None:
    MunicipalityFactory(code="GM0344")
    client.force_login(UserFactory(vng=True))
    client.post(ADDRESS, {"value": "absent"})
    assert CoverageStatement.objects.get().provenance == "vng"
    assert CoverageStatement.objects.get().value == Coverage.ABSENT
