"""Which dispatcher runs on which core: Perfetto's scheduling events out of dispatch.switch and dispatch.end.

The rule to keep: a thread said to run must be said to have stopped before anything says it runs again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import GenericKernelTaskStateEvent as TaskState

from trace.perfetto_sequence import Sequence
from trace.perfetto_tracks import Dispatcher

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
    dispatcher: int
    state: int


@dataclass
class CoreSchedule:
    """One core's changes, collected in order."""

    core: int
    changes: list[Change] = field(default_factory=list)
    running: int = 0
    """The dispatcher that is said to run, 0 if none is."""

    def _add(self, time: int, dispatcher: int, state: int) -> None:
        self.changes.append(Change(time, self.core, len(self.changes), dispatcher, state))

    def stop(self, time: int, state: int) -> None:
        if self.running:
            self._add(time, self.running, state)
            self.running = 0

    def switch(self, time: int, dispatcher: int, previous_runnable: bool) -> None:
        """A dispatcher that is switched to itself goes on running."""
        if dispatcher == self.running:
            return
        self.stop(time, RUNNABLE if previous_runnable else SLEEPING)
        if dispatcher:
            self._add(time, dispatcher, RUNNING)
            self.running = dispatcher

    def end(self, time: int, dispatcher: int) -> None:
        if dispatcher == self.running:
            self.stop(time, DEAD)
        elif dispatcher:
            self._add(time, dispatcher, DEAD)


def write_tree(sequence: Sequence, known: Mapping[int, Dispatcher]) -> None:
    """Names every process and thread before the first scheduling event."""
    packet = sequence.packet(0)
    tree = packet.generic_kernel_process_tree
    for pid, name in dict.fromkeys((d.pid, d.name) for d in known.values()):
        process = tree.processes.add()
        process.pid, process.cmdline = pid, name
    for dispatcher in known.values():
        thread = tree.threads.add()
        thread.tid, thread.pid, thread.comm = dispatcher.tid, dispatcher.pid, dispatcher.name
    sequence.write(packet)


def write_change(sequence: Sequence, change: Change, known: Mapping[int, Dispatcher], time_ns: int) -> None:
    dispatcher = known[change.dispatcher]
    packet = sequence.packet(time_ns)
    event = packet.generic_kernel_task_state_event
    event.cpu, event.tid, event.comm, event.state = change.core, dispatcher.tid, dispatcher.name, change.state
    event.prio = 0
    sequence.write(packet)
