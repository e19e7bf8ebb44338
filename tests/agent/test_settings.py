from pathlib import Path

import pytest

from marketeer.agent.settings import Settings, load_settings
from marketeer.tools.core.errors import SettingsError


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MARKETEER_MODEL", "MARKETEER_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


def test_without_anything_the_offline_planner_is_chosen() -> None:
    settings = load_settings()
    assert (settings.chosen_provider, settings.outside) == ("offline", False)


def test_every_option_has_a_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert (field.description or "").endswith("."), name


def test_flags_win_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "marketeer.toml").write_text('api_key = "file"\nmodel = "file-model"\nretries = 5\n')
    monkeypatch.setenv("OPENAI_API_KEY", "environment")
    monkeypatch.setenv("MARKETEER_MODEL", "environment-model")
    settings = load_settings(workspace=tmp_path, api_key="flag", model=None)
    assert settings.api_key.get_secret_value() == "flag"
    assert settings.model == "environment-model"
    assert settings.retries == 5


def test_a_key_that_is_meant_for_something_else_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "of another program")
    assert load_settings().api_key.get_secret_value() == ""


def test_the_key_is_never_shown() -> None:
    assert "secret" not in repr(load_settings(api_key="secret"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('modle = "x"', "modle"),
        ("timeout = -1", "timeout"),
        ('privacy = "none"', "privacy"),
        ("model =", "marketeer.toml"),
    ],
)
def test_a_bad_option_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "marketeer.toml").write_text(text)
    with pytest.raises(SettingsError, match=named):
        load_settings(workspace=tmp_path)


def test_the_workspace_of_the_environment_gives_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "marketeer.toml").write_text("timeout = 7")
    monkeypatch.setenv("MARKETEER_WORKSPACE", str(tmp_path))
    assert load_settings().timeout == 7


@pytest.mark.parametrize(
    ("file", "refused"),
    [
        ('base_url = "https://elsewhere.example/v1"', True),
        ('base_url = "http://127.0.0.1:11434/v1"', False),
        ('base_url = "https://ours.example/v1"\napi_key = "ours"', False),
    ],
)
def test_a_key_of_the_environment_does_not_go_where_a_workspace_file_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str, refused: bool
) -> None:
    (tmp_path / "marketeer.toml").write_text(file)
    assert load_settings(workspace=tmp_path).base_url
    monkeypatch.setenv("OPENAI_API_KEY", "of the person")
    if not refused:
        assert load_settings(workspace=tmp_path).base_url in file
        return
    with pytest.raises(SettingsError, match="elsewhere"):
        load_settings(workspace=tmp_path)
    for mine in ("https://mine.example/v1", "https://elsewhere.example/v1"):
        monkeypatch.setenv("OPENAI_BASE_URL", mine)
        assert load_settings(workspace=tmp_path).base_url == mine
