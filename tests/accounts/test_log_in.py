"""Who comes in, who does not, and what a visitor gets: the log-in page and nothing else."""

import re
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse

from accounts.addresses import client_address
from accounts.demonstration import CACHE_KEY
from accounts.models import Role, User
from tests.factories import PASSWORD, MunicipalityFactory, UserFactory

pytestmark = pytest.mark.django_db

# What a visitor needs to come in, and what the law wants everybody to be able to read.
OPEN = {
    "login",
    "logout",
    "password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "set_language",
    "accessibility",
    "privacy",
    "calendar",  # for whoever knows the secret address
}


def log_in(client: Client, email: str, password: str = PASSWORD) -> int:
    return client.post(reverse("login"), {"username": email, "password": password}).status_code


def test_a_user_comes_in_by_e_mail_address_however_it_is_capitalised(client: Client) -> None:
    user = UserFactory(email="jan@gemeente.example")
    assert log_in(client, "Jan@Gemeente.example") == 302
    assert get_user(client) == user


def test_the_password_is_kept_as_an_argon2_hash() -> None:
    assert UserFactory().password.startswith("argon2$argon2id$")


def test_whoever_left_does_not_come_in(client: Client) -> None:
    assert log_in(client, UserFactory(is_active=False).email) == 200


def test_five_failed_tries_close_the_door_for_that_address(client: Client) -> None:
    user, other = UserFactory(), UserFactory()
    for _attempt in range(4):
        assert log_in(client, user.email, "wrong") == 200
    assert log_in(client, user.email.upper(), "wrong") == 429
    assert log_in(client, user.email) == 429
    assert log_in(client, other.email) == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_a_trusted_proxy_saw(
    rf: RequestFactory, settings: Any, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert client_address(rf.get("/", headers={"x-forwarded-for": forwarded})) == address


def test_tries_from_elsewhere_do_not_lock_a_user_out(client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    user = UserFactory()
    for _attempt in range(6):
        client.post(
            reverse("login"),
            {"username": user.email, "password": "wrong"},
            headers={"x-forwarded-for": "203.0.113.7"},
        )
    assert log_in(client, user.email) == 302


def test_logging_in_does_not_lead_back_to_the_log_in_page(client: Client) -> None:
    client.force_login(UserFactory())
    assert client.get(f"{reverse('login')}?next={reverse('login')}").url == "/"


def test_a_new_user_sets_the_first_password_by_mail(client: Client) -> None:
    user = User.objects.create_user("nieuw@gemeente.example", name="Nieuw", role=Role.OFFICER)
    client.post(reverse("password_reset"), {"email": user.email.upper()})
    assert [message.to for message in mail.outbox] == [[user.email]]
    assert "DEMONSTRA" not in mail.outbox[0].subject + mail.outbox[0].body


def test_a_visitor_gets_the_log_in_page_and_nothing_else(client: Client) -> None:
    MunicipalityFactory(code="GM0344")
    for name, pattern in named_addresses():
        if name in OPEN:
            continue
        address = "/" + re.sub(r"<[^>]+>|\(\?P<[^)]*\)", "GM0344", pattern).replace("\\", "").strip("^$")
        response = client.get(address)
        if response.status_code == 404:
            continue  # a converter that GM0344 does not fit; closed all the same
        assert response.status_code == 302, address
        assert response.url.startswith(("/account/inloggen/", "/beheer/login/")), address


def named_addresses() -> list[tuple[str, str]]:
    """Every route of the site with its name."""

    def walk(patterns: list[object], prefix: str = "") -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for entry in patterns:
            route = prefix + str(entry.pattern)  # type: ignore[attr-defined]
            if hasattr(entry, "url_patterns"):
                found += walk(entry.url_patterns, route)
            else:
                found.append((entry.name or "", route))  # type: ignore[attr-defined]
        return found

    return walk(get_resolver().url_patterns)


def test_a_forgotten_password_is_renewed_by_mail(client: Client) -> None:
    user = UserFactory()
    client.post(reverse("password_reset"), {"email": user.email})
    address = re.search(r"https?://[^/]+(/account/wachtwoord/\S+)", mail.outbox[0].body).group(1)  # type: ignore[union-attr]
    form = client.get(address, follow=True)
    new = "another long enough sentence"
    client.post(form.redirect_chain[-1][0], {"new_password1": new, "new_password2": new})
    assert log_in(client, user.email, new) == 302


def test_asking_for_a_password_tells_nobody_who_has_a_log_in(client: Client) -> None:
    known = client.post(reverse("password_reset"), {"email": UserFactory().email})
    unknown = client.post(reverse("password_reset"), {"email": "nobody@gemeente.example"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OFFICER, 302), (Role.VNG, 302), (Role.NCTV, 302), (Role.ADMINISTRATOR, 200)],
)
def test_the_admin_is_for_administrators(client: Client, role: str, status: int) -> None:
    client.force_login(UserFactory(role=role))
    assert client.get("/beheer/").status_code == status
    if status != 200:
        assert client.get("/beheer/", follow=True).status_code == 403


def test_the_admin_has_no_way_in_of_its_own(client: Client) -> None:
    response = client.get("/beheer/login/?next=/beheer/")
    assert (response.status_code, response.url) == (302, "/account/inloggen/?next=/beheer/")


def test_createsuperuser_makes_an_administrator() -> None:
    user = User.objects.create_superuser("Root@Gemeente.example", PASSWORD, name="Root")
    assert (user.email, user.role, user.is_staff) == ("root@gemeente.example", Role.ADMINISTRATOR, True)


def test_a_mail_for_a_password_says_that_it_is_a_demonstration(client: Client) -> None:
    cache.delete(CACHE_KEY)
    user = UserFactory(is_demonstration=True)
    client.post("/account/wachtwoord/", {"email": user.email})
    assert mail.outbox[0].subject.startswith("[DEMONSTRATIE]")
    assert "DEMONSTRATIE" in mail.outbox[0].body
