/**
 * A CSpace that grows to its largest: everything keeps its address, and nothing is lost when it cannot grow.
 */
#include "check.h"

#include <aos/aos.h>
#include <aos/rpc.h>
#include <aos/threads.h>
#include <interfaces/test.h>
#include <rt/syscall.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 3

static struct rpc_client *init;
static struct capref spare, object;
static volatile bool over;

static struct capref new_slot(void)
{
    struct capref slot;
    CHECK_OK(slot_alloc(&slot));
    return slot;
}

static genpaddr_t base_of(struct capref cap)
{
    struct capability_info info;
    CHECK_OK(cap_identify(cap, &info));
    return info.base;
}

/// Capabilities come and go while the CSpace changes below them.
static int copy_and_delete(void *arg)
{
    struct capref copy = new_slot();
    (void)arg;
    while (!over) {
        CHECK_OK(cap_copy(copy, object));
        CHECK(base_of(copy) == base_of(object));
        CHECK_OK(cap_delete(copy));
    }
    CHECK_OK(slot_free(copy));
    return 0;
}

static void must_be_refused(size_t l1_slots, errval_t expected)
{
    size_t present = cspace_l1_slots();
    genpaddr_t root = base_of(cap_root);
    gensize_t free_bytes = ram_alloc_free_bytes();
    CHECK_ERR(cspace_resize(l1_slots, spare), expected);
    CHECK(cspace_l1_slots() == present && base_of(cap_root) == root);
    CHECK(ram_alloc_free_bytes() == free_bytes);
    struct capability_info info;
    CHECK_ERR(cap_identify(spare, &info), SYS_ERR_CAP_NOT_FOUND);
}

static void test_refusals(void)
{
    must_be_refused(0, SYS_ERR_INVALID_ARGUMENT);
    must_be_refused(cspace_l1_slots(), SYS_ERR_INVALID_ARGUMENT);
    must_be_refused(cspace_l1_slots() + 1, SYS_ERR_INVALID_ARGUMENT);
    must_be_refused(CSPACE_MAX_L1_SLOTS + L2_CNODE_SLOTS, SYS_ERR_INVALID_ARGUMENT);
}

/// Without RAM it stays as it is, and grows when there is some again.
static void test_scarce_memory(void)
{
    struct capref taken[64];
    size_t count = 0;
    for (size_t bytes = 1UL << 30; bytes >= 2 * OBJSIZE_L2CNode; bytes /= 2) {
        while (count < ARRAY_LENGTH(taken) && err_is_ok(ram_alloc(&taken[count], bytes))) {
            count++;
        }
    }
    must_be_refused(cspace_l1_slots() + L2_CNODE_SLOTS, LIB_ERR_RAM_ALLOC_EXHAUSTED);
    while (count > 0) {
        CHECK_OK(ram_free(taken[--count]));
    }
}

/// An L2CNode in an L1 slot that there was not before, and a capability in it.
static void use_l1_slot(cslot_t l1_slot)
{
    struct capref cnode = capref_make_l1(TASKCN_SLOT_ROOTCN, l1_slot);
    struct capref copy = capref_make(TASKCN_SLOT_ROOTCN, l1_slot, L2_CNODE_SLOTS - 1);
    CHECK_OK(ram_alloc_object(cnode, ObjType_L2CNode, OBJSIZE_L2CNode, OBJSIZE_L2CNode));
    CHECK_OK(cap_copy(copy, object));
    CHECK(base_of(copy) == base_of(object));
}

static void test_growth(void)
{
    struct capref cnode;
    struct cnoderef ref;
    CHECK_OK(cnode_create_l2(&cnode, &ref));
    struct capref old = {.cnode = ref, .slot = 3};
    CHECK_OK(cap_copy(old, object));
    gensize_t free_bytes = ram_alloc_free_bytes();
    const size_t first = cspace_l1_slots();
    for (size_t slots = first + L2_CNODE_SLOTS; slots <= CSPACE_MAX_L1_SLOTS; slots += L2_CNODE_SLOTS) {
        const size_t before = cspace_l1_slots();
        const struct capability_info none = {0};
        struct capability_info info = none;
        CHECK_ERR(cap_identify(capref_make_l1(TASKCN_SLOT_ROOTCN, before), &info), SYS_ERR_CNODE_SLOT_RANGE);
        CHECK_OK(cspace_resize(slots, spare));
        CHECK(cspace_l1_slots() == slots);
        CHECK(base_of(old) == base_of(object));
        use_l1_slot(slots - 1);
        CHECK(base_of(capref_make(TASKCN_SLOT_ROOTCN, slots - 1, L2_CNODE_SLOTS - 1)) == base_of(object));
        // The message comes and goes through the new root; the wait is ended through it, too.
        CHECK_OK(test_drain(init));
        if (slots > first + L2_CNODE_SLOTS) {
            // The CNode that the one before made room for is still there, and goes with one delete.
            genpaddr_t base = base_of(capref_make_l1(TASKCN_SLOT_ROOTCN, before - 1));
            CHECK_OK(cap_delete(capref_make_l1(TASKCN_SLOT_ROOTCN, before - 1)));
            CHECK_OK(ram_free_region(base, OBJSIZE_L2CNode));
        }
    }
    must_be_refused(CSPACE_MAX_L1_SLOTS + L2_CNODE_SLOTS, SYS_ERR_INVALID_ARGUMENT);
    // What is left is the largest root and the last of the CNodes: all roots in between came back.
    CHECK(ram_alloc_free_bytes() == free_bytes - CSPACE_MAX_L1_SLOTS * CNODE_SLOT_BYTES - OBJSIZE_L2CNode);
    // Again a CNode goes whole, and its memory can be used: the old roots have no copy of it.
    genpaddr_t base = base_of(cnode);
    CHECK_OK(cap_delete(cnode));
    CHECK_OK(ram_free_region(base, OBJSIZE_L2CNode));
    slot_free_l1(cnode.slot);
}

int main(void)
{
    struct thread *threads[THREADS];
    CHECK_OK(rpc_connect("test", &test_interface, &init));
    CHECK_OK(frame_alloc(&object, BASE_PAGE_SIZE, NULL));
    spare = new_slot();
    test_refusals();
    test_scarce_memory();
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_OK(thread_create(copy_and_delete, NULL, &threads[i]));
    }
    test_growth();
    over = true;
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
    printf("cspace: %lu L1 slots\n", (unsigned long)cspace_l1_slots());
    return EXIT_SUCCESS;
}
