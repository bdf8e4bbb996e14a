"""The bridge: Chinese text made comparable with English text. What ships is in `model/`; `train` makes it."""
