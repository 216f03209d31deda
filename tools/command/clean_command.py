"""./lantern clean: removes what was built, and leaves results and the machine's setup."""

from __future__ import annotations

import argparse
import shutil

from tools.command.say import BUILD, file_error, info

SETUP = {"venv", "third_party", ".setup-done", ".setup-lock", "pycache"}


def run(options: argparse.Namespace) -> int:
    del options
    removed = 0
    try:
        for path in sorted(BUILD.iterdir()) if BUILD.is_dir() else []:
            if path.name in SETUP:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            removed += 1
    except OSError as error:
        raise file_error(error, f"removing {error.filename or 'build outputs'}") from error
    info(
        f"removed {removed} entries of build/; results and the setup stay."
        if removed
        else "nothing to remove."
    )
    return 0
