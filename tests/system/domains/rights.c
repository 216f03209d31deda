/**
 * A capability with fewer rights gives less, whoever acts on it: the domain, or the kernel for it.
 */
#include "check.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <rt/syscall.h>
#include <stdlib.h>

#define FRAME_BYTES 0x10000UL

static struct capref slot(void)
{
    struct capref new_slot;
    CHECK_OK(slot_alloc(&new_slot));
    return new_slot;
}

/// Rights go away in a mint and do not come back.
static void test_mint(struct capref frame, struct capref read_only)
{
    struct capability_info info;
    struct capref again = slot();
    CHECK_OK(cap_mint(read_only, frame, CAPRIGHTS_READ, 0));
    CHECK_OK(cap_identify(read_only, &info));
    CHECK(info.rights == CAPRIGHTS_READ);
    CHECK_ERR(cap_mint(again, read_only, CAPRIGHTS_READ | CAPRIGHTS_WRITE, 0), SYS_ERR_RIGHTS);
    CHECK_OK(cap_copy(again, read_only));
    CHECK_OK(cap_identify(again, &info));
    CHECK(info.rights == CAPRIGHTS_READ);
    CHECK_OK(cap_destroy(again));
}

static void test_mapping(struct capref read_only)
{
    void *window;
    struct paging_state *paging = get_current_paging_state();
    CHECK_ERR(paging_map_frame_attr(paging, &window, FRAME_BYTES, read_only, VREGION_FLAGS_READ_WRITE),
              SYS_ERR_RIGHTS);
    CHECK_ERR(paging_map_frame_attr(paging, &window, FRAME_BYTES, read_only, VREGION_FLAGS_READ_EXECUTE),
              SYS_ERR_RIGHTS);
    CHECK_OK(paging_map_frame_attr(paging, &window, FRAME_BYTES, read_only, VREGION_FLAGS_READ));
    CHECK(*(volatile uint64_t *)window == 0);
    CHECK_OK(paging_unmap(paging, window));
}

/// The kernel writes into dispatcher frames.
static void test_dispatcher_frame(struct capref frame, struct capref read_only)
{
    struct capref ram, dispatcher = slot();
    CHECK_OK(ram_alloc(&ram, BASE_PAGE_SIZE));
    CHECK_OK(cap_retype(dispatcher, ram, 0, ObjType_Dispatcher, 0, 1));
    const uint64_t spaces = get_cap_addr(cap_root) | (uint64_t)get_cap_addr(cap_vroot) << 32;
    errval_t err = sys_invoke(get_cap_addr(dispatcher), DISPATCHER_SETUP, spaces, get_cap_addr(read_only),
                              USER_DISPATCHER, 0, 0, 0)
                       .err;
    CHECK_ERR(err, SYS_ERR_RIGHTS);
    CHECK_OK(sys_invoke(get_cap_addr(dispatcher), DISPATCHER_SETUP, spaces, get_cap_addr(frame),
                        USER_DISPATCHER, 0, 0, 0)
                 .err);
    CHECK_OK(cap_destroy(dispatcher));
    CHECK_OK(ram_free(ram));
}

/// This domain may print; draining the trace and switching the machine off are init's.
static void test_kernel(void)
{
    const capaddr_t kernel = get_cap_addr(cap_kernel);
    CHECK_ERR(sys_invoke(kernel, KERNEL_DRAIN, 0, 0, 0, 0, 0, 0).err, SYS_ERR_RIGHTS);
    CHECK_ERR(sys_invoke(kernel, KERNEL_POWER_OFF, 0, 0, 0, 0, 0, 0).err, SYS_ERR_RIGHTS);
    CHECK_ERR(kernel_create_capability(slot(), ObjType_RAM, CAPRIGHTS_ALL, 0, BASE_PAGE_SIZE),
              SYS_ERR_RIGHTS);
}

/// What others may send to, without revoking it.
static void test_endpoints(void)
{
    struct lmp_endpoint *endpoint;
    struct capref ours = slot(), theirs = slot(), again = slot();
    struct capability_info info;
    CHECK_OK(lmp_endpoint_create_in_slot(4, ours, &endpoint));
    CHECK_OK(cap_grant(theirs, ours));
    CHECK_OK(cap_identify(theirs, &info));
    CHECK(info.type == ObjType_EndPoint && info.rights == (CAPRIGHTS_ALL & ~CAPRIGHTS_CONTROL));
    CHECK_ERR(cap_revoke(theirs), SYS_ERR_RIGHTS);
    CHECK_ERR(cap_mint(again, theirs, CAPRIGHTS_ALL, 0), SYS_ERR_RIGHTS);
    CHECK_ERR(cap_grant(again, cap_selfep), SYS_ERR_INVALID_MINT);
    // It is as good as any for sending.
    CHECK(!lmp_endpoint_can_recv(endpoint));
    struct lmp_chan chan = {.remote_cap = theirs};
    CHECK_OK(lmp_chan_send(&chan, 0, NULL_CAP, 1, 7, 0, 0, 0, 0, 0, 0, 0));
    CHECK(lmp_endpoint_can_recv(endpoint));
    CHECK_OK(cap_revoke(ours));
    CHECK_ERR(cap_identify(theirs, &info), SYS_ERR_CAP_NOT_FOUND);
    CHECK_OK(slot_free(theirs));
    CHECK_OK(slot_free(again));
}

/// Memory that is not our own is somebody else's, too, and not ours to revoke; nor is it to be changed if it
/// is code. Our own lies between our first CNode and our dispatcher, which were made first and last.
static void check_inherited(struct capref cap, genpaddr_t begin, genpaddr_t end, unsigned *seen)
{
    struct capability_info info;
    if (err_is_fail(cap_identify(cap, &info)) || (info.base >= begin && info.base < end)) {
        return;
    }
    if (info.type == ObjType_Frame || info.type == ObjType_EndPoint) {
        CHECK(!(info.rights & CAPRIGHTS_CONTROL));
        CHECK(info.type != ObjType_Frame || !(info.rights & CAPRIGHTS_EXECUTE)
              || !(info.rights & CAPRIGHTS_WRITE));
        CHECK_ERR(cap_revoke(cap), SYS_ERR_RIGHTS);
        ++*seen;
    }
}

static void test_inheritance(void)
{
    static const cslot_t cnodes[] = {ROOTCN_TASK, ROOTCN_PAGE, ROOTCN_SEGMENTS};
    struct capability_info root, last;
    unsigned seen[ARRAY_LENGTH(cnodes)] = {0};
    CHECK_OK(cap_identify(cap_root, &root));
    CHECK_OK(cap_identify(cap_dispatcher, &last));
    for (unsigned i = 0; i < ARRAY_LENGTH(cnodes); i++) {
        for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++) {
            check_inherited(capref_make(TASKCN_SLOT_ROOTCN, cnodes[i], slot), root.base,
                            last.base + last.bytes, &seen[i]);
        }
    }
    CHECK(seen[0] > 0 && seen[2] > 0); // the parent's endpoint, and what we execute
}

int main(void)
{
    struct capref frame, read_only = slot();
    CHECK_OK(frame_alloc(&frame, FRAME_BYTES, NULL));
    test_mint(frame, read_only);
    test_mapping(read_only);
    test_dispatcher_frame(frame, read_only);
    test_kernel();
    test_endpoints();
    test_inheritance();
    return EXIT_SUCCESS;
}
