#include "grants.h"

#include "pieces.h"

#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <cap/recall.h>
#include <stdlib.h>

/// More is in no machine (Armv8 ARM D8.1.2), and rounds without overflow.
#define MOST_BYTES (1UL << 52)

/// A domain that has sessions.
struct account {
    struct rb_node rb; ///< First, so that one is the other. By process id.
    domainid_t pid;
    unsigned sessions;
    uint64_t quota_bytes;
    uint64_t granted_bytes;
};

struct grants {
    struct rb_tree tree;     ///< Of pieces, by address.
    struct account *account; ///< NULL: the session has ended.
    uint64_t bytes;          ///< Of the pieces.
    struct grants *next;     ///< In the queue.
};

/// There are no summaries.
static bool update(struct rb_node *rb)
{
    (void)rb;
    return false;
}

static struct {
    uint64_t total_bytes;
    uint64_t kept_bytes; ///< That the library had kept when the total was noted.
    uint64_t clients;
    uint64_t owed_bytes; ///< Of all that is being taken back.
    struct rb_tree accounts;
    struct piece *freed; ///< That their clients gave back.
    struct grants *gone; ///< Of clients that have ended. The order of neither queue means anything.
} server = {.accounts.update = update};

static struct piece *piece_of(struct rb_node *rb)
{
    return (struct piece *)rb;
}

void grants_init(void)
{
    server.total_bytes = pieces_free_bytes();
    server.kept_bytes = ram_alloc_kept_bytes();
}

static struct account *account_of(struct rb_node *rb)
{
    return (struct account *)rb;
}

/// The account of a domain, which is made if there is none. \return NULL if there is no memory
static struct account *find_account(domainid_t pid, uint64_t quota)
{
    struct rb_node *parent = NULL;
    unsigned side = 0;
    for (struct rb_node *at = server.accounts.root; at; at = at->child[side]) {
        if (account_of(at)->pid == pid) {
            return account_of(at);
        }
        parent = at;
        side = account_of(at)->pid < pid;
    }
    struct account *account = malloc(sizeof(*account));
    if (account) {
        *account = (struct account){.pid = pid, .quota_bytes = quota ? quota : MEM_QUOTA_DEFAULT};
        rb_insert(&server.accounts, &account->rb, parent, side);
    }
    return account;
}

/// After a session that has ended, or was not made.
static void tidy_account(struct account *account)
{
    if (account->sessions == 0) {
        rb_remove(&server.accounts, &account->rb);
        free(account);
    }
}

errval_t grants_open(domainid_t pid, uint64_t quota, struct grants **ret)
{
    struct account *account = find_account(pid, quota);
    if (!account) {
        return LIB_ERR_MALLOC_FAIL;
    }
    if (account->sessions >= MEM_SESSIONS_MAX) {
        return MEM_ERR_SESSIONS;
    }
    struct grants *grants = malloc(sizeof(*grants));
    if (!grants) {
        tidy_account(account);
        return LIB_ERR_MALLOC_FAIL;
    }
    *grants = (struct grants){.tree.update = update, .account = account};
    account->sessions++;
    server.clients++;
    *ret = grants;
    return SYS_ERR_OK;
}

static void insert(struct grants *grants, struct piece *piece)
{
    struct rb_node *parent = NULL;
    unsigned side = 0;
    for (struct rb_node *at = grants->tree.root; at; at = at->child[side]) {
        parent = at;
        side = piece_of(at)->base < piece->base;
    }
    rb_insert(&grants->tree, &piece->rb, parent, side);
    grants->bytes += piece->bytes;
    grants->account->granted_bytes += piece->bytes;
}

/// The client has it no more.
static void take_out(struct grants *grants, struct piece *piece)
{
    rb_remove(&grants->tree, &piece->rb);
    if (grants->account) {
        grants->bytes -= piece->bytes;
        grants->account->granted_bytes -= piece->bytes;
    }
}

static struct piece *find(const struct grants *grants, genpaddr_t base)
{
    struct rb_node *at = grants->tree.root;
    while (at && piece_of(at)->base != base) {
        at = at->child[piece_of(at)->base < base];
    }
    return piece_of(at);
}

/// The first of what is to be taken back, or NULL.
static struct piece *first_owed(void)
{
    return server.freed ? server.freed : server.gone ? piece_of(server.gone->tree.root) : NULL;
}

/// Takes it out of the queue.
static void take_first_owed(struct piece *piece)
{
    struct grants *grants = server.gone;
    server.owed_bytes -= piece->bytes;
    if (piece == server.freed) {
        server.freed = piece->next;
        return;
    }
    take_out(grants, piece);
    if (!grants->tree.root) {
        server.gone = grants->next;
        free(grants);
    }
}

/// A step for the first of what is to be taken back.
static void reclaim_step(void)
{
    struct piece *piece = first_owed();
    errval_t err = cap_revoke_step(piece->cap);
    if (err == SYS_ERR_RESTART) {
        return;
    }
    take_first_owed(piece);
    if (err_is_ok(err)) {
        err = recall_range(piece->base, piece->bytes); // others may run meanwhile
    }
    if (err_is_fail(err) || err_is_fail(piece_put(piece))) {
        // Then somebody else may still have the memory: it is lost rather than given to two.
        free(piece);
    }
}

bool grants_is_recall_due(void)
{
    const struct piece *piece = first_owed();
    return piece && recall_is_due(piece->base, piece->bytes);
}

static bool is_owed(void)
{
    return server.freed || server.gone;
}

/// A piece for a client. If there is no memory, that of clients that are gone is fetched.
static errval_t get_piece(gensize_t bytes, gensize_t alignment, struct piece **ret)
{
    errval_t err = piece_get(bytes, alignment, ret);
    while (err_is_fail(err) && is_owed()) {
        // What the queue has may lie badly: all of it, if need be.
        do {
            reclaim_step();
        } while (is_owed() && pieces_free_bytes() < bytes);
        err = piece_get(bytes, alignment, ret);
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

errval_t grants_get(struct grants *grants, uint64_t bytes, uint64_t alignment, struct capref *ret,
                    uint64_t *ret_bytes)
{
    struct piece *piece;
    if (bytes == 0 || bytes > MOST_BYTES || alignment == 0 || alignment & (alignment - 1)) {
        return MEM_ERR_ARGUMENT;
    }
    bytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    if (bytes > grants->account->quota_bytes - grants->account->granted_bytes) {
        return MEM_ERR_QUOTA;
    }
    errval_t err = get_piece(bytes, alignment < BASE_PAGE_SIZE ? BASE_PAGE_SIZE : alignment, &piece);
    if (err_is_ok(err)) {
        err = make_copy(piece->cap, ret);
        if (err_is_fail(err) && err_is_fail(piece_put(piece))) {
            free(piece);
        }
    }
    if (err_is_fail(err)) {
        return err_push(err, MEM_ERR_EXHAUSTED);
    }
    insert(grants, piece);
    *ret_bytes = bytes;
    return SYS_ERR_OK;
}

errval_t grants_free(struct grants *grants, uint64_t base, uint64_t bytes)
{
    struct piece *piece = find(grants, base);
    if (!piece || piece->bytes != bytes) {
        return MEM_ERR_FOREIGN;
    }
    errval_t err = cap_revoke_step(piece->cap);
    const bool takes_longer = err == SYS_ERR_RESTART || recall_is_due(base, bytes);
    if (err_is_ok(err) && !takes_longer) {
        take_out(grants, piece);
        err = piece_put(piece);
        if (err_is_fail(err)) {
            insert(grants, piece);
        }
    } else if (err_is_ok(err) || err == SYS_ERR_RESTART) {
        take_out(grants, piece);
        piece->next = server.freed;
        server.freed = piece;
        server.owed_bytes += bytes;
        err = SYS_ERR_OK;
    }
    return err;
}

void grants_close(struct grants *grants)
{
    struct account *account = grants->account;
    account->granted_bytes -= grants->bytes;
    account->sessions--;
    tidy_account(account);
    server.clients--;
    if (!grants->tree.root) {
        free(grants);
        return;
    }
    grants->account = NULL;
    server.owed_bytes += grants->bytes;
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
        .total_bytes = server.total_bytes + ram_alloc_borrowed_bytes(),
        .free_bytes = pieces_free_bytes() + server.owed_bytes + kept,
        .granted_bytes = grants->account->granted_bytes,
        .quota_bytes = grants->account->quota_bytes,
        .clients = server.clients,
    };
}
