"""What is typed stays in the browser until the server saved it, and not a page longer."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from measures.models import Measure
from tests.browser.conftest import log_in
from tests.factories import ActionPlanFactory, MeasureFactory, MembershipFactory, MunicipalityFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REFUSED = "Besproken met BSN 123456782"
NOTICE = "[data-moment]"


@pytest.fixture
def officer() -> User:
    return MembershipFactory(municipality=MunicipalityFactory()).user


@pytest.fixture
def measure(officer: User) -> Measure:
    plan = ActionPlanFactory(municipality=officer.memberships.get().municipality)
    return MeasureFactory(plan=plan)


def report(page: Page, text: str) -> None:
    """Report progress in the form that the page has for it."""
    if (closed := page.locator("details:not([open]) > summary", has_text="Voortgang")).count():
        closed.click()
    page.locator("textarea[name=text]").fill(text)
    page.locator("form[data-draft] [type=submit]").click()


def test_a_refused_text_is_forgotten_once_it_was_mended_and_saved(
    page: Page, officer: User, measure: Measure
) -> None:
    """The form stands on the page of the measure, and comes back on a page of its own."""
    log_in(page, officer)
    page.goto(measure.get_absolute_url())
    report(page, REFUSED)
    expect(page.locator("form[data-sent-back] textarea[name=text]")).to_have_value(REFUSED)
    report(page, "Besproken met de school")
    expect(page.locator("[data-saved]")).to_be_visible()
    page.goto(measure.get_absolute_url())
    expect(page.locator("textarea[name=text]")).to_have_value("")
    expect(page.locator(NOTICE)).to_have_count(0)


def test_a_refused_text_stays_when_something_else_is_saved(
    page: Page, officer: User, measure: Measure
) -> None:
    other = MeasureFactory(plan=measure.plan)
    log_in(page, officer)
    page.goto(measure.get_absolute_url())
    report(page, REFUSED)
    expect(page.locator("form[data-sent-back]")).to_be_visible()
    page.goto(other.get_absolute_url())
    report(page, "Klaar")
    expect(page.locator("[data-saved]")).to_be_visible()
    page.goto(measure.get_absolute_url())
    expect(page.locator(NOTICE)).to_have_count(1)
    expect(page.locator("textarea[name=text]")).to_have_value(REFUSED)


@pytest.mark.parametrize("first", ["Wij spraken met de school", REFUSED], ids=["at once", "after a refusal"])
def test_a_text_sent_after_the_session_expired_outlives_another_one(
    page: Page, officer: User, measure: Measure, first: str
) -> None:
    other = MeasureFactory(plan=measure.plan)
    log_in(page, officer)
    page.goto(measure.get_absolute_url())
    if first == REFUSED:
        report(page, first)
        expect(page.locator("form[data-sent-back]")).to_be_visible()
    page.context.clear_cookies(name="sessionid")
    report(page, first)
    page.wait_for_url("**/account/inloggen/**")
    log_in(page, officer)
    page.goto(other.get_absolute_url())
    report(page, "Klaar")
    expect(page.locator("[data-saved]")).to_be_visible()
    page.goto(measure.get_absolute_url())
    expect(page.locator(NOTICE)).to_have_count(1)
    expect(page.locator("textarea[name=text]")).to_have_value(first)
