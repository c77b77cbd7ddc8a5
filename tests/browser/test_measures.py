"""The journey of a measure from another municipality into one's own plan, and over the board, by keyboard."""

import pytest
from playwright.sync_api import Locator, Page, expect

from measures.models import ActionPlan, Measure
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways
from tests.factories import ActionPlanFactory, ContactFactory, MeasureFactory, MembershipFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_TITLE = "Deskundigheidsbevordering voor jongerenwerkers, leerplichtambtenaren en wijkverpleegkundigen"


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, which must be seen there."""
    for _press in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate("element => element.matches(':focus-visible')")
            return
    raise AssertionError(f"Tab does not reach {target}")


def look_at(page: Page) -> None:
    """The page as it is now is accessible and fits a narrow screen."""
    assert not axe_violations(page), page.url
    page.set_viewport_size({"width": 320, "height": 850})
    assert not scrolls_sideways(page), page.url
    page.set_viewport_size({"width": 1280, "height": 900})


def press(page: Page, target: Locator) -> None:
    tab_to(page, target)
    page.keyboard.press("Enter")


def test_an_officer_takes_over_a_measure_and_moves_it_by_keyboard(page: Page) -> None:
    zeist = MembershipFactory(municipality__code="GM0355", municipality__name="Zeist")
    plan = ActionPlanFactory(municipality=zeist.municipality)
    ContactFactory(municipality=zeist.municipality, name="Sam")
    utrecht = ActionPlanFactory(municipality=ContactFactory(municipality__code="GM0344").municipality)
    source = MeasureFactory(plan=utrecht, title=LONG_TITLE)

    log_in(page, zeist.user)
    page.goto("/maatregelen/")
    look_at(page)
    press(page, page.locator(f"#results a[href='{source.get_absolute_url()}']"))
    page.wait_for_url(f"**{source.get_absolute_url()}")
    look_at(page)
    press(page, page.locator("main a[href*='/overnemen/']"))
    page.wait_for_url("**/overnemen/**")
    look_at(page)
    tab_to(page, page.locator("select[name=contact]"))
    page.keyboard.type("Sam")
    press(page, page.locator("main form [type=submit]"))
    page.wait_for_url("**/maatregelen/*/")
    look_at(page)
    taken = Measure.objects.get(copied_from=source)
    assert (taken.plan, taken.status, taken.contact.name) == (plan, Measure.Status.DRAFT, "Sam")
    press(page, page.locator("main form:has(input[value=planned]) button"))
    expect(page.locator(".pt-messages [data-saved]")).to_be_visible()
    taken.refresh_from_db()
    assert taken.status == Measure.Status.PLANNED

    page.goto("/maatregelen/bord/?gemeente=GM0355")
    look_at(page)
    press(page, page.locator(".measure-card summary"))
    look_at(page)
    press(page, page.locator(".measure-card form:has(input[value=in_progress]) button"))
    moved = page.locator("section[aria-labelledby=column-in_progress] a")
    expect(moved).to_have_text(LONG_TITLE)
    expect(moved).to_be_focused()
    assert page.url.endswith("/maatregelen/bord/?gemeente=GM0355")
    look_at(page)
    press(page, page.locator(".measure-card summary"))
    tab_to(page, page.locator(".measure-card textarea[name=reason]"))
    page.keyboard.type("Te weinig deelnemers.")
    press(page, page.locator(".measure-card form:has(input[value=stopped]) button"))
    expect(page.locator("section[aria-labelledby=column-stopped] a")).to_be_focused()
    taken.refresh_from_db()
    assert taken.stopped_because == "Te weinig deelnemers."


def test_the_forms_fit_and_are_accessible(page: Page) -> None:
    officer = MembershipFactory(municipality__code="GM0355", municipality__name="Zeist")
    plan: ActionPlan = ActionPlanFactory(municipality=officer.municipality)
    measure = MeasureFactory(plan=plan, title=LONG_TITLE)
    log_in(page, officer.user)
    for address in ("wijzigen/", "voortgang/"):
        page.goto(f"/maatregelen/{measure.pk}/{address}")
        look_at(page)
    page.goto("/maatregelen/?gemeente=GM0355&weergave=fase")
    look_at(page)
    page.locator(f"input[name=measures][value='{measure.pk}']").check()
    page.locator("#bulk select").select_option("stopped")
    page.locator("#bulk button").click()
    look_at(page)
    page.locator("main form button").click()
    look_at(page)
    page.locator("textarea[name=reason]").fill("Te duur.")
    page.locator("main form button").click()
    page.wait_for_url("**/maatregelen/?gemeente=GM0355**")
    measure.refresh_from_db()
    assert measure.stopped_because == "Te duur."


def test_who_reads_finds_the_board_of_any_municipality(page: Page) -> None:
    plan = ActionPlanFactory(municipality=MembershipFactory(municipality__code="GM0355").municipality)
    MeasureFactory(plan=plan, title=LONG_TITLE)
    log_in(page, UserFactory(nctv=True))
    page.goto("/maatregelen/bord/")
    look_at(page)
    page.locator("select[name=gemeente]").select_option("GM0355")
    page.locator("main form button").click()
    expect(page.locator(".measure-card a")).to_have_text(LONG_TITLE)
    expect(page.locator(".measure-card form")).to_have_count(0)
