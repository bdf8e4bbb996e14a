"""`python -m assistant QUESTION`: asks the library one question and prints the answer's Markdown."""

from __future__ import annotations

import asyncio
import sys

from assistant.chat import Assistant
from assistant.errors import AssistantError
from assistant.load import load_model
from assistant.settings import AssistantSettings
from ingest.errors import IngestError
from ingest.library import open_library
from ingest.settings import IngestSettings

USAGE = "usage: python -m assistant QUESTION"


def main(arguments: list[str]) -> int:
    """Exit status: 0, 1 for a known error, 2 for wrong usage."""
    if len(arguments) != 1:
        print(USAGE, file=sys.stderr)
        return 2
    settings = AssistantSettings()
    try:
        with open_library(IngestSettings()) as library:
            answer = asyncio.run(Assistant(library, load_model(settings), settings).answer(arguments[0]))
    except (IngestError, AssistantError) as error:
        print(error, file=sys.stderr)
        return 1
    print(answer.text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
