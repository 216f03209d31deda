#include "misuse.h"

#include <aos/kernel.h>
#include <rt/syscall.h>
#include <string.h>

/*
 * The calls may do anything to the arena, and nothing to what we live on: where an argument says what is to
 * be changed it is an arena slot, or one that does not exist.
 */

void raw_call(uint64_t registers[RAW_REGISTERS])
{
    register uint64_t x0 __asm__("x0") = registers[0];
    register uint64_t x1 __asm__("x1") = registers[1];
    register uint64_t x2 __asm__("x2") = registers[2];
    register uint64_t x3 __asm__("x3") = registers[3];
    register uint64_t x4 __asm__("x4") = registers[4];
    register uint64_t x5 __asm__("x5") = registers[5];
    register uint64_t x6 __asm__("x6") = registers[6];
    register uint64_t x7 __asm__("x7") = registers[7];
    register uint64_t x8 __asm__("x8") = registers[8];
    register uint64_t x9 __asm__("x9") = registers[9];
    register uint64_t x10 __asm__("x10") = registers[10];
    register uint64_t x11 __asm__("x11") = registers[11];
    register uint64_t x12 __asm__("x12") = registers[12];
    register uint64_t x13 __asm__("x13") = registers[13];
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7),
                       "+r"(x8), "+r"(x9), "+r"(x10), "+r"(x11), "+r"(x12), "+r"(x13)
                     :
                     : "x14", "x15", "x16", "x17", "x18", "cc", "memory");
    registers[0] = x0;
    registers[1] = x1;
    registers[2] = x2;
    registers[3] = x3;
    registers[4] = x4;
    registers[5] = x5;
    registers[6] = x6;
    registers[7] = x7;
    registers[8] = x8;
    registers[9] = x9;
}

/// A slot of the arena, more often one of those that hold something.
static capaddr_t any_slot(void)
{
    return arena_address((cslot_t)random_below(random_below(4) ? ARENA_MADE + 8 : L2_CNODE_SLOTS));
}

/// The address of a capability: an arena slot, or nothing that exists.
static capaddr_t any_address(void)
{
    switch (random_below(8)) {
    case 0:
        return (capaddr_t)(200 + random_below(300)) << L2_CNODE_BITS | (capaddr_t)random_below(256);
    case 1:
        return (capaddr_t)random_hostile() | 0x80000000;
    default:
        return any_slot();
    }
}

/// A slot that is probably empty.
static capaddr_t empty_slot(void)
{
    return arena_address(ARENA_MADE + (cslot_t)random_below(L2_CNODE_SLOTS - ARENA_MADE));
}

/// The L1CNode that a slot reference starts from.
static capaddr_t any_cspace(void)
{
    switch (random_below(8)) {
    case 0:
        return any_address();
    case 1:
        return arena_address(ARENA_CSPACE);
    default:
        return TASKCN_SLOT_ROOTCN;
    }
}

/// A slot of a CSpace that may be changed, and its level. Our own L1 slots that we need are left alone.
static uint64_t any_reference(capaddr_t address, unsigned *level)
{
    capaddr_t croot = any_cspace();
    *level = random_below(16) ? 2 : (unsigned)random_below(4);
    if (*level != 2 && croot == TASKCN_SLOT_ROOTCN) {
        address = (capaddr_t)(200 + random_below(100)) << L2_CNODE_BITS;
    } else if (*level != 2) {
        address = (capaddr_t)random_below(300) << L2_CNODE_BITS;
    }
    return SLOT_REF(croot, address);
}

static void any_cnode_command(uint64_t *x)
{
    unsigned to_level, from_level;
    uint64_t type = random_below(ObjType_Num + 2);
    const uint64_t command = random_below(7);
    x[0] |= (command == CNODE_REVOKE ? CNODE_MOVE + 1 : command) << INVOKE_COMMAND_SHIFT;
    x[1] = random_below(16) ? TASKCN_SLOT_ROOTCN : any_address();
    x[2] = any_reference(random_below(4) ? empty_slot() : any_address(), &to_level);
    x[3] = any_reference(random_below(8) ? any_slot() : any_address(), &from_level);
    if (command == CNODE_MOVE) {
        x[3] = any_reference(empty_slot(), &from_level); // what the arena is made of stays in its place
    }
    x[4] = SLOT_LEVELS((uint64_t)to_level, (uint64_t)from_level, type)
           | (random_below(16) ? 0 : random_next() << 32);
    x[5] = random_below(2) ? random_below(64) * BASE_PAGE_SIZE : random_hostile();
    x[6] = random_below(2) ? random_below(5) * BASE_PAGE_SIZE : random_hostile();
    x[7] = random_below(2) ? 1 + random_below(4) : random_hostile();
}

/// A revoke of something in the arena. Not of endpoints: their copies are what we live on.
static void any_revoke(uint64_t *x)
{
    struct capability_info info;
    const capaddr_t slot = random_below(4) ? any_slot() : empty_slot();
    const struct capref cap = capref_make(TASKCN_SLOT_ROOTCN, slot >> L2_CNODE_BITS, slot % L2_CNODE_SLOTS);
    const bool spared = err_is_ok(cap_identify(cap, &info)) && info.type == ObjType_EndPoint;
    x[0] |= CNODE_REVOKE << INVOKE_COMMAND_SHIFT;
    x[1] = TASKCN_SLOT_ROOTCN;
    x[2] = SLOT_REF(TASKCN_SLOT_ROOTCN, spared ? 0 : slot);
    x[4] = SLOT_LEVELS(2, random_below(4), 0);
}

/// A retype that has a chance: of a right kind of source, often with a good size.
static void any_retype(uint64_t *x)
{
    static const cslot_t sources[] = {ARENA_RAM,         ARENA_RAM,        ARENA_RAM_PAGE,
                                      ARENA_FRAME_LARGE, ARENA_DISPATCHER, ARENA_DISPATCHER_EMPTY,
                                      ARENA_IRQ,         ARENA_CORE};
    static const enum objtype types[] = {
        ObjType_RAM,
        ObjType_Frame,
        ObjType_L1CNode,
        ObjType_L2CNode,
        ObjType_VNode_AARCH64_l1,
        ObjType_VNode_AARCH64_l3,
        ObjType_Dispatcher,
        ObjType_EndPoint,
        ObjType_IRQ,
        ObjType_Core,
    };
    static const gensize_t sizes[] = {0, 1, BASE_PAGE_SIZE, OBJSIZE_L2CNode, LARGE_PAGE_SIZE};
    unsigned level;
    x[0] |= CNODE_RETYPE << INVOKE_COMMAND_SHIFT;
    x[1] = TASKCN_SLOT_ROOTCN;
    x[2] = any_reference(empty_slot(), &level);
    x[3] = SLOT_REF(TASKCN_SLOT_ROOTCN, arena_address(sources[random_below(ARRAY_LENGTH(sources))]));
    x[4] = SLOT_LEVELS((uint64_t)level, 2UL, (uint64_t)types[random_below(ARRAY_LENGTH(types))]);
    x[5] = random_below(4) ? random_below(16) * OBJSIZE_L2CNode : random_hostile();
    x[6] = random_below(8) ? sizes[random_below(ARRAY_LENGTH(sizes))] : random_hostile();
    x[7] = random_below(8) ? 1 + random_below(4) : random_hostile();
}

static void any_vnode_command(uint64_t *x)
{
    static const uint64_t flags[] = {VREGION_FLAGS_READ, VREGION_FLAGS_READ_WRITE,
                                     VREGION_FLAGS_READ_EXECUTE};
    x[0] |= random_below(4) << INVOKE_COMMAND_SHIFT;
    x[1] = arena_address(ARENA_VNODE_L0 + (cslot_t)random_below(4));
    capaddr_t what = random_below(4) ? arena_address(ARENA_FRAME + (cslot_t)random_below(6)) : any_slot();
    x[2] = random_below(8) ? what | (uint64_t)empty_slot() << 32 : random_hostile();
    x[3] = random_below(2) ? random_below(512) | (random_below(8) + 1) << 32 : random_hostile();
    x[4] = random_below(4) ? flags[random_below(3)] : random_hostile();
    x[5] = random_below(2) ? random_below(16) * BASE_PAGE_SIZE : random_hostile();
    if ((uint32_t)x[2] < 7 << L2_CNODE_BITS || x[2] >> 32 < 7 << L2_CNODE_BITS) {
        x[2] |= 0x8000000080000000; // none of the capabilities that we live on
    }
}

static void any_dispatcher_command(uint64_t *x)
{
    const uint64_t command = random_below(9);
    x[0] |= command << INVOKE_COMMAND_SHIFT;
    x[1] = arena_address(ARENA_DISPATCHER + (cslot_t)random_below(2));
    x[2] = any_address() | (uint64_t)any_address() << 32;
    if (command == DISPATCHER_WAKE_GROUP) {
        x[2] = random_below(4) ? random_below(CORE_WAKE_GROUPS + 1) : random_hostile();
    }
    x[3] = any_address() | (uint64_t)(random_below(2) ? any_address() : 0) << 32;
    x[4] = random_hostile();
}

static void any_irq_command(uint64_t *x)
{
    static const cslot_t endpoints[] = {ARENA_ENDPOINT, ARENA_ENDPOINT_RINGLESS, ARENA_LINKED, ARENA_FRAME};
    x[0] |= random_below(3) << INVOKE_COMMAND_SHIFT;
    x[1] = arena_address(ARENA_IRQ);
    x[2] = random_below(2) ? random_below(1100) : random_hostile();
    x[3] = arena_address(endpoints[random_below(ARRAY_LENGTH(endpoints))]);
}

/// Of the cores there is one, which is the first: it can be woken, and asked what it does.
static void any_core_command(uint64_t *x)
{
    x[0] |= random_below(6) << INVOKE_COMMAND_SHIFT;
    x[1] = arena_address(ARENA_CORE);
    x[2] = random_below(4) ? random_below(3) : random_hostile();
    x[3] = random_below(2) ? random_below(CORE_WAKE_GROUPS + 1) : any_address();
    x[4] = any_address();
    x[5] = random_below(2) ? 0 : any_address();
}

/// Our own console capability with nothing that would be printed, or one without rights with anything.
static void any_kernel_command(uint64_t *x)
{
    x[0] |= random_below(5) << INVOKE_COMMAND_SHIFT;
    x[1] = random_below(2) ? TASKCN_SLOT_KERNEL : arena_address(ARENA_KERNEL);
    x[2] = random_below(3) ? FRAME_CONSOLE : 100 + random_below(1000);
    x[3] = 0xffff000000000000 | random_hostile();
    x[4] = 1 + random_hostile() % (1UL << 62);
}

static void any_lmp(uint64_t *x)
{
    struct lmp_ring *ring = arena_endpoint()->ring;
    for (unsigned i = 0; i < LMP_RECV_SLOTS; i++) {
        ring->recv_slots[i] = random_below(2)   ? any_slot()
                              : random_below(2) ? 0
                                                : (capaddr_t)random_hostile() | 0x80000000;
    }
    ring->slots_given =
        random_below(4) ? ring->slots_taken + (uint32_t)random_below(9) : (uint32_t)random_hostile();
    ring->bytes_used = (uint32_t)random_below(2);
    if (random_below(4) == 0) {
        ring->count.delivered = (uint32_t)random_hostile();
        ring->count.consumed = (uint32_t)random_hostile();
        ring->slots_taken = (uint32_t)random_hostile();
    }
    x[0] = SYS_LMP | random_below(32) << 8 | random_below(1 << 12) << LMP_COUNT_SHIFT;
    if (random_below(2)) {
        x[0] = (x[0] & ~(7UL << LMP_CAPS_SHIFT)) | LMP_CAPS(random_below(LMP_MSG_CAPS + 1));
    }
    x[1] = random_below(4) ? arena_address(ARENA_ENDPOINT + (cslot_t)random_below(4)) : any_address();
    x[10] = any_address() | (uint64_t)any_address() << 32;
    x[11] = any_address() | (uint64_t)any_address() << 32;
    x[12] = random_below(2) ? USER_STACK - 0x1000 + random_below(USER_STACK_BYTES) : random_hostile();
    x[13] = random_below(4) ? random_below(LMP_AREA_MAX_BYTES + 2) : random_hostile();
    switch (random_below(8)) {
    case 0: // a wait that must be refused: outside the frame, or not aligned
        x[1] |= (USER_DISPATCHER_BYTES - 4 + random_below(1UL << 31)) << 32;
        break;
    case 1:
        x[1] |= (8 * random_below(1000) + 1 + random_below(7)) << 32;
        break;
    case 2: // a wait that ends at once
        if (ring->count.delivered != ring->count.consumed) {
            x[1] = (uint64_t)arena_endpoint()->offset << 32;
        }
        break;
    }
}

/// SYS_RESUME is only tried with what must be refused: what would be accepted could not come back.
static void any_resume(uint64_t *x)
{
    static const uint64_t addresses[] = {
        0,
        USER_DISPATCHER - 16,
        USER_DISPATCHER + DISP_SAVE_ENABLED + 8,
        USER_DISPATCHER + USER_DISPATCHER_BYTES - 16,
        USER_DISPATCHER + USER_DISPATCHER_BYTES,
        0xffff000000000000,
        UINT64_MAX - 15,
    };
    x[0] = SYS_RESUME | random_next() << 8;
    x[1] = addresses[random_below(ARRAY_LENGTH(addresses))];
}

static void any_call(uint64_t *x)
{
    static void (*const commands[])(uint64_t * x) = {
        any_cnode_command, any_cnode_command,      any_retype,      any_retype,         any_vnode_command,
        any_vnode_command, any_dispatcher_command, any_irq_command, any_kernel_command, any_revoke,
        any_core_command,
    };
    for (unsigned i = 0; i < RAW_REGISTERS; i++) {
        x[i] = random_hostile();
    }
    switch (random_below(16)) {
    case 0:
        x[0] = SYS_NULL | random_next() << 8;
        break;
    case 1:
        x[0] = SYS_YIELD | random_next() << 8;
        x[1] = random_below(2) ? any_address() : 0;
        break;
    case 2:
        any_resume(x);
        break;
    case 3:
        x[0] = SYS_COUNT + random_below(256 - SYS_COUNT);
        break;
    case 4:
    case 5:
    case 6:
        any_lmp(x);
        break;
    case 7: // any command on anything of the arena
        x[0] = SYS_INVOKE | random_hostile() << INVOKE_COMMAND_SHIFT;
        x[1] = arena_address((cslot_t)random_below(ARENA_IRQ));
        x[2] |= 0x8000000080000000;
        x[3] |= 0x8000000080000000;
        break;
    default:
        x[0] = SYS_INVOKE;
        commands[random_below(ARRAY_LENGTH(commands))](x);
    }
}

/// What another dispatcher runs on: anything.
static void scramble_frame(void)
{
    uint64_t *frame = arena_frame();
    for (unsigned i = 0; i < 64; i++) {
        frame[random_below(DISP_SAVE_FP / sizeof(uint64_t) + 80)] = random_hostile();
    }
}

void misuse_random(uint64_t calls)
{
    for (uint64_t i = 0; i < calls; i++) {
        uint64_t x[RAW_REGISTERS], call[8];
        if (i % 16 == 0) {
            scramble_frame();
        }
        any_call(x);
        memcpy(call, x, sizeof(call));
        raw_call(x);
        result_count(x[0]);
        result_check("a random call", call);
    }
}
