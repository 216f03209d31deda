/**
 * The memory server: has nearly all RAM, and gives it out as capabilities (docs/memory-server.md).
 *
 * What takes long, taking memory back, is done in steps between the messages of clients: for as long as there
 * is something to do the server has a message to itself under way, which stands in line with the others.
 */
#include "grants.h"
#include "home.h"

#include <aos/aos.h>
#include <aos/rpc_server.h>
#include <cap/ram.h>
#include <cap/recall.h>
#include <interfaces/mem.h>
#include <interfaces/mem_server.h>

#define RECLAIM_STEPS 4 ///< Between two messages.

/// This domain has the RAM that others ask for.
bool ram_has_server(void)
{
    return false;
}

static struct {
    struct rpc_client client; ///< From the server to itself: only sends.
    struct rpc_session *session;
    bool is_sent; ///< The message to itself.
} self;

static void take_back_later(void)
{
    if (!self.is_sent) {
        self.is_sent = err_is_ok(mem_reclaim(&self.client));
    }
}

/// Takes some of what is to be taken back, and sees to it that the rest follows.
static void take_back(void)
{
    if (grants_reclaim(RECLAIM_STEPS)) {
        take_back_later();
    }
}

static errval_t opened(struct rpc_session *session)
{
    struct grants *grants;
    errval_t err = grants_open(session->pid, session->quota, &grants);
    if (err_is_ok(err)) {
        session->state = grants;
    }
    return err;
}

static void closed(struct rpc_session *session)
{
    grants_close(session->state);
    if (grants_is_recall_due()) {
        take_back_later(); // this is no place to wait for others
    } else {
        take_back();
    }
}

static errval_t get_ram(struct rpc_session *session, uint64_t bytes, uint64_t alignment, struct capref *ram,
                        uint64_t *ret_bytes)
{
    return grants_get(session->state, bytes, alignment, ram, ret_bytes);
}

static errval_t free_ram(struct rpc_session *session, uint64_t base, uint64_t bytes)
{
    errval_t err = grants_free(session->state, base, bytes);
    take_back();
    return err;
}

static errval_t status(struct rpc_session *session, uint64_t *total, uint64_t *free, uint64_t *granted,
                       uint64_t *quota, uint64_t *sessions)
{
    struct grants_status now;
    grants_status(session->state, &now);
    *total = now.total_bytes;
    *free = now.free_bytes;
    *granted = now.granted_bytes;
    *quota = now.quota_bytes;
    *sessions = now.clients;
    return SYS_ERR_OK;
}

static errval_t reclaim(struct rpc_session *session)
{
    if (session != self.session) {
        return RPC_ERR_NOT_ALLOWED; // nobody hears it
    }
    self.is_sent = false;
    take_back();
    return SYS_ERR_OK;
}

static const struct mem_operations operations = {
    .get_ram = get_ram,
    .free_ram = free_ram,
    .status = status,
    .reclaim = reclaim,
};

static const struct rpc_service service = {
    .skeleton = &mem_skeleton,
    .operations = &operations,
    .opened = opened,
    .closed = closed,
};

static const struct mem_operations self_operations = {.reclaim = reclaim};
static const struct rpc_service self_service = {.skeleton = &mem_skeleton, .operations = &self_operations};

/// A session of the server's own.
static errval_t prepare_self(void)
{
    struct capref endpoint;
    errval_t err =
        rpc_session_create(&self_service, disp_get_domain_id(), 0, NULL_CAP, &self.session, &endpoint);
    if (err_is_ok(err)) {
        rpc_client_send_only(&self.client, endpoint);
    }
    return err;
}

int main(void)
{
    errval_t err = prepare_self();
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "preparing to take memory back");
    }
    home_use();
    err = recall_begin();
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "preparing to take memory back from other cores");
    }
    grants_init();
    err = rpc_export("mem", &service);
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "offering memory");
    }
    rpc_serve();
}
