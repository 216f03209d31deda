/**
 * The memory server's grants: against a model, with quotas, and with every call failing once.
 *
 * Sources:  services/mem/grants.c services/mem/pieces.c lib/collections/rb_tree.c tests/host/mem_fake.c
 * Includes: lib services/mem
 * Fakes:    tests/host/fake_mem
 */
#include "check.h"
#include "mem_fake.h"
#include <abi/captypes.h>
#include <aos/capabilities.h>
#include <grants.h>
#include <pieces.h>
#include <stdlib.h>

#define PAGE    BASE_PAGE_SIZE
#define ALL     (MEM_FAKE_PAGES * PAGE - MEM_OWN_BYTES)
#define CLIENTS 6
#define HELD    40

/// A client as the model knows it.
struct client {
    struct grants *grants; ///< NULL: it is not there.
    uint64_t quota, granted;
    unsigned count;
    struct {
        genpaddr_t base;
        gensize_t bytes;
    } held[HELD];
};

static struct client clients[CLIENTS];

static bool has_error(errval_t err, errval_t wanted)
{
    while (err != SYS_ERR_OK && err_no(err) != wanted) {
        err = err_pop(err);
    }
    return err != SYS_ERR_OK;
}

static uint64_t granted_to_all(void)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        bytes += clients[i].grants ? clients[i].granted : 0;
    }
    return bytes;
}

static unsigned count_clients(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        count += clients[i].grants != NULL;
    }
    return count;
}

/// What the server says is what the model says.
static void check(const struct client *client)
{
    struct grants_status status;
    grants_status(client->grants, &status);
    assert_int_equal(status.total_bytes, ALL);
    assert_int_equal(status.granted_bytes, client->granted);
    assert_int_equal(status.quota_bytes, client->quota);
    assert_int_equal(status.free_bytes, ALL - granted_to_all());
    assert_int_equal(status.clients, count_clients());
}

static void open(struct client *client, uint64_t quota)
{
    const domainid_t pid = (domainid_t)(client - clients) + 7;
    *client = (struct client){.quota = quota ? quota : MEM_QUOTA_DEFAULT};
    if (err_is_fail(grants_open(pid, quota, &client->grants))) {
        client->grants = NULL;
    }
}

/// \return what grants_get() says
static errval_t get(struct client *client, uint64_t bytes, uint64_t alignment)
{
    struct capref cap;
    uint64_t given;
    genpaddr_t base;
    gensize_t cap_bytes;
    errval_t err = grants_get(client->grants, bytes, alignment, &cap, &given);
    if (err_is_fail(err)) {
        return err;
    }
    assert_int_equal(mem_fake_look(cap, &base, &cap_bytes), CAPRIGHTS_ALL & ~CAPRIGHTS_CONTROL);
    assert_true(given == ROUND_UP(bytes, PAGE) && cap_bytes == given && base % alignment == 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        for (unsigned j = 0; clients[i].grants && j < clients[i].count; j++) {
            assert_true(base >= clients[i].held[j].base + clients[i].held[j].bytes
                        || clients[i].held[j].base >= base + given);
        }
    }
    mem_fake_give(cap);
    client->held[client->count].base = base;
    client->held[client->count++].bytes = given;
    client->granted += given;
    return SYS_ERR_OK;
}

static void give_back(struct client *client, unsigned which)
{
    assert_ok(grants_free(client->grants, client->held[which].base, client->held[which].bytes));
    client->granted -= client->held[which].bytes;
    client->held[which] = client->held[--client->count];
}

static void end(struct client *client)
{
    grants_close(client->grants);
    client->grants = NULL;
}

static void start(void)
{
    mem_fake_reset();
    grants_init();
}

/// All clients are gone: all memory can be given out, as if nothing had ever been.
static void finish(void)
{
    for (unsigned i = 0; i < CLIENTS; i++) {
        if (clients[i].grants) {
            end(&clients[i]);
        }
    }
    mem_fake.fail_in = 0;
    while (grants_reclaim(3)) {
    }
    open(&clients[0], MEM_QUOTA_UNLIMITED);
    check(&clients[0]);
    assert_ok(get(&clients[0], ALL, PAGE)); // what stood in the stock is joined again
    assert_true(has_error(get(&clients[0], PAGE, PAGE), MEM_ERR_EXHAUSTED));
    end(&clients[0]);
    while (grants_reclaim(1)) {
    }
    assert_int_equal(mem_fake_free_bytes(), MEM_FAKE_PAGES * PAGE);
    assert_int_equal(mem_fake.slots_used, 0);
    assert_false(mem_fake_has_caps(MEM_FAKE_BASE, MEM_FAKE_PAGES * PAGE));
}

static void test_arguments(void **state)
{
    (void)state;
    start();
    open(&clients[0], 0);
    open(&clients[1], MEM_QUOTA_UNLIMITED);
    assert_int_equal(get(&clients[0], 0, PAGE), MEM_ERR_ARGUMENT);
    assert_int_equal(get(&clients[0], PAGE, 0), MEM_ERR_ARGUMENT);
    assert_int_equal(get(&clients[0], PAGE, 3 * PAGE), MEM_ERR_ARGUMENT);
    assert_int_equal(get(&clients[1], UINT64_MAX, PAGE), MEM_ERR_ARGUMENT);
    assert_true(has_error(get(&clients[1], 1UL << 52, PAGE), MEM_ERR_EXHAUSTED));
    assert_true(has_error(get(&clients[1], PAGE, 1UL << 63), MEM_ERR_EXHAUSTED));
    assert_ok(get(&clients[0], 1, 1));
    assert_ok(get(&clients[0], 3 * PAGE, 16 * PAGE));
    assert_ok(get(&clients[0], PAGE + 1, 64 * PAGE));
    check(&clients[0]);
    // What is not all of one grant, or somebody else's.
    const genpaddr_t base = clients[0].held[1].base;
    assert_int_equal(grants_free(clients[0].grants, base, PAGE), MEM_ERR_FOREIGN);
    assert_int_equal(grants_free(clients[0].grants, base + PAGE, 2 * PAGE), MEM_ERR_FOREIGN);
    assert_int_equal(grants_free(clients[0].grants, 0, 0), MEM_ERR_FOREIGN);
    assert_int_equal(grants_free(clients[1].grants, base, 3 * PAGE), MEM_ERR_FOREIGN);
    give_back(&clients[0], 1);
    assert_int_equal(grants_free(clients[0].grants, base, 3 * PAGE), MEM_ERR_FOREIGN);
    check(&clients[0]);
    finish();
}

static void test_quota(void **state)
{
    (void)state;
    start();
    open(&clients[0], 10 * PAGE);
    open(&clients[1], MEM_QUOTA_UNLIMITED);
    assert_ok(get(&clients[0], 9 * PAGE, PAGE));
    assert_int_equal(get(&clients[0], PAGE + 1, PAGE), MEM_ERR_QUOTA);
    assert_ok(get(&clients[0], PAGE, PAGE));
    assert_int_equal(get(&clients[0], 1, 1), MEM_ERR_QUOTA);
    assert_ok(get(&clients[1], 100 * PAGE, PAGE)); // which is nobody else's trouble
    give_back(&clients[0], 0);
    assert_ok(get(&clients[0], 5 * PAGE, PAGE));
    check(&clients[0]);
    finish();
}

/// Sessions of one domain share its quota, and there are not too many of them.
static void test_sessions(void **state)
{
    (void)state;
    struct grants *sessions[MEM_SESSIONS_MAX], *more;
    struct grants_status status;
    struct capref cap[2];
    uint64_t given;
    genpaddr_t base;
    gensize_t bytes;
    start();
    for (unsigned i = 0; i < MEM_SESSIONS_MAX; i++) {
        assert_ok(grants_open(3, i == 0 ? 10 * PAGE : 0, &sessions[i]));
    }
    assert_int_equal(grants_open(3, 0, &more), MEM_ERR_SESSIONS);
    assert_ok(grants_open(4, 2 * PAGE, &more));
    assert_ok(grants_get(sessions[0], 6 * PAGE, PAGE, &cap[0], &given));
    assert_int_equal(grants_get(sessions[1], 5 * PAGE, PAGE, &cap[1], &given), MEM_ERR_QUOTA);
    assert_ok(grants_get(sessions[1], 4 * PAGE, PAGE, &cap[1], &given));
    grants_status(sessions[2], &status);
    assert_true(status.granted_bytes == 10 * PAGE && status.quota_bytes == 10 * PAGE);
    mem_fake_look(cap[0], &base, &bytes);
    assert_int_equal(grants_free(sessions[1], base, bytes), MEM_ERR_FOREIGN);
    mem_fake_give(cap[0]);
    mem_fake_give(cap[1]);
    mem_fake.revoke_steps = 3;
    grants_close(sessions[0]); // and what it had counts for the others no more
    grants_status(sessions[2], &status);
    assert_int_equal(status.granted_bytes, 4 * PAGE);
    assert_ok(grants_open(3, 0, &sessions[0]));
    for (unsigned i = 0; i < MEM_SESSIONS_MAX; i++) {
        grants_close(sessions[i]);
    }
    grants_close(more);
    finish();
}

/// A grant that takes many steps to revoke counts for its client no more, and comes back.
static void test_long_revokes(void **state)
{
    (void)state;
    start();
    mem_fake.revoke_steps = 5;
    open(&clients[0], MEM_QUOTA_UNLIMITED);
    open(&clients[1], MEM_QUOTA_UNLIMITED);
    assert_ok(get(&clients[0], ALL / 2, PAGE));
    assert_ok(get(&clients[0], PAGE, PAGE));
    const genpaddr_t base = clients[0].held[0].base;
    give_back(&clients[0], 0);
    check(&clients[0]);
    assert_true(grants_reclaim(0));
    assert_true(mem_fake_has_caps(base, ALL / 2));
    assert_true(grants_reclaim(2));
    end(&clients[0]);
    // Who needs it has it at once.
    assert_ok(get(&clients[1], ALL, PAGE));
    assert_false(grants_reclaim(0));
    check(&clients[1]);
    finish();
}

/// What other cores have capabilities of is recalled from them before anybody else gets it.
static void test_recall(void **state)
{
    (void)state;
    start();
    open(&clients[0], MEM_QUOTA_UNLIMITED);
    open(&clients[1], MEM_QUOTA_UNLIMITED);
    assert_ok(get(&clients[0], 4 * PAGE, PAGE));
    mem_fake.exported = clients[0].held[0].base + PAGE;
    assert_false(grants_is_recall_due());
    give_back(&clients[0], 0);
    assert_true(grants_is_recall_due());
    assert_ok(get(&clients[1], ALL, PAGE));
    assert_int_equal(mem_fake.exported, 0);
    finish();
}

/// Sizes as domains ask for them, and any others.
static uint64_t some_bytes(unsigned *random)
{
    const unsigned kind = (unsigned)rand_r(random) % 4;
    return kind == 0   ? PAGE
           : kind == 1 ? PAGE << (unsigned)rand_r(random) % 11
           : kind == 2 ? 1 + (uint64_t)rand_r(random) % (600 * PAGE)
                       : 0x40000;
}

static void step(unsigned *random)
{
    struct client *client = &clients[(unsigned)rand_r(random) % CLIENTS];
    const unsigned action = (unsigned)rand_r(random) % 16;
    mem_fake.revoke_steps = (unsigned)rand_r(random) % 4;
    if (!client->grants) {
        open(client, (unsigned)rand_r(random) % 4 ? 0x400000 : MEM_QUOTA_UNLIMITED);
    } else if (action == 0) {
        end(client);
        return;
    } else if (action == 1) {
        grants_reclaim((unsigned)rand_r(random) % 20);
    } else if (action < 8 && client->count > 0) {
        give_back(client, (unsigned)rand_r(random) % client->count);
    } else if (client->count < HELD) {
        const uint64_t bytes = some_bytes(random), rounded = ROUND_UP(bytes, PAGE);
        const bool fits = rounded <= client->quota - client->granted;
        errval_t err = get(client, bytes, PAGE << (unsigned)rand_r(random) % 6);
        assert_true(fits ? err_is_ok(err) || has_error(err, MEM_ERR_EXHAUSTED) : err == MEM_ERR_QUOTA);
        // There are holes, but never so many that less than half of what is free would not do.
        assert_true(err_is_ok(err) || !fits || 2 * rounded > ALL / 8);
    }
    check(client);
}

static void test_random(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        unsigned random = seed;
        start();
        for (unsigned i = 0; i < 600; i++) {
            step(&random);
        }
        finish();
    }
}

/// Some of everything. Whatever fails, the model knows.
static void play(void)
{
    for (unsigned i = 0; i < 3; i++) {
        open(&clients[i], MEM_QUOTA_UNLIMITED);
    }
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned j = 0; clients[i].grants && j < 12; j++) {
            errval_t err = get(&clients[i], j % 3 == 0 ? PAGE : j * 5 * PAGE, PAGE);
            assert_true(err_is_ok(err) || has_error(err, MEM_ERR_EXHAUSTED));
            check(&clients[i]);
        }
        while (clients[i].grants && clients[i].count > 5) {
            give_back(&clients[i], clients[i].count / 2);
            check(&clients[i]);
        }
    }
    if (clients[1].grants) {
        end(&clients[1]);
    }
    if (clients[2].grants) {
        (void)get(&clients[2], ALL - granted_to_all(), PAGE); // needs the stock, and what is owed
        check(&clients[2]);
    }
}

static void test_every_failure(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned n = 1; failures + 1 == n; n++) {
        start();
        mem_fake.fail_in = n;
        play();
        failures += mem_fake.fail_in == 0;
        finish();
    }
    assert_true(failures > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),     cmocka_unit_test(test_quota),  cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_long_revokes),  cmocka_unit_test(test_recall), cmocka_unit_test(test_random),
        cmocka_unit_test(test_every_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
