"""What each kind of user comes for, done in a real browser."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from municipalities.coverage import Coverage
from municipalities.models import CoverageStatement, Municipality
from policytracker.dates import today
from reminders.planning import plan
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    FollowUpFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    ProvinceFactory,
    UserFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_NAME = "Nuenen, Gerwen en Nederwetten"


@pytest.fixture
def utrecht() -> Municipality:
    """A municipality with work to do: a policy that a public source proposes, a late measure, a finding."""
    utrecht = MunicipalityFactory(code="GM0344", name="Utrecht", sort_name="Utrecht", population=374_238)
    PolicyParticipationFactory(
        municipality=utrecht, policy__title="Veiligheidsagenda 2023–2026", policy__theme_seen="unknown"
    )
    ContactFactory(municipality=utrecht)
    plan_of_action = ActionPlanFactory(municipality=utrecht)
    MeasureFactory(plan=plan_of_action, due_on=dt.date(2025, 1, 1))
    FollowUpFactory(municipality=utrecht)
    return utrecht


@pytest.fixture
def officer(utrecht: Municipality) -> User:
    return MembershipFactory(municipality=utrecht, user__name="Robin Voorbeeld").user


@pytest.fixture
def country(utrecht: Municipality) -> None:
    """Sixty more municipalities in two provinces, covered and not."""
    gelderland = ProvinceFactory(code="PV25", name="Gelderland")
    MunicipalityFactory(code="GM0820", name=LONG_NAME, sort_name=LONG_NAME)
    for number in range(60):
        municipality = MunicipalityFactory(
            code=f"GM9{number:03}",
            name=f"Gemeente {number:02}",
            sort_name=f"Gemeente {number:02}",
            **({"province": gelderland} if number % 2 else {}),
        )
        if number % 3 == 0:
            CoverageStatementFactory(municipality=municipality, value=Coverage.ABSENT)


def tab_to(page: Page, name: str, role: str = "link") -> None:
    """Press Tab until the named element has the focus, as somebody without a mouse does."""
    for _press in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and name in (focused.inner_text() or focused.get_attribute("value") or ""):
            return
    pytest.fail(f"Tab does not reach the {role} “{name}”")


def test_an_officer_confirms_what_was_found_with_the_keyboard_alone(page: Page, officer: User) -> None:
    log_in(page, officer)
    expect(page.get_by_role("heading", name="Wat vragen wij van u?")).to_be_visible()
    tab_to(page, "Ja, dit is van ons", role="button")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Hoe staat het in Utrecht?").wait_for()
    page.get_by_label("Ja, als prioriteit").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")  # to the policy, which is filled in already
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    tab_to(page, "Stand van zaken vastleggen", role="button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gemeenten/GM0344/")
    expect(page.get_by_role("status")).to_contain_text("Vastgelegd")
    expect(page.locator("main")).to_contain_text("Prioriteit")
    statement = CoverageStatement.objects.get()
    assert (statement.value, statement.page) == (Coverage.PRIORITY, "12")
    assert str(statement.policy) == "Veiligheidsagenda 2023–2026"


def test_the_form_asks_only_what_belongs_to_the_answer(page: Page, officer: User) -> None:
    log_in(page, officer)
    page.goto("/gemeenten/GM0344/dekking/")
    page.get_by_label("Nee: het thema staat niet in ons beleid").check()
    expect(page.get_by_label("Bladzijde")).to_be_hidden()
    page.get_by_label("Nog niet: het is in voorbereiding").check()
    expect(page.get_by_label("Wanneer verwacht u het raadsbesluit?")).to_be_visible()
    page.get_by_label("Ja, als onderdeel").check()
    expect(page.get_by_label("Titel van het beleid")).to_be_hidden()
    page.get_by_label("Ander beleid").check()
    expect(page.get_by_label("Titel van het beleid")).to_be_visible()
    assert not axe_violations(page)


def test_errors_in_dutch_and_english_keep_what_was_typed(page: Page, officer: User) -> None:
    log_in(page, officer)
    page.goto("/gemeenten/GM0344/dekking/")
    page.get_by_label("Ja, als onderdeel").check()
    page.get_by_label("Ander beleid").check()
    page.get_by_label("Titel van het beleid").fill("IVP 2027–2030")
    page.get_by_role("button", name="Stand van zaken vastleggen").click()
    expect(page.locator("#id_page_error")).to_contain_text("Geef de bladzijde of een citaat")
    expect(page.get_by_label("Titel van het beleid")).to_have_value("IVP 2027–2030")
    assert not axe_violations(page)
    page.goto("/gemeenten/GM0344/dekking/")
    page.get_by_role("button", name="English").click()
    page.get_by_label("Part of the safety policy").check()
    page.get_by_role("button", name="State the coverage").click()
    expect(page.locator("#id_page_error")).to_contain_text("Give the page or a quotation")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_vng_finds_filters_sorts_and_exports(page: Page, country: None) -> None:
    log_in(page, UserFactory(vng=True))
    page.goto("/gemeenten/")
    expect(page.get_by_text("62 gemeenten")).to_be_visible()
    page.get_by_label("Naam of code").fill("nuenen")
    page.get_by_role("button", name="Tonen").click()
    expect(page.get_by_role("link", name=LONG_NAME)).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.goto("/gemeenten/?coverage=absent")
    expect(page.get_by_role("rowheader")).to_have_count(20)
    page.get_by_role("link", name="Provincie").click()
    page.wait_for_url(re.compile("sort=province"))
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("Code;Gemeente;Provincie")


def test_vng_sees_the_ledger_and_what_goes_out_next(page: Page, utrecht: Municipality) -> None:
    plan(on=today())
    log_in(page, UserFactory(vng=True))
    page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name="Herinneringen").click()
    expect(page.get_by_role("rowheader", name="Utrecht")).to_have_count(2)  # its policy, and a late measure
    assert not axe_violations(page)
    page.goto("/herinneringen/volgende/")
    expect(page.locator("main")).to_contain_text("Veiligheidsagenda 2023–2026")
    assert not axe_violations(page)


def test_nctv_reads_and_does_not_write(page: Page, country: None) -> None:
    log_in(page, UserFactory(nctv=True))
    expect(
        page.get_by_role("heading", name="Radicalisering in gemeentelijk veiligheidsbeleid")
    ).to_be_visible()
    page.goto("/gemeenten/GM0344/")
    expect(page.get_by_role("heading", name="Utrecht", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Stand van zaken bijwerken")).to_have_count(0)
    response = page.goto("/gemeenten/GM0344/dekking/")
    assert response is not None
    assert response.status == 403
    expect(page.locator("main")).to_contain_text("Alleen gemeenten en VNG schrijven erin")


def test_a_visitor_gets_the_log_in_page_and_comes_back_after_logging_in(page: Page, officer: User) -> None:
    page.goto("/gemeenten/GM0344/")
    expect(page.get_by_role("heading", name="Inloggen", exact=True)).to_be_visible()
    page.get_by_label("E-mailadres").fill(officer.email)
    page.get_by_label("Wachtwoord", exact=True).fill("correct horse battery staple")
    page.get_by_role("button", name="Inloggen").click()
    page.wait_for_url("**/gemeenten/GM0344/")
    page.get_by_text(officer.name).first.click()
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_role("heading", name="Inloggen", exact=True)).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", name="Inloggen", exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("role", "addresses"),
    [
        ("", ["/account/inloggen/", "/account/wachtwoord/", "/toegankelijkheid/", "/privacy/"]),
        (
            "officer",
            ["/", "/gemeenten/", "/gemeenten/GM0344/", "/gemeenten/GM0344/dekking/", "/bestaat-niet/"],
        ),
        ("vng", ["/", "/gemeenten/?coverage=absent", "/herinneringen/", "/herinneringen/volgende/"]),
        ("nctv", ["/", "/gemeenten/?q=bestaat-niet", "/herinneringen/"]),
    ],
)
def test_every_page_is_accessible_and_fits_every_width(
    new_page: Callable[..., Page], country: None, officer: User, role: str, addresses: list[str], scheme: str
) -> None:
    page = new_page(color_scheme=scheme)
    if role:
        log_in(page, officer if role == "officer" else UserFactory(**{role: True}))
    for address in addresses:
        page.goto(address)
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert not scrolls_sideways(page), f"{address} at {width}"
        assert not axe_violations(page), address


def test_an_officer_takes_the_address_of_the_calendar_along(page: Page) -> None:
    log_in(page, MembershipFactory().user)
    page.goto("/account/agenda/")
    page.locator("main form button").click()
    address = page.locator("[data-select]")
    address.focus()
    assert page.evaluate("getSelection().toString()") == address.input_value()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy = page.locator("[data-copy]")
    copy.click()
    expect(copy).to_have_text(str(copy.get_attribute("data-copied")))
    assert page.evaluate("navigator.clipboard.readText()") == address.input_value()
    assert not axe_violations(page)
