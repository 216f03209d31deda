/**
 * The memory server, from a domain that uses it as it should and as it should not, at random (seed=N). What
 * it does to others that end, or have more than they may, is seen in what the server says of itself.
 */
#include "memserver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUOTA_BYTES 0x4000000UL ///< services/init/children.h
#define MANY        200
#define PATIENCE    1000
#define SESSIONS    8 ///< services/mem/grants.h
#define THREADS     6
#define ROUNDS      400
#define THREAD_HELD 24
#define PIECE_BYTES 0x4000000UL
#define BLOCK_BYTES 50000

static unsigned random_state = 1;

unsigned next_random(void)
{
    random_state = random_state * 1664525 + 1013904223;
    return random_state >> 8;
}

static struct rpc_client *connect(void)
{
    struct rpc_client *client;
    CHECK_OK(rpc_connect("mem", &mem_interface, &client));
    return client;
}

struct status status_of(struct rpc_client *client)
{
    struct status status;
    CHECK_OK(
        mem_status(client, &status.total, &status.free, &status.granted, &status.quota, &status.sessions));
    return status;
}

static genpaddr_t base_of(struct capref cap)
{
    struct capability_info info;
    CHECK_OK(cap_identify(cap, &info));
    return info.base;
}

static bool is_there(struct capref cap)
{
    struct capability_info info;
    return err_is_ok(cap_identify(cap, &info));
}

/// What is given is RAM as it was asked for; given back, everything that was made of it is gone.
static void try_grants(struct rpc_client *client)
{
    struct capref ram, copy, frame;
    uint64_t bytes;
    struct capability_info info;
    const struct status before = status_of(client);
    CHECK(before.quota == QUOTA_BYTES && before.granted == 0 && before.free <= before.total);
    CHECK_OK(mem_get_ram(client, 3 * BASE_PAGE_SIZE - 1, 0x10000, &ram, &bytes));
    CHECK_OK(cap_identify(ram, &info));
    CHECK(bytes == 3 * BASE_PAGE_SIZE && info.bytes == bytes && info.base % 0x10000 == 0);
    CHECK(info.type == ObjType_RAM && !(info.rights & CAPRIGHTS_CONTROL));
    CHECK_OK(cap_revoke(ram)); // what was made of it, and not the server's copy
    CHECK(status_of(client).granted == bytes && status_of(client).free == before.free - bytes);
    CHECK_OK(slot_alloc(&copy));
    CHECK_OK(cap_copy(copy, ram));
    CHECK_OK(slot_alloc(&frame));
    CHECK_OK(cap_retype(frame, ram, BASE_PAGE_SIZE, ObjType_Frame, BASE_PAGE_SIZE, 1));
    CHECK_ERR(mem_free_ram(client, info.base, BASE_PAGE_SIZE), MEM_ERR_FOREIGN);
    CHECK_ERR(mem_free_ram(client, info.base + BASE_PAGE_SIZE, bytes), MEM_ERR_FOREIGN);
    CHECK_OK(mem_free_ram(client, info.base, bytes));
    CHECK(!is_there(ram) && !is_there(copy) && !is_there(frame));
    CHECK_ERR(mem_free_ram(client, info.base, bytes), MEM_ERR_FOREIGN);
    CHECK(status_of(client).free == before.free && status_of(client).granted == 0);
    CHECK_OK(slot_free(ram));
    CHECK_OK(slot_free(copy));
    CHECK_OK(slot_free(frame));
}

static void try_arguments(struct rpc_client *client)
{
    static const struct {
        uint64_t bytes, alignment;
        errval_t err;
    } cases[] = {
        {0, BASE_PAGE_SIZE, MEM_ERR_ARGUMENT},          {BASE_PAGE_SIZE, 0, MEM_ERR_ARGUMENT},
        {BASE_PAGE_SIZE, 12345, MEM_ERR_ARGUMENT},      {UINT64_MAX, BASE_PAGE_SIZE, MEM_ERR_ARGUMENT},
        {UINT64_MAX / 2, 1, MEM_ERR_ARGUMENT},          {QUOTA_BYTES + 1, 1, MEM_ERR_QUOTA},
        {BASE_PAGE_SIZE, 1UL << 63, MEM_ERR_EXHAUSTED},
    };
    struct capref ram;
    uint64_t bytes;
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        CHECK_ERR(mem_get_ram(client, cases[i].bytes, cases[i].alignment, &ram, &bytes), cases[i].err);
    }
    CHECK_OK(mem_reclaim(client)); // not for us to say
    CHECK(status_of(client).granted == 0);
}

/// Up to the quota, and not a page more; a second session is no second quota.
static void try_quota(struct rpc_client *client, struct rpc_client *other)
{
    struct capref ram[3];
    uint64_t bytes;
    const struct status before = status_of(client);
    CHECK_OK(mem_get_ram(client, QUOTA_BYTES - BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram[0], &bytes));
    CHECK_ERR(mem_get_ram(client, 2 * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram[1], &bytes), MEM_ERR_QUOTA);
    CHECK_OK(mem_get_ram(client, BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram[1], &bytes));
    CHECK_ERR(mem_get_ram(client, 1, 1, &ram[2], &bytes), MEM_ERR_QUOTA);
    CHECK_ERR(mem_get_ram(other, 1, 1, &ram[2], &bytes), MEM_ERR_QUOTA);
    CHECK_ERR(mem_free_ram(other, base_of(ram[1]), BASE_PAGE_SIZE), MEM_ERR_FOREIGN);
    CHECK(status_of(other).granted == QUOTA_BYTES);
    CHECK_OK(mem_free_ram(client, base_of(ram[0]), QUOTA_BYTES - BASE_PAGE_SIZE));
    CHECK_OK(mem_free_ram(client, base_of(ram[1]), BASE_PAGE_SIZE));
    CHECK_OK(slot_free(ram[0]));
    CHECK_OK(slot_free(ram[1]));
    CHECK(status_of(client).free == before.free && status_of(client).granted == 0);
}

/// As many sessions as the server allows, and those that end make room for others.
static void try_sessions(void)
{
    struct rpc_client *clients[SESSIONS], *more;
    unsigned count = 0;
    errval_t err;
    while (err_is_ok(err = rpc_connect("mem", &mem_interface, &more))) {
        CHECK(count < SESSIONS);
        clients[count++] = more;
    }
    CHECK_ERR(err, MEM_ERR_SESSIONS);
    while (count > 0) {
        rpc_disconnect(clients[--count]);
    }
    rpc_disconnect(connect());
}

/// What a client that ends has is taken back, in steps: others are answered meanwhile.
static void try_end(struct rpc_client *client)
{
    static struct capref ram[MANY];
    struct capref pages;
    uint64_t bytes;
    struct rpc_client *other = connect();
    const struct status before = status_of(client);
    for (unsigned i = 0; i < MANY; i++) {
        CHECK_OK(
            mem_get_ram(other, (1 + next_random() % 40) * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram[i], &bytes));
    }
    CHECK_OK(slot_alloc_range(&pages, L2_CNODE_SLOTS / 2));
    CHECK_OK(mem_get_ram(other, L2_CNODE_SLOTS / 2 * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram[0], &bytes));
    CHECK_OK(cap_retype(pages, ram[0], 0, ObjType_Frame, BASE_PAGE_SIZE, L2_CNODE_SLOTS / 2));
    rpc_disconnect(other);
    // It hears of it when it hears of it; what is still to be done then counts as done.
    for (unsigned i = 0; i < PATIENCE && status_of(client).free != before.free; i++) {
    }
    CHECK(status_of(client).free == before.free);
    struct capref more;
    CHECK_OK(mem_get_ram(client, QUOTA_BYTES, BASE_PAGE_SIZE, &more, &bytes));
    CHECK_OK(mem_free_ram(client, base_of(more), bytes));
    CHECK_OK(slot_free(more));
    while (is_there(pages)) {
        (void)status_of(client);
    }
    for (unsigned i = 0; i < MANY; i++) {
        CHECK(!is_there(ram[i]) || i == 0);
    }
}

/// Threads that allocate in every way until they are refused, and free, and allocate: the domain's RAM comes
/// from the server in the middle of all that.
static int eat(void *argument)
{
    void *block[THREAD_HELD] = {0};
    struct capref cap[THREAD_HELD];
    bool has_cap[THREAD_HELD] = {0};
    unsigned refused = 0;
    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        const unsigned which = next_random() % THREAD_HELD;
        if (block[which] || i % 100 > 80) {
            free(block[which]);
            block[which] = NULL;
        } else {
            block[which] = malloc(next_random() % 20 ? next_random() % BLOCK_BYTES : PIECE_BYTES / 16);
            refused += !block[which];
        }
        if (has_cap[which]) {
            CHECK_OK(ram_free(cap[which]));
            has_cap[which] = false;
        } else if (i % 100 <= 80) {
            errval_t err = ram_alloc(&cap[which], (1 + next_random() % 400) * BASE_PAGE_SIZE);
            has_cap[which] = err_is_ok(err);
            if (err_is_fail(err)) {
                CHECK_ERR(err, LIB_ERR_RAM_ALLOC_EXHAUSTED);
                refused++;
            }
        }
        if (i % 7 == 0) {
            thread_yield();
        }
    }
    for (unsigned i = 0; i < THREAD_HELD; i++) {
        free(block[i]);
        if (has_cap[i]) {
            CHECK_OK(ram_free(cap[i]));
        }
    }
    return (int)refused;
}

static void try_threads(struct rpc_client *client)
{
    struct thread *threads[THREADS];
    int refused = 0, some;
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_OK(thread_create(eat, NULL, &threads[i]));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_OK(thread_join(threads[i], &some));
        refused += some;
    }
    printf("memserver: %d of %d allocations refused, %lu KiB still borrowed\n", refused, 2 * THREADS * ROUNDS,
           (unsigned long)ram_alloc_borrowed_bytes() / 1024);
    CHECK(status_of(client).granted
          == ram_alloc_borrowed_bytes()); // by another session, and ours all the same
}

int main(int argc, char *argv[])
{
    if (argc > 1 && strncmp(argv[1], "seed=", 5) == 0) {
        random_state = (unsigned)strtoul(argv[1] + 5, NULL, 10);
    }
    struct rpc_client *client = connect(), *other = connect();
    for (unsigned round = 0; round < 3; round++) {
        try_grants(client);
        try_arguments(client);
        try_quota(client, other);
        try_end(client);
        try_sessions();
    }
    try_others(client);
    for (unsigned round = 0; round < 2; round++) {
        try_threads(client);
    }
    return EXIT_SUCCESS;
}
