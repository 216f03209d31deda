#include <aos/cycles.h>
#include <aos/spawn.h>
#include <aos/text.h>
#include <boot.h>
#include <harness/report.h>

#define MAX_NOTES  8
#define NAME_BYTES 48

/* The kernel clears the cycle counter with its first instructions, so that its readings are times since then.
 */
static struct {
    const char *name;
    uint64_t cycles;
} notes[MAX_NOTES];

static unsigned note_count;

void boot_note(const char *name)
{
    if (note_count < MAX_NOTES) {
        notes[note_count].name = name;
        notes[note_count++].cycles = cycle_count();
    }
}

/// All rows in order. \param use called with each
static uint32_t each_row(uint32_t first, void (*use)(uint32_t number, const char *name, uint64_t cycles))
{
    const struct bootinfo *info = bootinfo_get();
    uint32_t number = first;
    for (uint32_t i = 0;
         i < info->milestone_count && i < sizeof(info->milestones) / sizeof(info->milestones[0]); i++) {
        char name[sizeof(info->milestones[i].name) + 1] = {0};
        __builtin_memcpy(name, info->milestones[i].name, sizeof(info->milestones[i].name));
        use(number++, name, info->milestones[i].cycles);
    }
    for (unsigned i = 0; i < note_count; i++) {
        use(number++, notes[i].name, notes[i].cycles);
    }
    return number - first;
}

static void plan_row(uint32_t number, const char *stage, uint64_t cycles)
{
    char buffer[NAME_BYTES];
    struct text name;
    (void)cycles;
    text_init(&name, buffer, sizeof(buffer));
    text_add(&name, "boot.");
    text_add(&name, stage);
    report_plan(number, buffer, "", "cycles");
}

static void report_row(uint32_t number, const char *stage, uint64_t cycles)
{
    (void)stage;
    int64_t sample = (int64_t)cycles;
    report_begin(number, 1);
    report_samples(number, &sample, 1);
    report_end(number, "ok", 0, 1);
}

uint32_t boot_report(uint32_t first)
{
    each_row(first, plan_row);
    return each_row(first, report_row);
}
