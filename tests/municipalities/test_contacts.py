"""The contacts of a municipality: kept by the municipality itself, and confirmed once a year."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from municipalities.models import Contact, Municipality
from tests.factories import ContactFactory, MembershipFactory, MunicipalityFactory, UserFactory
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
LIST = "/gemeenten/GM0344/contacten/"


@pytest.fixture(autouse=True)
def in_english_on_a_day(client: Client) -> Any:
    client.cookies["django_language"] = "en"
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def officer(client: Client, utrecht: Municipality) -> Client:
    client.force_login(MembershipFactory(municipality=utrecht, user__name="Anna").user)
    return client


def order(municipality: Municipality) -> list[str]:
    return list(municipality.contacts.order_by("position").values_list("name", flat=True))


def test_a_new_contact_comes_last_and_confirms_the_list(officer: Client, utrecht: Municipality) -> None:
    ContactFactory(municipality=utrecht, name="First")
    values = {"name": "Second", "email": "second@utrecht.example", "language": "nl"}
    assert officer.post(f"{LIST}nieuw/", values).url == LIST
    assert order(utrecht) == ["First", "Second"]
    utrecht.refresh_from_db()
    assert (utrecht.contacts_confirmed_at, utrecht.contacts_confirmed_by.name) == (DAY, "Anna")


def test_a_new_address_is_taken_to_arrive(officer: Client, utrecht: Municipality) -> None:
    contact = ContactFactory(municipality=utrecht, unreachable_since=DAY, unreachable_reason="550 gone")
    values = {"name": contact.name, "email": "new@utrecht.example", "language": "nl", "revision": 1}
    officer.post(f"{LIST}{contact.pk}/", values)
    contact.refresh_from_db()
    assert (contact.email, contact.unreachable_since) == ("new@utrecht.example", None)


def test_another_name_alone_does_not_make_an_address_arrive(officer: Client, utrecht: Municipality) -> None:
    contact = ContactFactory(municipality=utrecht, unreachable_since=DAY, unreachable_reason="550 gone")
    officer.post(
        f"{LIST}{contact.pk}/", {"name": "Other", "email": contact.email, "language": "nl", "revision": 1}
    )
    contact.refresh_from_db()
    assert (contact.name, contact.unreachable_reason) == ("Other", "550 gone")


@pytest.mark.parametrize("email", ["", "no address", "FIRST@utrecht.example"])
def test_an_address_must_be_one_and_new(officer: Client, utrecht: Municipality, email: str) -> None:
    ContactFactory(municipality=utrecht, email="first@utrecht.example")
    response = officer.post(f"{LIST}nieuw/", {"name": "Second", "email": email, "language": "nl"})
    assert response.status_code == 422
    assert "email" in response.context["form"].errors
    assert 'value="Second"' in response.content.decode()


def test_another_is_written_to_first(officer: Client, utrecht: Municipality) -> None:
    for position, name in enumerate("ABC", start=1):
        ContactFactory(municipality=utrecht, name=name, position=position)
    last = utrecht.contacts.get(name="C")
    officer.post(f"{LIST}{last.pk}/eerst/")
    assert order(utrecht) == ["C", "A", "B"]


def test_removing_asks_first_and_lets_the_others_move_up(officer: Client, utrecht: Municipality) -> None:
    first = ContactFactory(municipality=utrecht, name="A")
    ContactFactory(municipality=utrecht, name="B", position=2)
    address = f"{LIST}{first.pk}/verwijderen/"
    assert "Remove A?" in officer.get(address).content.decode()
    assert order(utrecht) == ["A", "B"]
    officer.post(address)
    assert list(utrecht.contacts.values_list("name", "position")) == [("B", 1)]


def test_the_list_is_confirmed_as_it_was_seen(officer: Client, utrecht: Municipality) -> None:
    contact = ContactFactory(municipality=utrecht)
    seen = officer.get(LIST).context["seen"]
    Contact.objects.filter(pk=contact.pk).update(name="Somebody else")
    officer.post("/gemeenten/GM0344/bevestigen/", {"confirm": f"contacts-{seen}"})
    utrecht.refresh_from_db()
    assert utrecht.contacts_confirmed_at is None
    seen = officer.get(LIST).context["seen"]
    officer.post("/gemeenten/GM0344/bevestigen/", {"confirm": f"contacts-{seen}"})
    utrecht.refresh_from_db()
    assert utrecht.contacts_confirmed_at == DAY


def test_are_for_the_municipality_and_vng(client: Client, utrecht: Municipality) -> None:
    contact = ContactFactory(municipality=utrecht)
    status = {}
    for role in ("officer", "nctv", "vng"):
        client.force_login(UserFactory(**({role: True} if role != "officer" else {})))
        status[role] = [
            client.get(address).status_code
            for address in (LIST, f"{LIST}nieuw/", f"{LIST}{contact.pk}/", f"{LIST}{contact.pk}/verwijderen/")
        ]
    assert status == {"officer": [404] * 4, "nctv": [403] * 4, "vng": [200] * 4}


def test_takes_as_many_queries_with_many(officer: Client, utrecht: Municipality) -> None:
    ContactFactory(municipality=utrecht)
    with expect_queries(5):
        officer.get(LIST)
    for position in range(2, 12):
        ContactFactory(municipality=utrecht, position=position)
    with expect_queries(5):
        officer.get(LIST)


@pytest.mark.parametrize("what", ["nieuw", "{pk}", "{pk}/verwijderen", "{pk}/eerst"])
def test_the_municipality_is_locked_before_its_contacts(
    officer: Client, utrecht: Municipality, what: str
) -> None:
    """Two who lock in another order wait for each other for ever."""
    contact = ContactFactory(municipality=utrecht)
    values = {"name": "New", "email": "new@utrecht.example", "language": "nl", "revision": 1}
    with CaptureQueriesContext(connection) as captured:
        assert officer.post(f"{LIST}{what.format(pk=contact.pk)}/", values).status_code == 302
    tables = re.compile(r'(?:FROM|UPDATE|INTO) "(\w+)"')
    locks = [
        tables.search(query["sql"]).group(1)  # type: ignore[union-attr]
        for query in captured
        if re.match("UPDATE|INSERT|DELETE", query["sql"]) or "FOR UPDATE" in query["sql"]
    ]
    assert locks[0] == "municipalities_municipality"
