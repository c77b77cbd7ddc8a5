"""The register's own pages. The page of one municipality reads from every app and stands in dashboards."""

from django.urls import path

from municipalities.views import statements
from municipalities.views.register import register

app_name = "municipalities"
urlpatterns = [
    path("", register, name="list"),
    path("<str:code>/dekking/", statements.state_coverage, name="state-coverage"),
]
