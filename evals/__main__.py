"""`python -m evals`."""

from evals.command import evals

if __name__ == "__main__":
    evals(prog_name="python -m evals")
