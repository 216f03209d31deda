/**
 * From power-on to init: the kernel's table of contents. kernel_main() is the first core's way,
 * kernel_main_secondary() that of a core that the first one has started.
 */
#include <abi/bootinfo.h>
#include <arch/armv8/exception.h>
#include <arch/armv8/fp.h>
#include <arch/armv8/gic.h>
#include <arch/armv8/layout.h>
#include <arch/armv8/map.h>
#include <arch/armv8/pmu.h>
#include <arch/armv8/psci.h>
#include <arch/armv8/sysreg.h>
#include <arch/armv8/timer.h>
#include <boot/command_line.h>
#include <boot/device_tree.h>
#include <boot/init_domain.h>
#include <boot/memory.h>
#include <cap/cap.h>
#include <console.h>
#include <core/core.h>
#include <core/parameters.h>
#include <dispatch/dispatch.h>
#include <format.h>
#include <platform/platform.h>
#include <dispatch/interrupt.h>
#include <trace/drain.h>
#include <string.h>
#include <trace/emit.h>

#define SLICE_US_DEFAULT 10000

extern lpaddr_t kernel_image_base;
extern char image_start[], image_end[];

static struct bootinfo info;

/// Notes when a stage was reached, for init's boot suite.
static void milestone(const char *name)
{
    if (info.milestone_count < ARRAY_LENGTH(info.milestones)) {
        format_string(info.milestones[info.milestone_count].name, sizeof(info.milestones[0].name), "%s",
                      name);
        info.milestones[info.milestone_count++].cycles = cycles();
    }
}

/// All memory that there is, also that of others: capabilities for it may come. The boot modules are among
/// it.
static void map_all_memory(void)
{
    for (uint32_t i = 0; i < core_parameters.region_count; i++) {
        const struct boot_region *region = &core_parameters.regions[i];
        if (!map_ram(region->base, region->bytes, kernel_image_base)) {
            panic("no room to map the memory at %#lx", region->base);
        }
    }
}

static void find_memory(lpaddr_t fdt)
{
    const size_t offset = fdt & (LARGE_PAGE_SIZE - 1); // map_kernel_early mapped whole large pages
    const void *tree = fdt != 0 ? (const void *)(KERNEL_FDT + offset) : NULL;
    if (!device_tree_read(tree, KERNEL_FDT_BYTES - offset, info.command_line, sizeof(info.command_line))) {
        memory_add(platform.ram_base, platform.ram_bytes);
    }
    memory_reserve(kernel_image_base, (lvaddr_t)image_end - (lvaddr_t)image_start);
    core_take_images(info.cores);
    memory_map(kernel_image_base);
    core_describe_memory();
    map_all_memory(); // with the boot modules, which are no free memory
    if (memory_left_out() != 0) {
        console_printf("memory: too many ranges, %lu bytes are not used\n", memory_left_out());
    }
}

static void start_trace(lpaddr_t ring, uint64_t entered)
{
    if (ring != 0) {
        trace_ring_init(ring);
        trace_record_at(TRACE_BOOT_ENTRY, entered, 0);
        trace_record_clock();
        info.trace_bytes = TRACE_RING_MAP_BYTES;
    }
}

/// What each core does for itself.
static void init_core(void)
{
    interrupt_init(memory_take_own(INTERRUPT_TABLE_BYTES, BASE_PAGE_SIZE));
    gic_init_core(); // interrupts of this core
    pmu_init_core(); // counters for user level
    fp_init_core();  // first use of FP traps
    schedule_init(command_line_number(info.command_line, "slice_us", SLICE_US_DEFAULT));
}

static void describe_machine(void)
{
    info.version = 1;
    info.core = core_number();
    info.counter_hz = timer_counter_hz();
    format_string(info.platform, sizeof(info.platform), "%s", platform.name);
}

/// On a board the boot loader is to come back, for the next image.
static void reset_if_asked(void)
{
    if (command_line_number(info.command_line, "reset", 0) != 0) {
        psci_reset_at_end();
    }
}

/// \param fdt     physical address of the device tree, or 0
/// \param el2     the kernel was entered at EL2
/// \param image   physical address of the image
_Noreturn void kernel_main(lpaddr_t fdt, uint64_t el2, lpaddr_t image)
{
    const uint64_t entered = cycles();
    kernel_image_base = image;
    map_drop_identity(); // from here on the low half is for domains
    psci_init(el2 != 0); // the firmware, for switching cores on and off
    console_init();      // from here on a panic can be read
    milestone("console");
    info.cores = gic_find_cores(platform.gic_distributor, platform.gic_redistributors,
                                platform.gic_redistributors_bytes, GIC_NO_AFFINITY);
    find_memory(fdt); // from the device tree, or the least the board has
    reset_if_asked();
    core_init(info.cores, memory_take_own(CORE_LINES_BYTES, BASE_PAGE_SIZE), image);
    const lpaddr_t trace = TRACE_ANY_ENABLED ? memory_take(TRACE_RING_MAP_BYTES, LARGE_PAGE_SIZE) : 0;
    start_trace(trace, entered);
    trace_boot_memory(memory_total());
    milestone("memory");
    gic_init(); // interrupts of the machine
    init_core();
    info.cycle_hz = timer_measure_cycle_hz();
    describe_machine();
    console_describe(info.cycle_hz);
    console_hello(); // the stream starts
    console_clock();
    core_describe(&info); // for the others
    trace_boot_devices(info.cores);
    milestone("devices");
    struct dcb *init =
        init_domain_create(&info, &(struct init_gifts){.image = image, .trace = trace, .devices = true});
    trace_boot_init();
    dispatch(init);
}

/// A core that is to fail, for tests of what the others do then.
static void fail_if_asked(void)
{
    if (command_line_number(info.command_line, "core_fails", 0) == core_number()) {
        psci_cpu_off();
    }
    if (command_line_number(info.command_line, "core_panics", 0) == core_number()) {
        panic("the command line asks for it");
    }
}

/// On any core but the first, as core_parameters says. \param el2, image as for kernel_main
_Noreturn void kernel_main_secondary(uint64_t el2, lpaddr_t image)
{
    const uint64_t entered = cycles();
    const struct core_parameters *parameters = &core_parameters;
    kernel_image_base = image;
    map_drop_identity();
    psci_init(el2 != 0);
    console_find();
    memcpy(info.command_line, parameters->command_line, sizeof(info.command_line));
    info.cores = gic_find_cores(platform.gic_distributor, platform.gic_redistributors,
                                platform.gic_redistributors_bytes, parameters->first_affinity);
    map_all_memory();
    core_init_secondary(info.cores, parameters->lines);
    reset_if_asked();
    fail_if_asked();
    memory_add(parameters->ram, parameters->ram_bytes); // what is to be taken is the core's own
    start_trace(parameters->trace, entered);
    trace_boot_memory(memory_total());
    milestone("memory");
    init_core();
    info.cycle_hz = parameters->cycle_hz;
    describe_machine();
    trace_boot_devices(info.cores);
    milestone("devices");
    const struct init_gifts gifts = {
        .image = parameters->first_image,
        .trace = parameters->trace,
        .shared = parameters->shared,
        .shared_bytes = parameters->shared_bytes,
        .shared_rights = (uint8_t)parameters->shared_rights,
    };
    struct dcb *init = init_domain_create(&info, &gifts);
    core_set_state(CORE_STATE_RUNS);
    trace_boot_init();
    dispatch(init);
}
