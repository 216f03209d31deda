/**
 * Sessions: a client each.
 */
#include <aos/capabilities.h>
#include <aos/slot_alloc.h>
#include <rpc/client.h>
#include <rpc/serving.h>
#include <rpc/session.h>
#include <rpc/transport/transport.h>
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

errval_t rpc_session_create(const struct rpc_service *service, domainid_t pid, uint64_t quota,
                            struct capref remote, struct rpc_session **ret, struct capref *linked)
{
    struct rpc_session *session = calloc(1, sizeof(*session));
    if (!session) {
        return LIB_ERR_MALLOC_FAIL;
    }
    session->service = service;
    session->operations = service->operations;
    session->methods = service->skeleton->methods;
    session->method_count = service->skeleton->interface->method_count;
    session->pid = pid;
    session->quota = quota;
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
        lmp_chan_destroy(&session->chan);
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
    rpc_transport_close(session->transport);
    session->transport = NULL;
    lmp_chan_destroy(&session->chan);
    note_count(-1U);
    session_leave(session);
}

/// How much one call may have kept. What a service says is without words and padding.
static size_t kept_limit(const struct rpc_session *session, bool outgoing)
{
    size_t bytes = session->service->call_bytes_max;
    return outgoing || bytes == 0 ? RPC_MAX_BYTES
                                  : bytes + (RPC_MAX_WORDS + RPC_MAX_BLOBS) * sizeof(uint64_t);
}

struct rpc_kept *kept_create(struct rpc_session *session, uint32_t id, bool outgoing, size_t total)
{
    unsigned count = 0;
    for (struct rpc_kept *kept = session->kept; kept; kept = kept->next) {
        count++;
    }
    if (count >= KEPT_MAX || total > kept_limit(session, outgoing)
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

static void free_owned(struct rpc_message *reply)
{
    for (unsigned i = 0; i < reply->blob_count; i++) {
        if (reply->owned_blobs & 1U << i) {
            serving_free((void *)reply->blobs[i].data);
        }
    }
    reply->owned_blobs = 0;
}

/// The bytes of a reply that does not fit: with it, or kept until they are fetched.
static errval_t reply_bytes(struct rpc_session *session, uint64_t request, const struct rpc_message *reply,
                            struct rpc_wire *wire, void **scratch)
{
    size_t stream = rpc_stream_bytes(reply, RPC_FIRST_REPLY);
    if (stream > RPC_MAX_BYTES) {
        return RPC_ERR_TOO_LONG;
    }
    if (request & RPC_FLAG_ALONE && rpc_transport_kind.rides && stream <= rpc_transport_kind.piece_bytes) {
        wire->w[0] |= RPC_FLAG_RIDES;
        return rpc_transport_put(session->transport, reply, RPC_FIRST_REPLY, 0, stream, wire, scratch);
    }
    struct rpc_kept *kept = kept_create(session, rpc_header_id(request), true, stream);
    if (!kept) {
        return RPC_ERR_TOO_LONG;
    }
    rpc_gather(reply, RPC_FIRST_REPLY, 0, kept->data, stream);
    return SYS_ERR_OK;
}

static void begin_reply(struct rpc_wire *wire, uint64_t header, errval_t err)
{
    rpc_wire_init(wire);
    wire->w[0] = header;
    wire->w[1] = err;
    wire->words = RPC_FIRST_REPLY;
}

void session_reply_failed(struct rpc_session *session, uint64_t header, errval_t err)
{
    struct rpc_wire wire;
    begin_reply(&wire, rpc_header(RPC_REPLY, rpc_header_method(header), rpc_header_id(header)),
                RPC_ERR_PEER_GONE);
    if (err_no(err) != SYS_ERR_LMP_CAP_SOURCE || err_is_fail(rpc_wire_send(&session->chan, &wire, false).err)) {
        rpc_session_cut(session);
    }
}

/// Sends what is ready.
static errval_t send(struct rpc_session *session, const struct rpc_wire *wire)
{
    if (session->is_cut) {
        return RPC_ERR_PEER_GONE;
    }
    errval_t err = rpc_wire_send(&session->chan, wire, false).err;
    if (err_is_fail(err)) {
        session_reply_failed(session, wire->w[0], err);
    }
    return err;
}

/// \param at_once when this returns it was sent
static void reply_to(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply,
                     bool at_once)
{
    const uint64_t header = rpc_header(RPC_REPLY, rpc_header_method(request), rpc_header_id(request));
    void *scratch = NULL;
    struct rpc_wire wire;
    begin_reply(&wire, header, err);
    if (err_is_ok(err) && reply && !rpc_pack(reply, RPC_FIRST_REPLY, header, &wire)) {
        err = reply_bytes(session, request, reply, &wire, &scratch);
        if (err_is_fail(err)) {
            begin_reply(&wire, header, err);
        }
    }
    errval_t sent = SYS_ERR_OK;
    if (at_once || !serving_send_later(session, &wire, err_is_ok(err) ? reply : NULL)) {
        sent = send(session, &wire);
    }
    if (reply && err_is_ok(err) && err_is_ok(sent)) {
        rpc_free_given(reply);
    } else if (reply) {
        rpc_delete_given(reply);
    }
    if (reply) {
        free_owned(reply);
    }
    serving_free(scratch);
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
        reply_to(session, call->header, RPC_ERR_DEADLINE, NULL, true);
    }
}

void rpc_answer(struct rpc_call *call, errval_t err, struct rpc_message *reply)
{
    serving_take();
    struct rpc_session *session = call->session;
    if (session) {
        unlink_deferred(session, call);
        session_enter(session);
        reply_to(session, call->header, err, reply, true);
        session_leave(session);
    } else if (reply) {
        rpc_delete_given(reply);
        free_owned(reply);
    }
    free(call);
    serving_leave();
}

void session_reply(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply)
{
    reply_to(session, request, err, reply, false);
}

void session_reply_piece(struct rpc_session *session, uint64_t request, const struct rpc_message *piece,
                         size_t bytes)
{
    struct rpc_wire wire;
    void *scratch = NULL;
    begin_reply(&wire, rpc_header(RPC_REPLY, rpc_header_method(request), rpc_header_id(request)), SYS_ERR_OK);
    errval_t err = rpc_transport_put(session->transport, piece, RPC_FIRST_REPLY, 0, bytes, &wire, &scratch);
    wire.w[1] = err;
    if (!serving_send_later(session, &wire, NULL)) {
        send(session, &wire);
    }
    serving_free(scratch);
}
