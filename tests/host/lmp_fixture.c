#include "lmp_fixture.h"
#include "check.h"
#include "fake_kernel.h"

#include <arch/armv8/user_memory.h>
#include <cap/mdb.h>
#include <string.h>

struct domain sender, receiver;
struct lmp_ring *ring;
unsigned char user_bytes[USER_BYTES];
static jmp_buf user_level;
struct dcb *switched_to;

/* What messages need of the rest of the kernel. */

bool user_memory_copy(lvaddr_t address, void *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (address + i < USER_AT || address + i >= USER_AT + USER_BYTES) {
            return false;
        }
        ((unsigned char *)to)[i] = user_bytes[address + i - USER_AT];
    }
    return true;
}

void schedule_make_runnable(struct dcb *dcb)
{
    dcb->queued = true;
}

void schedule_end_wait(struct dcb *dcb)
{
    dcb->wait = WAIT_NONE;
    dcb->disp->save_enabled.x[0] = SYS_ERR_LMP_WAIT_INTERRUPTED;
    dcb->queued = true;
}

_Noreturn void schedule(void)
{
    switched_to = NULL;
    longjmp(user_level, 1);
}

_Noreturn void dispatch(struct dcb *dcb)
{
    switched_to = dcb;
    longjmp(user_level, 1);
}

_Noreturn void dispatch_return(struct registers *saved)
{
    (void)saved;
    switched_to = sender.dcb;
    longjmp(user_level, 1);
}

/* Two domains */

static void make_domain(struct domain *domain, struct cte *first)
{
    caps_create(&first[0], ObjType_L1CNode, arena_take(0x4000, 0x4000), 0x4000);
    caps_create(cnode_slots(&first[0].cap) + L1_SLOT, ObjType_L2CNode, arena_take(OBJSIZE_L2CNode, 0x4000),
                OBJSIZE_L2CNode);
    caps_create(&first[1], ObjType_Dispatcher, arena_take(OBJSIZE_Dispatcher, OBJSIZE_Dispatcher),
                OBJSIZE_Dispatcher);
    domain->slots = cnode_slots(&cnode_slots(&first[0].cap)[L1_SLOT].cap);
    domain->guarded = phys_to_virt(arena_take(FRAME_BYTES + 2 * GUARD_BYTES, 0x1000));
    memset(domain->guarded, GUARD, FRAME_BYTES + 2 * GUARD_BYTES);
    memset(domain->guarded + GUARD_BYTES, 0, FRAME_BYTES);
    domain->dcb = dcb_from_phys(first[1].cap.base);
    *domain->dcb = (struct dcb){
        .l1_cnode = cnode_slots(&first[0].cap),
        .l1_slots = cnode_slot_count(&first[0].cap),
        .disp = (struct dispatcher_shared *)(domain->guarded + GUARD_BYTES),
        .ring_limit = FRAME_BYTES - sizeof(uint64_t),
        .wait = WAIT_NONE,
        .state = DISPATCHER_STATE_RUNS,
    };
    assert_ok(caps_copy(&domain->dcb->cspace, &first[0]));
}

int lmp_set_up(void **state)
{
    (void)state;
    struct cte *first = fake_kernel_start(8);
    fake_kernel.dispatcher_frame = FRAME_BYTES;
    make_domain(&sender, &first[0]);
    make_domain(&receiver, &first[2]);
    assert_ok(caps_retype(&first[4], ObjType_EndPoint, 0, 1, &first[3], 0));
    assert_ok(caps_mint(&sender.slots[ENDPOINT], &first[4], RING, LMP_RING_ROOM(RING_SLOTS, AREA_BYTES)));
    ring = (struct lmp_ring *)((char *)receiver.dcb->disp + RING);
    const lpaddr_t memory = arena_take(CAPS * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    for (unsigned i = 0; i < CAPS; i++) {
        caps_create(&sender.slots[FIRST_CAP + i], ObjType_Frame, memory + i * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    }
    for (size_t i = 0; i < USER_BYTES; i++) {
        user_bytes[i] = (unsigned char)(i * 7 + i / 256);
    }
    return 0;
}

static void check_guard(const struct domain *domain)
{
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        assert_int_equal(domain->guarded[i], GUARD);
        assert_int_equal(domain->guarded[GUARD_BYTES + FRAME_BYTES + i], GUARD);
    }
}

void check_guards(void)
{
    check_guard(&sender);
    check_guard(&receiver);
}

int lmp_tear_down(void **state)
{
    (void)state;
    check_guards();
    assert_sound();
    return 0;
}

errval_t call(uint64_t x0, uint64_t x1, uint64_t x10, uint64_t x11, uint64_t x12, uint64_t x13)
{
    struct registers *saved = &sender.dcb->disp->save_enabled;
    const uint64_t x[] = {x0, x1, 1, 2, 3, 4, 5, 6, 7, 8, x10, x11, x12, x13};
    memcpy(saved->x, x, sizeof(x));
    if (setjmp(user_level) == 0) {
        sys_lmp(sender.dcb, saved);
    }
    return saved->x[0];
}
