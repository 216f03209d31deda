"""Regressions: against the reference run in results/, with a slowdown put in, and in repeated runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from analysis import conditions, load, regressions
from analysis.compare import Variant
from analysis.merge import merged
from analysis.regressions import Comparison, Outcome
from tools.command import results
from tools.command.build import Configuration, Image, build
from tools.command.machine import Run, boot, boot_image
from tools.command.qemu import Target
from tools.command.say import ROOT

REFERENCE = ROOT / "results" / "imx8mp-icount"
RENEW = "If this is meant, renew it: ./lantern bench --smp 1 --out results/imx8mp-icount (docs/measuring.md)."
TOLERANCE = 5.0
"""Percent. Changes elsewhere in the image move rows by up to 1.5 %."""
LAYOUT_TOLERANCE = dict.fromkeys(("boot", "caps", "mem", "spawn"), 15.0)
"""Suites whose costs also follow the shape that the capability tree has at that moment, and how far."""
REALTIME = "mode=bench suites=syscall,lmp samples=300"
BOOTS = 5


def content(plain: Sequence[Run], traced: Run | None = None, mode: str = "icount") -> dict[str, Any]:
    """What `./lantern bench` would have written."""
    rows = results.all_rows(plain, traced)
    chosen = {"platform": "imx8mp", "cores": 1, "cpu": "cortex-a53", "variant": {}}
    return results.checked(results.results(plain, traced, mode, rows, **chosen))


def compared(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    return regressions.compare([Variant({}, old)], [Variant({}, new)], TOLERANCE, LAYOUT_TOLERANCE)


def test_nothing_got_worse_since_the_reference_run(plain_run: Run, traced_run: Run) -> None:
    reference, now = load.load(REFERENCE), content([plain_run], traced_run)
    tools = conditions.other_tools(*(conditions.of(Variant({}, side)) for side in (reference, now)))
    if tools:
        pytest.skip(f"the reference run in results/ was made with another {' and '.join(tools)}")
    found = compared(reference, now)
    assert found.judged
    assert not found.alarms, "\n".join([*(change.sentence for change in found.alarms), RENEW])


def test_a_slowdown_is_found_and_named(plain_run: Run) -> None:
    """One bench takes 10 % longer than it did, the others are as they were."""
    slow = boot("imx8mp", "mode=bench suites=lmp slow=lmp.round_trip_cap:10", smp=1)
    assert slow.ok, slow.why
    before = content([plain_run])
    before["benches"] = [row for row in before["benches"] if row["name"].startswith("lmp.")]
    now = content([slow])
    now["benches"] = [row for row in now["benches"] if row["name"].startswith("lmp.")]
    found = compared(before, now)
    assert [change.name for change in found.alarms] == ["lmp.round_trip_cap [words=0]"]
    assert found.alarms[0].factor == pytest.approx(1.1, abs=0.02)
    assert not [c for c in found.changes if c.outcome not in (Outcome.WORSE, Outcome.ALIKE, Outcome.WITHIN)]


def realtime_boots(image: Image, append: str = "") -> Variant:
    """Boots in the mode in which nothing repeats, each counted for itself."""
    target = Target("imx8mp", 1, "realtime", "cortex-a53")
    runs = [boot_image(image, target, f"{REALTIME} {append}".strip(), timeout=120) for _ in range(BOOTS)]
    assert not [run.why for run in runs if run.recording.end is None]
    contents = tuple(content([run], mode="realtime") for run in runs)
    return Variant({}, merged(contents), "", contents)


@pytest.mark.alone
def test_twenty_repeated_runs_raise_no_alarm_and_a_slow_path_does() -> None:
    """Four times five boots of one build, and five in which a bench takes twice as long."""
    image = build(Configuration("imx8mp", "none", False, {}))
    first, *others = [realtime_boots(image) for _ in range(20 // BOOTS)]
    tolerance = regressions.TOLERANCES["realtime"]
    for repeated in others:
        found = regressions.compare([first], [repeated], tolerance)
        assert found.judged and not found.alarms, "\n".join(change.sentence for change in found.alarms)
    slow = realtime_boots(image, "slow=lmp.round_trip_cap:100")
    found = regressions.compare([first], [slow], tolerance)
    assert [change.name for change in found.alarms] == ["lmp.round_trip_cap [words=0]"]
