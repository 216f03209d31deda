"""Which thread runs on which core: Perfetto's scheduling events.

The rule to keep: a thread said to run must be said to have stopped before anything says it runs again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState

from trace.perfetto_sequence import Sequence
from trace.perfetto_tracks import Dispatcher, Thread

RUNNING = TaskState.TASK_STATE_RUNNING
RUNNABLE = TaskState.TASK_STATE_RUNNABLE
SLEEPING = TaskState.TASK_STATE_INTERRUPTIBLE_SLEEP
DEAD = TaskState.TASK_STATE_DEAD


@dataclass(frozen=True)
class Change:
    """One scheduling event; `order` keeps the order of changes at the same time."""

    time: int
    core: int
    order: int
    thread: Thread
    state: int


@dataclass
class CoreSchedule:
    """One core's changes, collected in order."""

    core: int
    changes: list[Change] = field(default_factory=list)
    running: Thread | None = None
    """The thread that is said to run."""
    _given_up: dict[int, int] = field(default_factory=dict)
    """By tid, where in `changes` a thread was left for another one of its dispatcher, and said runnable."""

    def _add(self, time: int, thread: Thread, state: int) -> None:
        self.changes.append(Change(time, self.core, len(self.changes), thread, state))

    def stop(self, time: int, state: int) -> None:
        if self.running:
            self._add(time, self.running, state)
            self.running = None

    def run(self, time: int, thread: Thread | None, previous: int) -> None:
        """Another thread runs, or none; `previous` is the state of the one before. The same one goes on."""
        if thread is self.running:
            return
        self.stop(time, previous)
        if thread:
            self._given_up.pop(thread.tid, None)
            self._add(time, thread, RUNNING)
            self.running = thread

    def give_up(self, time: int, thread: Thread, waits: bool) -> None:
        """The dispatcher goes on with another of its threads."""
        before = self.running
        self.run(time, thread, SLEEPING if waits else RUNNABLE)
        if before and before is not thread and not waits:
            self._given_up[before.tid] = len(self.changes) - 2

    def end(self, time: int, threads: Iterable[Thread]) -> None:
        """A dispatcher ends, with all its threads."""
        for thread in threads:
            if thread is self.running:
                self.stop(time, DEAD)
            else:
                self._add(time, thread, DEAD)

    def finish(self, time: int) -> None:
        """A thread that was left and never ran again is not called runnable: it may have ended or waited."""
        self.stop(time, RUNNABLE)
        for at in self._given_up.values():
            self.changes[at] = replace(self.changes[at], state=SLEEPING)


def write_tree(sequence: Sequence, known: Iterable[Dispatcher], threads: Iterable[Thread]) -> None:
    """Names every process and thread before the first scheduling event."""
    packet = sequence.packet(0)
    tree = packet.generic_kernel_process_tree
    for pid, name in dict.fromkeys((d.pid, d.name) for d in known):
        process = tree.processes.add()
        process.pid, process.cmdline = pid, name
    for thread in threads:
        entry = tree.threads.add()
        entry.tid, entry.pid, entry.comm = thread.tid, thread.dispatcher.pid, thread.name
    sequence.write(packet)


def write_change(sequence: Sequence, change: Change) -> None:
    packet = sequence.packet(change.time)
    event = packet.generic_kernel_task_state_event
    event.cpu, event.tid, event.comm = change.core, change.thread.tid, change.thread.name
    event.state, event.prio = change.state, 0
    sequence.write(packet)
