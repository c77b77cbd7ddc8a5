"""An officer's way through a plan: begin, adopt, follow up, and hold two versions beside each other."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from measures.actions.plans import make_next_version
from measures.models import ActionPlan
from municipalities.models import Municipality
from policytracker.dates import today
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways
from tests.factories import ActionPlanFactory, MeasureFactory, MembershipFactory, MunicipalityFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Aansprakelijkheidsverzekeringsmaatschappijenoverleg en andere samenwerking"
WIDTHS = (1280, 390, 320)


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def officer(utrecht: Municipality) -> User:
    return MembershipFactory(municipality=utrecht).user


def is_in_order(page: Page) -> None:
    """The page fits every width, and axe finds nothing."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert not scrolls_sideways(page), f"{page.url} at {width}"
    assert not axe_violations(page), page.url


@pytest.fixture
def versions(utrecht: Municipality, officer: User) -> tuple[ActionPlan, ActionPlan]:
    """A plan that holds, and its next version in which this and that was changed."""
    on = today()
    plan = ActionPlanFactory(
        municipality=utrecht,
        title=f"{LONG} {on.year}",
        description="Wij werken samen met scholen.",
        starts_on=dt.date(on.year, 1, 1),
        ends_on=dt.date(on.year + 1, 12, 31),
        adopted_on=dt.date(on.year, 1, 1),
    )
    MeasureFactory(plan=plan, title=LONG, due_on=on - dt.timedelta(days=1))
    MeasureFactory(plan=plan, title="Klaar ermee", status="done")
    draft, _is_new = make_next_version(by=officer, plan=plan)
    draft.description = "Wij werken samen met scholen en jongerenwerk."
    draft.save(update_fields=["description"])
    measure = draft.measures.get()
    measure.embedding = "structural"
    measure.save(update_fields=["embedding"])
    MeasureFactory(plan=draft, title="Nieuw", phase="prevention")
    return plan, draft


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_versions_beside_each_other(
    new_page: Callable[..., Page], officer: User, versions: tuple[ActionPlan, ActionPlan], scheme: str
) -> None:
    page = new_page(color_scheme=scheme)
    log_in(page, officer)
    plan, draft = versions
    page.goto(f"/plannen/{draft.pk}/verschillen/")
    row = page.get_by_role("row").filter(has=page.get_by_role("deletion").or_(page.get_by_role("insertion")))
    expect(row.first).to_be_visible()
    texts = page.locator("ins")
    expect(texts.filter(has_text="jongerenwerk")).to_have_count(1)
    old, new = (page.locator("tbody td").nth(at).bounding_box() for at in (0, 1))
    assert old
    assert new
    assert old["x"] + old["width"] <= new["x"] + 1
    is_in_order(page)
    old, new = (page.locator("tbody td").nth(at).bounding_box() for at in (0, 1))
    assert old
    assert new
    assert old["y"] + old["height"] <= new["y"] + 1
    for address in (f"/plannen/{plan.pk}/", f"/plannen/{draft.pk}/", "/plannen/"):
        page.goto(address)
        is_in_order(page)


def test_a_plan_from_beginning_to_adoption(page: Page, officer: User, utrecht: Municipality) -> None:
    MunicipalityFactory(code="GM0355", name="Zeist")
    log_in(page, officer)
    page.goto("/plannen/nieuw/")
    is_in_order(page)
    page.locator("form .utrecht-button--primary-action").click()
    expect(page.locator("[data-error-summary]")).to_be_focused()
    is_in_order(page)
    page.locator("[name=title]").fill("Plan van aanpak")
    page.locator("[name=themes]").first.check()
    page.locator("[name=starts_on]").fill("2027-01-01")
    page.locator("[name=ends_on]").fill("2030-12-31")
    page.get_by_label("Zeist").check()
    page.locator("form.pt-form .utrecht-button--primary-action").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Plan van aanpak")
    plan = ActionPlan.objects.get()
    for name in ("wijzigen", "verwijderen", "uitnodigen", "bevestigen", "vaststellen"):
        page.goto(f"/plannen/{plan.pk}/{name}/")
        is_in_order(page)
    page.locator("[name=adopted_on]").fill(today().isoformat())
    page.locator("form.pt-form .utrecht-button--primary-action").click()
    page.wait_for_url(f"**/plannen/{plan.pk}/")
    plan.refresh_from_db()
    assert plan.status == ActionPlan.Status.ADOPTED
