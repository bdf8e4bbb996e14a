"""Every command and option is in the documentation, and the help printed there is the help that is printed.

`python -m tests.test_commands_documented` writes `docs/commands.md` anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from assistant.pull import HubSettings
from assistant.settings import AssistantSettings
from ingest.settings import IngestSettings
from ui.command import digest
from ui.settings import UiSettings

ROOT = Path(__file__).parents[1]
COMMANDS = ROOT / "docs" / "commands.md"


def commands(
    command: click.Command = digest, path: tuple[str, ...] = ("digest",)
) -> Iterator[tuple[str, click.Command]]:
    """Each command with its whole name, groups before what is in them."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))


def documentation() -> str:
    head = "# Every command and option\n\nWritten by `python -m tests.test_commands_documented`.\n"
    return head + "".join(f"\n## {name}\n\n```\n{help_of(name, command)}\n```\n" for name, command in commands())


def help_of(name: str, command: click.Command) -> str:
    return command.get_help(click.Context(command, info_name=name, terminal_width=96, **digest.context_settings))


def test_the_help_in_the_documentation_is_the_help_that_is_printed() -> None:
    assert COMMANDS.read_text(encoding="utf-8") == documentation(), "run: python -m tests.test_commands_documented"


@pytest.mark.parametrize("name", [name for name, command in commands() if not isinstance(command, click.Group)])
def test_a_command_is_in_the_readme(name: str) -> None:
    assert f"`{name}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "command"), commands())
def test_a_command_and_each_of_its_options_says_what_it_does(name: str, command: click.Command) -> None:
    assert command.help
    assert [option.name for option in command.params if isinstance(option, click.Option) and not option.help] == []


@pytest.mark.parametrize("room", [IngestSettings, AssistantSettings, HubSettings, UiSettings])
def test_each_setting_is_in_the_example_and_says_what_it_is(room: type[BaseSettings]) -> None:
    example = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert {_variable(name, field) for name, field in room.model_fields.items()} - example == set()
    assert [name for name, field in room.model_fields.items() if not field.description] == []


def _variable(name: str, field: FieldInfo) -> str:
    """The environment variable of a setting."""
    alias = field.validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"DIGEST_{name.upper()}"


if __name__ == "__main__":
    COMMANDS.write_text(documentation(), encoding="utf-8")
