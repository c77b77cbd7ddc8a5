"""Every model of the register keeps its history, with who and why."""

import pghistory
import pytest
from django.apps import apps
from django.test import Client
from pghistory.models import Events

from municipalities.models import CoverageStatement
from tests.factories import MembershipFactory, MunicipalityFactory

APPS = ("accounts", "municipalities", "measures", "evaluations")


def test_every_table_of_the_register_is_tracked() -> None:
    tracked = {
        event._meta.get_field("pgh_obj").related_model._meta.db_table
        for event in apps.get_models()
        if issubclass(event, pghistory.models.Event) and not event._meta.abstract and event is not Events
        if any(field.name == "pgh_obj" for field in event._meta.get_fields())
    } | {
        event.pgh_tracked_model._meta.db_table
        for event in apps.get_models()
        if issubclass(event, pghistory.models.Event) and getattr(event, "pgh_tracked_model", None)
    }
    tables = {
        model._meta.db_table
        for app in APPS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if not issubclass(model, pghistory.models.Event) and not model._meta.proxy
    }
    assert tables <= tracked


@pytest.mark.django_db
def test_a_change_says_who_made_it_and_where(client: Client) -> None:
    membership = MembershipFactory(municipality__code="GM0344")
    client.force_login(membership.user)
    client.post("/gemeenten/GM0344/dekking/", {"value": "absent"})
    event = Events.objects.tracks(CoverageStatement.objects.get()).get()
    assert event.pgh_context["user"] == membership.user.pk
    assert event.pgh_context["url"] == "/gemeenten/GM0344/dekking/"


@pytest.mark.django_db
def test_a_change_in_the_background_says_why() -> None:
    municipality = MunicipalityFactory(name="Before")
    with pghistory.context(reason="renamed by royal decree"):
        municipality.name = "After"
        municipality.save(update_fields=["name"])
    update = Events.objects.tracks(municipality).get(pgh_label="update")
    assert update.pgh_context["reason"] == "renamed by royal decree"
    assert update.pgh_diff == {"name": ["Before", "After"]}
