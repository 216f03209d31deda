#include "misuse.h"

#include <rt/syscall.h>

#define L1_FULL     200 ///< Spare L1 slots of our own CSpace.
#define L1_DEEP     201
#define DEEP_CNODES 6
#define FRAME_AT    0x20000UL ///< In ARENA_RAM.

static struct capref in_arena(cslot_t slot)
{
    const capaddr_t address = arena_address(slot);
    return capref_make(TASKCN_SLOT_ROOTCN, address >> L2_CNODE_BITS, address % L2_CNODE_SLOTS);
}

static const uint64_t nothing[8]; ///< The library's calls are not known by their registers.

static void expect(const char *what, errval_t err, errval_t expected)
{
    if (err_no(err) != expected && err_no(err_pop(err)) != expected) {
        result_fail(what, err);
    }
    result_check(what, nothing);
}

static void expect_ok(const char *what, errval_t err)
{
    if (err_is_fail(err)) {
        result_fail(what, err);
    }
    result_check(what, nothing);
}

/// One kernel entry, without the library's calling again.
static errval_t enter(unsigned command, struct capref cap)
{
    return sys_invoke(TASKCN_SLOT_ROOTCN, command, SLOT_REF(get_croot_addr(cap), get_cap_addr(cap)), 0,
                      SLOT_LEVELS(get_cap_level(cap), 0, 0), 0, 0, 0)
        .err;
}

static errval_t make_cnode(struct capref dest, gensize_t number)
{
    return cap_retype(dest, in_arena(ARENA_RAM), number * OBJSIZE_L2CNode, ObjType_L2CNode, 0, 1);
}

/// While a full CNode is being deleted it is of no use to anybody, and it can be left like that.
static void delete_full_cnode(void)
{
    const struct capref cnode = capref_make_l1(TASKCN_SLOT_ROOTCN, L1_FULL);
    struct capability_info info;
    expect_ok("making a CNode", make_cnode(cnode, 0));
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++) {
        expect_ok("filling it",
                  cap_copy(capref_make(TASKCN_SLOT_ROOTCN, L1_FULL, slot), in_arena(ARENA_RAM)));
    }
    expect("deleting a full CNode in one entry", enter(CNODE_DELETE, cnode), SYS_ERR_RESTART);
    expect_ok("looking at the remains", cap_identify(cnode, &info));
    if (info.type != ObjType_Remains) {
        result_fail("a CNode that is being deleted is still something", info.type);
    }
    expect("putting something into remains",
           cap_copy(capref_make(TASKCN_SLOT_ROOTCN, L1_FULL, 0), in_arena(ARENA_RAM)), SYS_ERR_CNODE_TYPE);
    expect("copying remains", cap_copy(in_arena(ARENA_MADE), cnode), SYS_ERR_CAP_NOT_COPYABLE);
    expect("invoking remains", sys_invoke(L1_FULL << L2_CNODE_BITS, 0, 0, 0, 0, 0, 0, 0).err,
           SYS_ERR_CNODE_TYPE);
    expect("using the memory of remains", make_cnode(in_arena(ARENA_MADE), 0), SYS_ERR_REVOKE_FIRST);
    expect_ok("deleting on", cap_delete(cnode));
    expect_ok("using the memory again", make_cnode(in_arena(ARENA_MADE), 0));
    expect_ok("deleting that", cap_delete(in_arena(ARENA_MADE)));
}

/// CNodes one inside the other. Those that are made stand in an L1 slot until they are put into their place.
static void delete_nested_cnodes(void)
{
    const struct capref outer = capref_make_l1(TASKCN_SLOT_ROOTCN, L1_FULL);
    const struct capref next = capref_make_l1(TASKCN_SLOT_ROOTCN, L1_DEEP);
    expect_ok("making the innermost CNode", make_cnode(outer, 0));
    for (gensize_t number = 1; number < DEEP_CNODES; number++) {
        expect_ok("making a CNode around it", make_cnode(next, number));
        for (cslot_t slot = 0; slot < 40; slot++) {
            expect_ok("filling it", cap_copy(capref_make(TASKCN_SLOT_ROOTCN, L1_DEEP, slot), outer));
        }
        expect_ok("taking away the inner one", cap_delete(outer));
        expect_ok("putting it in its place", cap_copy(outer, next));
        expect_ok("freeing the other place", cap_delete(next));
    }
    expect_ok("deleting nested CNodes", cap_delete(outer));
    for (gensize_t number = 0; number < DEEP_CNODES; number++) {
        expect_ok("using their memory again", make_cnode(next, number));
        expect_ok("and once more", cap_delete(next));
    }
}

/// Taking away what a dispatcher is made of ends it; its capability goes whatever it holds.
static void revoke_under_dispatcher(void)
{
    const struct capref frame = in_arena(ARENA_MADE), dispatcher = in_arena(ARENA_DISPATCHER_EMPTY);
    const capaddr_t address = get_cap_addr(dispatcher);
    expect_ok("making a frame",
              cap_retype(frame, in_arena(ARENA_RAM), FRAME_AT, ObjType_Frame, USER_DISPATCHER_BYTES, 1));
    uint64_t spaces = arena_address(ARENA_CSPACE) | (uint64_t)arena_address(ARENA_VNODE_L0) << 32;
    expect_ok(
        "setting a dispatcher up",
        sys_invoke(address, DISPATCHER_SETUP, spaces, get_cap_addr(frame), USER_DISPATCHER, 0, 0, 0).err);
    expect_ok("revoking its frame", cap_revoke(frame));
    struct sys_result status = sys_invoke(address, DISPATCHER_STATUS, 0, 0, 0, 0, 0, 0);
    if (status.value[0] != DISPATCHER_STATE_ENDED || status.value[1] != END_REASON_REVOKED) {
        result_fail("a dispatcher goes on without its frame", status.value[0]);
    }
    expect("running it all the same", sys_invoke(address, DISPATCHER_RUN, 0, 0, 0, 0, 0, 0).err,
           SYS_ERR_DISPATCHER_DEAD);
    // It holds the last copies of both now.
    expect_ok("deleting its CSpace", cap_delete(in_arena(ARENA_CSPACE)));
    expect_ok("deleting the other dispatcher", cap_delete(in_arena(ARENA_DISPATCHER)));
    expect_ok("deleting its page table", cap_delete(in_arena(ARENA_VNODE_L0)));
    expect_ok("deleting the dispatcher", cap_delete(dispatcher));
    expect_ok("deleting the frame", cap_delete(frame));
}

/// A CSpace that holds its root stays when everybody else has lost it, and goes with its memory.
static void leave_self_held(void)
{
    const capaddr_t croot = arena_address(ARENA_MADE);
    expect_ok("making a CSpace",
              cap_retype(in_arena(ARENA_MADE), in_arena(ARENA_RAM), 0, ObjType_L1CNode, OBJSIZE_L2CNode, 1));
    expect_ok("a CNode in it", make_cnode(capref_make_l1(croot, 0), 1));
    expect_ok("its root in that", cap_copy(capref_make(croot, 0, 3), in_arena(ARENA_MADE)));
    expect_ok("deleting the CSpace", cap_delete(in_arena(ARENA_MADE)));
    expect("using its memory", make_cnode(in_arena(ARENA_MADE), 0), SYS_ERR_REVOKE_FIRST);
    expect_ok("revoking the memory", cap_revoke(in_arena(ARENA_RAM)));
    expect_ok("using its memory", make_cnode(in_arena(ARENA_MADE), 0));
    expect("revoking in one entry", enter(CNODE_REVOKE, in_arena(ARENA_RAM)), SYS_ERR_OK);
}

void misuse_deletes(void)
{
    delete_full_cnode();
    delete_nested_cnodes();
    revoke_under_dispatcher();
    leave_self_held();
}
