"""The Celery application: `celery -A policytracker worker` and `beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policytracker.settings")
app = Celery("policytracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
