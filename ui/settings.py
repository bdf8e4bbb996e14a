"""Where the web chat listens and how much it takes on."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class UiSettings(BaseSettings):
    """Settings of the web chat, read from `DIGEST_…` in the environment or a `.env` file."""

    model_config = SettingsConfigDict(env_prefix="DIGEST_", env_file=".env", extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=7860, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    max_answers: int = Field(default=64, ge=1, description="answers written at the same time; further questions wait")
    max_waiting: int = Field(default=256, ge=1, description="questions that may wait; further ones are refused at once")
    questions_per_minute: int = Field(
        default=30, ge=0, description="questions a minute from one address elsewhere, 0 for any number"
    )
