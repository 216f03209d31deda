"""The kinds of soak: threads of one domain, domains that share the services, processes that come and go,
cores that call each other."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

_ACTIONS = re.compile(r"soak: (\d+) actions, (\d+) refused, (\d+) famines")
_CALLS = re.compile(r"soak: (\d+) calls, (\d+) processes, (\d+) killed, (\d+) ended by themselves")
_CAME = re.compile(r"processes: (\d+) came and went")
_COST = re.compile(r"processes: (first|last): to_main=(\d+) to_start=\d+ to_end=(\d+)")
_ACROSS = re.compile(
    r"soak: (\d+) calls across cores, (\d+) killed, (\d+) ended by themselves, (\d+) services killed"
)
_LINE = re.compile(r"swarm member (\d+), process (\d+): line (\d+)\.")


class Threads:
    """Eight threads of one domain."""

    domain = "soak"
    slice_us = 47
    traced = "dispatch,threads,sync,paging,mm"
    """What the picture is made of; without `dispatch` nobody knows whose events they are."""

    def words(self, options: argparse.Namespace) -> str:
        how = "famine" if options.famine else "plenty"
        return f"test=soak seed={options.seed} calls={options.millions} check=1 how={how}"

    def told(self, console: str) -> list[str]:
        found = _ACTIONS.search(console)
        if not found:
            return []
        famines = f", of which {found[2]} were refused for want of memory; famines: {found[3]}"
        return [f"actions: {found[1]}" + (famines if int(found[3]) else "")]

    def complaints(self, console: str) -> list[str]:
        return []


class Domains:
    """Many domains that ask every service, some of which are killed."""

    domain = "swarm"
    slice_us = 1000
    traced = "dispatch,rpc"

    def words(self, options: argparse.Namespace) -> str:
        return f"test=swarm services=1 seed={options.seed} calls={options.millions} how={options.domains}"

    def told(self, console: str) -> list[str]:
        found = _CALLS.search(console)
        if not found:
            return []
        lines = len(_LINE.findall(console))
        return [
            f"calls: {found[1]}, all answered rightly; lines on the console: {lines}",
            f"processes: {found[2]}, of which {found[3]} were killed and {found[4]} ended by themselves",
        ]

    def complaints(self, console: str) -> list[str]:
        """What is wrong with the lines that domains wrote: all are whole, none is missing or comes twice."""
        last: dict[str, int] = {}
        found = []
        for line in console.splitlines():
            if "swarm member" not in line:
                continue
            match = _LINE.fullmatch(line.strip())
            if not match:
                found.append(f"A line of a member is not whole: {line.strip()!r}.")
                continue
            expected = last.get(match[2], 0) + 1
            if int(match[3]) != expected:
                found.append(f"Process {match[2]} wrote line {match[3]} where line {expected} was to come.")
            last[match[2]] = int(match[3])
        return found


class Processes:
    """Processes that come and go in a row: they return, exit, fault, spin or sleep; a third are killed."""

    domain = "processes"
    slice_us = 300
    traced = "dispatch,rpc,spawn"
    dearer = 1.05
    """The last costs at most so much more than the first."""

    def words(self, options: argparse.Namespace) -> str:
        return f"test=processes services=1 how=churn seed={options.seed} calls={options.processes}"

    def told(self, console: str) -> list[str]:
        found = _CAME.search(console)
        if not found:
            return []
        costs = [
            f"the {which}: {main} to its main, {end} to the end of waiting for it"
            for which, main, end in _COST.findall(console)
        ]
        return [f"processes: {found[1]}; nothing is left of them", *costs]

    def complaints(self, console: str) -> list[str]:
        costs = {which: (int(main), int(end)) for which, main, end in _COST.findall(console)}
        if set(costs) != {"first", "last"}:
            return []  # it came to no end, which is complaint enough
        parts = zip(("its main", "its end"), costs["first"], costs["last"], strict=True)
        return [
            f"The last process cost {last} to {part}, and the first {first}."
            for part, first, last in parts
            if last > self.dearer * first
        ]


class Cores:
    """Every core calls every core, while clients and services are killed."""

    domain = "crosscalls"
    slice_us = 10000
    traced = "dispatch,rpc"

    def words(self, options: argparse.Namespace) -> str:
        return f"test=crosscalls services=1 seed={options.seed} calls={options.cores}"

    def told(self, console: str) -> list[str]:
        found = _ACROSS.search(console)
        if not found:
            return []
        return [
            f"calls: {found[1]}, all answered rightly or with an error; nothing is left of them",
            f"clients: {found[2]} were killed, {found[3]} ended by themselves; killed services: {found[4]}",
        ]

    def complaints(self, console: str) -> list[str]:
        return []


Kind = Threads | Domains | Processes | Cores


def kind_of(options: argparse.Namespace) -> Kind:
    if options.cores:
        return Cores()
    if options.processes:
        return Processes()
    return Domains() if options.domains else Threads()


def repeat_words(options: argparse.Namespace) -> Sequence[str]:
    """The options that choose the kind, for the call that does the same again."""
    words = [f"--domains {options.domains}"] if options.domains else []
    words += [f"--processes {options.processes}"] if options.processes else []
    words += [f"--cores {options.cores}"] if options.cores else []
    return words + (["--famine"] if options.famine else [])
