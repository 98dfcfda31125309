"""`python -m zot`, and the console script."""

import sys


def main() -> None:
    """Run the command line; `--version` is answered before anything is imported."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from zot import __version__

        sys.stdout.write(f"zot {__version__}\n")
        return
    if arguments in (["--list-models"], ["models"]) and not sys.stdout.isatty():
        from zot.app.listing import write_shipped

        if write_shipped(sys.stdout):
            return
    try:
        from zot.entrypoints.cli.main import main as run

        status = run(arguments)
    except KeyboardInterrupt:  # while it was still being loaded
        status = 130
    leave(status)


def leave(status: int) -> None:
    """End the process without tearing the interpreter down: that costs a sixth of a question."""
    import os

    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
