"""The register's own pages. The page of one municipality reads from every app and stands in dashboards."""

from django.urls import path, register_converter

from municipalities.views import contacts, statements
from municipalities.views.register import register


class CbsCode:
    """The code of a municipality in an address, in capitals or not."""

    regex = "[Gg][Mm][0-9]+"

    def to_python(self, value: str) -> str:
        """The code as it was typed."""
        return value

    def to_url(self, value: str) -> str:
        """The code as it is."""
        return value


register_converter(CbsCode, "gm")

app_name = "municipalities"
urlpatterns = [
    path("", register, name="list"),
    path("<gm:code>/dekking/", statements.state_coverage, name="state-coverage"),
    path("<gm:code>/contacten/", contacts.contacts, name="contacts"),
    path("<gm:code>/contacten/nieuw/", contacts.new_contact, name="new-contact"),
    path("<gm:code>/contacten/<int:pk>/", contacts.edit_contact, name="edit-contact"),
    path("<gm:code>/contacten/<int:pk>/verwijderen/", contacts.delete_contact, name="delete-contact"),
    path("<gm:code>/contacten/<int:pk>/eerst/", contacts.first_contact, name="first-contact"),
]
