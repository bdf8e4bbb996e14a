"""Question sets, predictions, scores, and a plain baseline to compare with."""
