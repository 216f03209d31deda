#include "grants.h"

#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <collections/rb_tree.h>
#include <stdlib.h>

/// More is in no machine (Armv8 ARM D8.1.2), and rounds without overflow.
#define MOST_BYTES (1UL << 52)

struct grant {
    struct rb_node rb; ///< First, so that one is the other.
    genpaddr_t base;
    gensize_t bytes;
    struct capref cap;  ///< Ours, with CAPRIGHTS_CONTROL.
    struct grant *next; ///< In the queue.
};

struct grants {
    struct rb_tree tree; ///< By address.
    uint64_t quota_bytes;
    uint64_t granted_bytes;
    struct grants *next; ///< In the queue.
};

static struct {
    uint64_t total_bytes;
    uint64_t kept_bytes; ///< That the library had kept when the total was noted.
    uint64_t clients;
    uint64_t owed_bytes; ///< Of all grants that are being taken back.
    struct grant *freed; ///< That their clients gave back; linked by `next`.
    struct grants *gone; ///< Of clients that have ended. The order of neither queue means anything.
} server;

static struct grant *grant_of(struct rb_node *rb)
{
    return (struct grant *)rb;
}

/// There are no summaries.
static bool update(struct rb_node *rb)
{
    (void)rb;
    return false;
}

/// Bytes that clients can have now.
static uint64_t free_bytes(void)
{
    uint64_t bytes = ram_alloc_free_bytes();
    return bytes > MEM_OWN_BYTES ? bytes - MEM_OWN_BYTES : 0;
}

void grants_init(void)
{
    server.total_bytes = free_bytes();
    server.kept_bytes = ram_alloc_kept_bytes();
}

struct grants *grants_open(uint64_t quota)
{
    struct grants *grants = malloc(sizeof(*grants));
    if (grants) {
        *grants = (struct grants){
            .tree.update = update,
            .quota_bytes = quota ? quota : MEM_QUOTA_DEFAULT,
        };
        server.clients++;
    }
    return grants;
}

static void insert(struct grants *grants, struct grant *grant)
{
    struct rb_node *parent = NULL;
    unsigned side = 0;
    for (struct rb_node *at = grants->tree.root; at; at = at->child[side]) {
        parent = at;
        side = grant_of(at)->base < grant->base;
    }
    rb_insert(&grants->tree, &grant->rb, parent, side);
    grants->granted_bytes += grant->bytes;
}

static struct grant *find(const struct grants *grants, genpaddr_t base)
{
    struct rb_node *at = grants->tree.root;
    while (at && grant_of(at)->base != base) {
        at = at->child[grant_of(at)->base < base];
    }
    return grant_of(at);
}

/**
 * Does as much as the kernel does at a time to take a grant's memory back, wherever it is and whatever was
 * made of it.
 *
 * \return SYS_ERR_OK: it is back; SYS_ERR_RESTART: there is more to do; or why it stays where it is
 */
static errval_t take_back_step(struct grant *grant)
{
    errval_t err = cap_revoke_step(grant->cap);
    return err_is_ok(err) ? ram_free(grant->cap) : err;
}

/// The client has it no more.
static void take_out(struct grants *grants, struct grant *grant)
{
    rb_remove(&grants->tree, &grant->rb);
    grants->granted_bytes -= grant->bytes;
}

/// A step for the first of what is to be taken back.
static void reclaim_step(void)
{
    struct grants *grants = server.freed ? NULL : server.gone;
    struct grant *grant = grants ? grant_of(grants->tree.root) : server.freed;
    if (take_back_step(grant) == SYS_ERR_RESTART) {
        return;
    }
    // If it failed somebody may still have the memory: it is lost rather than given to two.
    server.owed_bytes -= grant->bytes;
    if (!grants) {
        server.freed = grant->next;
    } else {
        take_out(grants, grant);
        if (!grants->tree.root) {
            server.gone = grants->next;
            free(grants);
        }
    }
    free(grant);
}

static bool is_owed(void)
{
    return server.freed || server.gone;
}

/// Allocates our capability of a grant. If there is no memory, that of clients that are gone is fetched.
static errval_t allocate(gensize_t bytes, gensize_t alignment, struct capref *ret)
{
    while (bytes > free_bytes()) {
        if (!is_owed()) {
            return LIB_ERR_RAM_ALLOC_EXHAUSTED;
        }
        reclaim_step();
    }
    errval_t err = ram_alloc_aligned(ret, bytes, alignment);
    if (err_is_fail(err) && is_owed()) {
        // It may be enough, and lie badly.
        while (is_owed()) {
            reclaim_step();
        }
        err = ram_alloc_aligned(ret, bytes, alignment);
    }
    return err;
}

/// The client's copy, in a slot of its own.
static errval_t make_copy(struct capref cap, struct capref *ret)
{
    errval_t err = slot_alloc(ret);
    if (err_is_ok(err)) {
        err = cap_mint(*ret, cap, CAPRIGHTS_ALL & ~CAPRIGHTS_CONTROL, 0);
        if (err_is_fail(err)) {
            slot_free(*ret);
        }
    }
    return err;
}

/// Fills a grant in. If it fails nothing is left of it.
static errval_t make_grant(struct grant *grant, gensize_t alignment, struct capref *ret)
{
    struct capability_info info;
    errval_t err = allocate(grant->bytes, alignment, &grant->cap);
    if (err_is_fail(err)) {
        return err;
    }
    err = cap_identify(grant->cap, &info);
    grant->base = info.base;
    if (err_is_ok(err)) {
        err = make_copy(grant->cap, ret);
    }
    if (err_is_fail(err)) {
        ram_free(grant->cap);
    }
    return err;
}

errval_t grants_get(struct grants *grants, uint64_t bytes, uint64_t alignment, struct capref *ret,
                    uint64_t *ret_bytes)
{
    if (bytes == 0 || bytes > MOST_BYTES || alignment == 0 || alignment & (alignment - 1)) {
        return MEM_ERR_ARGUMENT;
    }
    bytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    if (bytes > grants->quota_bytes - grants->granted_bytes) {
        return MEM_ERR_QUOTA;
    }
    struct grant *grant = malloc(sizeof(*grant));
    if (!grant) {
        return MEM_ERR_EXHAUSTED;
    }
    *grant = (struct grant){.bytes = bytes};
    errval_t err = make_grant(grant, alignment < BASE_PAGE_SIZE ? BASE_PAGE_SIZE : alignment, ret);
    if (err_is_fail(err)) {
        free(grant);
        return err_push(err, MEM_ERR_EXHAUSTED);
    }
    insert(grants, grant);
    *ret_bytes = bytes;
    return SYS_ERR_OK;
}

errval_t grants_free(struct grants *grants, uint64_t base, uint64_t bytes)
{
    struct grant *grant = find(grants, base);
    if (!grant || grant->bytes != bytes) {
        return MEM_ERR_FOREIGN;
    }
    errval_t err = take_back_step(grant);
    if (err_is_ok(err)) {
        take_out(grants, grant);
        free(grant);
    } else if (err == SYS_ERR_RESTART) {
        take_out(grants, grant);
        grant->next = server.freed;
        server.freed = grant;
        server.owed_bytes += bytes;
        err = SYS_ERR_OK;
    }
    return err;
}

void grants_close(struct grants *grants)
{
    server.clients--;
    if (!grants->tree.root) {
        free(grants);
        return;
    }
    server.owed_bytes += grants->granted_bytes;
    grants->next = server.gone;
    server.gone = grants;
}

bool grants_reclaim(size_t steps)
{
    for (; steps > 0 && is_owed(); steps--) {
        reclaim_step();
    }
    return is_owed();
}

void grants_status(const struct grants *grants, struct grants_status *ret)
{
    // What the library has kept since then is not lost.
    uint64_t kept = ram_alloc_kept_bytes() - server.kept_bytes;
    *ret = (struct grants_status){
        .total_bytes = server.total_bytes,
        .free_bytes = free_bytes() + server.owed_bytes + kept,
        .granted_bytes = grants->granted_bytes,
        .quota_bytes = grants->quota_bytes,
        .clients = server.clients,
    };
}
