"""Entry of ./lantern: parses, sets up, enters the virtual environment, makes every error a sentence."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import traceback
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from tools.command import options, setup  # noqa: E402
from tools.command.say import BUILD, UserError, file_error, note  # noqa: E402


def dispatch(chosen: argparse.Namespace) -> int:
    """Commands that need no Python package run at once; the others inside the virtual environment."""
    if chosen.command == "setup":
        setup.ensure(chosen.packages)
        return 0
    if chosen.command != "clean":
        if not chosen.no_setup:
            setup.ensure(for_tests=chosen.command == "test" and not setup.inside())
        if not setup.inside():
            setup.enter([str(Path(__file__)), *sys.argv[1:]])
    # Comparing folders that exist needs nothing of what makes and draws them.
    name = "against" if getattr(chosen, "against", None) else chosen.command
    module = importlib.import_module(f"tools.command.{name}_command")
    return module.run(chosen)


def main() -> int:
    # A shell without job control starts background commands with this signal ignored, and so would QEMU be.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = options.parse(sys.argv[1:])
    try:
        return dispatch(chosen)
    except UserError as error:
        note(str(error))
        return error.status
    except KeyboardInterrupt:
        note("interrupted.")
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        note(str(file_error(error, f"working on {error.filename}" if error.filename else "a file operation")))
        return 1
    except Exception as error:
        return _own_fault(error)


def _own_fault(error: Exception) -> int:
    """A fault of this program: the trace goes to a file, the user gets a sentence."""
    place = ""
    try:
        BUILD.mkdir(exist_ok=True)
        (BUILD / "lantern-fault.log").write_text(traceback.format_exc(), encoding="utf-8")
        place = " (build/lantern-fault.log has the details)"
    except OSError:
        pass
    note(f"this is a fault of ./lantern itself: {type(error).__name__}: {error}{place}.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
