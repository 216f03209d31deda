/**
 * A capability with fewer rights gives less, whoever acts on it: the domain, or the kernel for it.
 */
#include "check.h"

#include <aos/aos.h>
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
}

int main(void)
{
    struct capref frame, read_only = slot();
    CHECK_OK(frame_alloc(&frame, FRAME_BYTES, NULL));
    test_mint(frame, read_only);
    test_mapping(read_only);
    test_dispatcher_frame(frame, read_only);
    test_kernel();
    return EXIT_SUCCESS;
}
