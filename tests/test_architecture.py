"""What import-linter cannot see: relations that are named by a string, and what no model may hold."""

import re

from django.apps import apps
from django.db import models

# From the lowest to the highest; each may refer to those below it.
LAYERS = ["accounts", "municipalities", "measures", "evaluations", "reminders", "dashboards"]

# The register is about policy. These words name data about persons that has no place in it.
FORBIDDEN = re.compile(
    r"bsn|citizen_service|birth|suspect|subject_name|nationality|religion|ethnic", re.IGNORECASE
)


def own_models() -> list[type[models.Model]]:
    return [
        model for app in LAYERS for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]


def test_relations_point_downward_only() -> None:
    upward = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in own_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model is not None
        if field.related_model._meta.app_label in LAYERS
        and LAYERS.index(field.related_model._meta.app_label) > LAYERS.index(model._meta.app_label)
    ]
    assert not upward


def test_no_model_holds_data_about_a_person_of_concern() -> None:
    names = [
        f"{model._meta.label}.{field.name}" for model in own_models() for field in model._meta.get_fields()
    ]
    assert len(names) > 100
    assert not [name for name in names if FORBIDDEN.search(name)]
