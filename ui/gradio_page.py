"""Gradio's blocks, at a tenth of what an update of a page with many outputs would cost."""

from __future__ import annotations

from copy import copy
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.state_holder import SessionState


class Page(gr.Blocks):
    """Blocks that leave alone what a handler's update leaves out: Gradio makes a new component of each such output."""

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        if not isinstance(predictions, dict) or not set(predictions) <= set(block_fn.outputs):
            return await super().postprocess_data(block_fn, predictions, state)
        given = copy(block_fn)
        given.outputs = [block for block in block_fn.outputs if block in predictions]
        made = iter(await super().postprocess_data(given, predictions, state) if given.outputs else ())
        return [next(made) if block in predictions else gr.skip() for block in block_fn.outputs]
