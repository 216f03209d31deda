"""The decoder against known vectors and well-formed streams."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scenario import DECLARATION, start, traced_boot
from stream_encoder import StreamWriter, cobs, frame, text_payload

from trace import frames
from trace.items import Damage, Domain, End, FramesLost, Hello, Problem, Records, RecordsLost, Text
from trace.recording import Recording
from trace.stream import Decoder

VECTORS = json.loads(Path(__file__).with_name("stream_vectors.json").read_text(encoding="utf-8"))


def decode(data: bytes, step: int | None = None) -> tuple[Decoder, list]:
    decoder = Decoder(DECLARATION)
    items: list = []
    for at in range(0, len(data), step or max(len(data), 1)):
        items += decoder.feed(data[at : at + (step or len(data))])
    items += decoder.finish()
    return decoder, items


def text_of(items: list) -> str:
    return "".join(item.text for item in items if isinstance(item, Text))


def records_of(items: list) -> dict[int, list]:
    found: dict[int, list] = {}
    for item in items:
        if isinstance(item, Records):
            found.setdefault(item.core, []).extend(item.records)
    return found


def test_cobs_by_hand() -> None:
    """Written out by hand, so that encoder and decoder cannot share a mistake."""
    assert cobs(b"\x11\x22\x00\x33") == b"\x03\x11\x22\x02\x33"
    assert cobs(b"\x00\x00") == b"\x01\x01\x01"
    assert frames.cobs_decode(b"\x03\x11\x22\x02\x33") == b"\x11\x22\x00\x33"
    assert frames.cobs_decode(b"\xff" + b"a" * 254) == b"a" * 254
    assert frames.cobs_decode(b"\xff" + b"a" * 254 + b"\x01") == b"a" * 254
    assert frames.cobs_decode(b"\x05ab") is None


@pytest.mark.parametrize("vector", VECTORS["cobs"], ids=lambda v: f"{len(v['data']) // 2}_bytes")
def test_cobs_vectors(vector: dict) -> None:
    encoded = bytes.fromhex(vector["encoded"])
    assert 0 not in encoded
    assert frames.cobs_decode(encoded) == bytes.fromhex(vector["data"])


@pytest.mark.parametrize("vector", VECTORS["frames"] + VECTORS["trace"], ids=lambda v: v["name"])
def test_frame_vectors(vector: dict) -> None:
    wire = bytes.fromhex(vector["wire"])
    assert wire[0] == wire[-1] == 0
    parsed = frames.parse_frame(wire[1:-1])
    assert parsed is not None
    assert (parsed.core, parsed.sequence) == (vector["core"], vector["sequence"])
    assert parsed.type == vector.get("type", 2)
    assert parsed.payload == bytes.fromhex(vector["payload"])


@pytest.mark.parametrize("vector", VECTORS["trace"], ids=lambda v: v["name"])
def test_trace_vectors(vector: dict) -> None:
    payload = bytes.fromhex(vector["payload"])
    index, dropped, base = frames.TRACE_HEADER.unpack_from(payload)
    assert (index, dropped, base) == (vector["index"], vector["dropped"], vector["base"])
    wanted = [(r["time"], r["number"], r["word"]) for r in vector["records"]]
    assert frames.parse_records(payload[24:], base) == wanted


@pytest.mark.parametrize("vector", VECTORS["uvarint"], ids=lambda v: str(v["value"]))
def test_uvarint_vectors(vector: dict) -> None:
    encoded = bytes.fromhex(vector["encoded"])
    assert frames.parse_records(b"\x01\x00" + encoded, 0) == [(0, 1, vector["value"])]


@pytest.mark.parametrize(
    "tail", ["80", "01", "0100", "010080", "0100ffffffffffffffffff02", "01" + "ff" * 11 + "01"]
)
def test_bad_records_are_refused(tail: str) -> None:
    with pytest.raises(frames.FrameError):
        frames.parse_records(bytes.fromhex(tail), 0)


@pytest.mark.parametrize("step", [1, 7, 64, None])
@pytest.mark.parametrize("cores", [1, 4])
def test_whole_stream(step: int | None, cores: int) -> None:
    scenario = traced_boot(cores=cores, trips=10)
    decoder, items = decode(scenario.bytes, step)
    assert records_of(items) == scenario.truth
    assert decoder.report.complete, decoder.report
    assert decoder.report.sentences() == []
    text = text_of(items)
    assert text.startswith("U-Boot 2024.01\r\nLanternfish starts\r\n")
    assert "turn 2: grüße\r\n" in text and text.endswith("bye\r\n")
    assert [item for item in items if isinstance(item, Domain)][0] == Domain(1, "init", 1, 0)
    assert isinstance(items[-1], End) and items[-1].status == 0


def test_dropped_events_are_counted() -> None:
    scenario = traced_boot(cores=2, trips=5, drops=True)
    decoder, items = decode(scenario.bytes)
    assert records_of(items) == scenario.truth
    lost = [item for item in items if isinstance(item, RecordsLost)]
    assert {item.core for item in lost} == {0, 1}
    assert {item.reason for item in lost} == {"the ring was full"}
    assert (
        decoder.report.lost == sum(item.count for item in lost) == sum(scenario.writer.dropped.values()) > 0
    )
    assert decoder.report.ring_full == scenario.writer.dropped
    assert not decoder.report.complete


def test_drops_stand_where_the_ring_was_full() -> None:
    """The sender tells of drops with its oldest record; they are behind its newest, a ring's length on."""
    scenario = start(ring=100)
    scenario.pending.clear()
    writer = scenario.writer
    records = [(1000 + at, 1, at) for at in range(150)]
    writer.records(0, records[:20])
    writer.drop(0, 7)  # met when 20..119 were in the ring
    writer.records(0, records[20:60])
    writer.drop(0, 2)  # met when 60..159 were
    writer.records(0, records[60:110])
    writer.records(0, records[110:150])
    writer.end()
    decoder, items = decode(scenario.bytes)
    assert records_of(items)[0] == records
    before = 0
    places = []
    for item in items:
        if isinstance(item, Records):
            before += len(item.records)
        elif isinstance(item, RecordsLost):
            places.append((before, item.count))
    assert places == [(120, 7), (150, 2)]
    assert decoder.report.lost == 9 and decoder.report.ring_full == {0: 9}


def test_lost_frame_is_counted_exactly() -> None:
    scenario = traced_boot(trips=60)
    chunks = scenario.bytes.split(b"\0")
    parsed = [frames.parse_frame(chunk) for chunk in chunks]
    traces = [at for at, one in enumerate(parsed) if one and one.type == frames.FrameType.TRACE]
    whole = decode(scenario.bytes)[0].report.records
    for gone in traces[:-1]:
        decoder, items = decode(b"\0".join(chunks[:gone] + chunks[gone + 1 :]))
        report = decoder.report
        assert report.frames_lost == sum(i.count for i in items if isinstance(i, FramesLost)) == 1
        assert report.records + report.lost == whole
    report = decode(b"\0".join(chunks[: traces[-1]] + chunks[traces[-1] + 1 :]))[0].report
    assert report.frames_lost == 1 and not report.complete


def test_incomplete_record_counts_as_lost() -> None:
    scenario = start()
    scenario.flush(0)
    scenario.writer.records(0, [(2000, 1, 5), (2001, 0, 0), (2002, 1, 6), (2003, 99, 6)])
    scenario.writer.end()
    decoder, items = decode(scenario.bytes)
    assert [r[2] for r in records_of(items)[0]][-2:] == [5, 6]
    assert decoder.report.lost == 2
    assert any("undeclared event number 99" in text for text in decoder.report.problems)


def test_unknown_declaration_is_refused_by_name() -> None:
    scenario = start(declaration_hash="00112233aabbccdd")
    scenario.flush(0)
    scenario.writer.end()
    decoder, items = decode(scenario.bytes)
    assert not records_of(items)
    assert decoder.report.lost == len(scenario.truth[0])
    assert [item.accepted for item in items if isinstance(item, Hello)] == [False]
    problem = next(item.text for item in items if isinstance(item, Problem))
    assert "00112233aabbccdd" in problem and DECLARATION.hash in problem


def test_unknown_version_is_refused() -> None:
    scenario = start(version=2)
    scenario.writer.end()
    decoder, _ = decode(scenario.bytes)
    assert "version 2" in decoder.report.problems[0]


def test_records_before_hello_wait_for_it() -> None:
    scenario = start(hello=False)
    scenario.flush(0)
    assert not records_of(decode(scenario.bytes)[1])
    assert decode(scenario.bytes)[0].report.lost == len(scenario.truth[0])
    scenario.writer.hello(DECLARATION.hash)
    scenario.writer.end()
    decoder, items = decode(scenario.bytes)
    assert records_of(items) == scenario.truth
    assert decoder.report.lost == 0


def test_duplicates_are_dropped_and_counted() -> None:
    scenario = traced_boot(trips=5)
    hello = scenario.bytes.index(b"\0")
    end = scenario.bytes.index(b"\0\0", hello + 1) + 1
    again = scenario.bytes[:end] + scenario.bytes[hello:end] + scenario.bytes[end:]
    decoder, items = decode(again)
    assert decoder.report.duplicates == 1
    assert records_of(items) == scenario.truth


def test_cut_stream_is_said_to_be_cut() -> None:
    scenario = traced_boot(trips=5)
    decoder, _ = decode(scenario.bytes[: len(scenario.bytes) // 2])
    assert decoder.report.cut_short and not decoder.report.complete


def test_damage_is_shown_and_counted() -> None:
    decoder, items = decode(b"good\n\0ba\x01d\xff!\n\0fine\n")
    assert text_of(items) == "good\nbad!\nfine\n"
    assert [item.size for item in items if isinstance(item, Damage)] == [7]
    assert decoder.report.damaged_bytes == 7


def test_text_shows_before_its_chunk_ends() -> None:
    decoder = Decoder(DECLARATION)
    assert text_of(decoder.feed(frame(4, 0, 0, text_payload(event="done")) + b"$ ls")) == "$ ls"
    assert text_of(decoder.feed("ü".encode()[:1])) == ""
    assert text_of(decoder.feed("ü".encode()[1:])) == "ü"
    decoder.feed(b"\0")
    assert text_of(decoder.feed(b"x")) == ""
    assert text_of(decoder.idle()) == "x"
    assert text_of(decoder.idle()) == ""
    assert text_of(decoder.feed(b"y\0")) == "y"


def test_idle_does_not_break_a_frame() -> None:
    data = frame(8, 0, 0, text_payload(dispatcher=1, name="init", pid=1, core=0))
    decoder = Decoder(DECLARATION)
    items: list = []
    for byte in data:
        items += decoder.feed(bytes([byte])) + decoder.idle()
    assert items == [Domain(1, "init", 1, 0)]


def test_endless_noise_and_text_are_bounded() -> None:
    decoder = Decoder(DECLARATION)
    text = "grüße und mehr\n" * 200_000
    data = text.encode()
    shown = ""
    for at in range(0, len(data), 65537):
        shown += text_of(decoder.feed(data[at : at + 65537]))
        assert len(decoder._chunk) < 1 << 21
    assert shown + text_of(decoder.finish()) == text
    assert decoder.report.damaged_chunks == 0
    for _ in range(40):
        decoder.feed(b"\x01\xfe" * 32768)
        assert len(decoder._chunk) < 1 << 21
    assert decoder.report.damaged_bytes > 0


def test_bad_payloads_are_problems() -> None:
    writer = StreamWriter()
    writer.hello(DECLARATION.hash)
    for kind, payload in [
        (2, b"short"),
        (2, bytes(24) + b"\x80"),
        (3, b"12345"),
        (4, b"no event\n"),
        (4, b"name=x\n"),
        (5, b"1234567"),
        (6, b""),
        (8, b"name=x\n"),
        (8, b"dispatcher=q\nname=x\npid=1\ncore=0\n"),
        (7, b"\xff\xfe"),
        (99, b"?"),
    ]:
        writer.send(kind, payload)
    decoder, items = decode(bytes(writer.out))
    assert len([item for item in items if isinstance(item, Problem)]) == 11
    assert all("\n" not in problem and problem.endswith(".") for problem in decoder.report.problems)


def bench_stream() -> StreamWriter:
    writer = StreamWriter()
    writer.hello(DECLARATION.hash)
    for number, name in ((1, "lmp.round_trip"), (2, "lmp.one_way"), (3, "caps.copy"), (4, "caps.mint")):
        writer.bench("plan", bench=number, name=name, params="words=4,cores=1", unit="cycles")
    writer.bench("begin", bench=1, repetitions=3)
    writer.samples(1, 0, [10, 11])
    writer.samples(1, 2, [-1])
    writer.bench("end", bench=1, status="ok", overhead=2, n=3)
    writer.bench("begin", bench=2, repetitions=3)
    writer.samples(2, 0, [10])
    writer.bench("end", bench=2, status="ok", overhead=2, n=3)
    writer.bench("suite", name="lmp", status="ok")
    writer.bench("begin", bench=3, repetitions=3)
    writer.bench("suite", name="caps", status="failed: its domain died")
    return writer


def test_bench_rows() -> None:
    recording = Recording(DECLARATION)
    recording.feed(bytes(bench_stream().out))
    recording.finish()
    rows = recording.benches.rows
    assert rows[1].status == "ok" and rows[1].samples == [10, 11, -1] and rows[1].overhead == 2
    assert rows[1].label == "lmp.round_trip[words=4,cores=1]"
    assert rows[2].status == "failed: 2 of 3 samples were lost on the wire"
    assert rows[3].status == rows[4].status == "failed: its domain died"
    assert not recording.benches.done


def test_bench_rows_of_a_run_that_ended_early() -> None:
    recording = Recording(DECLARATION)
    writer = bench_stream()
    writer.bench("plan", bench=9, name="ump.send", params="", unit="cycles")
    writer.bench("end", bench=12, status="ok", overhead=0, n=0)
    writer.bench("frob", bench=9)
    recording.feed(bytes(writer.out))
    recording.finish("the machine stopped")
    assert recording.benches.rows[9].status == "failed: the machine stopped"
    assert recording.benches.rows[12].status.startswith("failed")
    assert any("frob" in problem for problem in recording.report.problems)
