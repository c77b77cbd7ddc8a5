"""The administration of plans and measures, which goes round none of their rules."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from measures.models import ActionPlan, Measure
from tests.factories import ActionPlanFactory, MeasureFactory, MunicipalityFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(UserFactory(administrator=True))
    return client


def test_a_plan_is_corrected_but_its_state_is_not(administrator: Client) -> None:
    plan = ActionPlanFactory(municipality=MunicipalityFactory())
    page = administrator.get(reverse("admin:measures_actionplan_change", args=[plan.pk]))
    offered = set(page.context["adminform"].form.fields)
    assert "title" in offered
    assert not offered & {"status", "adopted_on", "version", "previous_version", "provenance"}
    (participations,) = page.context["inline_admin_formsets"]
    assert not participations.has_change_permission


def test_how_far_a_measure_is_cannot_be_changed_here(administrator: Client) -> None:
    measure = MeasureFactory()
    page = administrator.get(reverse("admin:measures_measure_change", args=[measure.pk]))
    offered = set(page.context["adminform"].form.fields)
    assert "title" in offered
    assert not offered & {"status", "stopped_because"}


@pytest.mark.parametrize("model", [ActionPlan, Measure])
def test_neither_can_be_deleted(administrator: Client, model: type[ActionPlan | Measure]) -> None:
    MeasureFactory(plan=ActionPlanFactory(status="adopted"))
    row = model._default_manager.get()
    name = f"admin:measures_{model._meta.model_name}"
    assert administrator.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", admin.helpers.ACTION_CHECKBOX_NAME: row.pk, "post": "yes"}
    administrator.post(reverse(f"{name}_changelist"), chosen)
    assert model._default_manager.filter(pk=row.pk).exists()


def test_a_plan_is_not_begun_here(administrator: Client) -> None:
    assert administrator.get(reverse("admin:measures_actionplan_add")).status_code == 403
