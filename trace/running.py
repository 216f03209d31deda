"""Which dispatcher runs on a core, and which thread of it, as far as the records tell.

dispatch.switch says which dispatcher, threads.switch which of its threads. A dispatcher that has never
switched runs its main thread. A loss takes all of that away until the next switch of each kind; but where the
image records no switches between threads, none can have been lost.
"""

from __future__ import annotations

from collections.abc import Mapping

from trace.declaration import Declaration

SWITCH = "threads.switch"
NO_THREAD = 0
"""The dispatcher itself: it sleeps, or chooses a thread in its upcall."""
MAIN_THREAD = 1
THREAD_NOT_KNOWN = -1


def records_threads(declaration: Declaration, hello: Mapping[str, str]) -> bool:
    """Whether the image records switches between threads. One whose HELLO was lost may."""
    compiled_in = hello.get("trace", "all").split(",")
    return SWITCH in declaration and bool({"all", SWITCH.partition(".")[0]} & set(compiled_in))


class Running:
    """Follows one core."""

    def __init__(self, threads_recorded: bool) -> None:
        self.dispatcher: int | None = None
        """None if it is not known, 0 if the core is idle."""
        self._threads_recorded = threads_recorded
        self._threads: dict[int, int] = {}
        self._otherwise = MAIN_THREAD

    def thread(self, dispatcher: int) -> int:
        """The current thread of a dispatcher of this core: its number, NO_THREAD or THREAD_NOT_KNOWN."""
        return self._threads.get(dispatcher, self._otherwise)

    def lost(self) -> None:
        self.dispatcher = None
        if self._threads_recorded:
            self._threads.clear()
            self._otherwise = THREAD_NOT_KNOWN

    def switch_dispatcher(self, dispatcher: int) -> None:
        self.dispatcher = dispatcher

    def switch_thread(self, to: int) -> None:
        """The dispatcher that runs goes to another thread."""
        if self.dispatcher:
            self._threads[self.dispatcher] = to

    def end(self, dispatcher: int) -> None:
        self._threads.pop(dispatcher, None)
