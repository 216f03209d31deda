#include <arch/armv8/map.h>
#include <arch/armv8/sysreg.h>
#include <arch/armv8/timer.h>
#include <config.h>
#include <console.h>
#include <core/core.h>
#include <format.h>
#include <git.h>
#include <platform/platform.h>
#include <stdarg.h>
#include <string.h>
#include <trace/ring.h>
#include <trace_points.h>

static lvaddr_t uart;
static uint32_t sequence;
static uint64_t cycle_frequency;

/// Whether this core may write. All but the first write nothing until they panic.
static bool is_mine;

void console_init(void)
{
    console_find();
    is_mine = true;
    platform.console_init(uart);
}

void console_find(void)
{
    uart = map_device(platform.console, platform.console_bytes);
}

void console_take(void)
{
    if (!is_mine && core_has_lines()) {
        sequence = *(volatile uint32_t *)&core_line(0)->frames;
    }
    is_mine = true;
}

static void put(uint8_t byte)
{
    if (is_mine) {
        platform.console_put(uart, byte);
    }
}

void console_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            put('\r');
        }
        if (text[i] != 0) {
            put((uint8_t)text[i]);
        }
    }
}

void console_printf(const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    const size_t length = format_text(line, sizeof(line), format, arguments);
    va_end(arguments);
    console_write(line, length);
}

void console_frame_of(coreid_t core, uint8_t type, const void *payload, size_t length)
{
    stream_write_frame(put, type, (uint8_t)core, sequence++, payload, length);
    if (is_mine && core_has_lines()) {
        core_line(0)->frames = sequence;
    }
}

void console_frame(uint8_t type, const void *payload, size_t length)
{
    console_frame_of(core_number(), type, payload, length);
}

void console_describe(uint64_t cycle_hz)
{
    cycle_frequency = cycle_hz;
}

/// The processor's name from MIDR_EL1, for those that the platforms have.
static const char *cpu_name(void)
{
    switch (sysreg_read(midr_el1) >> 4 & 0xfff) {
    case 0xd03:
        return "cortex-a53";
    case 0xd04:
        return "cortex-a35";
    case 0xd07:
        return "cortex-a57";
    case 0xd08:
        return "cortex-a72";
    default:
        return "unknown";
    }
}

void console_hello(void)
{
    char text[640];
    const size_t length = format_string(
        text, sizeof(text),
        "version=%u\ndeclaration=%s\nplatform=%s\ncores=%u\ncpu=%s\ncycle_hz=%lu\ncounter_hz=%lu\n"
        "variant=%s\ntrace=%s\nring=%u\ngit=%s\nbuild=%s\n",
        STREAM_VERSION, TRACE_DECLARATION_HASH, platform.name, core_count(), cpu_name(), cycle_frequency,
        timer_counter_hz(), CONFIG_VARIANT, TRACE_ENABLED, TRACE_RING_BYTES / TRACE_RECORD_BYTES, CONFIG_GIT,
        CONFIG_BUILD);
    console_frame(STREAM_HELLO, text, length);
}

void console_clock(void)
{
    const uint64_t clocks[2] = {cycles(), timer_counter()};
    console_frame(STREAM_CLOCK, clocks, sizeof(clocks));
}

void console_end(uint32_t status)
{
    const struct {
        uint32_t status;
        uint32_t zero;
        uint64_t frames;
    } end = {status, 0, sequence};
    console_frame(STREAM_END, &end, sizeof(end));
    platform.console_flush(uart);
}
