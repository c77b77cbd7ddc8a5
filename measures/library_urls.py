"""The pages of the library of typical measures."""

from django.urls import path

from measures.views import library

app_name = "library"
urlpatterns = [
    path("", library.entries, name="list"),
    path("toevoegen/", library.add, name="add"),
    path("<int:pk>/", library.entry, name="detail"),
    path("<int:pk>/wijzigen/", library.edit, name="edit"),
]
