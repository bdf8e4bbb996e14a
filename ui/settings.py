"""Where the web chat listens, who may come in, and how much it takes on."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from ingest.settings import RoomSettings

_ACCOUNT = re.compile(r"[\w.@-]{1,64}:.+", re.DOTALL)


class UiSettings(RoomSettings):
    """Settings of the web chat, read from `DIGEST_…` in the environment, a `.env` file or `<home>/config.toml`."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # passwords are among it

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(default=7860, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    password: SecretStr | None = Field(default=None, description="password for everybody; needed to listen elsewhere")
    auth: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="NAME:PASSWORD of each person, between spaces; conversations then follow the name"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="host names the chat answers to, between spaces; any where a password is set"
    )
    max_answers: int = Field(default=64, ge=1, description="answers written at the same time; further questions wait")
    max_waiting: int = Field(default=256, ge=1, description="questions that may wait; further ones are refused at once")
    questions_per_minute: int = Field(
        default=30, ge=0, description="questions a minute from one address elsewhere, 0 for any number"
    )
    uploads: bool | None = Field(
        default=None,
        description="whether digests may be added on the library page; unset: by whoever sits at this computer",
    )
    upload_mb: int = Field(default=20, ge=1, le=256, description="megabytes of a digest that is added there, at most")

    @field_validator("auth", "allowed_hosts", mode="before")
    @classmethod
    def _apart(cls, typed: object) -> object:
        return typed.split() if isinstance(typed, str) else typed

    @field_validator("auth")
    @classmethod
    def _named(cls, auth: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(_ACCOUNT.fullmatch(account.get_secret_value()) for account in auth):
            raise ValueError("expected NAME:PASSWORD, the name of letters, digits and . _ @ -")
        return auth

    @property
    def accounts(self) -> dict[str, str]:
        """Each name's password; under the name "" the one that is everybody's. Empty: nobody need sign in."""
        everybody = {"": self.password.get_secret_value()} if self.password else {}
        named = (account.get_secret_value().partition(":") for account in self.auth)
        return everybody | {name: password for name, _, password in named}
