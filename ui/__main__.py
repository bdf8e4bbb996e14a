"""`python -m ui` is the command `digest`."""

from ui.command import main

if __name__ == "__main__":
    main()
