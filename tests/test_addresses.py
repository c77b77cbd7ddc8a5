"""Every address of the site × every role: what belongs to another municipality is not there for an officer.

An address that is added must be put into one of the lists below; a test fails until it is.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from dashboards.actions import make_letter
from measures.models import Measure, ProgressUpdate
from policytracker.dates import today
from reminders.actions import postpone
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SupportUseFactory,
    TypicalMeasureFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

# What an officer of another municipality must not find, by the object that the address names.
OWN = {
    "municipalities:state-coverage": "code",
    "municipalities:confirm": "code",
    "municipalities:contacts": "code",
    "municipalities:new-contact": "code",
    "municipalities:edit-contact": "contact",
    "municipalities:delete-contact": "contact",
    "municipalities:first-contact": "contact",
    "municipalities:letters": "code",
    "reminders:own": "code",
    "reminders:postpone": "rule",
    "reminders:resume": "hold",
    "reminders:hand-over": "rule",
    "reminders:preferences": "contact",
    "letters:letter": "letter",
    "letters:odt": "letter",
    "letters:pdf": "letter",
    "policies:edit": "policy",
    "policies:participation": "policy",
    "history:put-back-in-policy": "policy_event",
    "history:put-back-in-contact": "contact_event",
    "plans:change": "plan",
    "plans:adopt": "plan",
    "plans:delete": "plan",
    "plans:new-version": "plan",
    "plans:confirm": "plan",
    "plans:invite": "plan",
    "measures:edit": "measure",
    "measures:progress": "measure",
    "measures:status": "measure",
    "measures:delete": "measure",
    "measures:withdraw-progress": "report",
    "history:put-back-in-plan": "plan_event",
    "history:put-back-in-measure": "measure_event",
    "support:edit-use": "use",
    "support:delete-use": "use",
}
# The same where the query, or what is sent, names the object.
OWN_ASKED = {
    "plans:participate": ("?gemeente={code}", {}),
    "policies:new": ("?gemeente={code}", {}),
    "plans:new": ("?gemeente={code}", {}),
    "measures:new": ("?plan={plan}", {}),
    "measures:take-over": ("?typical={typical}&gemeente={code}", {}),
    "measures:bulk-status": ("", {"measures": "{measure}", "status": "done"}),
}
# Open to every user, or to a whole role whatever the municipality; what each shows has tests of its own.
OTHER = {
    "start",
    "login",
    "logout",
    "password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "set_language",
    "calendar",
    "calendar_address",
    "revoke_calendar_address",
    "accessibility",
    "privacy",
    "municipalities:list",
    "municipalities:detail",
    "municipalities:compare",
    "policies:list",
    "policies:detail",
    "policies:document",
    "history:policy",
    "history:contact",
    "plans:list",
    "plans:detail",
    "plans:document",
    "plans:differences",
    "history:plan",
    "history:measure",
    "history:typical-measure",
    "history:put-back-in-typical-measure",
    "history:offer",
    "history:put-back-in-offer",
    "measures:list",
    "measures:board",
    "measures:detail",
    "library:list",
    "library:detail",
    "library:add",
    "library:edit",
    "support:list",
    "support:detail",
    "support:add",
    "support:edit",
    "support:record-use",
    "reminders:ledger",
    "reminders:unreachable",
    "reminders:preview",
    "reminders:run-now",
    "reminders:send-one",
    "reminders:rules",
    "reminders:change-rule",
    "reminders:change-text",
    "reminders:pauses",
    "reminders:end-pause",
    "reminders:decide-delay",
    "reminders:unsubscribe",
    "reminders:why",
    "reminders:figures",
}


def named(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    """The names of all addresses but those of the administration, with their namespace."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from named(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield namespace + pattern.name


def test_every_address_stands_in_one_of_the_lists() -> None:
    there = set(named(get_resolver().url_patterns))
    assert there - set(OWN) - set(OWN_ASKED) - OTHER == set()
    assert (set(OWN) | set(OWN_ASKED) | OTHER) - there == set()


class Objects(NamedTuple):
    """What a municipality has, as addresses name it."""

    code: list[Any]
    contact: list[Any]
    contact_event: list[Any]
    rule: list[Any]
    hold: list[Any]
    letter: list[Any]
    policy: list[Any]
    policy_event: list[Any]
    plan: list[Any]
    plan_event: list[Any]
    measure: list[Any]
    measure_event: list[Any]
    report: list[Any]
    use: list[Any]
    typical: list[Any]


@pytest.fixture
def officer() -> User:
    return MembershipFactory(municipality=MunicipalityFactory(code="GM0344", name="Utrecht")).user


@pytest.fixture
def objects(officer: User) -> Objects:
    municipality = officer.memberships.get().municipality
    policy = PolicyParticipationFactory(municipality=municipality).policy
    CoverageStatementFactory(municipality=municipality, stated_by=officer)
    plan = ActionPlanFactory(municipality=municipality)
    measure = MeasureFactory(plan=plan)
    type(plan).objects.filter(pk=plan.pk).update(title="Another title")
    type(policy).objects.filter(pk=policy.pk).update(title="Another title")
    Measure.objects.filter(pk=measure.pk).update(title="Another title")
    contact = ContactFactory(municipality=municipality)
    type(contact).objects.filter(pk=contact.pk).update(job_title="Another title")
    return Objects(
        code=[municipality.code],
        contact=[municipality.code, contact.pk],
        contact_event=[contact.pk, contact.events.latest("pgh_id").pk, "job_title"],
        rule=[municipality.code, "measure_due"],
        hold=[
            municipality.code,
            postpone(
                by=officer,
                municipality=municipality,
                rule="measure_due",
                reason="Holidays.",
                until=today() + dt.timedelta(days=9),
            ).pk,
        ],
        letter=[make_letter(by=officer, municipality=municipality).pk],
        policy=[policy.pk],
        policy_event=[policy.pk, policy.events.latest("pgh_id").pk, "title"],
        plan=[plan.pk],
        plan_event=[plan.pk, plan.events.latest("pgh_id").pk, "title"],
        measure=[measure.pk],
        measure_event=[measure.pk, measure.events.latest("pgh_id").pk, "title"],
        report=[
            measure.pk,
            ProgressUpdate.objects.create(measure=measure, text="Begun.", reported_by=officer).pk,
        ],
        use=[SupportUseFactory(municipality=municipality).pk],
        typical=[TypicalMeasureFactory().pk],
    )


@pytest.fixture
def clients(officer: User) -> dict[str, Client]:
    users = {
        "own_officer": officer,
        "other_officer": MembershipFactory(municipality__name="Zeist").user,
        "nctv": UserFactory(nctv=True),
        "vng": UserFactory(vng=True),
    }
    made = {role: Client() for role in users}
    for role, client in made.items():
        client.force_login(users[role])
    return made


def answers(client: Client, address: str, data: dict[str, str]) -> set[int]:
    """The statuses of looking and of sending; what an address does not take (405) tells nothing."""
    responses = [client.get(address), client.post(address, data)]
    for response in responses:
        response.getvalue()  # closes a file that is sent
    return {response.status_code for response in responses} - {405}


def own_addresses(objects: Objects) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each address that is for the municipality itself, with what is sent to it."""
    known = {name: str(values[0]) for name, values in objects._asdict().items()}
    sent = {"gemeente": known["code"], "municipality": known["code"]}
    for name, about in OWN.items():
        yield name, reverse(name, args=getattr(objects, about)), sent
    for name, (query, data) in OWN_ASKED.items():
        filled = {key: value.format(**known) for key, value in data.items()}
        args = objects.plan if name == "plans:participate" else []
        yield name, reverse(name, args=args) + query.format(**known), sent | filled


def test_an_officer_of_another_municipality_finds_nothing(
    objects: Objects, clients: dict[str, Client]
) -> None:
    found = {
        name: statuses
        for name, address, data in own_addresses(objects)
        if (statuses := answers(clients["other_officer"], address, data)) != {404}
    }
    assert found == {}


def test_nctv_is_told_that_it_reads(objects: Objects, clients: dict[str, Client]) -> None:
    found = {
        name: statuses
        for name, address, data in own_addresses(objects)
        if (statuses := answers(clients["nctv"], address, data)) != {403}
    }
    assert found == {}


@pytest.mark.parametrize("role", ["own_officer", "vng"])
def test_who_may_write_is_answered(objects: Objects, clients: dict[str, Client], role: str) -> None:
    """Also so that the two tests above cannot pass because an address leads nowhere.

    What one of them writes is taken back: it may not take away what the next one asks for.
    """
    refused = {}
    for name, address, data in own_addresses(objects):
        with transaction.atomic():
            statuses = answers(clients[role], address, data)
            transaction.set_rollback(True)
        if not statuses or statuses & {403, 404}:
            refused[name] = statuses
    assert refused == {}


def test_a_visitor_is_asked_to_log_in(objects: Objects) -> None:
    visitor = Client()
    statuses = {name: answers(visitor, address, data) for name, address, data in own_addresses(objects)}
    assert set.union(*statuses.values()) == {302}
