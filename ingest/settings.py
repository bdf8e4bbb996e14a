"""Settings, read once at the edge and passed on as arguments: where they come from, and those of this room."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from platformdirs import user_data_dir
from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

DEFAULT_EMBED_MODEL = "all-MiniLM-L6-v2"


def default_home() -> Path:
    """The platform's data folder, such as `~/.local/share/digest-assistant`."""
    return Path(user_data_dir("digest-assistant", appauthor=False))


class RoomSettings(BaseSettings):
    """What rooms' settings share: an argument beats the environment beats `.env` beats `<home>/config.toml`."""

    model_config = SettingsConfigDict(
        env_prefix="DIGEST_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_by_name=True,
    )

    home: Path = Field(
        default_factory=default_home, description="Folder of the library and of config.toml. DIGEST_HOME."
    )

    @field_validator("home")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        named = (init_settings, env_settings, dotenv_settings)
        home = _first_home(source() for source in named)
        return (*named, TomlConfigSettingsSource(settings_cls, toml_file=home / "config.toml"))


class IngestSettings(RoomSettings):
    """The library: where it lies and what embeds its texts."""

    database_url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy URL of the record, such as postgresql://user@host/name. Unset: SQLite in home.",
    )
    chroma_url: str | None = Field(
        default=None,
        validation_alias=AliasChoices("CHROMA_URL", "chroma_url"),
        description="Address of a Chroma server, such as http://127.0.0.1:8000. Unset: embedded, in home. CHROMA_URL.",
    )
    embed_model: str = Field(
        default=DEFAULT_EMBED_MODEL,
        description="A sentence-transformers model by name or path, or a model of the server at embed_base_url.",
    )
    embed_base_url: str | None = Field(
        default=None, description="OpenAI-compatible address that embeds, such as http://127.0.0.1:11434/v1."
    )
    embed_api_key: SecretStr | None = Field(default=None, description="Key for embed_base_url.")


def _first_home(found: Iterable[dict[str, Any]]) -> Path:
    """The home that the sources before the file name, as the file lies in it."""
    homes = (values["home"] for values in found if values.get("home"))
    return Path(next(homes, None) or default_home()).expanduser()
