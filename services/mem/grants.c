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
    struct capref cap; ///< Ours, with CAPRIGHTS_CONTROL.
};

struct grants {
    struct rb_tree tree; ///< By address.
    uint64_t quota_bytes;
    uint64_t granted_bytes;
    struct grants *next; ///< In the queue.
};

static struct {
    uint64_t total_bytes;
    uint64_t clients;
    struct grants *gone; ///< The queue: of clients that have ended. Its order means nothing.
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

/// Takes a grant back, wherever its memory is and whatever was made of it. Nothing of it is asked for anew.
static errval_t take_back(struct grants *grants, struct grant *grant)
{
    errval_t err = cap_revoke(grant->cap);
    if (err_is_ok(err)) {
        err = ram_free(grant->cap);
    }
    if (err_is_ok(err)) {
        rb_remove(&grants->tree, &grant->rb);
        grants->granted_bytes -= grant->bytes;
        free(grant);
    }
    return err;
}

/// Allocates our capability of a grant. If there is no memory, that of clients that are gone is fetched.
static errval_t allocate(gensize_t bytes, gensize_t alignment, struct capref *ret)
{
    while (bytes > free_bytes()) {
        if (!server.gone) {
            return LIB_ERR_RAM_ALLOC_EXHAUSTED;
        }
        grants_reclaim(1);
    }
    errval_t err = ram_alloc_aligned(ret, bytes, alignment);
    if (err_is_fail(err) && server.gone) {
        // It may be enough, and lie badly.
        while (grants_reclaim(SIZE_MAX)) {
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
        err = cap_grant(*ret, cap);
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
    return grant && grant->bytes == bytes ? take_back(grants, grant) : MEM_ERR_FOREIGN;
}

void grants_close(struct grants *grants)
{
    server.clients--;
    if (!grants->tree.root) {
        free(grants);
        return;
    }
    grants->next = server.gone;
    server.gone = grants;
}

bool grants_reclaim(size_t count)
{
    while (server.gone && count > 0) {
        struct grants *grants = server.gone;
        struct grant *grant = grant_of(grants->tree.root);
        count--;
        if (err_is_fail(take_back(grants, grant))) {
            // Then somebody else may still have the memory: it is lost rather than given to two.
            rb_remove(&grants->tree, &grant->rb);
            free(grant);
        }
        if (!grants->tree.root) {
            server.gone = grants->next;
            free(grants);
        }
    }
    return server.gone != NULL;
}

void grants_status(const struct grants *grants, struct grants_status *ret)
{
    while (grants_reclaim(SIZE_MAX)) {
    }
    *ret = (struct grants_status){
        .total_bytes = server.total_bytes,
        .free_bytes = free_bytes(),
        .granted_bytes = grants->granted_bytes,
        .quota_bytes = grants->quota_bytes,
        .clients = server.clients,
    };
}
