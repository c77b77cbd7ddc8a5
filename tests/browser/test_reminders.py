"""The reminders in a real browser: what a receiver does about them, and what VNG arranges."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from municipalities.models import Municipality
from policytracker.dates import today
from reminders.models import Hold, Message, Reminder, ReminderRun, Rule, RuleText
from reminders.planning import plan
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways
from tests.factories import (
    ContactFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    UserFactory,
)
from tests.reminders.factories import MessageFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_NAME = "Nuenen, Gerwen en Nederwetten"


@pytest.fixture
def asked() -> Municipality:
    """A municipality that is asked about its policy and about two measures, with two contacts."""
    municipality = MunicipalityFactory(code="GM0820", name=LONG_NAME, sort_name=LONG_NAME)
    first = ContactFactory(municipality=municipality, position=1, name="Sascha Voorbeeld")
    ContactFactory(municipality=municipality, position=2, name="Mika Verzinsel")
    MeasureFactory.create_batch(2, due_on=today() - dt.timedelta(days=40), plan__municipality=municipality)
    ReminderRun.objects.create(ended_at=dt.datetime.now(tz=dt.UTC))
    plan(on=today())
    Reminder.objects.update(status=Reminder.Status.SENT, settled_at=dt.datetime.now(tz=dt.UTC))
    MessageFactory(contact=first, status=Message.Status.SENT, carries=list(Reminder.objects.all()))
    return municipality


def test_an_officer_postpones_one_question_and_hands_over_another(
    new_page: Callable[..., Page], asked: Municipality
) -> None:
    officer = MembershipFactory(municipality=asked, user__name="Robin Voorbeeld").user
    for width in (1280, 390):
        page = new_page(viewport={"width": width, "height": 800})
        log_in(page, officer)
        page.goto("/herinneringen/gemeenten/GM0820/")
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Wat wij {LONG_NAME} vragen")
        assert axe_violations(page) == []
        assert not scrolls_sideways(page)
    page.get_by_role("link", name=re.compile("Nu niet.*maatregel bijna of over de datum")).click()
    page.get_by_label("Vraag het ons weer na").fill((today() + dt.timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Uitstellen").click()
    page.get_by_label("Waarom nu niet").fill("De projectleider is met verlof.")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Uitstellen").click()
    expect(page.get_by_role("status").or_(page.get_by_role("alert")).first).to_contain_text(
        "laten deze vraag"
    )
    assert Hold.objects.get().rule == Rule.MEASURE_DUE
    page.get_by_role("link", name=re.compile("Naar een collega.*mist het thema")).click()
    assert axe_violations(page) == []
    page.get_by_label("Mika Verzinsel").check()
    page.get_by_role("button", name="Overdragen").click()
    expect(page.get_by_text("Overgedragen aan Mika Verzinsel.")).to_be_visible()
    page.get_by_role("link", name="Hoe wij schrijven Mika Verzinsel").click()
    page.get_by_label("Dag van de week").select_option(label="donderdag")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("op donderdag")).to_be_visible()
    assert not scrolls_sideways(page)


def test_vng_writes_its_own_text_pauses_a_region_and_decides(
    new_page: Callable[..., Page], asked: Municipality
) -> None:
    officer = MembershipFactory(municipality=asked, user__name="Robin Voorbeeld").user
    Hold.objects.create(
        kind=Hold.Kind.DELAY,
        status=Hold.Status.ASKED,
        municipality=asked,
        rule=Rule.POLICY_LACKS_THEME,
        reason="De raad besluit na de zomer.",
        until=today() + dt.timedelta(days=200),
        made_by=officer,
    )
    page = new_page(viewport={"width": 1280, "height": 800})
    log_in(page, UserFactory(vng=True, name="Sam van Denkbeeld"))
    expect(page.get_by_text("1 gemeente vraagt om uitstel.")).to_be_visible()
    page.get_by_role("link", name="Beslissen").click()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Toekennen").click()
    expect(page.get_by_text("Toegekend.")).to_be_visible()
    page.get_by_label("Veiligheidsregio").select_option(index=1)
    page.get_by_label("Waarom").fill("Storing bij de regio.")
    page.get_by_role("button", name="Pauzeren").click()
    expect(page.get_by_text("Storing bij de regio.")).to_be_visible()
    assert Hold.objects.in_force().count() == 2
    page.goto("/herinneringen/regels/")
    assert axe_violations(page) == []
    page.get_by_role("link", name="Tekst: er is niets bekend").click()
    page.get_by_label("Tekst").first.fill("Hoe staat het ervoor in {municipality}?")
    page.get_by_role("button", name="Bekijk hoe het wordt").click()
    expect(page.get_by_text("Hoe staat het ervoor in Voorbeeldgemeente?")).to_be_visible()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Tekst opslaan").click()
    expect(page.get_by_text("eigen tekst van VNG")).to_be_visible()
    assert RuleText.objects.get().language == "nl"
    for address in (
        "regels/policy_lacks_theme/",
        "gemeenten/GM0820/versturen/",
        "volgende/",
        "pauzes/",
        "regels/",
    ):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"/herinneringen/{address}")
            assert axe_violations(page) == [], address
            assert not scrolls_sideways(page), address
