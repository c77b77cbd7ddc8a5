"""The demonstration as a visitor finds it: the real register, full pages, and what each user does there."""

import re
from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from accounts.demonstration import CACHE_KEY
from accounts.models import User
from policytracker.dates import today
from reminders import planning, sending
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways, windows
from tests.factories import UserFactory

pytestmark = pytest.mark.browser

PASSWORD = "kersenboom-87-fiets"
OFFICER, VNG, NCTV, ADMINISTRATOR = (f"{name}@demo.example" for name in ("officer", "vng", "nctv", "admin"))
DESK, PHONE, NARROW = ({"width": width, "height": 850} for width in (1280, 390, 320))

# The keystroke-level model (Card, Moran and Newell): seconds for a key, and for making up one's mind.
KEY, THINK = 0.28, 1.35

PAGES = [
    (None, "/account/inloggen/"),
    (None, "/account/wachtwoord/"),
    (None, "/account/wachtwoord/verstuurd/"),
    (None, "/account/wachtwoord/MQ/geen-goede-link/"),
    (None, "/account/wachtwoord/klaar/"),
    (OFFICER, "/?gemeente=GM0344"),
    (OFFICER, "/?gemeente=GM0355"),
    (OFFICER, "/gemeenten/GM0344/"),
    (OFFICER, "/gemeenten/GM0355/dekking/"),
    (OFFICER, "/account/agenda/"),
    (OFFICER, "/account/agenda/intrekken/"),
    (OFFICER, "/gemeenten/GM0355/vergelijken/"),
    (VNG, "/"),
    (VNG, "/gemeenten/"),
    (VNG, "/gemeenten/?coverage=lapsed&coverage=absent&q=en"),
    (VNG, "/gemeenten/GM1696/"),
    (VNG, "/herinneringen/"),
    (VNG, "/herinneringen/volgende/"),
    (VNG, "/herinneringen/nu-versturen/"),
    (VNG, "/herinneringen/onbereikbaar/"),
    (VNG, "/herinneringen/waarom/"),
    (VNG, "/herinneringen/waarom/?gemeente=Urk"),
    (VNG, "/herinneringen/cijfers/"),
    (NCTV, "/"),
    (NCTV, "/gemeenten/GM0363/"),
    (NCTV, "/gemeenten/GM0457/"),
    (ADMINISTRATOR, "/"),
]


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker, browser: Browser) -> Iterator[str]:
    """The address of the system with the register, the demonstration and the first reminders sent.

    The tests of this file share it: each changes only what no other looks at.
    """
    if not connection.settings_dict["NAME"].startswith("test_"):
        pytest.fail("No test of this run asked for the test database: run all of tests/browser.")
    patch = pytest.MonkeyPatch()
    patch.setenv("DEMO_PASSWORD", PASSWORD)
    with django_db_blocker.unblock():
        call_command("load_register", stdout=StringIO())
        call_command("load_demo", stdout=StringIO())
        planning.plan(on=today())
        sending.assemble(on=today())
        sending.send_waiting(outside_hours=True)
        server = LiveServer("localhost")
        yield server.url
        server.stop()
        call_command("flush", interactive=False, stdout=StringIO())
    patch.undo()


@pytest.fixture
def open_page(browser: Browser, site: str, no_demonstration: None) -> Iterator[Callable[..., Page]]:
    """Opens pages of the demonstration, for one of its log-ins where an address is given."""
    cache.delete(CACHE_KEY)
    with windows(browser, site) as opened:

        def opened_as(email: str | None = None, **options: object) -> Page:
            page = opened(**{"viewport": DESK} | options)
            if email is not None:
                client = Client()
                client.force_login(User.objects.get(email=email), settings.AUTHENTICATION_BACKENDS[-1])
                session = client.cookies[settings.SESSION_COOKIE_NAME]
                page.context.add_cookies([{"name": session.key, "value": session.value, "url": site}])
            return page

        yield opened_as


@pytest.mark.parametrize(("email", "path"), PAGES, ids=lambda value: str(value).partition("@")[0])
def test_a_full_page_is_accessible_and_fits(
    open_page: Callable[..., Page], email: str | None, path: str
) -> None:
    page = open_page(email)
    response = page.goto(path)
    assert response is not None
    assert response.status == 200
    expect(page.get_by_role("note").first).to_contain_text("Demonstratie")
    for size, schemes in ((DESK, ("light", "dark")), (PHONE, ("light",)), (NARROW, ())):
        page.set_viewport_size(size)
        assert not scrolls_sideways(page), size
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            assert not axe_violations(page), (size, scheme)


class Keyboard:
    """Works a page with keys alone, and counts what that costs."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0
        self.decisions = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.keys += len(text)
        self.decisions += 1

    def tab_to(self, target: Locator) -> None:
        """Press Tab until the target has the focus, which must be seen there."""
        for _press in range(80):
            self.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                assert target.evaluate("element => element.matches(':focus-visible')")
                self.decisions += 1
                return
        raise AssertionError(f"Tab does not reach {target}")

    def choose(self, name: str, wanted: Locator) -> None:
        """Go to the radio buttons of this name and move to the wanted one."""
        group = self.page.locator(f"input[name={name}]")
        checked = self.page.locator(f"input[name={name}]:checked")
        self.tab_to(checked if checked.count() else group.first)
        if not checked.count():
            self.press("Space")
        for _press in range(group.count()):
            if wanted.is_checked():
                return
            self.press("ArrowDown")
        expect(wanted).to_be_checked()

    @property
    def seconds(self) -> float:
        """How long a practised person takes."""
        return self.keys * KEY + self.decisions * THINK


def test_an_officer_states_the_coverage_by_keyboard_within_two_minutes(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    log_in(page, User.objects.get(email=OFFICER), PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Gemeente Utrecht")
    quotation = "De aanpak van radicalisering staat in een eigen plan bij deze agenda."
    keyboard = Keyboard(page)
    keyboard.tab_to(page.locator("main a[href='/gemeenten/GM0344/dekking/']").first)
    keyboard.press("Enter")
    page.wait_for_url("**/dekking/")
    keyboard.choose("value", page.locator("input[name=value][value=separate_plan]"))
    keyboard.choose("policy", page.get_by_role("radio", name=re.compile("Veiligheidsagenda 2023-2026")))
    keyboard.tab_to(page.locator("textarea[name=quotation]"))
    keyboard.type(quotation)
    keyboard.tab_to(page.locator("main form [type=submit]"))
    keyboard.press("Enter")
    page.wait_for_url("**/gemeenten/GM0344/")
    for stated in ("Apart plan", quotation, "Veiligheidsagenda 2023-2026"):
        expect(page.get_by_role("main")).to_contain_text(stated)
    assert keyboard.seconds < 120, f"{keyboard.keys} keys and {keyboard.decisions} decisions"
    page.goto("/?gemeente=GM0344")
    expect(page.get_by_role("heading", level=1)).to_have_text("Gemeente Utrecht")
    expect(page.get_by_text("De stand van zaken is verlopen")).to_have_count(0)


def test_vng_goes_from_a_number_to_its_list_and_to_a_municipality(open_page: Callable[..., Page]) -> None:
    page = open_page()
    log_in(page, User.objects.get(email=VNG), PASSWORD)
    number = page.locator("main a[href*='coverage=absent']").first
    expected = int(re.findall(r"\d+", number.inner_text())[0])
    number.click()
    page.wait_for_url("**/gemeenten/**coverage=**")
    rows = page.locator("#results tbody tr")
    expect(rows).to_have_count(expected)
    name = rows.first.get_by_role("link").inner_text()
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_filter_chosen_with_the_mouse_changes_list_and_address(open_page: Callable[..., Page]) -> None:
    page = open_page(VNG)
    page.goto("/gemeenten/")
    rows = page.locator("#results tbody tr")
    expect(rows).to_have_count(50)
    pick = page.locator("details", has=page.locator("input[name=coverage]"))
    pick.locator("summary").click()
    pick.locator("input[value=reasoned_no]").check()
    page.wait_for_url("**coverage=reasoned_no**")
    expect(page.locator("#results")).to_contain_text("Gemotiveerd nee")
    found = rows.count()
    assert 0 < found < 50
    page.reload()
    expect(rows).to_have_count(found)
    page.go_back()
    expect(rows).to_have_count(50)


def test_nctv_finds_a_municipality_however_it_is_typed(open_page: Callable[..., Page]) -> None:
    page = open_page(NCTV)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("sudwest")
    page.keyboard.press("Enter")
    page.locator("#results").get_by_role("link", name="Súdwest-Fryslân").click()
    page.wait_for_url("**/gemeenten/GM1900/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Súdwest-Fryslân")


def test_a_wrong_password_is_told_and_the_address_stays(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/account/inloggen/")
    page.get_by_label("E-mailadres").fill("nobody@demo.example")
    page.get_by_label("Wachtwoord", exact=True).fill("not the password")
    page.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("E-mailadres")).to_have_value("nobody@demo.example")
    assert not axe_violations(page)


def test_a_forgotten_password_is_replaced_through_a_mail(open_page: Callable[..., Page]) -> None:
    user, password = UserFactory(nctv=True, is_demonstration=True), "nieuw-en-lang-genoeg-12"
    page = open_page()
    page.goto("/account/inloggen/")
    page.get_by_role("link", name="wachtwoord vergeten").click()
    page.get_by_label("E-mailadres").fill(user.email)
    page.locator("main form [type=submit]").click()
    page.wait_for_url("**/verstuurd/")
    (message,) = mail.outbox
    assert message.to == [user.email]
    link = re.search(r"http://\S+/account/wachtwoord/\S+", str(message.body))
    assert link is not None
    page.goto(link[0])
    assert not axe_violations(page)
    page.locator("input[name=new_password1]").fill(password)
    page.locator("input[name=new_password2]").fill(password)
    page.locator("main form [type=submit]").click()
    page.wait_for_url("**/klaar/")
    log_in(page, user, password)
    page.context.clear_cookies()
    page.goto(link[0])
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("input[name=new_password1]")).to_have_count(0)


def test_the_language_is_switched_and_kept(open_page: Callable[..., Page]) -> None:
    page = open_page(VNG)
    page.goto("/gemeenten/?q=utrecht")
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/gemeenten/?q=utrecht")
    expect(page.get_by_role("heading", level=1)).to_have_text("Municipalities")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Nederlands").click()
    expect(page.locator("html")).to_have_attribute("lang", "nl")


def test_the_menu_works_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page(VNG, viewport=PHONE)
    page.goto("/")
    page.get_by_role("button", name="Menu").click()
    link = page.get_by_role("navigation").get_by_role("link", name="Herinneringen")
    expect(link).to_be_visible()
    assert not axe_violations(page)
    link.click()
    page.wait_for_url("**/herinneringen/")


def test_without_javascript_the_register_is_searched_and_a_form_refused(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(OFFICER, java_script_enabled=False)
    page.goto("/gemeenten/")
    page.locator("#filter input[name=q]").fill("GM0355")
    page.locator("#filter .utrecht-button").click()
    expect(page.locator("#results tbody tr")).to_have_count(1)
    page.goto("/gemeenten/GM0355/dekking/")
    page.locator("input[name=value][value=in_preparation]").check()
    page.locator("main form [type=submit]").click()
    expect(page.locator("[data-error-summary]")).to_be_visible()
    expect(page.locator("input[name=value][value=in_preparation]")).to_be_checked()
