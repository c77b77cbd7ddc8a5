"""The register's pages that write."""

from django.urls import path

from municipalities.views import statements

app_name = "municipalities"
urlpatterns = [
    path("<str:code>/dekking/", statements.state_coverage, name="state-coverage"),
]
