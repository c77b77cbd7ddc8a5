"""The project's addresses and that of the floor."""

from django.urls import include, path

from tests.bench.floor import floor

urlpatterns = [path("bench/floor/", floor), path("", include("policytracker.urls"))]
