"""The command line's words become options, or one sentence that says what is wrong."""

from pathlib import Path

import pytest

from tools.command import options


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("build --trace lmp,cap", "trace", "lmp,cap"),
        ("build --variant alloc=buddy,lock=global", "variant", {"alloc": "buddy", "lock": "global"}),
        ("bench", "smp", options.CORES_DEFAULT),
        ("bench --serial /dev/ttyUSB0", "serial", ("/dev/ttyUSB0", 115200)),
        ("bench --serial /dev/ttyUSB0:9600", "serial", ("/dev/ttyUSB0", 9600)),
        ("bench --timeout 0.5", "timeout", 0.5),
        ("compare alloc --smp 2,1,2", "smp", [2, 1]),
        ("compare alloc=buddy,rbtree lock", "axes", [("alloc", ("buddy", "rbtree")), ("lock", ())]),
        ("compare alloc --suite mm,locks --suite rpc", "suites", ["mm", "locks", "rpc"]),
        ("compare alloc lock", "out", Path("results/compare/alloc-lock")),
        ("compare --against a b --tolerance 0", "tolerance", 0.0),
        ("soak --cores", "smp", options.SOAK_CORES),
        ("soak --cores 7 --smp 2", "cores", 7),
    ],
)
def test_a_word_and_what_it_means(words: str, name: str, value: object) -> None:
    assert getattr(options.parse(words.split()), name) == value


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("build --trace lmp,,cap", "'lmp,,cap' is not all, none, or subsystems with commas between"),
        ("build --variant alloc", "'alloc' is not written axis=value"),
        ("build --variant alloc=buddy,alloc=rbtree", "the axis alloc is given twice"),
        ("bench --smp 1.5", "'1.5' is not a whole number"),
        ("bench --smp 5", "--smp 5 is too much: imx8mp has up to 4 cores"),
        ("bench --timeout 0", "0 is not a time above zero"),
        ("bench --timeout nan", "nan is not a time above zero"),
        ("bench --cpu cortex-a72", "--cpu can be chosen for --platform virt only"),
        ("bench --serial /dev/ttyUSB0:x", "'x' is not a baud rate"),
        ("bench ../x", "'../x' is not the name of a suite"),
        ("compare alloc=,buddy", "'alloc=,buddy' is not written AXIS or AXIS=VALUE,VALUE,..."),
        ("compare alloc alloc", "the axis alloc is given twice"),
        ("compare alloc --tolerance 2", "--tolerance goes with --against"),
        ("compare --against a --tolerance -1", "-1 is not 0 percent or more"),
        ("compare alloc --against a", "--against takes one or two folders, and no axes"),
        ("soak --cores --smp 1", "--cores needs more than one: --smp 2 or more"),
        ("test all", "there is no kind of test 'all'; the kinds are unit, system, model, fuzz"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    words: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        options.parse(words.split())
    assert end.value.code == 2
    command = words.split()[0]
    said = capsys.readouterr().err
    assert message in said
    assert said.endswith(f"See ./lantern {command} --help.\n")
    assert said.count("\n") == 1
