#include <arch/armv8/psci.h>
#include <arch/armv8/sysreg.h>
#include <config.h>
#include <console.h>
#include <core/core.h>
#include <format.h>
#include <panic.h>
#include <stdarg.h>
#include <string.h>
#include <trace/drain.h>

#define BACKTRACE_MAX 24

extern char stack_bottom[], stack_top[], emergency_stack_bottom[], emergency_stack_top[];

struct report {
    char text[STREAM_PAYLOAD_BYTES];
    size_t length;
};

static void __attribute__((format(printf, 2, 3))) report_add(struct report *report, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report->length +=
        format_text(report->text + report->length, sizeof(report->text) - report->length, format, arguments);
    va_end(arguments);
}

static bool on_a_stack(uint64_t frame)
{
    return (frame & 15) == 0
           && ((frame >= (uint64_t)stack_bottom && frame <= (uint64_t)stack_top - 16)
               || (frame >= (uint64_t)emergency_stack_bottom && frame <= (uint64_t)emergency_stack_top - 16));
}

/// Walks frame records: each is the caller's frame pointer and the return address.
static void report_backtrace(struct report *report, uint64_t frame)
{
    for (unsigned i = 0; i < BACKTRACE_MAX && on_a_stack(frame); i++) {
        const uint64_t *record = (const uint64_t *)frame;
        if (record[1] == 0) {
            break;
        }
        report_add(report, " %#lx", record[1]);
        if (record[0] <= frame) {
            break;
        }
        frame = record[0];
    }
    report_add(report, "\n");
}

static _Noreturn void report_and_stop(struct report *report)
{
    console_write("\nkernel panic\n", 14);
    console_write(report->text, report->length);
    console_frame(STREAM_PANIC, report->text, report->length);
    while (trace_drain_frame(true) != 0) {
    }
    psci_system_off();
}

/// A panic within a panic only switches the machine off.
static struct report *report_begin(const char *format, va_list arguments)
{
    static struct report report;
    static bool begun;
    if (begun) {
        psci_system_off();
    }
    begun = true;
    core_halt_others();
    console_take();
    report_add(&report, "reason=");
    report.length += format_text(report.text + report.length, 256, format, arguments);
    report_add(&report, "\ncore=%u\n", core_number());
    return &report;
}

void panic(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct report *report = report_begin(format, arguments);
    va_end(arguments);
    const char *call = (const char *)__builtin_return_address(0) - 4;
    report_add(report, "pc=%p\nbacktrace=%p", call, call);
    report_backtrace(report, (uint64_t)__builtin_frame_address(0));
    report_and_stop(report);
}

void panic_registers(const struct registers *registers, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct report *report = report_begin(format, arguments);
    va_end(arguments);
    report_add(report, "pc=%#lx\nsp=%#lx\nspsr=%#lx\n", registers->pc, registers->sp, registers->spsr);
    for (unsigned i = 0; i < 31; i++) {
        report_add(report, "x%u=%#lx\n", i, registers->x[i]);
    }
    report_add(report, "backtrace=%#lx %#lx", registers->pc, registers->x[30]);
    report_backtrace(report, registers->x[29]);
    report_and_stop(report);
}
