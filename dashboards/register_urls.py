"""The addresses under /gemeenten/: the register's own, and the pages of one municipality.

Those show what the apps above the register know of a municipality, so their views stand above them all;
their addresses belong to the register, as `Municipality.get_absolute_url` says.
"""

from django.urls import path

from dashboards.views.compare import compare
from dashboards.views.confirming import confirm_parts
from dashboards.views.letters import letters
from dashboards.views.municipality import municipality
from municipalities import urls as register

app_name = register.app_name
urlpatterns = [
    *register.urlpatterns,
    path("<gm:code>/", municipality, name="detail"),
    path("<gm:code>/bevestigen/", confirm_parts, name="confirm"),
    path("<gm:code>/raadsbrief/", letters, name="letters"),
    path("<gm:code>/vergelijken/", compare, name="compare"),
]
