"""The admin lets no citizen service number in either."""

import pytest
from django.contrib import admin
from django.test import RequestFactory

from measures.models import Partner
from policytracker.admin import GuardedAdmin, GuardedInline
from tests.factories import UserFactory

WITH_FREE_TEXT = ("evaluations", "measures", "municipalities")


@pytest.mark.django_db
def test_every_form_of_the_admin_over_free_text_is_guarded(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = UserFactory(administrator=True)
    unguarded = []
    for model, site in admin.site._registry.items():
        if model._meta.app_label not in WITH_FREE_TEXT:
            continue
        for one in (site, *site.get_inline_instances(request)):
            types = {field.get_internal_type() for field in one.model._meta.fields if not field.choices}
            is_written = one.has_change_permission(request) and types & {"CharField", "TextField"}
            if is_written and not isinstance(one, GuardedAdmin | GuardedInline):
                unguarded.append(type(one).__name__)
    assert unguarded == []


def test_the_admin_refuses_a_citizen_service_number_and_asks_nothing_else(rf: RequestFactory) -> None:
    form_class = admin.site._registry[Partner].get_form(rf.get("/"), fields=["name"])
    form = form_class({"name": "Politie BSN 123456782"})
    form.validate_unique = lambda: None
    assert [error.code for error in form.errors.as_data()["name"]] == ["bsn"]
    form = form_class({"name": "Politie, casusnummer 17"})
    form.validate_unique = lambda: None
    assert form.is_valid()
