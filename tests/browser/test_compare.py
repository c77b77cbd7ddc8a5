"""An officer compares with similar municipalities on the narrowest screen, and finds what to take over."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from measures.models import TypicalMeasure
from policytracker.dates import today
from policytracker.provenance import Confidence, Provenance
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways
from tests.factories import ActionPlanFactory, MeasureFactory, MembershipFactory, MunicipalityFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_officer_finds_what_others_do(new_page: Callable[..., Page]) -> None:
    zeist = MunicipalityFactory(code="GM0355", name="Nuenen, Gerwen en Nederwetten")
    MeasureFactory(plan=ActionPlanFactory(municipality=zeist))
    entry = TypicalMeasure.objects.create(
        title_nl="Netwerk van aandachtsfunctionarissen",
        title_en="Network of attention officers",
        text_nl="Collega’s weten bij wie zij terechtkunnen.",
        text_en="Colleagues know whom to turn to.",
        category="person_specific_approach",
        phase="early_detection",
        provenance=Provenance.PUBLIC_SOURCE,
        source_url="https://bron.example",
        source_seen_on=today(),
        confidence=Confidence.HIGH,
    )
    for number in range(5):
        plan = ActionPlanFactory(municipality=MunicipalityFactory(name=f"Gemeente {number}"))
        MeasureFactory(plan=plan, taken_from=entry, title="Eigen aandachtsfunctionarissen")
        MeasureFactory(plan=plan, title=f"Eigen werk {number}", category="evaluation")
    page = new_page(viewport={"width": 320, "height": 850})
    log_in(page, MembershipFactory(municipality=zeist).user)
    page.goto("/gemeenten/GM0355/vergelijken/")
    assert not scrolls_sideways(page)
    assert not axe_violations(page)
    missing = page.locator("#missing")
    expect(missing.locator("tbody tr")).to_have_count(6)
    missing.locator("details summary", has_text="Gemeente 0").click()
    button = missing.locator(f'a[href="/maatregelen/overnemen/?typical={entry.pk}&gemeente=GM0355"]')
    expect(button).to_be_visible()
    expect(missing.locator(".pt-example a.utrecht-button-link")).to_have_count(3)
    assert not scrolls_sideways(page)
    assert not axe_violations(page)
    missing.locator("summary.pt-pick__button").first.click()
    missing.get_by_label("evaluatie").check()
    assert not scrolls_sideways(page)
    expect(missing.locator("tbody tr")).to_have_count(5)
    assert page.url.endswith("?category=evaluation")
    page.go_back()
    expect(missing.locator("tbody tr")).to_have_count(6)
    for width, scheme in ((390, "light"), (1280, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 850})
        page.emulate_media(color_scheme=scheme)
        assert not scrolls_sideways(page)
        assert not axe_violations(page)
