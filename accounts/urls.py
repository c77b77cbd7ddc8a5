"""Coming in, going out and a forgotten password, which a visitor gets; and the address of one's calendar."""

from django.contrib.auth import views
from django.urls import path

from accounts.forms import LoginForm, PasswordResetForm
from accounts.views import LoginView, calendar_address, revoke_address

urlpatterns = [
    path(
        "inloggen/",
        LoginView.as_view(authentication_form=LoginForm, redirect_authenticated_user=True),
        name="login",
    ),
    path("uitloggen/", views.LogoutView.as_view(), name="logout"),
    path("wachtwoord/", views.PasswordResetView.as_view(form_class=PasswordResetForm), name="password_reset"),
    path("wachtwoord/verstuurd/", views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "wachtwoord/<uidb64>/<token>/",
        views.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path("wachtwoord/klaar/", views.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
    path("agenda/", calendar_address, name="calendar_address"),
    path("agenda/intrekken/", revoke_address, name="revoke_calendar_address"),
]
