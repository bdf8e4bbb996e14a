"""A file that is no model, and a model without its runtime. What a real one does: `test_real_model.py`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from assistant.errors import ModelError, ModelFault
from assistant.llm import GgufModel
from assistant.load import load_model
from assistant.model import Message
from assistant.settings import AssistantSettings

QUESTION = [Message("user", "Say hello.")]


async def test_a_file_that_is_no_model_is_told(tmp_path: Path):
    pytest.importorskip("xllamacpp")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(100))
    model = load_model(AssistantSettings(llm=f"gguf:{tmp_path / 'broken.gguf'}"))
    assert model is not None
    with pytest.raises(ModelError, match="broken.gguf") as raised:
        await anext(model.stream(QUESTION))
    assert raised.value.kind is ModelFault.SETTINGS


def test_a_key_of_its_own_is_no_key_that_anybody_sets(tmp_path: Path):
    (tmp_path / "model.gguf").touch()
    model = load_model(AssistantSettings(llm=f"gguf:{tmp_path / 'model.gguf'}"))
    assert isinstance(model, GgufModel)
    assert model.error(ModelFault.KEY, "401").mend == "Start this program again: its key is made anew each time."


@pytest.mark.skipif(find_spec("xllamacpp") is not None, reason="xllamacpp is installed")
async def test_without_its_runtime_the_command_that_installs_it_is_told(tmp_path: Path):
    (tmp_path / "model.gguf").touch()
    model = load_model(AssistantSettings(llm=f"gguf:{tmp_path / 'model.gguf'}"))
    assert model is not None
    with pytest.raises(ModelError, match="pip install"):
        await anext(model.stream(QUESTION))
