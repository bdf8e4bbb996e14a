"""One scorer a file. Each takes a question and what was answered, and gives a `Score` with its reason."""
