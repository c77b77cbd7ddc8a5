"""Whoever reads the log cannot come in with what stands there."""

import pytest

from policytracker.access_log import without_keys


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/account/wachtwoord/MQ/c4x-1f0e9d8c7b/", "/account/wachtwoord/-/-/"),
        ("/account/wachtwoord/MQ/c4x-1f0e9d8c7b", "/account/wachtwoord/-/-/"),
        ("/account/wachtwoord/MQ/set-password/", "/account/wachtwoord/-/-/"),
        ("/account/wachtwoord/verstuurd/", "/account/wachtwoord/verstuurd/"),
        ("/gemeenten/GM0344/", "/gemeenten/GM0344/"),
    ],
)
def test_keys_are_left_out(path: str, logged: str) -> None:
    assert without_keys(path) == logged
