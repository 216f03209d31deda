#include "misuse.h"

#include <rt/syscall.h>

/// One chosen call, and the error that it must give.
struct chosen {
    const char *what;
    errval_t expected;
    uint64_t x[RAW_REGISTERS];
};

#define INVOKE(command)        (SYS_INVOKE | (uint64_t)(command) << INVOKE_COMMAND_SHIFT)
#define OWN(address)           SLOT_REF(TASKCN_SLOT_ROOTCN, address)
#define SLOT(name)             arena_address(name)
#define LEVELS(to, from, type) SLOT_LEVELS((uint64_t)(to), (uint64_t)(from), (uint64_t)(type))

static void check(const struct chosen *call)
{
    uint64_t x[RAW_REGISTERS];
    for (unsigned i = 0; i < RAW_REGISTERS; i++) {
        x[i] = call->x[i];
    }
    raw_call(x);
    result_count(x[0]);
    if (err_no(x[0]) != call->expected) {
        result_fail(call->what, x[0]);
    }
    result_check(call->what, call->x);
}

static void check_all(const struct chosen *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(&calls[i]);
    }
}

static void cspace_calls(void)
{
    const uint64_t empty = SLOT(ARENA_MADE);
    const struct chosen calls[] = {
        {"a system call that does not exist", SYS_ERR_ILLEGAL_SYSCALL, {255}},
        {"invoking the null slot", SYS_ERR_CAP_NOT_FOUND, {INVOKE(0), 0}},
        {"invoking through an L1 slot out of range", SYS_ERR_CNODE_SLOT_RANGE, {INVOKE(0), 0xffffff00}},
        {"invoking a frame", SYS_ERR_ILLEGAL_INVOCATION, {INVOKE(0), SLOT(ARENA_FRAME)}},
        {"an unknown command of a CNode", SYS_ERR_ILLEGAL_INVOCATION, {INVOKE(99), TASKCN_SLOT_ROOTCN}},
        {"copying into a used slot",
         SYS_ERR_SLOT_IN_USE,
         {INVOKE(CNODE_COPY), TASKCN_SLOT_ROOTCN, OWN(SLOT(ARENA_RAM)), OWN(SLOT(ARENA_FRAME)),
          LEVELS(2, 2, 0)}},
        {"copying from an empty slot",
         SYS_ERR_CAP_NOT_FOUND,
         {INVOKE(CNODE_COPY), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(empty + 1), LEVELS(2, 2, 0)}},
        {"a level that does not exist",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(CNODE_COPY), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_FRAME)), LEVELS(3, 2, 0)}},
        {"a frame where only CNodes belong",
         SYS_ERR_CNODE_TYPE,
         {INVOKE(CNODE_COPY), TASKCN_SLOT_ROOTCN, OWN(250 << 8), OWN(SLOT(ARENA_FRAME)), LEVELS(1, 2, 0)}},
        {"a CSpace that is a frame",
         SYS_ERR_CNODE_TYPE,
         {INVOKE(CNODE_DELETE), TASKCN_SLOT_ROOTCN, SLOT_REF(SLOT(ARENA_FRAME), empty), 0, LEVELS(2, 0, 0)}},
        {"minting more rights than there are",
         SYS_ERR_RIGHTS,
         {INVOKE(CNODE_MINT), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_KERNEL)), LEVELS(2, 2, 0), 2}},
        {"minting a ring over the save areas",
         SYS_ERR_LMP_ENDPOINT_RANGE,
         {INVOKE(CNODE_MINT), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_ENDPOINT_RINGLESS)),
          LEVELS(2, 2, 0), DISP_SAVE_ENABLED, 4}},
        {"minting a ring past the end of the frame",
         SYS_ERR_LMP_ENDPOINT_RANGE,
         {INVOKE(CNODE_MINT), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_ENDPOINT_RINGLESS)),
          LEVELS(2, 2, 0), USER_DISPATCHER_BYTES - 64, 4}},
        {"minting a ring of three slots",
         SYS_ERR_INVALID_MINT,
         {INVOKE(CNODE_MINT), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_ENDPOINT_RINGLESS)),
          LEVELS(2, 2, 0), USER_DISPATCHER_BYTES / 2, 3}},
        {"revoking an empty slot",
         SYS_ERR_CAP_NOT_FOUND,
         {INVOKE(CNODE_REVOKE), TASKCN_SLOT_ROOTCN, OWN(empty), 0, LEVELS(2, 0, 0)}},
        {"revoking a frame without the right",
         SYS_ERR_RIGHTS,
         {INVOKE(CNODE_REVOKE), TASKCN_SLOT_ROOTCN, OWN(SLOT(ARENA_FRAME)), 0, LEVELS(2, 0, 0)}},
        {"revoking everybody's interrupts",
         SYS_ERR_RIGHTS,
         {INVOKE(CNODE_REVOKE), TASKCN_SLOT_ROOTCN, OWN(SLOT(ARENA_IRQ)), 0, LEVELS(2, 0, 0)}},
        {"revoking the console",
         SYS_ERR_RIGHTS,
         {INVOKE(CNODE_REVOKE), TASKCN_SLOT_ROOTCN, OWN(TASKCN_SLOT_KERNEL), 0, LEVELS(2, 0, 0)}},
        {"revoking in an L1 slot that does not exist",
         SYS_ERR_CNODE_SLOT_RANGE,
         {INVOKE(CNODE_REVOKE), TASKCN_SLOT_ROOTCN, OWN(4096 << 8), 0, LEVELS(1, 0, 0)}},
        {"minting an endpoint twice",
         SYS_ERR_INVALID_MINT,
         {INVOKE(CNODE_MINT), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_ENDPOINT)), LEVELS(2, 2, 0),
          USER_DISPATCHER_BYTES / 2, 4}},
    };
    check_all(calls, ARRAY_LENGTH(calls));
}

static void retype_calls(void)
{
    const uint64_t to = OWN(SLOT(ARENA_MADE)), ram = OWN(SLOT(ARENA_RAM));
    const struct chosen calls[] = {
        {"RAM from a frame",
         SYS_ERR_INVALID_RETYPE,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, OWN(SLOT(ARENA_FRAME)), LEVELS(2, 2, ObjType_RAM), 0,
          BASE_PAGE_SIZE, 1}},
        {"a Kernel capability from RAM",
         SYS_ERR_INVALID_RETYPE,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, ram, LEVELS(2, 2, ObjType_Kernel), 0, 0, 1}},
        {"a type that does not exist",
         SYS_ERR_INVALID_RETYPE,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, ram, LEVELS(2, 2, 0xffff), 0, BASE_PAGE_SIZE, 1}},
        {"half a page",
         SYS_ERR_INVALID_OBJECT_SIZE,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, ram, LEVELS(2, 2, ObjType_Frame), 0,
          BASE_PAGE_SIZE / 2, 1}},
        {"a page table of two pages",
         SYS_ERR_INVALID_OBJECT_SIZE,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, ram, LEVELS(2, 2, ObjType_VNode_AARCH64_l3), 0,
          2 * BASE_PAGE_SIZE, 1}},
        {"no objects",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, ram, LEVELS(2, 2, ObjType_Frame), 0, BASE_PAGE_SIZE,
          0}},
        {"more objects than memory",
         SYS_ERR_RETYPE_RANGE,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, ram, LEVELS(2, 2, ObjType_Frame), 0, 1UL << 62, 4}},
        {"an offset that wraps",
         SYS_ERR_RETYPE_RANGE,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, ram, LEVELS(2, 2, ObjType_Frame), UINT64_MAX - 4095,
          BASE_PAGE_SIZE, 1}},
        {"a CNode at an odd page",
         SYS_ERR_RETYPE_ALIGNMENT,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, ram, LEVELS(2, 2, ObjType_L2CNode), BASE_PAGE_SIZE, 0,
          1}},
        {"slots past the end of the CNode",
         SYS_ERR_DEST_CNODE_RANGE,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, OWN(SLOT(255)), ram, LEVELS(2, 2, ObjType_Frame), 0,
          BASE_PAGE_SIZE, 2}},
        {"memory that is in use",
         SYS_ERR_REVOKE_FIRST,
         {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, to, OWN(SLOT(ARENA_MADE + 1)),
          LEVELS(2, 2, ObjType_Frame), 0, BASE_PAGE_SIZE, 1}},
    };
    // For the last one: RAM of which a page is a frame already.
    struct chosen make = {
        "a piece of RAM",
        SYS_ERR_OK,
        {INVOKE(CNODE_RETYPE), TASKCN_SLOT_ROOTCN, OWN(SLOT(ARENA_MADE + 1)), ram, LEVELS(2, 2, ObjType_RAM),
         0, BASE_PAGE_SIZE, 1},
    };
    check(&make);
    make.x[2] = OWN(SLOT(ARENA_MADE + 2));
    make.x[3] = OWN(SLOT(ARENA_MADE + 1));
    make.x[4] = LEVELS(2, 2, ObjType_Frame);
    check(&make);
    check_all(calls, ARRAY_LENGTH(calls));
}

static void vnode_calls(void)
{
    const uint64_t frame = SLOT(ARENA_FRAME) | (uint64_t)SLOT(ARENA_MADE + 3) << 32;
    const uint64_t table = SLOT(ARENA_VNODE_L3), one = 1UL << 32;
    const struct chosen calls[] = {
        {"an entry past the table",
         SYS_ERR_VNODE_ENTRY_RANGE,
         {INVOKE(VNODE_MAP), table, frame, 512 | one, 1}},
        {"entries past the table",
         SYS_ERR_VNODE_ENTRY_RANGE,
         {INVOKE(VNODE_MAP), table, frame, 511 | 2 * one, 1}},
        {"2^32 - 1 entries", SYS_ERR_VNODE_ENTRY_RANGE, {INVOKE(VNODE_MAP), table, frame, UINT64_MAX, 1}},
        {"no entries", SYS_ERR_INVALID_ARGUMENT, {INVOKE(VNODE_MAP), table, frame, 0, 1}},
        {"a flag that does not exist",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(VNODE_MAP), table, frame, one, 16 | 1}},
        {"writable and executable",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(VNODE_MAP), table, frame, one, VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_EXECUTE}},
        {"more than the frame", SYS_ERR_FRAME_RANGE, {INVOKE(VNODE_MAP), table, frame, 17 * one, 1}},
        {"an offset past the frame",
         SYS_ERR_FRAME_RANGE,
         {INVOKE(VNODE_MAP), table, frame, one, 1, UINT64_MAX}},
        {"an offset inside a page", SYS_ERR_FRAME_ALIGNMENT, {INVOKE(VNODE_MAP), table, frame, one, 1, 8}},
        {"a frame in the root",
         SYS_ERR_VNODE_LEVEL,
         {INVOKE(VNODE_MAP), SLOT(ARENA_VNODE_L0), frame, one, 1}},
        {"a table in itself",
         SYS_ERR_VNODE_LEVEL,
         {INVOKE(VNODE_MAP), table, table | (uint64_t)SLOT(ARENA_MADE + 3) << 32, one, 1}},
        {"RAM",
         SYS_ERR_VNODE_LEVEL,
         {INVOKE(VNODE_MAP), table, SLOT(ARENA_RAM_PAGE) | frame >> 32 << 32, one, 1}},
        {"a mapping in a used slot",
         SYS_ERR_SLOT_IN_USE,
         {INVOKE(VNODE_MAP), table, SLOT(ARENA_FRAME) | (uint64_t)SLOT(ARENA_RAM) << 32, one, 1}},
        {"unmapping a frame", SYS_ERR_NOT_A_MAPPING, {INVOKE(VNODE_UNMAP), table, SLOT(ARENA_FRAME)}},
        {"mapping it", SYS_ERR_OK, {INVOKE(VNODE_MAP), table, frame, one, 1}},
        {"mapping it twice",
         SYS_ERR_CAP_ALREADY_MAPPED,
         {INVOKE(VNODE_MAP), table, SLOT(ARENA_FRAME) | (uint64_t)SLOT(ARENA_MADE + 4) << 32, 5 | one, 1}},
        {"an entry in use",
         SYS_ERR_VNODE_ENTRY_IN_USE,
         {INVOKE(VNODE_MAP), table, SLOT(ARENA_FRAME_LARGE) | (uint64_t)SLOT(ARENA_MADE + 4) << 32, one, 1}},
        {"protecting nothing",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(VNODE_PROTECT), table, SLOT(ARENA_MADE + 3), 0, 1}},
        {"protecting more than is mapped",
         SYS_ERR_VNODE_ENTRY_RANGE,
         {INVOKE(VNODE_PROTECT), table, SLOT(ARENA_MADE + 3), 1 | one, 1}},
        {"writable and executable",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(VNODE_PROTECT), table, SLOT(ARENA_MADE + 3), one, 7}},
        {"protecting it in another table",
         SYS_ERR_NOT_A_MAPPING,
         {INVOKE(VNODE_PROTECT), SLOT(ARENA_VNODE_L2), SLOT(ARENA_MADE + 3), one, 1}},
        {"protecting it", SYS_ERR_OK, {INVOKE(VNODE_PROTECT), table, SLOT(ARENA_MADE + 3), one, 3}},
        {"unmapping from another table",
         SYS_ERR_NOT_A_MAPPING,
         {INVOKE(VNODE_UNMAP), SLOT(ARENA_VNODE_L2), SLOT(ARENA_MADE + 3)}},
        {"deleting a table that is in use",
         SYS_ERR_OK,
         {INVOKE(CNODE_DELETE), TASKCN_SLOT_ROOTCN, OWN(table), 0, LEVELS(2, 0, 0)}},
    };
    check_all(calls, ARRAY_LENGTH(calls));
}

static void other_calls(void)
{
    const uint64_t dispatcher = SLOT(ARENA_DISPATCHER_EMPTY), kernel = TASKCN_SLOT_KERNEL;
    const uint64_t spaces = SLOT(ARENA_CSPACE) | (uint64_t)SLOT(ARENA_VNODE_L0) << 32;
    const struct chosen calls[] = {
        {"running what is not set up", SYS_ERR_DISPATCHER_INCOMPLETE, {INVOKE(DISPATCHER_RUN), dispatcher}},
        {"slices for what does not run",
         SYS_ERR_DISPATCHER_INCOMPLETE,
         {INVOKE(DISPATCHER_SLICES), dispatcher, 1}},
        {"waking what does not run",
         SYS_ERR_DISPATCHER_INCOMPLETE,
         {INVOKE(DISPATCHER_WAKE_AT), dispatcher, 1}},
        {"a CSpace that is none",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(DISPATCHER_SETUP), dispatcher, SLOT(ARENA_FRAME) | spaces >> 32 << 32, SLOT(ARENA_FRAME),
          0}},
        {"a dispatcher frame at an odd address",
         SYS_ERR_DISPATCHER_FRAME,
         {INVOKE(DISPATCHER_SETUP), dispatcher, spaces, SLOT(ARENA_FRAME), 8}},
        {"setting up twice",
         SYS_ERR_DISPATCHER_RUNNING,
         {INVOKE(DISPATCHER_SETUP), SLOT(ARENA_DISPATCHER), spaces, SLOT(ARENA_FRAME), 0}},
        {"going on in a CSpace without a task CNode",
         SYS_ERR_CAP_NOT_FOUND,
         {INVOKE(DISPATCHER_CSPACE), TASKCN_SLOT_DISPATCHER, TASKCN_SLOT_ROOTCN | spaces << 32}},
        {"going on in a frame",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(DISPATCHER_CSPACE), TASKCN_SLOT_DISPATCHER,
          TASKCN_SLOT_ROOTCN | (uint64_t)SLOT(ARENA_FRAME) << 32}},
        {"changing from a CSpace that it does not have",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(DISPATCHER_CSPACE), TASKCN_SLOT_DISPATCHER,
          SLOT(ARENA_CSPACE) | (uint64_t)TASKCN_SLOT_ROOTCN << 32}},
        {"a CSpace for a dispatcher that is not set up",
         SYS_ERR_DISPATCHER_INCOMPLETE,
         {INVOKE(DISPATCHER_CSPACE), dispatcher, TASKCN_SLOT_ROOTCN | spaces << 32}},
        {"yielding to a frame", SYS_ERR_ILLEGAL_INVOCATION, {SYS_YIELD, SLOT(ARENA_FRAME)}},
        {"yielding to a dispatcher that does not run",
         SYS_ERR_DISPATCHER_INCOMPLETE,
         {SYS_YIELD, SLOT(ARENA_DISPATCHER_EMPTY)}},
        {"resuming outside the frame", SYS_ERR_INVALID_USER_ADDRESS, {SYS_RESUME, USER_ARGS}},
        {"resuming past the end", SYS_ERR_INVALID_USER_ADDRESS, {SYS_RESUME, USER_DISPATCHER + 0xfff0}},
        {"printing kernel memory",
         SYS_ERR_INVALID_USER_ADDRESS,
         {INVOKE(0), kernel, 0, 0xffffff8000000000, 16}},
        {"printing past the address space",
         SYS_ERR_INVALID_USER_ADDRESS,
         {INVOKE(0), kernel, 0, UINT64_MAX, 16}},
        {"printing what is not mapped", SYS_ERR_INVALID_USER_ADDRESS, {INVOKE(0), kernel, 0, 8, 16}},
        {"printing too much", SYS_ERR_FRAME_TOO_LONG, {INVOKE(0), kernel, 0, USER_IMAGE_BASE, 1025}},
        {"sending an END frame", SYS_ERR_INVALID_ARGUMENT, {INVOKE(0), kernel, 6, USER_IMAGE_BASE, 16}},
        {"switching the machine off", SYS_ERR_RIGHTS, {INVOKE(KERNEL_POWER_OFF), kernel, 0}},
        {"draining the trace", SYS_ERR_RIGHTS, {INVOKE(KERNEL_DRAIN), kernel}},
        {"checking the capabilities", SYS_ERR_RIGHTS, {INVOKE(KERNEL_CHECK), kernel}},
        {"an interrupt that does not exist",
         SYS_ERR_IRQ_NUMBER,
         {INVOKE(IRQ_CONNECT), SLOT(ARENA_IRQ), 100000, SLOT(ARENA_ENDPOINT)}},
        {"a core that does not exist",
         SYS_ERR_CORE_NUMBER,
         {INVOKE(CORE_WAKE), SLOT(ARENA_CORE), CORES_MAX, 0}},
        {"asking for a core", SYS_ERR_RIGHTS, {INVOKE(CORE_STATUS), SLOT(ARENA_CORE), 0}},
        {"a group of wakes that does not exist",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(CORE_WAKE), SLOT(ARENA_CORE), 0, CORE_WAKE_GROUPS}},
        {"waking the own core", SYS_ERR_OK, {INVOKE(CORE_WAKE), SLOT(ARENA_CORE), 0, 0}},
        {"parking a core", SYS_ERR_RIGHTS, {INVOKE(CORE_PARK), SLOT(ARENA_CORE), 0}},
        {"resuming a core", SYS_ERR_RIGHTS, {INVOKE(CORE_RESUME), SLOT(ARENA_CORE), 0}},
        {"starting a core",
         SYS_ERR_RIGHTS,
         {INVOKE(CORE_START), SLOT(ARENA_CORE), 0, SLOT(ARENA_RAM), SLOT(ARENA_FRAME)}},
        {"a group of wakes for what does not run",
         SYS_ERR_DISPATCHER_INCOMPLETE,
         {INVOKE(DISPATCHER_WAKE_GROUP), dispatcher, 0}},
        {"hearing of a group that does not exist",
         SYS_ERR_INVALID_ARGUMENT,
         {INVOKE(DISPATCHER_WAKE_GROUP), TASKCN_SLOT_DISPATCHER, CORE_WAKE_GROUPS}},
        {"making memory from nowhere",
         SYS_ERR_RIGHTS,
         {INVOKE(KERNEL_CREATE), kernel, OWN(SLOT(ARENA_MADE)), ObjType_RAM, 0x40000000, BASE_PAGE_SIZE}},
        {"a counter that does not exist",
         SYS_ERR_PERFMON_COUNTER,
         {INVOKE(0), SLOT(ARENA_PERFMON), 1UL << 32, 0}},
    };
    check_all(calls, ARRAY_LENGTH(calls));
}

/// Messages with capabilities in x10 and x11 and bytes at x12, and the endpoints that they go to.
static void message_calls(void)
{
    const uint64_t empty = SLOT(ARENA_MADE), to = SLOT(ARENA_ENDPOINT), frame = SLOT(ARENA_FRAME);
    const uint64_t bytes = SYS_LMP | LMP_CAPS(0) | LMP_FLAG_BYTES, text = USER_IMAGE_BASE;
    const struct chosen calls[] = {
        {"a wait outside the frame", SYS_ERR_LMP_ENDPOINT_RANGE, {SYS_LMP, USER_DISPATCHER_BYTES << 32}},
        {"a wait at an odd offset", SYS_ERR_LMP_ENDPOINT_RANGE, {SYS_LMP, 1364UL << 32}},
        {"sending to an endpoint without a ring",
         SYS_ERR_LMP_NO_TARGET,
         {SYS_LMP, SLOT(ARENA_ENDPOINT_RINGLESS)}},
        {"sending to a frame", SYS_ERR_ILLEGAL_INVOCATION, {SYS_LMP, SLOT(ARENA_FRAME)}},
        {"sending nine words",
         SYS_ERR_INVALID_ARGUMENT,
         {SYS_LMP | 9 << LMP_COUNT_SHIFT, SLOT(ARENA_ENDPOINT)}},
        {"sending no capability", SYS_ERR_LMP_CAP_SOURCE, {SYS_LMP | LMP_FLAG_CAP, SLOT(ARENA_ENDPOINT)}},
        {"sending five capabilities",
         SYS_ERR_INVALID_ARGUMENT,
         {SYS_LMP | LMP_CAPS(5), to, [10] = frame | frame << 32, frame | frame << 32}},
        {"sending three capabilities and nothing",
         SYS_ERR_LMP_CAP_SOURCE,
         {SYS_LMP | LMP_CAPS(4), to, [10] = frame | frame << 32, frame | empty << 32}},
        {"sending capabilities to who has no slot for them",
         SYS_ERR_LMP_CAP_NO_SLOT,
         {SYS_LMP | LMP_CAPS(2), to, [10] = frame | frame << 32}},
        {"sending no bytes", SYS_ERR_INVALID_ARGUMENT, {bytes, to, [12] = text, 0}},
        {"sending more bytes than ever go along",
         SYS_ERR_INVALID_ARGUMENT,
         {bytes, to, [12] = text, LMP_AREA_MAX_BYTES + 1}},
        {"sending more bytes than there is room for",
         SYS_ERR_INVALID_ARGUMENT,
         {bytes, to, [12] = text, LMP_AREA_MAX_BYTES}},
        {"sending bytes to a ring without an area",
         SYS_ERR_INVALID_ARGUMENT,
         {bytes, SLOT(ARENA_ENDPOINT_OTHER), [12] = text, 1}},
        {"sending the kernel's bytes",
         SYS_ERR_INVALID_USER_ADDRESS,
         {bytes, to, [12] = 0xffffff8000000000, 64}},
        {"sending bytes past the address space",
         SYS_ERR_INVALID_USER_ADDRESS,
         {bytes, to, [12] = UINT64_MAX - 8, 64}},
        {"sending bytes that are not mapped", SYS_ERR_INVALID_USER_ADDRESS, {bytes, to, [12] = 8, 64}},
        {"copying a linked endpoint",
         SYS_ERR_CAP_NOT_COPYABLE,
         {INVOKE(CNODE_COPY), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_LINKED)), LEVELS(2, 2, 0)}},
        {"minting a linked endpoint",
         SYS_ERR_CAP_NOT_COPYABLE,
         {INVOKE(CNODE_MINT), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_LINKED)), LEVELS(2, 2, 0)}},
        {"sending a copy of a linked endpoint",
         SYS_ERR_LMP_CAP_NO_SLOT,
         {SYS_LMP | LMP_FLAG_CAP, to, [10] = SLOT(ARENA_LINKED)}},
        {"interrupts for a linked endpoint",
         SYS_ERR_CAP_NOT_COPYABLE,
         {INVOKE(IRQ_CONNECT), SLOT(ARENA_IRQ), 100, SLOT(ARENA_LINKED)}},
        {"a ring with an odd area",
         SYS_ERR_INVALID_MINT,
         {INVOKE(CNODE_MINT), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_ENDPOINT_RINGLESS)),
          LEVELS(2, 2, 0), USER_DISPATCHER_BYTES / 2, LMP_RING_ROOM(4, 32)}},
        {"a ring with an area past the end of the frame",
         SYS_ERR_LMP_ENDPOINT_RANGE,
         {INVOKE(CNODE_MINT), TASKCN_SLOT_ROOTCN, OWN(empty), OWN(SLOT(ARENA_ENDPOINT_RINGLESS)),
          LEVELS(2, 2, 0), USER_DISPATCHER_BYTES - 512, LMP_RING_ROOM(4, 192)}},
    };
    check_all(calls, ARRAY_LENGTH(calls));
}

void misuse_chosen(void)
{
    cspace_calls();
    retype_calls();
    vnode_calls();
    other_calls();
    message_calls();
}
