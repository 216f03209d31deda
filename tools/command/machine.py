"""Boots an image and collects everything it says. `./lantern bench` and `run` and the system tests use this.

A system test calls `boot("imx8mp", "mode=bench suites=lmp", smp=1)` and looks at the Run it gets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from tools.command import qemu, symbols
from tools.command.build import Configuration, Image, build
from tools.command.qemu import Target
from tools.command.wire import QemuWire, SerialWire, Wire
from trace.benches import BenchRow
from trace.declaration import Declaration, load
from trace.items import Item, Text
from trace.recording import Recording

IDLE_SECONDS = 0.03
"""Quiet for so long, text that has come is shown although more may follow."""
PANIC_SECONDS = 3.0
"""How long a machine may still talk after its panic."""
OFF_SECONDS = 10.0
"""How long QEMU may take to end after the END frame."""
STEP_SECONDS = 0.05


class Ending(Enum):
    END = "the machine sent its END frame"
    PANIC = "the kernel panicked"
    NO_END = "the machine stopped before its END frame"
    SILENT = "the machine fell silent"
    LIMIT = "the run took longer than it may"
    UNTIL = "the awaited text came"
    INPUT = "the input was over"


@dataclass
class Run:
    """One boot that is over."""

    recording: Recording = field(repr=False)
    image: Image | None = field(repr=False)
    command: list[str] = field(repr=False)
    ending: Ending = Ending.NO_END
    qemu_status: int | None = None
    complaint: str = ""
    seconds: float = 0.0
    timeout: float = 0.0
    raw: bytearray = field(default_factory=bytearray, repr=False)

    @property
    def console(self) -> str:
        """The console text, with line ends as on this machine."""
        return self.recording.console.replace("\r\n", "\n").replace("\r", "")

    @property
    def annotated_console(self) -> str:
        return symbols.annotate(self.image, self.console)

    @property
    def benches(self) -> list[BenchRow]:
        return list(self.recording.benches.rows.values())

    @property
    def status(self) -> int | None:
        """The END frame's status; 0 is good, None is no END frame."""
        return self.recording.end.status if self.recording.end else None

    @property
    def ok(self) -> bool:
        if self.ending is Ending.UNTIL:
            return True
        return self.ending is Ending.END and self.status == 0

    @property
    def last_line(self) -> str:
        lines = [line for line in self.console.splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""

    @property
    def why(self) -> str:
        """One sentence on what went wrong, with what was last seen; "" if nothing did."""
        if self.ok:
            return ""
        if self.ending is Ending.END:
            return f"The machine ended with status {self.status}{self._last_seen()}."
        if self.ending is Ending.PANIC and self.recording.panic:
            panic = self.recording.panic
            core = panic.values.get("core", panic.core)
            return f"The kernel panicked on core {core}: {panic.values.get('reason', 'no reason given')}."
        if self.ending is Ending.SILENT:
            return f"The machine said nothing for {self.timeout:g} seconds{self._last_seen()}."
        if self.ending is Ending.LIMIT:
            return f"The run took longer than it may, {self.seconds:.0f} seconds{self._last_seen()}."
        how = "stopped"
        if self.qemu_status is not None:
            how = f"ended with status {self.qemu_status}"
            if self.qemu_status < 0:
                how = f"was killed by signal {-self.qemu_status}"
            how = f"QEMU {how}"
        else:
            how = "The machine stopped"
        said = f" ({self.complaint})" if self.complaint else ""
        return f"{how} before the END frame{said}{self._last_seen()}."

    @property
    def short_why(self) -> str:
        """Why a bench that has no end has none."""
        if self.ending is Ending.PANIC and self.recording.panic:
            return f"the kernel panicked: {self.recording.panic.values.get('reason', 'no reason given')}"
        return "its end frame never came" if self.ending is Ending.END else self.ending.value

    def _last_seen(self) -> str:
        current = self.recording.benches.current
        bench = f" in bench {current.label}" if current else ""
        if not self.last_line:
            return f"{bench}; it had said nothing"
        return f"{bench}; the last it said was: {self.last_line}"


Watch = Callable[[list[Item]], None]


def boot(
    platform: str = "imx8mp",
    append: str = "mode=bench suites=all",
    smp: int = 1,
    trace: str = "none",
    timeout: float = 120.0,
    *,
    mode: str = "icount",
    cpu: str = "cortex-a53",
    variant: Mapping[str, str] | None = None,
    debug: bool = False,
    limit: float | None = None,
    script: Sequence[tuple[str, str]] = (),
    until: str | None = None,
    extra: Sequence[str] = (),
    watch: Watch | None = None,
) -> Run:
    """Builds what is needed and boots it on QEMU; for system tests.

    `timeout` is the silence in seconds after which the run is given up, `limit` the whole time it may take.
    For each (text, answer) of `script`, in order, `answer` is typed once `text` has come. `until` ends the
    run when that text has come (after the script). `extra` are further QEMU options.
    """
    image = build(Configuration(platform, trace, debug, variant or {}))
    target = Target(platform, smp, mode, cpu, extra)
    return boot_image(
        image, target, append, timeout=timeout, limit=limit, script=script, until=until, watch=watch
    )


def boot_image(
    image: Image,
    target: Target,
    append: str,
    *,
    timeout: float,
    first_timeout: float | None = None,
    limit: float | None = None,
    script: Sequence[tuple[str, str]] = (),
    until: str | None = None,
    watch: Watch | None = None,
    keyboard: Keyboard | None = None,
    declaration: Declaration | None = None,
) -> Run:
    """Boots an image that is there; `first_timeout` is how long its first frame may take, else `timeout`."""
    argv = qemu.command(target, image, append)
    wire = QemuWire(argv)
    session = Session(wire, Run(Recording(declaration or load()), image, argv, timeout=timeout))
    session.configure(
        limit=limit,
        script=script,
        until=until,
        watch=watch,
        keyboard=keyboard,
        first_timeout=first_timeout,
    )
    return session.talk()


def boot_board(
    device: str,
    baud: int,
    image: Image | None,
    *,
    timeout: float,
    first_timeout: float,
    watch: Watch | None = None,
    keyboard: Keyboard | None = None,
) -> Run:
    """Listens to a board that the user starts; `first_timeout` is how long its first frame may take."""
    wire, command = SerialWire(device, baud), [device, str(baud)]
    return follow_board(
        wire, image, command, timeout=timeout, first_timeout=first_timeout, watch=watch, keyboard=keyboard
    )


def follow_board(
    wire: SerialWire,
    image: Image | None,
    command: list[str],
    *,
    timeout: float,
    first_timeout: float | None = None,
    watch: Watch | None = None,
    keyboard: Keyboard | None = None,
) -> Run:
    """Listens to a board on a port that is open; closes it in the end."""
    recording = Recording(load(), restartable=True)
    session = Session(wire, Run(recording, image, command, timeout=timeout))
    session.configure(watch=watch, keyboard=keyboard, first_timeout=first_timeout)
    return session.talk()


class Keyboard:
    """Where a person's input comes from. `read` gives None when it is over."""

    fd: int

    def read(self) -> bytes | None:
        raise NotImplementedError


class Session:
    """The conversation with one machine."""

    def __init__(self, wire: Wire, run: Run) -> None:
        self._wire = wire
        self._run = run
        self.configure()

    def configure(
        self,
        limit: float | None = None,
        script: Sequence[tuple[str, str]] = (),
        until: str | None = None,
        watch: Watch | None = None,
        keyboard: Keyboard | None = None,
        first_timeout: float | None = None,
    ) -> None:
        self._limit = limit
        self._script = list(script)
        self._until = until
        self._watch = watch
        self._keyboard = keyboard
        self._first_timeout = first_timeout or self._run.timeout
        self._input_over = False
        self._fresh_text = ""

    def talk(self) -> Run:
        """Runs to the end, whatever it is; the machine is gone afterwards."""
        run = self._run
        begun = time.monotonic()
        try:
            run.ending = self._listen(begun)
        finally:
            if isinstance(self._wire, QemuWire):
                run.qemu_status = self._wire.close(1.0 if run.ending is not Ending.UNTIL else 0.0)
                run.complaint = self._wire.complaint
            else:
                self._wire.close()
            run.seconds = time.monotonic() - begun
        self._give(run.recording.finish(run.short_why))
        return run

    def _give(self, items: list[Item]) -> None:
        if items and self._watch:
            self._watch(items)
        for item in items:
            if isinstance(item, Text):
                self._fresh_text += item.text

    def _listen(self, begun: float) -> Ending:
        run, recording = self._run, self._run.recording
        heard = time.monotonic()
        idle_told = True
        panicked: float | None = None
        ended: float | None = None
        while True:
            keyboard = [self._keyboard.fd] if self._keyboard and not self._input_over else []
            data, ready = self._wire.read(IDLE_SECONDS if not idle_told else STEP_SECONDS, keyboard)
            now = time.monotonic()
            if ready:
                self._type()
            if data is None:
                return self._stopped()
            if data:
                run.raw += data
                self._give(recording.feed(data))
                heard, idle_told = now, False
            elif not idle_told and now - heard >= IDLE_SECONDS:
                self._give(recording.idle())
                idle_told = True
            if recording.end:
                ended = ended or now
                if now - ended > (OFF_SECONDS if self._wire.ends_by_itself else 4 * STEP_SECONDS):
                    return Ending.END
                continue
            if self._converse():
                return Ending.UNTIL
            if recording.panic and panicked is None:
                panicked = now
            if panicked is not None and (now - heard > PANIC_SECONDS or now - panicked > 2 * PANIC_SECONDS):
                return Ending.PANIC
            if self._limit is not None and now - begun > self._limit:
                run.seconds = now - begun
                return Ending.LIMIT
            if now - heard > self._patience():
                return Ending.INPUT if self._input_over else Ending.SILENT

    def _stopped(self) -> Ending:
        """The wire has closed."""
        recording = self._run.recording
        self._give(recording.idle())
        if recording.end:
            return Ending.END
        return Ending.PANIC if recording.panic else Ending.NO_END

    def _patience(self) -> float:
        """How long the machine may be silent now."""
        if self._keyboard:
            if self._input_over:
                return min(self._run.timeout, 5.0)
            return float("inf") if self._run.raw else self._first_timeout
        return self._run.timeout if self._run.recording.report.frames else self._first_timeout

    def _type(self) -> None:
        assert self._keyboard is not None
        data = self._keyboard.read()
        if data is None:
            self._input_over = True
        elif data:
            self._wire.write(data)

    def _converse(self) -> bool:
        """Plays the script; True once `until` has come."""
        while self._script and self._script[0][0] in self._fresh_text:
            text, answer = self._script.pop(0)
            self._fresh_text = self._fresh_text.partition(text)[2]
            self._wire.write(answer.encode())
        if not self._script and self._until is not None and self._until in self._fresh_text:
            return True
        # Only the newest text can still hold what is waited for; the console keeps all of it.
        self._fresh_text = self._fresh_text[-(1 << 16) :]
        return False
