"""Decodes what the system sends over its console: frames, console text, and every loss between them.

The decoder is incremental and strict. It never uses a frame that does not pass its checksum, so that no event
is invented, and it reports each loss as an item at its place in the stream and in the counters of `report`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from trace import frames
from trace.declaration import Declaration
from trace.frames import Frame, FrameError, FrameType
from trace.items import (
    Bench,
    Clock,
    Damage,
    Domain,
    End,
    FramesLost,
    Hello,
    Item,
    Panic,
    Problem,
    Records,
    RecordsLost,
    Report,
    Restart,
    Samples,
    Text,
)

STREAM_VERSION = "1"
RING_FULL = "the ring was full"
# A chunk longer than this is cut: a wire that only sends noise must not fill the host's memory.
CHUNK_LIMIT = 1 << 20
_UNCLEAN = re.compile(rb"[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f]")


@dataclass
class _Core:
    """What is known of one core's record stream."""

    next_index: int = 0
    dropped: int = 0
    time: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """Where drops that were already reported stand: (index of the record behind them, count)."""


class Decoder:
    """`feed` bytes as they come; call `finish` once at the end. Items come in the order of the stream.

    `idle` may be called when the wire has been quiet for a while: it gives text that has come after the last
    frame, so that a prompt shows before the next frame ends it. A `restartable` decoder, for a wire that
    outlives the machine, takes a HELLO with number 0 as a new boot; else it is a duplicate.
    """

    def __init__(self, declaration: Declaration, restartable: bool = False) -> None:
        self._declaration = declaration
        self._restartable = restartable
        self._chunk = bytearray()
        self._shown = 0
        self._reset()

    def _reset(self) -> None:
        self.report = Report()
        self._next_sequence = 0
        self._cores: dict[int, _Core] = {}
        self._accepted: bool | None = None
        self._waiting: list[Frame] = []
        self._ended = False
        self._ring = 0

    def feed(self, data: bytes) -> list[Item]:
        self.report.bytes += len(data)
        items: list[Item] = []
        pieces = data.split(b"\0")
        for piece in pieces[:-1]:
            self._chunk += piece
            items += self._end_chunk()
        self._chunk += pieces[-1]
        if not self._may_be_frame():
            items += self._show()
        if len(self._chunk) > CHUNK_LIMIT:
            if len(self._chunk) - self._shown < 4:
                # Long clean text; what is left is at most the beginning of one character.
                del self._chunk[: self._shown]
                self._shown = 0
            else:
                items += self._end_chunk()
        return items

    def idle(self) -> list[Item]:
        return self._show()

    def finish(self) -> list[Item]:
        items = self._end_chunk()
        if self._waiting:
            items.append(self._problem("No HELLO frame arrived: the trace records cannot be decoded."))
            items += self._flush_waiting()
        for number, core in sorted(self._cores.items()):
            items += [RecordsLost(number, count, RING_FULL) for _, count in core.gaps]
            core.gaps.clear()
        return items

    def _may_be_frame(self) -> bool:
        """A frame's second byte is its type: text can be told from it at once, before its chunk has ended."""
        chunk = self._chunk
        return len(chunk) < 2 or (len(chunk) <= frames.ENCODED_LIMIT and chunk[1] <= max(FrameType))

    def _show(self) -> list[Item]:
        """Gives what has come of an unfinished chunk, if it is clean text so far."""
        fresh = bytes(self._chunk[self._shown :])
        if not fresh or _UNCLEAN.search(fresh):
            return []
        try:
            text = fresh.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return []
            fresh = fresh[: error.start]
            text = fresh.decode("utf-8")
        self._shown += len(fresh)
        return [Text(text)] if text else []

    def _end_chunk(self) -> list[Item]:
        chunk, shown = bytes(self._chunk), self._shown
        self._chunk.clear()
        self._shown = 0
        if not chunk:
            return []
        frame = frames.parse_frame(chunk)
        if frame is not None:
            return self._frame(frame)
        rest = chunk[shown:]
        try:
            text = rest.decode("utf-8")
            clean = not _UNCLEAN.search(rest)
        except UnicodeDecodeError:
            text, clean = rest.decode("ascii", "ignore"), False
        if clean:
            return [Text(text)] if text else []
        self.report.damaged_chunks += 1
        self.report.damaged_bytes += len(chunk)
        visible = "".join(c for c in text if c.isprintable() or c in "\t\n\r")
        return ([Text(visible)] if visible else []) + [Damage(len(chunk))]

    def _frame(self, frame: Frame) -> list[Item]:
        items: list[Item] = []
        first = frame.type == FrameType.HELLO and frame.sequence == 0
        if first and self._restartable and self._next_sequence:
            self._reset()
            items.append(Restart())
        gap = frame.sequence - self._next_sequence
        if gap < 0:
            self.report.duplicates += 1
            return []
        if gap:
            self.report.frames_lost += gap
            items.append(FramesLost(gap))
        self._next_sequence = frame.sequence + 1
        self.report.frames += 1
        if self._ended:
            items.append(self._problem(f"Frame {frame.sequence} came after the END frame."))
        try:
            items += self._payload(frame)
        except (FrameError, ValueError, KeyError) as error:
            what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            items.append(
                self._problem(f"Frame {frame.sequence} (type {frame.type}) breaks the format: {what}.")
            )
        return items

    def _payload(self, frame: Frame) -> list[Item]:
        payload = frame.payload
        match frame.type:
            case FrameType.HELLO:
                return self._hello(frames.parse_text(payload))
            case FrameType.TRACE:
                if self._accepted is None:
                    self._waiting.append(frame)
                    return []
                return list(self._trace(frame))
            case FrameType.CLOCK:
                return [Clock(frame.core, *frames.unpack(frames.CLOCK, payload))]
            case FrameType.BENCH:
                values = frames.parse_text(payload)
                values["event"]  # noqa: B018  a BENCH frame without its event is a KeyError, told by the caller
                return [Bench(values)]
            case FrameType.SAMPLES:
                return [Samples(*frames.parse_samples(payload))]
            case FrameType.END:
                return self._end(frame)
            case FrameType.PANIC:
                return [Panic(frame.core, frames.parse_text(payload))]
            case FrameType.DOMAIN:
                values = frames.parse_text(payload)
                numbers = [int(values[key], 0) for key in ("dispatcher", "pid", "core")]
                return [Domain(numbers[0], values["name"], numbers[1], numbers[2])]
        return [self._problem(f"Frame {frame.sequence} has the unknown type {frame.type}.")]

    def _hello(self, values: dict[str, str]) -> list[Item]:
        known, got = self._declaration.hash, values.get("declaration", "none")
        items: list[Item] = []
        if values.get("version") != STREAM_VERSION:
            items.append(
                self._problem(
                    f"The stream has format version {values.get('version', 'none')}, and this decoder knows "
                    f"{STREAM_VERSION}."
                )
            )
        elif got != known:
            items.append(
                self._problem(
                    f"The stream's trace points have the declaration {got}, and this decoder knows {known}: "
                    "rebuild the image from this tree."
                )
            )
        if values.get("ring", "").isdigit():
            self._ring = int(values["ring"])
        accepted = not items
        self._accepted = accepted
        items.append(Hello(values, accepted))
        return items + self._flush_waiting()

    def _flush_waiting(self) -> list[Item]:
        """Decodes the records that came before the first HELLO did, or counts them as lost."""
        waiting, self._waiting = self._waiting, []
        items: list[Item] = []
        for frame in waiting:
            try:
                items += self._trace(frame)
            except FrameError as error:
                items.append(self._problem(f"Frame {frame.sequence} breaks the format: {error}."))
        return items

    def _trace(self, frame: Frame) -> Iterator[Item]:
        if len(frame.payload) < frames.TRACE_HEADER.size:
            raise FrameError("a TRACE payload has no header")
        index, dropped, base = frames.TRACE_HEADER.unpack_from(frame.payload)
        records = frames.parse_records(frame.payload[frames.TRACE_HEADER.size :], base)
        core = self._cores.setdefault(frame.core, _Core())
        if index > core.next_index:
            yield self._lost(frame.core, index - core.next_index, "lost on the wire")
        elif index < core.next_index:
            yield self._problem(f"Core {frame.core} sent record {index} again in a new frame.")
        if dropped > core.dropped:
            self._dropped(frame.core, core, index, dropped - core.dropped)
        elif dropped < core.dropped:
            yield self._problem(f"Core {frame.core} counts fewer dropped events than before.")
        core.next_index, core.dropped = index + len(records), dropped
        if records and base < core.time:
            yield self._problem(f"The time of core {frame.core} went back by {core.time - base} cycles.")
        if records:
            core.time = records[-1][0]
        if not self._accepted and records:
            yield self._lost(frame.core, len(records), "the declaration is not known")
        start = 0
        while core.gaps and core.gaps[0][0] <= index + len(records):
            place, count = core.gaps.pop(0)
            at = max(place - index, start)
            yield from self._declared(frame.core, records[start:at])
            yield RecordsLost(frame.core, count, RING_FULL)
            start = at
        yield from self._declared(frame.core, records[start:])

    def _dropped(self, number: int, core: _Core, index: int, count: int) -> None:
        """Events met a full ring. The sender tells of it with the oldest record that is in the ring, and the
        drops are behind the newest: a ring's length further, which HELLO tells. Else they are put here.
        """
        self._add(self.report.ring_full, number, count)
        self._add(self.report.records_lost, number, count)
        core.gaps.append((core.next_index + self._ring if self._ring else index, count))

    def _declared(self, core: int, records: list[tuple[int, int, int]]) -> Iterator[Item]:
        """Splits at records that say nothing: never completed (0), or with an undeclared number."""
        if not self._accepted:
            return
        highest = len(self._declaration.points)
        start = 0
        for at, (_, number, _) in enumerate(records):
            if 1 <= number <= highest:
                continue
            if at > start:
                yield self._good(core, records[start:at])
            start = at + 1
            if number:
                yield self._problem(f"Core {core} sent the undeclared event number {number}.")
            yield self._lost(core, 1, "its writer did not complete it")
        if start < len(records):
            yield self._good(core, records[start:])

    def _good(self, core: int, records: list[tuple[int, int, int]]) -> Records:
        self.report.records += len(records)
        return Records(core, records)

    def _end(self, frame: Frame) -> list[Item]:
        status, _, count = frames.unpack(frames.END, frame.payload)
        self._ended = True
        self.report.cut_short = False
        items: list[Item] = [End(status, count)]
        if count != frame.sequence:
            items.append(
                self._problem(
                    f"The END frame counts {count} frames before it, and is number {frame.sequence}."
                )
            )
        return items

    def _lost(self, core: int, count: int, reason: str) -> RecordsLost:
        self._add(self.report.records_lost, core, count)
        return RecordsLost(core, count, reason)

    def _problem(self, text: str) -> Problem:
        if text not in self.report.problems:
            self.report.problems.append(text)
        return Problem(text)

    @staticmethod
    def _add(table: dict[int, int], core: int, count: int) -> None:
        table[core] = table.get(core, 0) + count
