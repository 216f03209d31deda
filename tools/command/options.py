"""The command line: subcommands and their options, of the types in option_types.py. Standard library only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from tools.command.option_types import (
    axis,
    names,
    numbers,
    percent,
    seconds,
    serial,
    trace_choice,
    variant,
    whole,
)

PLATFORMS = ("imx8mp", "virt")
MODES = ("icount", "realtime")
CPUS = ("cortex-a53", "cortex-a35", "cortex-a57", "cortex-a72")
CORES_DEFAULT = 4
SOAK_CORES = 4
CORES_LIMIT = {"imx8mp": 4, "virt": 16}
TEST_KINDS = ("unit", "system", "model", "fuzz")

COMMANDS = {
    "setup": "make this machine ready: packages, Python environment, third-party sources",
    "build": "build an image, with plain CMake underneath",
    "run": "boot to the shell on your terminal",
    "bench": "build, boot and run the bench suites; write results, trace and plots",
    "compare": "build and measure every value of an axis of build-time choice; tables and plots side by side",
    "soak": "let threads or domains use everything at random for long; see that nothing breaks or is lost",
    "test": "run the tests",
    "report": "one HTML page with the tables and plots of results folders",
    "trace": "check a trace, summarise it, and open it in the Perfetto UI",
    "clean": "remove what was built",
}
MENU = "\n".join(
    ["usage: ./lantern COMMAND [OPTION...]", ""]
    + [f"  {name:8}{text}" for name, text in COMMANDS.items()]
    + ["", "./lantern COMMAND --help tells a command's options."]
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}. See {self.prog} --help.", file=sys.stderr)
        sys.exit(2)


def _common(parser: Parser) -> None:
    parser.add_argument("--no-setup", action="store_true", help="skip the check of this machine")


def _target(parser: Parser, always_debug: bool = False) -> None:
    parser.add_argument("--platform", choices=PLATFORMS, default="imx8mp", help="default imx8mp")
    parser.add_argument(
        "--variant", type=variant, default={}, metavar="AXIS=VALUE,...", help="build-time strategies"
    )
    if always_debug:
        parser.set_defaults(debug=True)
    else:
        parser.add_argument("--debug", action="store_true", help="a debug build")


def _machine(
    parser: Parser, cores: int = CORES_DEFAULT, always_debug: bool = False, several: bool = False
) -> None:
    _target(parser, always_debug)
    if several:
        text = f"numbers of cores, all of which are compared; default {cores}"
        parser.add_argument("--smp", type=numbers(1, 16), metavar="N,...", help=text)
    else:
        parser.add_argument("--smp", type=whole(1, 16), metavar="N", help=f"cores; default {cores}")
    parser.set_defaults(default_cores=cores)
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="icount",
        help="icount: counts instructions, repeats exactly; realtime: a host thread a core; default icount",
    )
    parser.add_argument(
        "--serial", type=serial, metavar="DEVICE[:BAUD]", help="a board on this port instead of QEMU"
    )
    parser.add_argument("--cpu", choices=CPUS, default=None, help="virt only; default cortex-a53")
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=None,
        metavar="S",
        help="give up after S seconds of silence; default 120",
    )
    parser.add_argument("--append", default="", metavar="WORDS", help=argparse.SUPPRESS)


def _compare(parser: Parser) -> None:
    parser.epilog = (
        "Each combination of values is built once for its figures and once with tracing. A cell is one boot "
        "of such a build; what it gives is in DIR/cells. DIR also gets the plan (compare.json), plots and "
        "the report. A cell that is complete, of the same state of the tree and the same options, is not run "
        "again, so a comparison that was interrupted goes on where it stopped. The exit status is 0 only if "
        "every cell finished, 1 if one failed, 2 for a call that makes no sense. For example: ./lantern "
        "compare alloc; ./lantern compare alloc=buddy,rbtree lock --suite mm,locks --smp 1,2 --repeat 5."
    )
    parser.add_argument(
        "axes",
        nargs="*",
        type=axis,
        metavar="AXIS[=VALUE,...]",
        help="all values of the axis, or those named; of several all combinations; none prints the menu",
    )
    _machine(parser, several=True)
    parser.add_argument(
        "--suite",
        action="extend",
        type=names,
        default=[],
        dest="suites",
        metavar="SUITE,...",
        help="suites to run, may be repeated; default: those that the axes bear on",
    )
    parser.add_argument(
        "--out", type=Path, default=None, metavar="DIR", help="default results/compare/AXIS..."
    )
    parser.add_argument(
        "--repeat", type=whole(1, 1000), default=1, metavar="N", help="boots for the figures; default 1"
    )
    parser.add_argument(
        "--baseline",
        type=variant,
        default={},
        metavar="AXIS=VALUE,...",
        help="what the others are compared with; default: the defaults of the axes",
    )
    parser.add_argument(
        "--no-trace", action="store_false", dest="trace", help="leave out the boots with tracing"
    )
    parser.add_argument(
        "--jobs", type=whole(1, 1024), metavar="N", help="processors to use here; default: all there are"
    )
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="DIR",
        help="run the cells where the Snakemake profile in DIR says, such as on a cluster",
    )
    parser.add_argument("--again", action="store_true", help="run cells again that are complete")
    parser.add_argument(
        "--against",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="run nothing: tell what got worse since the results in the first DIR, in those of the second "
        "or in results/latest; both of a bench run or of a comparison; the exit status is 3 if anything did",
    )
    parser.add_argument(
        "--tolerance",
        type=percent,
        metavar="PERCENT",
        help="with --against: how much worse a row may be; default 2 in mode icount, 10 in realtime, "
        "5 on a board",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan with its time, and do nothing")


def _report(parser: Parser) -> None:
    parser.epilog = (
        "Folders of ./lantern bench and of ./lantern compare may be mixed. The page needs nothing beside "
        "it: it opens from disk and loads nothing. The plots are left in plots/ beside the page too, as PNG "
        "and SVG. For example: ./lantern report; ./lantern report results/compare/alloc --markdown."
    )
    parser.add_argument(
        "folders", nargs="*", type=Path, metavar="DIR", help="folders with results; default results/latest"
    )
    parser.add_argument("--markdown", action="store_true", help="write the same as Markdown too")
    parser.add_argument(
        "--pack",
        action="store_true",
        help="then pack every results.json into results.json.xz, for folders that a repository keeps",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        metavar="FILE",
        help="default DIR/report.html; of several folders results/report.html",
    )


def _soak(parser: Parser) -> None:
    parser.epilog = (
        "Always a debug build, in which the kernel checks its capabilities and the library its locks while "
        "the threads run. The console is left in DIR/console.log, the trace in DIR/trace.pftrace. In mode "
        "icount a run repeats exactly: the same seed, options and commit do the same. The exit status is 0 "
        "only if the soak passed. For example: ./lantern soak --famine --seed 7 --variant lock=two_level. "
        "With --domains so many domains ask all services at random, compare every answer with what it must "
        "be, and some are killed at random: ./lantern soak --domains --millions 200. With --processes so "
        "many processes come and go, a third of them killed: ./lantern soak --processes 20000. With --cores "
        f"every core calls every other one; --smp is {SOAK_CORES} then if it is not given."
    )
    parser.add_argument(
        "--seed", type=whole(0, 2**32 - 1), default=1, metavar="N", help="of the random choices; default 1"
    )
    parser.add_argument(
        "--millions",
        type=whole(10, 10**9),
        default=1000,
        metavar="N",
        help="how long: millions of instructions (of cycles, in other modes than icount); default 1000",
    )
    parser.add_argument(
        "--famine", action="store_true", help="use up all memory every thousand actions of the threads"
    )
    parser.add_argument(
        "--domains",
        type=whole(1, 128),
        nargs="?",
        const=64,
        default=0,
        metavar="N",
        help="so many domains, instead of the threads of one; without N 64",
    )
    parser.add_argument(
        "--processes",
        type=whole(1, 10**6),
        nargs="?",
        const=20000,
        default=0,
        metavar="N",
        help="so many processes one after the other, however long it takes; without N 20000",
    )
    parser.add_argument(
        "--cores",
        type=whole(1, 10**7),
        nargs="?",
        const=100000,
        default=0,
        metavar="N",
        help="so many calls from every core to every core while domains die; without N 100000",
    )
    parser.add_argument(
        "--slice-us",
        type=whole(10, 10**6),
        metavar="N",
        help="time slices of so many microseconds; default 47, with --domains 1000, with --processes 300",
    )
    parser.add_argument("--trace", action="store_true", help="record a trace too")
    _machine(parser, cores=1, always_debug=True)
    parser.add_argument(
        "--out", type=Path, default=Path("results/soak"), metavar="DIR", help="default results/soak"
    )


def build_parser(command: str) -> Parser:
    parser = Parser(
        prog=f"./lantern {command}",
        description=f"{COMMANDS[command][0].upper()}{COMMANDS[command][1:]}.",
        allow_abbrev=False,
    )
    _common(parser)
    if command == "setup":
        parser.add_argument("--packages", action="store_true", help="only the Debian packages (needs root)")
    elif command == "build":
        _target(parser)
        parser.add_argument(
            "--trace",
            type=trace_choice,
            default="none",
            metavar="SUBSYSTEMS",
            help="all, none, or lmp,cap,...",
        )
    elif command == "run":
        _machine(parser)
    elif command == "bench":
        parser.add_argument("suites", nargs="*", metavar="SUITE", help="default: all")
        _machine(parser)
        parser.add_argument(
            "--out", type=Path, default=Path("results/latest"), metavar="DIR", help="default results/latest"
        )
        parser.add_argument(
            "--repeat", type=whole(1, 1000), default=1, metavar="N", help="plain boots; default 1"
        )
    elif command == "compare":
        _compare(parser)
    elif command == "report":
        _report(parser)
    elif command == "soak":
        _soak(parser)
    elif command == "test":
        parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(TEST_KINDS)}; default all")
    elif command == "trace":
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="a trace, such as results/latest/trace.pftrace"
        )
        parser.add_argument(
            "--open",
            action=argparse.BooleanOptionalAction,
            default=None,
            help="serve it to the Perfetto UI; default: if this is a terminal",
        )
    return parser


def common_words(options: argparse.Namespace) -> list[str]:
    """The options of a machine as one would type them, without those that are default anyway."""
    defaults = build_parser(options.command).parse_args([])
    words = []
    for name in ("platform", "smp", "mode", "cpu", "repeat"):
        if not hasattr(options, name):
            continue
        value = getattr(options, name)
        default = {"smp": defaults.default_cores, "cpu": CPUS[0]}.get(name, getattr(defaults, name))
        shown = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        if shown != str(default):
            words.append(f"--{name} {shown}")
    if options.variant:
        words.append("--variant " + ",".join(f"{axis}={value}" for axis, value in options.variant.items()))
    if options.debug and not defaults.debug:
        words.append("--debug")
    if options.serial:
        words.append(f"--serial {options.serial[0]}:{options.serial[1]}")
    return words


def parse(argv: list[str]) -> argparse.Namespace:
    """The options of a call; help and mistakes end the process as users expect."""
    if argv and argv[0] in ("-h", "--help", "help"):
        print(MENU)
        sys.exit(0)
    if not argv or argv[0] not in COMMANDS:
        if argv:
            print(f"./lantern: there is no command {argv[0]!r}.", file=sys.stderr)
        print(MENU, file=sys.stderr)
        sys.exit(2)
    parser = build_parser(argv[0])
    options = parser.parse_args(argv[1:])
    options.command = argv[0]
    _check(parser, options)
    return options


def _check(parser: Parser, options: argparse.Namespace) -> None:
    """Rules that join several options, and defaults that depend on others."""
    if options.command in ("run", "bench", "compare", "soak"):
        if options.cpu and options.platform != "virt":
            parser.error("--cpu can be chosen for --platform virt only")
        limit = CORES_LIMIT[options.platform]
        if options.command == "soak" and options.cores:
            options.default_cores = SOAK_CORES
            if options.smp == 1:
                parser.error("--cores needs more than one: --smp 2 or more")
        several = options.command == "compare"
        most = max(options.smp or [1]) if several else options.smp or 1
        if most > limit:
            parser.error(f"--smp {most} is too much: {options.platform} has up to {limit} cores")
        options.smp = options.smp or ([options.default_cores] if several else options.default_cores)
        options.cpu = options.cpu or CPUS[0]
        if options.serial and options.platform != "imx8mp":
            parser.error("--serial means an imx8mp board, not --platform virt")
    if options.command in ("bench", "compare"):
        for suite in options.suites:
            if not suite.replace("_", "").isalnum():
                parser.error(f"{suite!r} is not the name of a suite")
    if options.command == "compare":
        axes = [name for name, _ in options.axes]
        if options.against and (axes or len(options.against) > 2):
            parser.error("--against takes one or two folders, and no axes")
        if options.tolerance is not None and not options.against:
            parser.error("--tolerance goes with --against")
        for name in axes:
            if axes.count(name) > 1:
                parser.error(f"the axis {name} is given twice")
        options.out = options.out or Path("results/compare") / ("-".join(axes) or "cores")
        if options.serial and options.profile:
            parser.error("--serial is a board at this machine, so it does not go with --profile")
        if options.profile and not any(options.profile.glob("config*.y*ml")):
            parser.error(f"{options.profile} is no Snakemake profile: it has no config.yaml")
    if options.command == "test":
        for kind in options.kinds:
            if kind not in TEST_KINDS:
                parser.error(f"there is no kind of test {kind!r}; the kinds are {', '.join(TEST_KINDS)}")
