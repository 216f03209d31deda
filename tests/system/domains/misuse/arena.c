#include "misuse.h"

#include <aos/core.h>
#include <rt/syscall.h>
#include <string.h>

#define ARENA_BYTES   (4 * LARGE_PAGE_SIZE) ///< All objects are made of this.
#define AREA_BYTES    0x1000
#define RING_MESSAGES 4

/* Where in the memory what begins: fixed, so that making it again needs everything of before to be gone. */
#define AT_LARGE     0UL
#define AT_RAM       LARGE_PAGE_SIZE
#define RAM_BYTES    0x40000UL
#define AT_SMALL     (AT_RAM + RAM_BYTES) ///< Page tables, dispatchers and a page of RAM, a page each.
#define AT_CSPACE    (AT_SMALL + 0x10000UL)
#define CSPACE_SLOTS 256

static struct {
    struct capref ram;
    struct capref frame_window; ///< A copy of ARENA_FRAME that the calls do not reach, of other memory.
    struct capref endpoint;
    struct capref cnode_slot; ///< L1 slot of the arena.
    struct cnoderef cnode;
    struct lmp_endpoint *ring;
    void *window;
} arena;

static struct capref arena_ref(cslot_t slot)
{
    return (struct capref){.cnode = arena.cnode, .slot = slot};
}

capaddr_t arena_address(cslot_t slot)
{
    return get_cap_addr(arena_ref(slot));
}

struct lmp_endpoint *arena_endpoint(void)
{
    return arena.ring;
}

uint64_t *arena_frame(void)
{
    return arena.window;
}

static errval_t make_memory(void)
{
    static const struct {
        cslot_t slot;
        enum objtype type;
        gensize_t offset;
        gensize_t bytes;
    } objects[] = {
        {ARENA_FRAME_LARGE, ObjType_Frame, AT_LARGE, LARGE_PAGE_SIZE},
        {ARENA_RAM, ObjType_RAM, AT_RAM, RAM_BYTES},
        {ARENA_RAM_PAGE, ObjType_RAM, AT_SMALL, BASE_PAGE_SIZE},
        {ARENA_VNODE_L0, ObjType_VNode_AARCH64_l0, AT_SMALL + 1 * BASE_PAGE_SIZE, 0},
        {ARENA_VNODE_L1, ObjType_VNode_AARCH64_l1, AT_SMALL + 2 * BASE_PAGE_SIZE, 0},
        {ARENA_VNODE_L2, ObjType_VNode_AARCH64_l2, AT_SMALL + 3 * BASE_PAGE_SIZE, 0},
        {ARENA_VNODE_L3, ObjType_VNode_AARCH64_l3, AT_SMALL + 4 * BASE_PAGE_SIZE, 0},
        {ARENA_DISPATCHER, ObjType_Dispatcher, AT_SMALL + 5 * BASE_PAGE_SIZE, 0},
        {ARENA_DISPATCHER_EMPTY, ObjType_Dispatcher, AT_SMALL + 6 * BASE_PAGE_SIZE, 0},
        {ARENA_CSPACE, ObjType_L1CNode, AT_CSPACE, CSPACE_SLOTS * CNODE_SLOT_BYTES},
    };
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < ARRAY_LENGTH(objects) && err_is_ok(err); i++) {
        err = cap_retype(arena_ref(objects[i].slot), arena.ram, objects[i].offset, objects[i].type,
                         objects[i].bytes, 1);
    }
    // Without the right to revoke: the window stays.
    return err_is_ok(err)
               ? cap_mint(arena_ref(ARENA_FRAME), arena.frame_window, CAPRIGHTS_ALL & ~CAPRIGHTS_CONTROL, 0)
               : err;
}

static errval_t make_dispatcher(void)
{
    memset(arena.window, 0, USER_DISPATCHER_BYTES);
    uint64_t spaces = arena_address(ARENA_CSPACE) | (uint64_t)arena_address(ARENA_VNODE_L0) << 32;
    errval_t err = sys_invoke(arena_address(ARENA_DISPATCHER), DISPATCHER_SETUP, spaces,
                              arena_address(ARENA_FRAME), USER_DISPATCHER, 0, 0, 0)
                       .err;
    if (err_is_ok(err)) {
        // ARENA_MADE serves as a place for the endpoint that the other one is minted from.
        err = cap_retype(arena_ref(ARENA_MADE), arena_ref(ARENA_DISPATCHER), 0, ObjType_EndPoint, 0, 1);
    }
    if (err_is_ok(err)) {
        err = cap_mint(arena_ref(ARENA_ENDPOINT_OTHER), arena_ref(ARENA_MADE), USER_DISPATCHER_BYTES / 2,
                       RING_MESSAGES);
    }
    return err_is_ok(err) ? cap_delete(arena_ref(ARENA_MADE)) : err;
}

static errval_t make_rest(void)
{
    errval_t err = cap_copy(arena_ref(ARENA_ENDPOINT), arena.endpoint);
    if (err_is_ok(err)) {
        err = cap_copy(arena_ref(ARENA_ENDPOINT_RINGLESS), cap_selfep);
    }
    if (err_is_ok(err)) {
        err = cap_mint(arena_ref(ARENA_LINKED), arena.endpoint, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT, 0);
    }
    if (err_is_ok(err)) {
        err = cap_copy(arena_ref(ARENA_IRQ), cap_irq);
    }
    if (err_is_ok(err)) {
        err = cap_copy(arena_ref(ARENA_PERFMON), cap_perfmon);
    }
    if (err_is_ok(err)) {
        err = cap_copy(arena_ref(ARENA_CORE), cap_core);
    }
    return err_is_ok(err) ? cap_mint(arena_ref(ARENA_KERNEL), cap_kernel, 0, 0) : err;
}

static errval_t make(void)
{
    errval_t err = make_memory();
    if (err_is_ok(err)) {
        err = make_dispatcher();
    }
    return err_is_ok(err) ? make_rest() : err;
}

errval_t arena_init(void)
{
    errval_t err = ram_alloc_aligned(&arena.ram, ARENA_BYTES, LARGE_PAGE_SIZE);
    if (err_is_ok(err)) {
        err = cnode_create_l2(&arena.cnode_slot, &arena.cnode);
    }
    if (err_is_ok(err)) {
        err = frame_alloc(&arena.frame_window, USER_DISPATCHER_BYTES, NULL);
    }
    if (err_is_ok(err)) {
        err = paging_map_frame(get_current_paging_state(), &arena.window, USER_DISPATCHER_BYTES,
                               arena.frame_window);
    }
    if (err_is_ok(err)) {
        err = slot_alloc(&arena.endpoint);
    }
    if (err_is_ok(err)) {
        err = lmp_endpoint_create_with_area(RING_MESSAGES, AREA_BYTES, arena.endpoint, &arena.ring);
    }
    return err_is_ok(err) ? make() : err;
}

/// With the memory everything goes that was made of it, wherever the calls put it: CNodes with what they
/// hold, dispatchers, and CSpaces that hold themselves. Copies of other things are left in the arena's own
/// slots.
static errval_t empty(void)
{
    errval_t err = cap_revoke(arena.ram);
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS && err_is_ok(err); slot++) {
        err = cap_delete(arena_ref(slot));
        if (err_no(err_pop(err)) == SYS_ERR_CAP_NOT_FOUND) {
            err = SYS_ERR_OK;
        }
    }
    return err;
}

errval_t arena_renew(void)
{
    errval_t err = empty();
    return err_is_ok(err) ? make() : err;
}

errval_t arena_destroy(void)
{
    errval_t err = empty();
    if (err_is_ok(err)) {
        err = paging_unmap(get_current_paging_state(), arena.window);
    }
    if (err_is_ok(err)) {
        err = ram_free(arena.frame_window);
    }
    if (err_is_ok(err)) {
        // The whole region can be made into something else: nothing of it is in use any more.
        struct capref whole;
        err = slot_alloc(&whole);
        if (err_is_ok(err)) {
            err = cap_retype(whole, arena.ram, 0, ObjType_Frame, ARENA_BYTES, 1);
        }
        if (err_is_ok(err)) {
            err = cap_destroy(whole);
        }
    }
    return err_is_ok(err) ? ram_free(arena.ram) : err;
}
