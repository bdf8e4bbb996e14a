"""What a newcomer meets first says the same everywhere, and the scripts are at least scripts."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("name", ["README.md", "Dockerfile"])
def test_the_release_of_torch_that_is_named_is_the_one_that_is_wanted(name: str) -> None:
    wanted = {dependency for dependency in PROJECT["dependencies"] if dependency.startswith("torch==")}
    assert set(re.findall(r"torch==[\d.]+", (ROOT / name).read_text(encoding="utf-8"))) == wanted


def test_make_installs_the_release_of_torch_that_is_wanted_before_all_else(tmp_path: Path) -> None:
    planned = subprocess.check_output(["make", "-n", "chat", f"VENV={tmp_path / 'venv'}"], cwd=ROOT, text=True)
    installs = re.findall(r"install (?:--upgrade )?(\S+(?: \.)?)$", planned, re.MULTILINE)
    assert installs == ["'pip>=25.1'", *(f"'{d}'" for d in PROJECT["dependencies"] if d.startswith("torch==")), "-e ."]


def test_the_command_tells_its_version() -> None:
    told = subprocess.check_output([sys.executable, "-m", "ui", "--version"], cwd=ROOT, text=True)
    assert told == f"digest, version {PROJECT['version']}\n"


@pytest.mark.parametrize("script", [".ci/run", ".ci/browser"])
def test_the_scripts_can_be_read_and_run(script: str) -> None:
    subprocess.run(["bash", "-n", script], cwd=ROOT, check=True)
    assert (ROOT / script).stat().st_mode & 0o111


def test_each_file_that_the_readme_links_to_is_there() -> None:
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert [path for path in linked if not (ROOT / path).exists()] == []


def test_make_finds_out_that_python_is_too_old(tmp_path: Path) -> None:
    old = tmp_path / "python2"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 2.7.18\nexit 1\n')
    old.chmod(0o755)
    made = subprocess.run(
        ["make", "chat", f"VENV={tmp_path / 'venv'}", f"PYTHON={old}"], cwd=ROOT, capture_output=True, text=True
    )
    assert made.returncode == 2
    assert "Python 3.11 or newer is needed" in made.stderr
    assert not (tmp_path / "venv").exists()
