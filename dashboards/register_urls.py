"""The addresses under /gemeenten/: the register's own, the page of one municipality and its letters.

That page shows what the apps above the register know of a municipality, so its view stands above them all;
its address belongs to the register, as `Municipality.get_absolute_url` says.
"""

from django.urls import path

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
]
