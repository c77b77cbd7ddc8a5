"""The secret address of a user's calendar: made once, shown once, kept as a digest, revoked at will."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone
from pghistory.models import Events

from accounts.actions import make_calendar_address, note_calendar_fetch, revoke_calendar_address
from accounts.models import CalendarAddress, Role, digest_of
from tests.factories import UserFactory
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
PAGE = "/account/agenda/"
REVOKE = "/account/agenda/intrekken/"
DAY = dt.date(2026, 11, 24)


@pytest.fixture
def officer(client: Client) -> Any:
    user = UserFactory()
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def opens(token: str) -> bool:
    return CalendarAddress.objects.opened_by(token).exists()


def test_a_token_holds_256_bits_and_only_its_digest_is_kept() -> None:
    user = UserFactory()
    tokens = {make_calendar_address(by=user) for _time in range(3)}
    assert len(tokens) == 3
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in tokens)
    address = CalendarAddress.objects.get()
    assert address.digest in {digest_of(token) for token in tokens}
    assert not any(token in str(vars(address)) for token in tokens)


def test_a_new_address_ends_the_old_one_and_was_never_fetched() -> None:
    user = UserFactory()
    old = make_calendar_address(by=user)
    note_calendar_fetch(address=CalendarAddress.objects.get(), on=DAY)
    new = make_calendar_address(by=user)
    assert (opens(old), opens(new)) == (False, True)
    assert CalendarAddress.objects.get().last_fetched_on is None


def test_a_revoked_address_opens_nothing_and_revoking_again_is_no_fault() -> None:
    user, other = UserFactory(), UserFactory()
    token, kept = make_calendar_address(by=user), make_calendar_address(by=other)
    revoke_calendar_address(by=user)
    revoke_calendar_address(by=user)
    assert (opens(token), opens(kept)) == (False, True)


@pytest.mark.parametrize(
    ("field", "value", "is_open"),
    [
        ("is_active", False, False),
        ("role", Role.NCTV, False),
        ("role", Role.ADMINISTRATOR, False),
        ("role", Role.VNG, True),
    ],
)
def test_an_address_opens_as_long_as_its_user_has_deadlines(field: str, value: Any, is_open: bool) -> None:
    user = UserFactory()
    token = make_calendar_address(by=user)
    setattr(user, field, value)
    user.save(update_fields=[field])
    assert opens(token) is is_open


def test_the_database_refuses_a_second_address_and_what_is_no_digest() -> None:
    user = UserFactory()
    make_calendar_address(by=user)
    with pytest.raises(IntegrityError, match="user_id"):
        CalendarAddress.objects.create(user=user, digest=digest_of("another"))


@pytest.mark.parametrize("digest", ["", "secret", digest_of("x").upper(), digest_of("x")[:-1]])
def test_the_database_refuses_what_is_no_digest(digest: str) -> None:
    with pytest.raises(IntegrityError, match="calendar_address_digest_is_sha256"):
        CalendarAddress.objects.create(user=UserFactory(), digest=digest)


def test_the_day_of_a_fetch_is_written_once_and_is_no_history() -> None:
    make_calendar_address(by=UserFactory())
    for queries in (1, 0):
        address = CalendarAddress.objects.get()
        with expect_queries(queries):
            note_calendar_fetch(address=address, on=DAY)
    assert address.last_fetched_on == DAY
    assert Events.objects.tracks(address).count() == 1


def test_the_history_says_when_it_was_made_and_revoked_and_holds_no_digest() -> None:
    user = UserFactory()
    make_calendar_address(by=user)
    make_calendar_address(by=user)
    address = CalendarAddress.objects.get()
    events = Events.objects.tracks(address)
    revoke_calendar_address(by=user)
    assert [event.pgh_label for event in events.order_by("pgh_created_at", "pgh_id")][:2] == [
        "insert",
        "update",
    ]
    assert set(events.values_list("pgh_label", flat=True)) == {"insert", "update", "delete"}
    assert not any("digest" in event.pgh_data for event in events)


def test_the_page_offers_to_make_an_address(client: Client, officer: Any) -> None:
    page = client.get(PAGE)
    assert "Make an address" in page.content.decode()
    assert "Revoke" not in page.content.decode()
    assert not CalendarAddress.objects.exists()


def test_the_address_is_shown_this_once_and_kept_by_no_cache(
    client: Client, officer: Any, settings: Any
) -> None:
    settings.BASE_URL = "https://monitor.example"
    answer = client.post(PAGE)
    page = answer.content.decode()
    shown = re.search(r'value="https://monitor\.example/agenda/([\w-]{43})\.ics\?taal=en"', page)
    assert shown
    assert opens(shown[1])
    assert f'href="webcal://monitor.example/agenda/{shown[1]}.ics?taal=en"' in page
    assert "no-store" in answer["Cache-Control"]
    assert shown[1] not in str(dict(client.session))
    assert shown[1] not in client.get(PAGE).content.decode()


def test_the_address_of_a_reader_of_dutch_needs_no_language(client: Client, officer: Any) -> None:
    client.cookies["django_language"] = "nl"
    assert re.search(r'/agenda/[\w-]{43}\.ics"', client.post(PAGE).content.decode())


@time_machine.travel(dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC), tick=False)
def test_the_page_says_since_when_and_when_it_was_fetched(client: Client, officer: Any) -> None:
    make_calendar_address(by=officer)
    assert "not yet" in client.get(PAGE).content.decode()
    note_calendar_fetch(address=officer.calendar_address, on=DAY - dt.timedelta(days=3))
    page = client.get(PAGE).content.decode()
    assert "24 November 2026" in page.replace("Nov. 24, 2026", "24 November 2026")
    assert "not yet" not in page


def test_revoking_asks_first(client: Client, officer: Any) -> None:
    token = make_calendar_address(by=officer)
    assert client.get(REVOKE).status_code == 200
    assert opens(token)
    assert "no longer works" in client.post(REVOKE, follow=True).content.decode()
    assert not opens(token)


@pytest.mark.parametrize("path", [PAGE, REVOKE])
@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OFFICER, 200), (Role.VNG, 200), (Role.NCTV, 403), (Role.ADMINISTRATOR, 403)],
)
def test_the_page_is_for_those_with_deadlines(client: Client, path: str, role: str, status: int) -> None:
    client.force_login(UserFactory(role=role))
    client.cookies["django_language"] = "en"
    page = client.get(path)
    assert page.status_code == status
    assert ("have deadlines" in page.content.decode()) is (status == 403)
    menu = client.get("/toegankelijkheid/").content.decode()
    assert (f'href="{PAGE}"' in menu) is (status == 200)


def test_a_token_is_made_by_post_alone(client: Client, officer: Any) -> None:
    assert client.put(PAGE).status_code == 405
    assert not CalendarAddress.objects.exists()


def test_the_page_takes_three_queries(client: Client, officer: Any) -> None:
    make_calendar_address(by=officer)
    with expect_queries(3):
        client.get(PAGE)
    assert CalendarAddress.objects.get().made_at <= timezone.now()
