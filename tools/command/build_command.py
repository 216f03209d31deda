"""./lantern build"""

from __future__ import annotations

import argparse

from tools.command.build import Configuration, build
from tools.command.say import info, shown


def run(options: argparse.Namespace) -> int:
    image = build(Configuration(options.platform, options.trace, options.debug, options.variant))
    size = image.kernel.stat().st_size
    info(f"{shown(image.kernel)}: {size // 1024} KiB for {options.platform}")
    return 0
