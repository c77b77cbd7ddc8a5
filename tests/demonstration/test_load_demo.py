"""The command that loads the demonstration: only where nothing is real, once, and the same every time."""

import datetime as dt
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.db.models import Value
from django.test import Client
from django.utils import translation

from accounts.models import Role, User
from dashboards.asked import desk, own_municipalities
from demonstration.people import UTRECHT, ZEIST
from evaluations.models import Finding, FollowUp
from measures.models import ActionPlan, Measure, TypicalMeasure
from measures.plan_versions import compare
from municipalities.models import Contact, CoverageStatement, Membership, Municipality, SafetyPolicy
from policytracker.provenance import Confidence, Provenance
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    FindingFactory,
    MeasureFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    ProvinceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PASSWORD = "kersenboom-87-fiets"
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


def load_demo() -> str:
    out = StringIO()
    call_command("load_demo", stdout=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    with time_machine.travel(DAY, tick=False), translation.override("en"):
        yield


@pytest.fixture
def register() -> list[Municipality]:
    """Utrecht, Zeist and ten others, with what the demonstration builds upon."""
    province = ProvinceFactory(code="PV26")
    municipalities = [
        MunicipalityFactory(code=code, population=population, longitude=5 + number / 10, latitude=52.0)
        for number, (code, population) in enumerate(
            [(UTRECHT, 380_000), (ZEIST, 51_000), *((f"GM05{n:02}", 12_000 + n * 9_000) for n in range(10))]
        )
    ]
    Municipality.objects.update(province=province)
    PolicyParticipationFactory(municipality=municipalities[0])
    for number, phase in enumerate(["prevention", "early_detection", "individual_approach"] * 4):
        TypicalMeasure.objects.create(
            title_nl=f"Maatregel {number}",
            title_en=f"Measure {number}",
            category="network",
            phase=phase,
            source_key=f"measure-{number}",
            provenance=Provenance.PUBLIC_SOURCE,
            source_url="https://gemeente.example/",
            source_seen_on=DAY.date(),
            confidence=Confidence.HIGH,
        )
    for key in ("insp-2017-actieprogramma-06", "insp-2024-vroegsignalering-05"):
        FindingFactory(source_key=key)
    return municipalities


def content() -> dict[str, list[str]]:
    """Every row of every table of the project but passwords, by what it says instead of by number."""
    rows = {}
    for model in apps.get_models():
        if model._meta.app_label in {"accounts", "municipalities", "measures", "evaluations"}:
            names = [
                field.name
                for field in model._meta.concrete_fields
                if not field.is_relation
                and not field.primary_key
                and field.name not in {"id", "password", "last_login", "pgh_obj_id", "pgh_created_at"}
            ]
            rows[model._meta.label] = sorted(map(repr, model._default_manager.values_list(Value(1), *names)))
    return rows


@pytest.mark.usefixtures("register")
def test_it_is_the_same_every_time() -> None:
    snapshots = []
    for _run in range(2):
        with transaction.atomic():
            load_demo()
            snapshots.append(content())
            transaction.set_rollback(True)
    assert snapshots[0] == snapshots[1]
    assert len(snapshots[0]["municipalities.CoverageStatement"]) > 10


@pytest.mark.usefixtures("register")
def test_a_second_run_changes_nothing() -> None:
    load_demo()
    before = content()
    out = load_demo()
    assert content() == before
    assert "there already" in out


@pytest.mark.usefixtures("register")
def test_everything_is_marked_as_invented() -> None:
    load_demo()
    for model in (Contact, CoverageStatement, ActionPlan, Measure):
        assert set(model._default_manager.values_list("provenance", flat=True)) == {Provenance.DEMONSTRATION}
    assert set(User.objects.values_list("is_demonstration", flat=True)) == {True}


def test_what_a_public_source_says_still_waits_for_an_answer(register: list[Municipality]) -> None:
    load_demo()
    published = SafetyPolicy.objects.published()
    assert published.count() == 1
    assert register[0].participations.proposed().count() == 1
    assert not CoverageStatement.objects.filter(policy__in=published).exists()


@pytest.mark.usefixtures("register")
def test_there_is_a_log_in_for_each_role(client: Client) -> None:
    out = load_demo()
    emails = {
        Role.OFFICER: "officer@demo.example",
        Role.VNG: "vng@demo.example",
        Role.NCTV: "nctv@demo.example",
        Role.ADMINISTRATOR: "admin@demo.example",
    }
    for role, email in emails.items():
        assert email in out
        user = User.objects.get(email=email)
        assert user.role == role
        assert user.check_password(PASSWORD)
    assert PASSWORD in out
    assert User.objects.exclude(email__in=emails.values()).exists()
    assert not any(user.has_usable_password() for user in User.objects.exclude(email__in=emails.values()))
    kept = Membership.objects.filter(user__email="officer@demo.example")
    assert set(kept.values_list("municipality__code", flat=True)) == {UTRECHT, ZEIST}


@pytest.mark.usefixtures("register")
def test_a_password_is_made_up_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_PASSWORD")
    out = load_demo()
    made_up = out.split()[-1]
    assert User.objects.get(email="vng@demo.example").check_password(made_up)


@pytest.mark.usefixtures("register")
def test_a_second_run_with_a_password_sets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    load_demo()
    monkeypatch.setenv("DEMO_PASSWORD", "another-long-password-9")
    load_demo()
    assert User.objects.get(email="nctv@demo.example").check_password("another-long-password-9")
    monkeypatch.delenv("DEMO_PASSWORD")
    out = load_demo()
    assert User.objects.get(email="nctv@demo.example").check_password("another-long-password-9")
    assert "password" not in out.lower()


def test_the_officer_has_work_in_one_municipality_and_none_in_the_other(register: list[Municipality]) -> None:
    load_demo()
    on = DAY.date()
    officer = User.objects.get(email="officer@demo.example")
    utrecht, zeist = (desk(own, on) for own in own_municipalities(officer.pk, on, role=officer.role))
    assert (utrecht.municipality.code, zeist.municipality.code) == (UTRECHT, ZEIST)
    assert utrecht.proposal
    assert utrecht.plan
    assert utrecht.plan.late > 0
    assert utrecht.findings.open == 1
    assert utrecht.reachable_contacts == 2
    assert zeist.tasks == []
    assert zeist.plan
    assert zeist.plan.running > 0


def test_two_versions_of_the_officers_plan_can_be_held_beside_each_other(
    register: list[Municipality],
) -> None:
    load_demo()
    officer = User.objects.get(email="officer@demo.example")
    draft = ActionPlan.objects.of(register[0]).get(status=ActionPlan.Status.DRAFT)
    assert draft.previous_version is not None
    assert draft.previous_version.state(on=DAY.date()) == ActionPlan.Status.ADOPTED
    found = compare(draft.previous_version, draft, user=officer, shows_contacts=True)
    assert found.facts
    assert found.changed
    assert found.dropped


@pytest.mark.usefixtures("register")
def test_nothing_happens_in_the_future() -> None:
    load_demo()
    assert not CoverageStatement.objects.filter(
        models.Q(stated_at__gt=DAY) | models.Q(reviewed_at__gt=DAY) | models.Q(decided_on__gt=DAY)
    ).exists()
    assert not Measure.objects.filter(progress_updates__reported_at__gt=DAY).exists()
    assert not Contact.objects.filter(unreachable_since__gt=DAY).exists()
    assert FollowUp.objects.filter(due_on__gt=DAY).exists()


@pytest.mark.usefixtures("register")
def test_mail_goes_to_domains_that_belong_to_nobody() -> None:
    load_demo()
    addresses = [
        *Contact.objects.values_list("email", flat=True),
        *User.objects.values_list("email", flat=True),
    ]
    assert addresses
    assert all(address.endswith(".example") for address in addresses)


def test_without_a_register_it_says_what_to_do_first() -> None:
    with pytest.raises(CommandError, match="load_register"):
        load_demo()
    assert not User.objects.exists()


@pytest.mark.usefixtures("register")
@pytest.mark.parametrize(
    ("make", "named"),
    [
        (UserFactory, "users: 1"),
        (ContactFactory, "contacts: 1"),
        (CoverageStatementFactory, "users: 1"),
        (ActionPlanFactory, "action plans: 1"),
        (MeasureFactory, "measures: 1"),
    ],
)
def test_it_stays_out_of_a_database_that_is_really_used(make: Any, named: str) -> None:
    make()
    before = content()
    with pytest.raises(CommandError, match=named):
        load_demo()
    assert content() == before
    assert not User.objects.filter(is_demonstration=True).exists()


@pytest.mark.usefixtures("register")
def test_a_password_that_is_easily_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "demo")
    with pytest.raises(CommandError, match="DEMO_PASSWORD"):
        load_demo()
    assert not User.objects.exists()


@pytest.mark.usefixtures("register")
def test_pages_say_so_from_the_moment_it_is_loaded(client: Client) -> None:
    strip = "pt-demonstration"
    assert strip not in client.get("/account/inloggen/").content.decode()  # and that answer is remembered
    load_demo()
    assert strip in client.get("/account/inloggen/").content.decode()


def test_without_findings_there_is_nothing_to_follow_up_and_the_rest_is_there(
    register: list[Municipality],
) -> None:
    Finding.objects.all().delete()
    load_demo()
    assert not FollowUp.objects.exists()
    assert Measure.objects.exists()
