"""The command `digest`, the web chat and the doors for programs."""
