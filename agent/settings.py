"""Every option, its default and its sentence.

A flag wins over an environment variable (`MARKETEER_…`, `OPENAI_API_KEY`, `OPENAI_BASE_URL`), that over
`marketeer.toml` in the workspace folder, that over the default.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import (
    SettingsError as SourceError,
)

from marketeer.tools.core.errors import SettingsError

OFFLINE = "offline"
FILE_NAME = "marketeer.toml"
_WORKSPACE = Path(".marketeer")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Settings(BaseSettings):
    """All options of Marketeer."""

    model_config = SettingsConfigDict(
        env_prefix="MARKETEER_", extra="forbid", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    workspace: Path = Field(default=_WORKSPACE, description="The folder that holds data, findings and notes.")
    model: str = Field(default="", description="The chat model to ask; empty for the offline planner.")
    provider: str = Field(default="openai", description="The file in agent/models/ that reaches the model.")
    base_url: str = Field(
        default="",
        description="The address of an OpenAI-compatible endpoint; empty for the provider's own.",
        validation_alias=AliasChoices("MARKETEER_BASE_URL", "OPENAI_BASE_URL"),
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        description="The endpoint's key; endpoints on this machine mostly need none.",
        validation_alias=AliasChoices("MARKETEER_API_KEY", "OPENAI_API_KEY"),
    )
    temperature: float = Field(default=0.0, ge=0, le=2, description="How freely the model words things.")
    timeout: float = Field(default=60.0, gt=0, description="Seconds to wait for the endpoint to say a thing.")
    retries: int = Field(default=2, ge=0, le=10, description="How often a refused request is tried again.")
    model_calls: int = Field(default=12, ge=1, le=100, description="Most model calls for one question.")
    tool_calls: int = Field(default=16, ge=1, le=100, description="Most tool calls for one question.")
    token_budget: int = Field(default=0, ge=0, description="Most tokens one session may use; 0 for no bound.")
    privacy: Literal["aggregates", "pseudonyms"] = Field(
        default="pseudonyms",
        description="What a model outside may see of single customers: nothing, or facts under a pseudonym.",
    )
    embedder: str = Field(default="auto", description="What turns texts into vectors; auto takes the best.")
    writer: Literal["auto", "model", "template"] = Field(
        default="auto",
        description="Who writes campaign drafts; auto takes the chat model where there is one.",
    )
    language: Literal["auto", "en", "zh"] = Field(
        default="auto", description="The language of answers; auto takes the question's."
    )
    transcripts: bool = Field(default=True, description="Whether conversations are kept in the workspace.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read flags, then the environment, then the workspace's file."""
        folder = init_settings().get("workspace") or env_settings().get("workspace") or _WORKSPACE
        file = TomlConfigSettingsSource(settings_cls, Path(folder) / FILE_NAME)
        return init_settings, env_settings, file

    @property
    def chosen_provider(self) -> str:
        """The provider that will be used: the offline planner where no model is named."""
        return OFFLINE if self.model in ("", OFFLINE) else self.provider

    @property
    def outside(self) -> bool:
        """Whether questions go to a model that is not part of Marketeer."""
        return self.chosen_provider != OFFLINE

    @property
    def reachable(self) -> bool:
        """Whether the model can be asked: with a key, or at an address of its own, which may need none."""
        return bool(self.api_key.get_secret_value() or self.base_url)


def load_settings(**flags: Any) -> Settings:
    """Gather all options; a flag that is None was not given.

    Raises:
        SettingsError: An option is unknown or has a value that cannot work, or a key would go where only the
            workspace's file says; the message names it.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SettingsError(
            f"The option {name} cannot work: {first['msg']}. Options: {', '.join(Settings.model_fields)}.",
            code="bad_option",
            option=name,
            reason=first["msg"],
        ) from error
    except (SourceError, ValueError, OSError) as error:
        raise SettingsError(f"{FILE_NAME} cannot be read: {error}.", code="bad_settings_file") from error
    _refuse_stray_key(settings, given)
    return settings


def _came_with_the_workspace(settings: Settings, flags: Mapping[str, Any]) -> bool:
    """Tell whether only the workspace's file names the endpoint, and the key is not from that file."""
    environment = EnvSettingsSource(Settings)()
    named = {"base_url", "OPENAI_BASE_URL", "MARKETEER_BASE_URL"} & {*flags, *environment}
    file = TomlConfigSettingsSource(Settings, settings.workspace / FILE_NAME).toml_data
    return bool(settings.base_url and not named and "api_key" not in file)


def _refuse_stray_key(settings: Settings, flags: Mapping[str, Any]) -> None:
    address = settings.base_url
    if not settings.api_key.get_secret_value() or urlsplit(address).hostname in _HERE:
        return
    if _came_with_the_workspace(settings, flags):
        raise SettingsError(
            f"{FILE_NAME} names the endpoint {address}, and the key is not from that file, so it is not "
            "sent there. If that is your endpoint, set OPENAI_BASE_URL, or write api_key into that file.",
            code="stray_key",
            address=address,
        )
