"""The library and the support on offer in a real browser: found, kept and recorded, and accessible."""

import pytest
from playwright.sync_api import Page, expect

from measures.models import SupportUse, TypicalMeasure
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways
from tests.factories import (
    MembershipFactory,
    SupportOfferFactory,
    SupportUseFactory,
    TypicalMeasureFactory,
    UserFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NARROW = {"width": 320, "height": 800}
DESK = {"width": 1280, "height": 900}


def looks_right(page: Page) -> None:
    """Fail where axe complains, or where the page does not fit on a narrow window."""
    assert not axe_violations(page)
    page.set_viewport_size(NARROW)
    assert not scrolls_sideways(page)
    assert not axe_violations(page)
    page.set_viewport_size(DESK)


def test_vng_finds_an_entry_of_the_library_and_changes_it(page: Page) -> None:
    TypicalMeasureFactory(title_nl="Netwerk van sleutelpersonen", category="network")
    TypicalMeasureFactory(title_nl="Analyse", category="local_analysis")
    log_in(page, UserFactory(vng=True))
    page.goto("/maatregelen/bibliotheek/")
    looks_right(page)
    category = page.locator("summary", has_text="Categorie")
    category.click()
    page.locator("input[value=network]").check()
    page.wait_for_url("**category=network**")
    category.click()
    expect(page.locator("#results tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Netwerk van sleutelpersonen").click()
    looks_right(page)
    page.locator("a[href$='/wijzigen/']").click()
    page.locator("textarea[name=text_nl]").fill("")
    page.locator("main form [type=submit]").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    looks_right(page)
    page.locator("textarea[name=text_nl]").fill("Bouw een netwerk op.")
    page.locator("main form [type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Netwerk van sleutelpersonen")
    expect(page.get_by_role("main")).to_contain_text("Bouw een netwerk op.")
    assert TypicalMeasure.objects.filter(provenance="vng").count() == 1


def test_an_officer_records_what_was_used_and_takes_it_back(page: Page) -> None:
    membership = MembershipFactory(municipality__name="Utrecht")
    offer = SupportOfferFactory(name="Basistraining")
    SupportUseFactory(offer=offer, municipality__name="Zeist")
    SupportOfferFactory(name="Oude training", has_ended=True)
    log_in(page, membership.user)
    page.goto("/ondersteuning/")
    looks_right(page)
    page.get_by_role("link", name="Basistraining").click()
    page.locator("main a[href$='/gebruik/']").click()
    looks_right(page)
    page.locator("input[name=used_on]").fill("2026-06-09")
    page.locator("input[name=staff]").fill("8")
    page.locator("main form [type=submit]").click()
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Utrecht")
    looks_right(page)
    page.locator("main a[href$='/verwijderen/']").click()
    looks_right(page)
    page.locator("main form button").click()
    expect(rows).to_have_count(1)
    assert SupportUse.objects.get().municipality.name == "Zeist"
