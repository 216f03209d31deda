/**
 * What the kernel hands to init: memory, modules, devices, and where the capabilities for them are.
 */
#ifndef ABI_BOOTINFO_H
#define ABI_BOOTINFO_H

#include <abi/types.h>

/*
 * L1 slots of every domain's CSpace. In all but init the CNodes of page tables, memory and segments are one:
 * the root page table in slot 0, then RAM, then the rest in any order.
 */
#define ROOTCN_TASK     0 ///< L2 CNode with the slots below.
#define ROOTCN_PAGE     1 ///< Page tables that the parent made, the root first.
#define ROOTCN_MEMORY   2 ///< RAM that the domain starts with; init: all of it.
#define ROOTCN_MODULES  3 ///< init, and whom it gave them: one Frame a boot module, in the order of bootinfo.
#define ROOTCN_DEVICES  4 ///< init: one DevFrame a device, in the order of bootinfo.
#define ROOTCN_SEGMENTS 5 ///< Frames that the parent mapped.
#define ROOTCN_FREE     6 ///< The first L1 slot that the domain may use as it likes.
#define ROOTCN_SLOTS    256

/* Slots of the task CNode. Slot 0 stays empty: address 0 is the null reference. */
#define TASKCN_SLOT_NULL       0
#define TASKCN_SLOT_ROOTCN     1 ///< Its own L1CNode.
#define TASKCN_SLOT_DISPATCHER 2
#define TASKCN_SLOT_DISPFRAME  3
#define TASKCN_SLOT_ARGSPAGE   4
#define TASKCN_SLOT_PARENTEP   5 ///< Endpoint of whoever started it; empty in init.
#define TASKCN_SLOT_SELFEP     6 ///< Endpoint of its own without a ring: mint it to make channels.
#define TASKCN_SLOT_KERNEL     7
#define TASKCN_SLOT_IRQ        8
#define TASKCN_SLOT_PERFMON    9
#define TASKCN_SLOT_TRACE      10 ///< Frame of this core's trace ring, if tracing is built in.
#define TASKCN_SLOT_BOOTINFO   11 ///< Frame with struct bootinfo; in init, and whom it gave the modules.
#define TASKCN_SLOT_CORE       12 ///< init: all cores.
#define TASKCN_SLOT_URPC       13 ///< init of a core that another one started: the Frame that the two share.
#define TASKCN_SLOT_USER       16 ///< From here on the parent's and child's own agreement.

/* Fixed user addresses. What the parent builds lies below 512 GiB (entry 0 of the root page table); the rest
 * is the domain's own. Everything from the first stack to the first 128 KiB of the dispatcher frame shares
 * one page table of the last level, and that one its parents with the image. */
#define USER_IMAGE_BASE  0x400000UL   ///< Lowest address of a segment of an executable.
#define USER_IMAGE_LIMIT 0x3ec00000UL ///< End of the range for segments.
#define USER_STACK       0x3ec01000UL ///< Lowest address of the first stack; below it lies a guard.
#define USER_ARGS        0x3ec10000UL ///< The arguments; init: struct bootinfo.
#define USER_ARENA       0x3ed50000UL ///< The child's own, for its bookkeeping, in page tables of the parent.
#define USER_DISPATCHER  0x3ede0000UL ///< The dispatcher frame.
#define USER_TRACE       0x7000000000UL ///< The trace ring.
#define USER_OWN_BASE    0x8000000000UL ///< From here on the domain's own paging decides.
#define USER_LIMIT       (1UL << 48)

#define USER_ARGS_MAX_BYTES (USER_ARENA - USER_ARGS)

#define USER_IMAGE_MAX_BYTES 0x10000000UL ///< Of all segments of an executable together.

#define USER_DISPATCHER_BYTES     0x10000UL
#define USER_DISPATCHER_MAX_BYTES 0x1000000UL ///< For a parent that asks for more.
#define INIT_DISPATCHER_BYTES     0x1000000UL ///< init has an endpoint for each domain.
#define USER_STACK_BYTES          0x4000UL

/* What a domain has if its parent does not say otherwise. */
#define USER_RAM_BYTES         0x40000UL  ///< For its heap, stacks, and the like.
#define USER_STACK_LIMIT_BYTES 0x100000UL ///< To which the main thread's stack may grow.

#define BOOTINFO_BYTES       0x4000UL
#define BOOTINFO_MAX_REGIONS 64
#define BOOTINFO_MAX_MODULES 64
#define BOOTINFO_MAX_DEVICES 16

struct boot_region {
    genpaddr_t base;
    gensize_t bytes;
};

struct boot_module {
    gensize_t bytes; ///< Exact size of the file; its Frame is rounded up to pages.
    char name[48];
};

struct boot_device {
    genpaddr_t base;
    gensize_t bytes;
    uint32_t irq;
    uint32_t reserved;
    char name[32];
};

struct bootinfo {
    uint32_t version; ///< 1
    uint32_t cores;   ///< That the machine has.
    coreid_t core;    ///< That this init runs on.
    uint32_t region_count;
    uint32_t module_count;
    uint32_t device_count;
    uint32_t page_table_count; ///< Page tables in ROOTCN_PAGE, the root in slot 0.
    uint32_t segment_count;
    uint64_t trace_bytes; ///< Size of the trace ring, 0 without tracing.
    uint64_t cycle_hz;
    uint64_t counter_hz;
    char platform[32];
    char command_line[1024];
    struct boot_region regions[BOOTINFO_MAX_REGIONS];
    struct boot_module modules[BOOTINFO_MAX_MODULES];
    struct boot_device devices[BOOTINFO_MAX_DEVICES];
    uint32_t milestone_count; ///< Start-up stages that the kernel passed, and when.
    uint32_t reserved;
    struct {
        char name[24];
        uint64_t cycles; ///< Since the first kernel instruction.
    } milestones[16];
};

_Static_assert(sizeof(struct bootinfo) <= BOOTINFO_BYTES, "bootinfo fits its frame");
_Static_assert(USER_STACK >> LARGE_PAGE_BITS == USER_DISPATCHER >> LARGE_PAGE_BITS,
               "one page table of the last level");

#endif
