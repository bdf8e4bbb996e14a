"""Everything that can go wrong in this room, and who erred.

EvalsError
├── FileFormatError   a question or prediction file cannot be read or written, or breaks the format
├── MismatchError     questions and predictions that do not belong together
└── BaselineError     the plain pipeline that is compared with cannot be run
"""

from __future__ import annotations


class EvalsError(Exception):
    """Base of this room's errors. The text says what was found, what was wanted and what to do."""


class FileFormatError(EvalsError):
    """A question or prediction file cannot be used; one line for every fault, each starting with `file:line:`."""


class MismatchError(EvalsError):
    """Predictions were given that do not answer the questions given."""


class BaselineError(EvalsError):
    """The llama-index baseline lacks a package or has nothing to read."""
