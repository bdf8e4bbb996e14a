"""The settings of this room, read once at the edge and passed on as arguments."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr

from ingest.settings import RoomSettings

PROMPT_TOKENS = 6000
# Some 950 tokens, read in a quarter of a minute by two CPU threads: a GGUF file's are counted, those of tokenizers that
# nobody knows are estimated at half more than there are.
LOCAL_PROMPT_TOKENS = {"ollama": 1400, "gguf": 950}


def _either(variable: str) -> AliasChoices:
    """A variable that other tools read too, so that it has no DIGEST_ in front."""
    return AliasChoices(variable, variable.lower())


class AssistantSettings(RoomSettings):
    """The language model: which one, where, and how many tokens and seconds it has."""

    llm: str = Field(
        default="none",
        description="Language model: none, openai:NAME, openai-compatible[:NAME], ollama[:NAME], gguf:PATH or "
        'llama-index:package.module.Class{"argument": "value"}.',
    )
    openai_api_key: SecretStr | None = Field(
        default=None, validation_alias=_either("OPENAI_API_KEY"), description="Key for openai and openai-compatible."
    )
    openai_base_url: str | None = Field(
        default=None,
        validation_alias=_either("OPENAI_BASE_URL"),
        description="Address of an OpenAI-compatible server, such as http://127.0.0.1:8080/v1.",
    )
    ollama_host: str = Field(
        default="http://127.0.0.1:11434",
        validation_alias=_either("OLLAMA_HOST"),
        description="Address of Ollama, with or without http:// and port.",
    )
    context_tokens: int | None = Field(
        default=None,
        gt=0,
        description="Tokens of the model's own tokenizer that prompt and answer may have together. Unset: 4096 for "
        "Ollama and gguf, else what the model is known for.",
    )
    prompt_tokens: int | None = Field(
        default=None,
        gt=0,
        description="Tokens a prompt may have; less if the context is less. Unset: 1400 for Ollama and 950 for gguf, "
        "which without a GPU read some 70 in a second, else 6000.",
    )
    answer_tokens: int = Field(default=800, gt=0, description="Tokens an answer may have.")
    connect_seconds: float = Field(default=5.0, gt=0, description="Seconds a connection may take.")
    first_token_seconds: float = Field(
        default=90.0, gt=0, description="Seconds to the first token, one retry and the loading of a model included."
    )
    between_tokens_seconds: float = Field(default=20.0, gt=0, description="Seconds between two tokens.")
    answer_seconds: float = Field(default=180.0, gt=0, description="Seconds a whole answer may take.")
    rewrite_seconds: float = Field(
        default=4.0,
        ge=0,
        description="Seconds the model may take, where little was found, to put the question into the other language, "
        "so that papers in it are found too. 0: the question is not rewritten.",
    )
    judge_seconds: float = Field(
        default=6.0,
        ge=0,
        description="Seconds the model may take to judge which borderline papers belong in a survey, in one call. "
        "0: they are not judged.",
    )
    repair_seconds: float = Field(
        default=0.0,
        ge=0,
        description="Seconds the model may take, after its answer, to mend sentences that no source supports. "
        "0: they are only marked.",
    )
    retry_after_seconds: float = Field(
        default=10.0,
        ge=0,
        description="Seconds a busy server may ask to wait; when it asks for more, there is no retry.",
    )

    def prompt_budget(self, context_tokens: int) -> int:
        """Tokens a prompt may have for a model whose prompt and answer may have `context_tokens` together."""
        kind = self.llm.strip().partition(":")[0]
        wanted = self.prompt_tokens or LOCAL_PROMPT_TOKENS.get(kind, PROMPT_TOKENS)
        return min(wanted, context_tokens - self.answer_tokens)
