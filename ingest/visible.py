"""Text without what nobody sees: in a stranger's text, such characters hide orders or put others' in their place."""

from __future__ import annotations

import re

# Of Unicode's categories Cc, Cf and Cs, fillers, variation selectors and tags. Emoji lose their colour, nothing else.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_OTHER_LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")


def visible(text: str) -> str:
    """`text` character by character, without those that show nothing, turn the line round or drive a terminal.

    Tabs and line ends stay, those that only some programs take for line ends become blanks.
    """
    return _UNSEEN.sub("", _OTHER_LINE_ENDS.sub(" ", text))
