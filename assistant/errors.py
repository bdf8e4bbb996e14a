"""Everything that can go wrong in this room, and who erred.

AssistantError
├── QuestionError   the question, its filters or its conversation cannot be used
└── ModelError      the language model, its address or its settings; `kind` says which of `ModelFault`
"""

from __future__ import annotations

from enum import StrEnum


class AssistantError(Exception):
    """Base of this room's errors. The text says what was found, what was wanted and what to do."""


class QuestionError(AssistantError):
    """A question, filter or conversation cannot be used as it was given."""


class ModelFault(StrEnum):
    """What went wrong with a language model."""

    SETTINGS = "settings"  # DIGEST_LLM, or something it needs, is missing or wrong
    REFUSED = "refused"  # nothing listens there
    UNKNOWN_HOST = "unknown_host"  # the name does not resolve
    UNREACHABLE = "unreachable"  # no connection in time, or no secure one
    KEY = "key"  # 401, 403
    NO_MODEL = "no_model"  # 404
    BUSY = "busy"  # 429
    QUOTA = "quota"  # 429 that waiting does not mend
    SERVER = "server"  # 5xx, or an error event inside the stream
    REJECTED = "rejected"  # any other status
    NOT_AN_API = "not_an_api"  # a web page or a redirect where a stream was wanted
    GARBLED = "garbled"  # a stream that is not JSON, not UTF-8 or not of the wanted shape
    SLOW = "slow"  # no first token in time
    STALLED = "stalled"  # no next token in time
    OVERTIME = "overtime"  # not finished in time
    DROPPED = "dropped"  # the connection broke
    UNFINISHED = "unfinished"  # the stream ended without a reason for ending
    CUT = "cut"  # the model reached its limit of tokens
    FILTERED = "filtered"  # the provider withheld the rest
    EMPTY = "empty"  # finished without a word
    ENDLESS = "endless"  # more text than an answer may have
    PROMPT_TOO_LONG = "prompt_too_long"  # the prompt does not fit the model's context


class ModelError(AssistantError):
    """A language model gave no answer, or not a whole one.

    The text is `found` and `mend` in one; `found` names the model and its host, never a key. `retryable`: asking
    again may help. `retry_after` is what the server asked to wait, in seconds.
    """

    def __init__(
        self,
        found: str,
        mend: str,
        *,
        kind: ModelFault,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{found} {mend}")
        self.found = found
        self.mend = mend
        self.kind = kind
        self.retryable = retryable
        self.retry_after = retry_after
