/**
 * Sessions: a client each.
 */
#include <aos/capabilities.h>
#include <aos/slot_alloc.h>
#include <rpc/ump_client.h>
#include <rpc/serving.h>
#include <stdlib.h>

#define KEPT_MAX     16 ///< Calls of one session that have bytes kept.
#define DEFERRED_MAX 16 ///< Calls of one session that are answered later: more than its ring has room for.

struct rpc_handling rpc_handling;

static uint32_t session_count;

errval_t session_provide_slots(struct rpc_session *session)
{
    // One more than any call brings, for what the transport attaches.
    return rpc_provide_slots(&session->chan, session->service->skeleton->caps + 1);
}

static void note_count(uint32_t change)
{
    session_count += change;
    trace_rpc_session(session_count);
}

static struct rpc_session *make(const struct rpc_service *service, domainid_t pid, uint64_t quota)
{
    struct rpc_session *session = calloc(1, sizeof(*session));
    if (session) {
        session->service = service;
        session->operations = service->operations;
        session->methods = service->skeleton->methods;
        session->method_count = service->skeleton->interface->method_count;
        session->pid = pid;
        session->quota = quota;
    }
    return session;
}

errval_t rpc_session_create(const struct rpc_service *service, domainid_t pid, uint64_t quota,
                            struct capref remote, struct rpc_session **ret, struct capref *linked)
{
    struct rpc_session *session = make(service, pid, quota);
    if (!session) {
        return LIB_ERR_MALLOC_FAIL;
    }
    session->link = &rpc_link_lmp;
    errval_t err = rpc_chan_make(&session->chan, service->skeleton->interface, linked);
    if (err_is_fail(err)) {
        free(session);
        return err;
    }
    session->chan.endpoint->session = session;
    err = session_provide_slots(session);
    if (err_is_ok(err) && service->opened) {
        err = service->opened(session);
    }
    if (err_is_fail(err)) {
        cap_discard(*linked);
        session->link->end(session);
        free(session);
        return err;
    }
    lmp_chan_set_remote(&session->chan, remote);
    note_count(1);
    if (ret) {
        *ret = session;
    }
    return SYS_ERR_OK;
}

errval_t rpc_session_create_ump(const struct rpc_service *service, domainid_t pid, uint64_t quota,
                                unsigned rights, const struct rpc_ump_binding *binding)
{
    struct rpc_ump *ump;
    errval_t err = rpc_ump_open(binding, &ump);
    if (err_is_fail(err)) {
        return err;
    }
    struct rpc_session *session = make(service, pid, quota);
    if (!session) {
        rpc_ump_close(ump);
        return LIB_ERR_MALLOC_FAIL;
    }
    session->link = &rpc_link_ump;
    session->rights = rights;
    session->ump = ump;
    err = rpc_ump_serve(session);
    if (err_is_ok(err) && service->opened) {
        err = service->opened(session);
    }
    if (err_is_fail(err)) {
        session->link->end(session);
        free(session);
        return err;
    }
    note_count(1);
    return SYS_ERR_OK;
}

static void free_if_unused(struct rpc_session *session)
{
    if (session->is_cut && session->handlers == 0 && rpc_handling.session != session) {
        free(session);
    }
}

void session_enter(struct rpc_session *session)
{
    session->handlers++;
}

void session_leave(struct rpc_session *session)
{
    session->handlers--;
    free_if_unused(session);
}

void session_handled(struct rpc_session *session)
{
    rpc_handling.session = NULL;
    free_if_unused(session);
}

void rpc_session_cut(struct rpc_session *session)
{
    if (session->is_cut) {
        return;
    }
    session->is_cut = true;
    session_enter(session);
    serving_forget(session);
    while (session->deferred) {
        struct rpc_call *call = session->deferred;
        session->deferred = call->next;
        call->session = NULL;
    }
    if (session->service->closed) {
        session->service->closed(session);
    }
    kept_drop_all(session);
    session->link->end(session);
    note_count(-1U);
    session_leave(session);
}

/// What a service says is without words and padding.
size_t session_call_limit(const struct rpc_session *session)
{
    size_t bytes = session->service->call_bytes_max;
    return bytes ? bytes + (RPC_MAX_WORDS + RPC_MAX_BLOBS) * sizeof(uint64_t) : RPC_MAX_BYTES;
}

struct rpc_kept *kept_create(struct rpc_session *session, uint32_t id, bool outgoing, size_t total)
{
    unsigned count = 0;
    for (struct rpc_kept *kept = session->kept; kept; kept = kept->next) {
        count++;
    }
    if (count >= KEPT_MAX || total > (outgoing ? RPC_MAX_BYTES : session_call_limit(session))
        || total > RPC_MAX_BYTES - session->kept_bytes) {
        return NULL;
    }
    struct rpc_kept *kept = malloc(sizeof(*kept) + ROUND_UP(total, sizeof(uint64_t)));
    if (kept) {
        kept->id = id;
        kept->outgoing = outgoing;
        kept->total = total;
        kept->done = 0;
        kept->next = session->kept;
        session->kept = kept;
        session->kept_bytes += total;
    }
    return kept;
}

struct rpc_kept *kept_find(struct rpc_session *session, uint32_t id, bool outgoing)
{
    struct rpc_kept *kept = session->kept;
    while (kept && (kept->id != id || kept->outgoing != outgoing)) {
        kept = kept->next;
    }
    return kept;
}

void kept_take(struct rpc_session *session, struct rpc_kept *kept)
{
    struct rpc_kept **link = &session->kept;
    while (*link != kept) {
        link = &(*link)->next;
    }
    *link = kept->next;
    session->kept_bytes -= kept->total;
}

void kept_drop_all(struct rpc_session *session)
{
    while (session->kept) {
        struct rpc_kept *kept = session->kept;
        kept_take(session, kept);
        free(kept);
    }
}

struct rpc_call *rpc_defer(struct rpc_session *session)
{
    unsigned count = 0;
    for (const struct rpc_call *call = session->deferred; call; call = call->next) {
        count++;
    }
    struct rpc_call *call = count < DEFERRED_MAX ? malloc(sizeof(*call)) : NULL;
    if (call) {
        *call = (struct rpc_call){session, rpc_handling.header, session->deferred};
        session->deferred = call;
    }
    return call;
}

static void unlink_deferred(struct rpc_session *session, struct rpc_call *call)
{
    struct rpc_call **link = &session->deferred;
    while (*link != call) {
        link = &(*link)->next;
    }
    *link = call->next;
}

struct rpc_session *rpc_call_session(const struct rpc_call *call)
{
    return call->session;
}

void session_free_owned(struct rpc_message *reply)
{
    for (unsigned i = 0; i < reply->blob_count; i++) {
        if (reply->owned_blobs & 1U << i) {
            serving_free((void *)reply->blobs[i].data);
        }
    }
    reply->owned_blobs = 0;
}

void session_give_up_call(struct rpc_session *session, uint32_t id)
{
    struct rpc_call *call = session->deferred;
    while (call && rpc_header_id(call->header) != id) {
        call = call->next;
    }
    if (call) {
        unlink_deferred(session, call);
        call->session = NULL;
        session->link->reply(session, call->header, RPC_ERR_DEADLINE, NULL, true);
    }
}

void rpc_answer(struct rpc_call *call, errval_t err, struct rpc_message *reply)
{
    serving_take();
    struct rpc_session *session = call->session;
    if (session) {
        unlink_deferred(session, call);
        session_enter(session);
        session->link->reply(session, call->header, err, reply, true);
        session_leave(session);
    } else if (reply) {
        rpc_delete_given(reply);
        session_free_owned(reply);
    }
    free(call);
    serving_leave();
}

void session_reply(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply)
{
    session->link->reply(session, request, err, reply, false);
}
