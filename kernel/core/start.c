/**
 * Starting a core: a copy of the kernel's image, with data as they were before the first kernel ran, and the
 * parameters. All of it lies in memory when the core comes, for it comes with its caches off.
 */
#include <arch/armv8/gic.h>
#include <arch/armv8/layout.h>
#include <arch/armv8/map.h>
#include <arch/armv8/psci.h>
#include <arch/armv8/sysreg.h>
#include <boot/memory.h>
#include <cap/mdb.h>
#include <core/core.h>
#include <core/parameters.h>
#include <string.h>
#include <trace/drain.h>
#include <trace/emit.h>

extern lpaddr_t kernel_image_base;
extern char image_start[], image_end[], data_start[], data_end[], data_pristine[];
extern char secondary_entry[];

/// On the first core what all others are told; not in .bss, which a core clears.
struct core_parameters core_parameters __attribute__((section(".data")));

void core_take_images(unsigned cores)
{
    if (cores > 1) {
        core_parameters.images = memory_take((cores - 1) * KERNEL_IMAGE_BYTES, KERNEL_IMAGE_BYTES);
    }
}

static lpaddr_t image_of(coreid_t core)
{
    return core_parameters.images + (core - 1) * KERNEL_IMAGE_BYTES;
}

/// Place of a symbol of the image in the other image while that is mapped.
static void *in_other_image(const void *symbol)
{
    return (char *)KERNEL_OTHER_IMAGE + ((lvaddr_t)symbol - (lvaddr_t)image_start);
}

/// Everything written goes to memory, and no cache line of it stays.
static void clean(const char *from, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 64) {
        __asm__ volatile("dc civac, %0" : : "r"(from + at) : "memory");
    }
    dsb_sy();
}

void core_describe(const struct bootinfo *info)
{
    struct core_parameters *all = &core_parameters;
    all->cores = info->cores;
    all->first_affinity = gic_affinity(0);
    all->lines = window_to_phys(core_line(0));
    all->first_image = kernel_image_base;
    all->cycle_hz = info->cycle_hz;
    memcpy(all->command_line, info->command_line, sizeof(all->command_line));
}

void core_describe_memory(void)
{
    const gensize_t bytes = (lvaddr_t)image_end - (lvaddr_t)image_start;
    size_t count = memory_regions(core_parameters.regions, ARRAY_LENGTH(core_parameters.regions) - 1);
    if (bytes > KERNEL_IMAGE_BYTES) {
        core_parameters.regions[count++] =
            (struct boot_region){kernel_image_base + KERNEL_IMAGE_BYTES, bytes - KERNEL_IMAGE_BYTES};
    }
    core_parameters.region_count = (uint32_t)count;
}

static void fill_parameters(struct core_parameters *to, coreid_t core, const struct capability *ram,
                            const struct capability *shared, const struct capability *trace)
{
    *to = core_parameters;
    to->core = core;
    to->ram = ram->base;
    to->ram_bytes = ram->bytes;
    to->shared = shared->base;
    to->shared_bytes = shared->bytes;
    to->shared_rights = shared->rights;
    to->trace = trace != NULL && TRACE_ANY_ENABLED ? trace->base : 0;
}

static void write_image(coreid_t core, const struct capability *ram, const struct capability *shared,
                        const struct capability *trace)
{
    map_other_image(image_of(core));
    memcpy(in_other_image(image_start), image_start, (lvaddr_t)data_start - (lvaddr_t)image_start);
    memcpy(in_other_image(data_start), data_pristine, (lvaddr_t)data_end - (lvaddr_t)data_start);
    fill_parameters(in_other_image(&core_parameters), core, ram, shared, trace);
    clean((const char *)KERNEL_OTHER_IMAGE, KERNEL_IMAGE_BYTES);
    map_drop_other_image();
    __asm__ volatile("ic ialluis\n\tdsb ish\n\tisb" : : : "memory");
}

static errval_t check(coreid_t core, struct cte *ram, const struct capability *shared,
                      const struct capability *trace)
{
    if (!core_is_first() || core == 0) {
        return SYS_ERR_CORE_FIRST;
    }
    if (core_state(core) != CORE_STATE_OFF) {
        return SYS_ERR_CORE_STATE;
    }
    if (mdb_has_copies(ram) || mdb_has_descendants(ram)) {
        return SYS_ERR_CAP_SHARED;
    }
    if (ram->cap.bytes < CORE_RAM_MIN_BYTES) {
        return SYS_ERR_CORE_MEMORY;
    }
    if ((~shared->rights & (CAPRIGHTS_READ | CAPRIGHTS_WRITE)) != 0
        || (trace != NULL && (~trace->rights & (CAPRIGHTS_READ | CAPRIGHTS_WRITE)) != 0)) {
        return SYS_ERR_RIGHTS;
    }
    if (trace != NULL
        && (trace->bytes != TRACE_RING_MAP_BYTES || (trace->base & (LARGE_PAGE_SIZE - 1)) != 0)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    return SYS_ERR_OK;
}

errval_t core_start(coreid_t core, struct cte *ram, const struct capability *shared,
                    const struct capability *trace)
{
    errval_t err = check(core, ram, shared, trace);
    if (err_is_fail(err)) {
        return err;
    }
    struct core_line *line = core_line(core);
    if (trace != NULL && TRACE_ANY_ENABLED) {
        trace_reader_add(core, trace->base);
    }
    write_image(core, &ram->cap, shared, trace);
    line->image = image_of(core);
    __atomic_store_n(&line->state, CORE_STATE_STARTING, __ATOMIC_RELEASE);
    trace_core_start(core);
    // The core reads the page of lines with its caches on; what is its own from here on is written before.
    dsb_sy();
    if (core_switch_on(core, image_of(core) + ((lvaddr_t)secondary_entry - (lvaddr_t)image_start))
        != PSCI_SUCCESS) {
        __atomic_store_n(&line->state, CORE_STATE_OFF, __ATOMIC_RELEASE);
        trace_reader_remove(core);
        return SYS_ERR_CORE_FIRMWARE;
    }
    return caps_delete(ram); // it is that core's now
}
