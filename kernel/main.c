/**
 * From power-on to init: the kernel's table of contents.
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
#include <dispatch/dispatch.h>
#include <format.h>
#include <platform/platform.h>
#include <dispatch/interrupt.h>
#include <trace/drain.h>
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

/// The boot modules are no free memory, but they are read: what begins behind the kernel's own 2 MiB.
static void map_modules(void)
{
    const gensize_t image_bytes = (lvaddr_t)image_end - (lvaddr_t)image_start;
    if (image_bytes > KERNEL_IMAGE_BYTES
        && !map_ram(kernel_image_base + KERNEL_IMAGE_BYTES, image_bytes - KERNEL_IMAGE_BYTES,
                    kernel_image_base)) {
        panic("no room to map the boot modules");
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
    memory_map(kernel_image_base);
    map_modules();
    if (memory_left_out() != 0) {
        console_printf("memory: too many ranges, %lu bytes are not used\n", memory_left_out());
    }
}

static lpaddr_t start_trace(uint64_t entered)
{
    if (TRACE_ANY_ENABLED == 0) {
        return 0;
    }
    const lpaddr_t ring = memory_take(TRACE_RING_MAP_BYTES, LARGE_PAGE_SIZE);
    trace_ring_init(ring);
    trace_record_early(TRACE_BOOT_ENTRY, entered, 0);
    info.trace_bytes = TRACE_RING_MAP_BYTES;
    return ring;
}

/// \param fdt     physical address of the device tree, or 0
/// \param el2     the kernel was entered at EL2
/// \param image   physical address of the image
_Noreturn void kernel_main(lpaddr_t fdt, uint64_t el2, lpaddr_t image)
{
    const uint64_t entered = cycles();
    kernel_image_base = image;
    map_drop_identity(); // from here on the low half is for domains
    psci_init(el2 != 0); // the firmware, for switching off
    console_init();      // from here on a panic can be read
    milestone("console");
    find_memory(fdt); // from the device tree, or the least the board has
    if (command_line_number(info.command_line, "reset", 0) != 0) {
        psci_reset_at_end();
    }
    const lpaddr_t trace = start_trace(entered);
    trace_boot_memory(memory_total());
    interrupt_init(memory_take(INTERRUPT_TABLE_BYTES, BASE_PAGE_SIZE));
    milestone("memory");
    info.cores =
        gic_init(platform.gic_distributor, platform.gic_redistributors, platform.gic_redistributors_bytes);
    gic_init_core(); // interrupts of this core
    pmu_init_core(); // counters for user level
    fp_init_core();  // first use of FP traps
    schedule_init(command_line_number(info.command_line, "slice_us", SLICE_US_DEFAULT));
    info.cycle_hz = timer_measure_cycle_hz();
    info.counter_hz = timer_counter_hz();
    console_describe(info.cores, info.cycle_hz);
    console_hello(); // the stream starts
    console_clock();
    trace_boot_devices(info.cores);
    milestone("devices");
    info.version = 1;
    format_string(info.platform, sizeof(info.platform), "%s", platform.name);
    struct dcb *init = init_domain_create(&info, image, trace);
    trace_boot_init();
    dispatch(init);
}
