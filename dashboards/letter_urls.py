"""The addresses of letters to the council, under /raadsbrieven/."""

from django.urls import path

from dashboards.views import letters

app_name = "letters"
urlpatterns = [
    path("<uuid:pk>/", letters.letter, name="letter"),
    path("<uuid:pk>/odt/", letters.letter_as_odt, name="odt"),
    path("<uuid:pk>/pdf/", letters.letter_as_pdf, name="pdf"),
]
