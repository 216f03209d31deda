/**
 * Memory that comes when it is touched: regions of one thread, pages that all touch, and stacks.
 */
#include "soak.h"

#include <aos/sync.h>
#include <aos/threads.h>

#define REGION_PAGES 64
#define SHARED_PAGES 48
#define STEP_BYTES   512
#define MOST_STEPS   80 ///< Of a stack, which is smaller than this many of them and what the library needs.

static void touch(struct worker *worker, char *memory, size_t pages)
{
    for (unsigned i = below(worker, 12); i > 0; i--) {
        volatile uint64_t *word =
            (volatile uint64_t *)(memory + below(worker, (uint32_t)pages) * BASE_PAGE_SIZE) + worker->number;
        CHECK(*word == 0 || *word == worker->number + 1);
        *word = worker->number + 1;
    }
}

void action_region(struct worker *worker)
{
    struct paging_region region;
    errval_t err = paging_region_init(get_current_paging_state(), &region, REGION_PAGES * BASE_PAGE_SIZE,
                                      VREGION_FLAGS_READ_WRITE);
    if (!granted(worker, err)) {
        return;
    }
    for (unsigned parts = 1 + below(worker, 3); parts > 0; parts--) {
        void *memory;
        size_t pages = 1 + below(worker, REGION_PAGES / 3);
        if (!granted(worker, paging_region_map(&region, pages * BASE_PAGE_SIZE, &memory, NULL))) {
            break;
        }
        touch(worker, memory, pages);
        size_t gone = below(worker, (uint32_t)pages);
        if (gone > 0 && below(worker, 2) == 0) {
            granted(worker, paging_region_unmap(&region, (lvaddr_t)memory, gone * BASE_PAGE_SIZE));
        }
    }
    paging_region_destroy(&region);
}

/// Each thread has a word in every page.
static struct {
    struct thread_rwlock lock; ///< Who makes the region anew writes; who touches it reads.
    struct paging_region region;
    uint64_t *pages;                        ///< NULL while there is no memory for it.
    uint64_t counts[WORKERS][SHARED_PAGES]; ///< What the words must be.
} shared;

static errval_t shared_make(void)
{
    void *memory;
    errval_t err = paging_region_init(get_current_paging_state(), &shared.region,
                                      SHARED_PAGES * BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE);
    shared.pages = NULL;
    if (err_is_ok(err)) {
        err = paging_region_map(&shared.region, SHARED_PAGES * BASE_PAGE_SIZE, &memory, NULL);
        if (err_is_fail(err)) {
            paging_region_destroy(&shared.region);
        } else {
            shared.pages = memory;
        }
    }
    for (unsigned i = 0; i < WORKERS * SHARED_PAGES; i++) {
        shared.counts[i / SHARED_PAGES][i % SHARED_PAGES] = 0;
    }
    return err;
}

void shared_begin(void)
{
    CHECK_OK(shared_make());
}

void shared_end(void)
{
    if (shared.pages) {
        paging_region_destroy(&shared.region);
        shared.pages = NULL;
    }
}

void action_shared(struct worker *worker)
{
    if (below(worker, 20) == 0) {
        thread_rwlock_write(&shared.lock);
        shared_end();
        granted(worker, shared_make());
        thread_rwlock_unlock(&shared.lock);
        return;
    }
    thread_rwlock_read(&shared.lock);
    for (unsigned i = below(worker, 20); i > 0 && shared.pages; i--) {
        unsigned page = below(worker, SHARED_PAGES);
        volatile uint64_t *word = shared.pages + page * BASE_PAGE_SIZE / sizeof(uint64_t) + worker->number;
        CHECK(*word == shared.counts[worker->number][page]);
        *word = ++shared.counts[worker->number][page];
    }
    thread_rwlock_unlock(&shared.lock);
}

static __attribute__((noinline)) unsigned go_down(unsigned steps)
{
    volatile char space[STEP_BYTES];
    space[0] = (char)steps;
    unsigned below_here = steps > 0 ? go_down(steps - 1) : 0;
    CHECK(space[0] == (char)steps);
    return below_here + 1;
}

void action_stack(struct worker *worker)
{
    unsigned steps = below(worker, MOST_STEPS);
    CHECK(go_down(steps) == steps + 1);
}
