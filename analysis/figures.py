"""What all plots share: the look, the caption that says what was measured where, and files that repeat.

Colours are from the Okabe-Ito set, which colour-blind readers can tell apart.
"""

from __future__ import annotations

import io
import math
import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.command.say import BUILD

os.environ.setdefault("MPLCONFIGDIR", str(BUILD / "matplotlib"))

import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402
from PIL import Image  # noqa: E402
from PIL.PngImagePlugin import PngInfo  # noqa: E402

from analysis.load import display_unit, mode_sentence  # noqa: E402

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#767676"
LINE_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#D55E00", "#56B4E9", "#000000")
LINE_MARKERS = "os^Dv<>"
DASHES = ("-", "--", ":", "-.")
MINOR_LABELS_SPREAD = 500.0
"""On logarithmic axes wider than this only powers of ten have room for their figures."""
SIZE_TICKS = 12
TICKS_LIMIT = 10
FAR_APART = 10.0
"""Values of a parameter further apart than this go on a logarithmic axis."""
HEADROOM = 1.05
WIDTH_INCHES = 10.0
ROUND_RATIOS = tuple(
    ratio
    for up in (1.0, 1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
    for ratio in dict.fromkeys((up, 1 / up if up > 1.9 else round(2 - up, 2)))
)
"""As people write them, above and below 1."""
DPI = 140
NEARLY_WHITE = 248
LEGEND_LETTERS = 110
"""So many fit beside each other above a plot."""
ROW_INCHES = 0.42
FOOTER_INCHES = 0.42
PLACE_DIGITS = 6
"""Of where a panel lies in its figure, that being 1."""
BAND = "#f4f4f4"
"""Behind every second row, where several marks stand in one."""
STYLE = {
    "svg.hashsalt": "lanternfish",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
}

Results = Mapping[str, Any]


def units_text(units: Sequence[str], cycle_is: str) -> str:
    """What the figures of a plot are counted in, if that is not on its axis."""
    return " or ".join(dict.fromkeys(display_unit(unit, cycle_is) or "no unit" for unit in units))


def unit_name(unit: str) -> str:
    """A unit in the name of a file."""
    return unit.replace("/", "_per_") or "no_unit"


def tick_text(value: float) -> str:
    """A figure on an axis: never with an exponent where it is whole."""
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,g}"


def cost_scales(
    axes: Axes, values: Sequence[float], costs: Sequence[float], far: float, is_size: bool
) -> None:
    """
    The axes of costs over a parameter, once they are drawn: the parameter logarithmic where its values are
    far apart, with those values as ticks; costs logarithmic from a spread of `far` on, over sizes as soon as
    it has a power of ten that an axis can name.
    """
    xs = sorted(set(values))
    if xs[0] > 0 and xs[-1] / xs[0] >= FAR_APART:
        axes.set_xscale("log")
    elif xs[-1] >= FAR_APART:
        axes.set_xscale("symlog", linthresh=max(min(abs(x) for x in xs if x), 1))
    sizes = is_size and axes.get_xscale() == "log"
    low, high = min(costs), max(costs)
    if low > 0 and high / low > (FAR_APART if sizes else far):
        axes.set_yscale("log")
        between = (2, 5) if high / low < MINOR_LABELS_SPREAD else ()
        axes.yaxis.set_minor_formatter(
            FuncFormatter(lambda v, _: tick_text(v) if leading(v) in between else "")
        )
    else:
        axes.set_ylim(bottom=min(low, 0), top=axes.dataLim.ymax * HEADROOM or None)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: tick_text(v)))
    if sizes:
        size_ticks(axes, xs)
        return
    if len(xs) <= TICKS_LIMIT:
        axes.set_xticks(xs)
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: tick_text(v)))


def size_ticks(axes: Axes, values: Sequence[float]) -> None:
    """Sizes in bytes along a logarithmic axis: powers of two, with the units that they have a name in."""
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))
    step = max(1, -(-(high - low) // SIZE_TICKS))
    axes.set_xticks([2.0**power for power in range(low, high + 1, step)])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: size_text(value)))


def size_text(value: float) -> str:
    """A size in the largest unit that it fills."""
    for unit, size in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= size:
            return f"{value / size:,.4g} {unit}"
    return f"{value:,.4g} B"


def plain_ticks(axes: Axes) -> None:
    """Figures as people write them; on logarithmic axes, a few between the powers are named too."""
    if axes.get_xscale() == "log":
        low, high = axes.get_xlim()
        wide = high / low > MINOR_LABELS_SPREAD
        named = () if wide else (2, 5)
        axes.xaxis.set_minor_formatter(
            FuncFormatter(lambda v, _: tick_text(v) if leading(v) in named else "")
        )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: tick_text(v)))


def leading(value: float) -> int:
    """The first digit of a number."""
    return int(f"{value:e}"[0])


def round_ratios(low: float, high: float) -> list[float]:
    """Round ratios between two, not too close to each other on a logarithmic axis; 1 before all others."""
    least = math.log(high / low) / TICKS_LIMIT
    found: list[float] = []
    for ratio in sorted(ROUND_RATIOS, key=lambda ratio: abs(math.log(ratio))):
        if low <= ratio <= high and all(abs(math.log(ratio / other)) > least for other in found):
            found.append(ratio)
    return sorted(found)


def without_values(axes: Axes) -> None:
    """An axis that there is nothing to show on."""
    axes.set_xlim(0, 1)
    axes.set_xticks([])


def log_room(axes: Axes, low: float, high: float, share: float) -> None:
    """Limits of a logarithmic axis with room for figures at the right."""
    axes.set_xlim(low / 1.6, high * (high / low) ** share)


def legend_columns(labels: Sequence[str], most: int) -> int:
    """So many beside each other, as far as there is room."""
    longest = max((len(label) for label in labels), default=0)
    return max(min(len(labels), most, LEGEND_LETTERS // (longest + 6)), 1)


def legend_above(axes: Axes, handles: Sequence[Any], labels: Sequence[str], title: str) -> None:
    """Outside of the data, where it can cover nothing."""
    axes.legend(
        handles,
        labels,
        title=title,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=legend_columns(labels, 5),
        frameon=False,
        fontsize=9,
        title_fontsize=8,
    )


def bands(axes: Axes, rows: int) -> None:
    """Makes rows that stand at 0, 1, 2 ... easy to tell apart."""
    for place in range(1, rows, 2):
        axes.axhspan(place - 0.5, place + 0.5, color=BAND, linewidth=0, zorder=0)


def legend_below(figure: Figure, handles: Sequence[Any], labels: Sequence[str], title: str) -> None:
    """Of all panels of a figure, above its footer."""
    legend = figure.legend(
        handles,
        labels,
        title=title,
        loc="lower center",
        bbox_to_anchor=(0.5, FOOTER_INCHES / figure.get_figheight()),
        borderaxespad=0,
        ncols=legend_columns(labels, 6),
        frameon=False,
        fontsize=9,
    )
    legend.set_in_layout(False)  # caption() leaves room for it


def caption(figure: Figure, results: Results, title: str, command: str) -> None:
    git = results["git"]
    variant = ", ".join(f"{axis}={value}" for axis, value in results["variant"].items()) or "no variant axes"
    machine = f"{results['platform']}, {results['cores']} x {results['cpu']}, mode {results['mode']}"
    commit = f"commit {git['rev']}{' with changes' if git['dirty'] else ''}"
    figure.suptitle(
        wrap(f"{title}\n{machine}; {commit}\n{variant}", 110),
        fontsize=10,
        x=0.01,
        ha="left",
    )
    footer = f"{mode_sentence(results)}\nMade by: {command}"
    legends = sum(legend.get_window_extent().height / figure.dpi for legend in figure.legends)
    room = (FOOTER_INCHES + legends) / figure.get_figheight()
    figure.get_layout_engine().set(rect=(0, room, 1, 1 - room))
    figure.text(0.01, 0.05 / figure.get_figheight(), footer, fontsize=8, color="#444444", va="bottom")


def wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.fill(line, width) for line in text.split("\n"))


def save(figure: Figure, name: str) -> Iterator[tuple[str, bytes]]:
    """PNG and SVG with their title, and without dates or versions, so that equal results give equal bytes."""
    title = figure.get_suptitle().partition("\n")[0]
    _settle(figure)
    yield f"{name}.png", _png(figure, title)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", dpi=DPI, metadata={"Title": title, "Date": None, "Creator": None})
    yield f"{name}.svg", buffer.getvalue()
    plt.close(figure)


def _settle(figure: Figure) -> None:
    """Lays the figure out, once for all formats.

    The solver behind it goes through its variables in the order of their addresses, so that many panels come
    out at places whose last bits differ from run to run: these are rounded away.
    """
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = (
            round(at, PLACE_DIGITS) for at in axes.get_position(original=True).bounds
        )
        axes.set_position((left, bottom, width, height))


def _png(figure: Figure, title: str) -> bytes:
    """With a palette: plots have few colours, and it takes a quarter of the room."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="raw", dpi=DPI)
    size = tuple(int(side * DPI) for side in figure.get_size_inches())
    image = Image.frombuffer("RGBA", size, buffer.getvalue()).convert("RGB")
    few = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    # Colours that are put together come out a little darker: the paper must stay white.
    few.putpalette([255 if level >= NEARLY_WHITE else level for level in few.getpalette() or ()])
    about = PngInfo()
    about.add_text("Title", title)
    file = io.BytesIO()
    few.save(file, "PNG", optimize=True, pnginfo=about, dpi=(DPI, DPI))
    return file.getvalue()
