"""The history of a measure in a real browser: on the smallest screen, and putting a text back."""

import pghistory
import pytest
from playwright.sync_api import Page, expect

from measures.models import Measure
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways
from tests.factories import ActionPlanFactory, MeasureFactory, MembershipFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_earlier_text_is_found_and_put_back_on_the_smallest_screen(page: Page) -> None:
    membership = MembershipFactory(user__name="Olga")
    plan = ActionPlanFactory(municipality=membership.municipality)
    measure = MeasureFactory(plan=plan, description="Wij trainen tien leraren in Verweggistanerbroek.")
    with pghistory.context(user=membership.user.pk):
        Measure.objects.filter(pk=measure.pk).update(
            title="Een titel van " + "aaneengeschrevenwoorden" * 4,
            description="Wij trainen twintig leraren.",
        )
    page.set_viewport_size({"width": 320, "height": 800})
    log_in(page, membership.user)

    page.goto(f"/maatregelen/{measure.pk}/geschiedenis/")
    expect(page.locator("del")).to_contain_text("tien")
    assert not scrolls_sideways(page)
    assert not axe_violations(page)

    page.locator(".pt-change__back").last.click()
    page.wait_for_url("**/terugzetten/description/")
    assert not scrolls_sideways(page)
    assert not axe_violations(page)

    page.locator("main form button, main form input[type=submit]").press("Enter")
    page.wait_for_url("**/geschiedenis/")
    expect(page.locator("ins").first).to_contain_text("Verweggistanerbroek")
    assert not axe_violations(page)
    measure.refresh_from_db()
    assert measure.description == "Wij trainen tien leraren in Verweggistanerbroek."
