/**
 * A domain's RAM with a source: what it borrows, and that it goes back.
 *
 * Sources:  lib/cap/ram.c lib/cap/ram_alloc.c lib/cap/ram_source.c lib/mm/mm.c lib/mm/ranges.c
 * Sources:  lib/mm/slab.c lib/mm/strategy/rbtree.c lib/collections/rb_tree.c lib/section/section.c
 * Sources:  lib/section/scheme/per_object.c lib/sync/spin/test_and_set.c
 * Sources:  tests/host/host_sync.c tests/host/fake_caps.c tests/host/page_runs.c
 * Includes: lib
 * Fakes:    tests/host/fake_domain
 */
#include "check.h"
#include "fake_caps.h"
#include <aos/capabilities.h>
#include <aos/debug.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <aos/sync.h>
#include <cap/ram.h>
#include <heap/heap.h>
#include <paging/arena.h>
#include <paging/stock.h>
#include <pthread.h>
#include <section/section.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads/stacks.h>

#define PAGE       BASE_PAGE_SIZE
#define OWN_BASE   0x40000000UL
#define OWN_BYTES  0x100000UL
#define LENT_BASE  0x80000000UL
#define LENT_PAGES 0x8000
#define GRANTS     1024
#define HELD       300
#define THREADS    4

/// As fail_msg(), in any thread.
#define require(condition)                                                  \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

/* What else there is in a domain. */

const struct cnoderef cnode_memory = {.croot = TASKCN_SLOT_ROOTCN,
                                      .cnode = ROOTCN_FREE << L2_CNODE_BITS,
                                      .level = CNODE_TYPE_OTHER};
struct thread_mutex cspace_mutex;

static struct {
    unsigned slots; ///< That can be taken; used inside the section of slots.
    gensize_t kept;
    void *pages[4096]; ///< Of the arena.
    unsigned page_count;
} domain;

static bool slots_ready(enum section_need need)
{
    static const unsigned slots[] = {1, 16, 16 + 45 + 1};
    return domain.slots >= slots[need];
}

static errval_t slots_refill(void)
{
    struct section_visit visit;
    struct capref cnode = fake_slots_take(1);
    errval_t err = ram_alloc_object(cnode, ObjType_L2CNode, OBJSIZE_L2CNode, OBJSIZE_L2CNode);
    if (err_is_fail(err)) {
        fake_slots_give(cnode, 1);
        return err;
    }
    section_enter_to_free(&slot_section, &visit);
    domain.slots += L2_CNODE_SLOTS;
    domain.kept += OBJSIZE_L2CNode;
    section_leave(&slot_section, &visit);
    return err;
}

static struct section *const slot_needs[] = {&ram_section, &slot_section, NULL};
struct section slot_section = {
    .name = "slots", .ready = slots_ready, .refill = slots_refill, .needs = slot_needs, .group = &base_group};

errval_t slot_alloc(struct capref *ret)
{
    struct section_visit visit;
    errval_t err = section_enter(&slot_section, &visit);
    if (err_is_ok(err)) {
        domain.slots--;
        section_leave(&slot_section, &visit);
        *ret = fake_slots_take(1);
    }
    return err;
}

errval_t slot_free(struct capref cap)
{
    struct section_visit visit;
    fake_slots_give(cap, 1);
    section_enter_to_free(&slot_section, &visit);
    domain.slots++;
    section_leave(&slot_section, &visit);
    return SYS_ERR_OK;
}

errval_t cap_destroy(struct capref cap)
{
    errval_t err = cap_delete(cap);
    return err_is_ok(err) ? slot_free(cap) : err;
}

errval_t cap_identify_family(struct capref cap, struct capability_info *ret, bool *has_descendants)
{
    *has_descendants = false;
    return cap_identify(cap, ret);
}

errval_t arena_alloc(size_t bytes, void **ret)
{
    struct capref frame;
    require(section_refilling() && bytes == PAGE);
    errval_t err = frame_alloc(&frame, PAGE, NULL);
    if (err_is_ok(err)) {
        FAKE_CAPS_LOCKED;
        require(domain.page_count < ARRAY_LENGTH(domain.pages));
        *ret = domain.pages[domain.page_count++] = calloc(1, PAGE);
    }
    return err;
}

size_t arena_bytes(void)
{
    return domain.page_count * PAGE;
}

size_t slot_alloc_bytes(void)
{
    return domain.kept;
}

size_t stock_bytes(void)
{
    return 0;
}

size_t heap_bytes(void)
{
    return 0;
}

bool thread_stack_prepare(size_t bytes)
{
    require(bytes > 0 && !section_refilling() && !section_current());
    return true;
}

_Noreturn void user_panic_err(const char *file, const char *function, int line, errval_t err,
                              const char *format, ...)
{
    fprintf(stderr, "%s:%d: %s: %s (%lu)\n", file, line, function, format, err);
    abort();
}

/* The source. */

static struct {
    bool used[LENT_PAGES];
    struct {
        genpaddr_t base;
        gensize_t bytes;
    } grants[GRANTS];
    unsigned grant_count, gets, gives, refused;
    gensize_t lent, quota;
    bool allocates; ///< It allocates in the middle.
    bool inside;
} server;

static void check_outside(void)
{
    require(!section_refilling() && !section_current());
}

static bool find_range(size_t pages, gensize_t alignment, size_t *first)
{
    for (size_t at = 0; at + pages <= LENT_PAGES; at += alignment / PAGE) {
        if (!memchr(&server.used[at], 1, pages)) {
            *first = at;
            return true;
        }
    }
    return false;
}

/// As a remote call may.
static void allocate_inside(void)
{
    struct capref cap;
    if (server.allocates && err_is_ok(ram_alloc(&cap, PAGE))) {
        require(err_is_ok(ram_free(cap)));
    }
}

static errval_t lend(void *context, gensize_t bytes, gensize_t alignment, struct capref *ret)
{
    size_t first;
    check_outside();
    require(context == &server && !server.inside && alignment >= OBJSIZE_L2CNode && bytes % PAGE == 0);
    server.inside = true;
    server.gets++;
    allocate_inside();
    errval_t err = server.lent + bytes > server.quota ? MEM_ERR_QUOTA : slot_alloc(ret);
    if (err_is_ok(err)) {
        require(find_range(bytes / PAGE, alignment, &first));
        memset(&server.used[first], true, bytes / PAGE);
        server.grants[server.grant_count].base = LENT_BASE + first * PAGE;
        server.grants[server.grant_count++].bytes = bytes;
        server.lent += bytes;
        fake_make_memory(*ret, ObjType_RAM, LENT_BASE + first * PAGE, bytes, CAPRIGHTS_ALL);
    }
    server.refused += err_is_fail(err);
    server.inside = false;
    return err;
}

static errval_t take_back(void *context, genpaddr_t base, gensize_t bytes)
{
    unsigned i = 0;
    check_outside();
    require(context == &server && !server.inside);
    server.inside = true;
    server.gives++;
    allocate_inside();
    while (i < server.grant_count && server.grants[i].base != base) {
        i++;
    }
    require(i < server.grant_count && server.grants[i].bytes == bytes);
    require(!fake_memory_is_used(base, bytes));
    server.grants[i] = server.grants[--server.grant_count];
    memset(&server.used[(base - LENT_BASE) / PAGE], false, bytes / PAGE);
    server.lent -= bytes;
    server.inside = false;
    return SYS_ERR_OK;
}

static const struct ram_source source = {.get = lend, .give_back = take_back, .context = &server};

/// Bytes that are neither allocated by the program nor borrowed.
static gensize_t accounted_bytes(void)
{
    return ram_alloc_free_bytes() + ram_alloc_kept_bytes() - ram_alloc_borrowed_bytes();
}

/// What is lent stays lent.
static void begin(gensize_t quota)
{
    server.quota = quota;
    server.gets = server.gives = server.refused = 0;
}

/// Everything is back but what the library keeps.
static void end(gensize_t accounted)
{
    assert_int_equal(accounted_bytes(), accounted);
    assert_int_equal(ram_alloc_borrowed_bytes(), server.lent);
}

static bool has_error(errval_t err, errval_t wanted)
{
    while (err != SYS_ERR_OK && err_no(err) != wanted) {
        err = err_pop(err);
    }
    return err != SYS_ERR_OK;
}

static void start(void)
{
    fake_caps_reset();
    for (cslot_t i = 0; i < 2; i++) {
        (void)fake_slots_take(1); // Of the memory CNode, for the search begins there.
    }
    struct capref own = {.cnode = cnode_memory, .slot = 0};
    fake_make_memory(own, ObjType_RAM, OWN_BASE, OWN_BYTES, CAPRIGHTS_ALL);
    ram_alloc_init();
    assert_int_equal(ram_alloc_free_bytes(), OWN_BYTES);
    require(err_is_ok(section_refill(&slot_section)));
    assert_int_equal(ram_alloc_set(NULL), LIB_ERR_RAM_ALLOC_NO_SOURCE);
}

static void test_without_a_source(void **state)
{
    (void)state;
    struct capref cap;
    start();
    const gensize_t accounted = accounted_bytes();
    errval_t err = ram_alloc(&cap, 2 * OWN_BYTES);
    assert_true(has_error(err, LIB_ERR_RAM_ALLOC_EXHAUSTED) && has_error(err, MM_ERR_OUT_OF_MEMORY));
    assert_int_equal(accounted_bytes(), accounted);
    ram_alloc_set_source(&source);
    assert_int_equal(accounted_bytes(), accounted);
    assert_int_equal(server.gets, 0);
}

/// What refills took of the store and gave back is ordinary memory, also across the place where the store
/// ended.
static void test_store_used_up(void **state)
{
    (void)state;
    static struct capref caps[OWN_BYTES / PAGE];
    unsigned count = 0;
    begin(0);
    const gensize_t accounted = accounted_bytes();
    section_state.refilling = true;
    while (count < RAM_STORE_BYTES / PAGE) {
        assert_ok(ram_alloc(&caps[count++], PAGE));
    }
    section_state.refilling = false;
    while (count > 0) {
        assert_ok(ram_free(caps[--count]));
    }
    for (size_t pages = 1; pages < 16; pages++) {
        while (err_is_ok(ram_alloc(&caps[count], pages * PAGE))) {
            count++;
        }
        while (count > 0) {
            assert_ok(ram_free(caps[--count]));
        }
    }
    end(accounted);
}

static void test_grows_and_shrinks(void **state)
{
    (void)state;
    static struct capref caps[2000];
    begin(LENT_PAGES * PAGE);
    const gensize_t accounted = accounted_bytes();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < ARRAY_LENGTH(caps); i++) {
            assert_ok(ram_alloc(&caps[i], 8 * PAGE));
        }
        assert_true(server.lent >= 2000 * 8 * PAGE - OWN_BYTES);
        assert_true(server.gets < 60 * (round + 1)); // The steps grow.
        for (unsigned i = 0; i < ARRAY_LENGTH(caps); i++) {
            assert_ok(ram_free(caps[round == 0   ? i
                                    : round == 1 ? ARRAY_LENGTH(caps) - 1 - i
                                                 : i * 7 % 2000]));
        }
        end(accounted);
        assert_true(server.lent <= 0x100000);
    }
    // What is large has what it needs, and no more.
    struct capref large;
    assert_ok(ram_alloc_aligned(&large, 0x1800000, 0x400000));
    assert_true(server.lent <= 0x1800000 + 0x100000);
    assert_ok(ram_free(large));
    assert_true(server.lent <= 0x100000);
    end(accounted);
}

static void test_quota(void **state)
{
    (void)state;
    static struct capref caps[4000];
    unsigned count = 0;
    begin(0x500000);
    const gensize_t accounted = accounted_bytes();
    errval_t err;
    while (err_is_ok(err = ram_alloc(&caps[count], PAGE))) {
        count++;
    }
    assert_true(has_error(err, LIB_ERR_RAM_ALLOC_EXHAUSTED) && has_error(err, MEM_ERR_QUOTA));
    assert_int_equal(server.lent, server.quota); // To the last byte of it.
    while (count > 0) {
        assert_ok(ram_free(caps[--count]));
    }
    end(accounted);
    assert_true(server.lent <= 0x100000);
}

/// One allocation at the border of what is there does not go to the source each time.
static void test_border(void **state)
{
    (void)state;
    static struct capref caps[4000];
    unsigned count = 0;
    begin(LENT_PAGES * PAGE);
    while (server.gets < 6) {
        assert_ok(ram_alloc(&caps[count++], PAGE));
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_ok(ram_free(caps[--count]));
        assert_ok(ram_alloc(&caps[count++], PAGE));
    }
    assert_int_equal(server.gets, 6);
    while (count > 0) {
        assert_ok(ram_free(caps[--count]));
    }
    for (unsigned i = 0; i < 1000; i++) {
        assert_ok(ram_alloc(&caps[0], 40 * PAGE));
        assert_ok(ram_free(caps[0]));
    }
    assert_true(server.gets < 12 && server.gives < 12);
}

/// Only slots are asked for: what their CNodes take is borrowed in time, and lies together.
static void test_refills(void **state)
{
    (void)state;
    static struct capref slots[8000];
    begin(LENT_PAGES * PAGE);
    const gensize_t accounted = accounted_bytes();
    for (unsigned i = 0; i < ARRAY_LENGTH(slots); i++) {
        assert_ok(slot_alloc(&slots[i]));
    }
    assert_true(domain.kept > 30 * OBJSIZE_L2CNode && server.gets > 0 && server.refused == 0);
    for (unsigned i = 0; i < ARRAY_LENGTH(slots); i++) {
        assert_ok(slot_free(slots[i]));
    }
    end(accounted);
}

static struct capref fresh[40];
static unsigned fresh_count;

static errval_t allocate_fresh(struct capref *ret, size_t bytes, size_t alignment)
{
    require(fresh_count < ARRAY_LENGTH(fresh));
    fresh_count++;
    return lend(&server, bytes, alignment, ret);
}

/// As the sources of this project have it: a function that allocates.
static void test_function(void **state)
{
    (void)state;
    struct capref large;
    begin(LENT_PAGES * PAGE);
    assert_ok(ram_alloc_set(allocate_fresh));
    assert_ok(ram_alloc(&large, 0x800000));
    assert_true(fresh_count == 1);
    assert_ok(ram_free(large));
    assert_int_equal(server.gives, 0); // It has no way back,
    assert_ok(ram_alloc_set(NULL));
    assert_ok(ram_alloc(&large, 0x800000)); // and is used again.
    assert_int_equal(server.gets, 1);
    assert_ok(ram_free(large));
}

struct worker {
    pthread_t thread;
    unsigned random, refused;
    struct capref caps[HELD];
    bool held[HELD];
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (unsigned i = 0; i < 4000; i++) {
        unsigned which = (unsigned)rand_r(&worker->random) % HELD;
        if (i % 1000 > 800 && !worker->held[which]) {
            continue; // Waves.
        }
        if (worker->held[which]) {
            require(err_is_ok(ram_free(worker->caps[which])));
            worker->held[which] = false;
        } else {
            unsigned large = (unsigned)rand_r(&worker->random) % 8 == 0 ? 64 : 6;
            gensize_t bytes = (1 + (unsigned)rand_r(&worker->random) % large) * PAGE;
            gensize_t alignment = PAGE << (unsigned)rand_r(&worker->random) % 5;
            errval_t err = ram_alloc_aligned(&worker->caps[which], bytes, alignment);
            require(err_is_ok(err) || has_error(err, LIB_ERR_RAM_ALLOC_EXHAUSTED)
                    || has_error(err, LIB_ERR_RESERVE));
            worker->held[which] = err_is_ok(err);
            worker->refused += err_is_fail(err);
        }
    }
    for (unsigned i = 0; i < HELD; i++) {
        if (worker->held[i]) {
            require(err_is_ok(ram_free(worker->caps[i])));
            worker->held[i] = false;
        }
    }
    return NULL;
}

static unsigned run_threads(gensize_t quota)
{
    static struct worker workers[THREADS];
    unsigned refused = 0;
    begin(quota);
    server.allocates = true;
    const gensize_t accounted = accounted_bytes();
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].random = i + 1;
        workers[i].refused = 0;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        refused += workers[i].refused;
    }
    end(accounted);
    return refused;
}

static void test_threads(void **state)
{
    (void)state;
    assert_int_equal(run_threads(LENT_PAGES * PAGE), 0);
}

static void test_threads_with_little(void **state)
{
    (void)state;
    assert_true(run_threads(ram_alloc_borrowed_bytes() + 0x400000) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_source), // They go on with what the one before has left.
        cmocka_unit_test(test_store_used_up),
        cmocka_unit_test(test_grows_and_shrinks),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_border),
        cmocka_unit_test(test_refills),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_threads_with_little),
        cmocka_unit_test(test_function),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    while (domain.page_count > 0) {
        free(domain.pages[--domain.page_count]);
    }
    return failed;
}
