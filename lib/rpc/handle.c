/**
 * What a client can send, and what a service does with it. Anything that is not as it should be costs the
 * client its session.
 */
#include <aos/capabilities.h>
#include <rpc/serving.h>
#include <rpc/session.h>
#include <rpc/transport/transport.h>
#include <stdlib.h>

static void delete_caps(struct rpc_arrival *arrival)
{
    for (unsigned i = 0; i < arrival->cap_count; i++) {
        cap_discard(arrival->caps[i]);
    }
    arrival->cap_count = 0;
}

static errval_t open(struct rpc_session *session, struct rpc_arrival *arrival)
{
    if (arrival->cap_count != 1 || !capref_is_null(session->chan.remote_cap)) {
        return RPC_MALFORMED;
    }
    lmp_chan_set_remote(&session->chan, arrival->caps[0]);
    arrival->cap_count = 0;
    return SYS_ERR_OK;
}

static errval_t attach(struct rpc_session *session, struct rpc_arrival *arrival)
{
    struct rpc_message message;
    size_t stream;
    if (session->transport || !rpc_unpack(arrival->m, RPC_FIRST_REQUEST, &message, &stream) || stream) {
        return RPC_MALFORMED;
    }
    for (unsigned i = 0; i < arrival->cap_count; i++) {
        message.caps[message.cap_count++] = arrival->caps[i];
    }
    arrival->cap_count = 0;
    errval_t err = rpc_transport_attach(&session->transport, &message);
    session_reply(session, arrival->header, err, NULL);
    return SYS_ERR_OK;
}

/// The piece that is with the message, as the next of what is kept for its call.
static errval_t append(struct rpc_session *session, const struct rpc_arrival *arrival, struct rpc_kept *kept)
{
    size_t rest = kept->total - kept->done;
    size_t bytes = rest < rpc_transport_kind.piece_bytes ? rest : rpc_transport_kind.piece_bytes;
    errval_t err = rpc_transport_get(session->transport, session->chan.endpoint, arrival->m,
                                     kept->data + kept->done, bytes);
    kept->done += err_is_ok(err) ? bytes : 0;
    return err;
}

static errval_t push(struct rpc_session *session, const struct rpc_arrival *arrival)
{
    uint32_t id = rpc_header_id(arrival->header);
    size_t offset = (uint32_t)arrival->m->w1, total = arrival->m->w1 >> 32;
    struct rpc_kept *kept = kept_find(session, id, false);
    if (lmp_header_words(arrival->m->header) < RPC_PIECE_WORD || total == 0 || total > RPC_MAX_BYTES
        || offset != (kept ? kept->done : 0) || (kept && total != kept->total) || offset >= total) {
        return RPC_MALFORMED;
    }
    errval_t err = SYS_ERR_OK;
    if (!kept) {
        kept = kept_create(session, id, false, total);
        err = kept ? SYS_ERR_OK : RPC_ERR_TOO_LONG;
    }
    if (err_is_ok(err)) {
        err = append(session, arrival, kept);
    } else {
        rpc_transport_done(session->chan.endpoint);
    }
    if (err == RPC_ERR_PROTOCOL) {
        return RPC_MALFORMED;
    }
    session_reply(session, arrival->header, err, NULL);
    return SYS_ERR_OK;
}

static errval_t pull(struct rpc_session *session, const struct rpc_arrival *arrival)
{
    struct rpc_kept *kept = kept_find(session, rpc_header_id(arrival->header), true);
    size_t offset = arrival->m->w1;
    if (!kept || lmp_header_words(arrival->m->header) < RPC_PIECE_WORD || offset != kept->done) {
        return RPC_MALFORMED;
    }
    size_t rest = kept->total - offset;
    size_t bytes = rest < rpc_transport_kind.piece_bytes ? rest : rpc_transport_kind.piece_bytes;
    struct rpc_message piece;
    rpc_message_init(&piece);
    piece.blobs[piece.blob_count++] = (struct rpc_blob){kept->data + offset, bytes};
    kept->done += bytes;
    session_reply_piece(session, arrival->header, &piece, bytes);
    if (!session->is_cut && kept->done == kept->total) {
        kept_take(session, kept);
        serving_free(kept);
    }
    return SYS_ERR_OK;
}

/// The client has given a call up. If it was going to be answered later it is answered now, so that the
/// client knows that nothing comes any more; else it was answered already, or is going to be when its handler
/// returns.
static void drop(struct rpc_session *session, const struct rpc_arrival *arrival)
{
    session_give_up_call(session, rpc_header_id(arrival->header));
    for (unsigned outgoing = 0; outgoing < 2; outgoing++) {
        struct rpc_kept *kept = kept_find(session, rpc_header_id(arrival->header), outgoing);
        if (kept) {
            kept_take(session, kept);
            free(kept);
        }
    }
}

/// The bytes in place are not used any more.
static void finish_in_place(struct rpc_message *message)
{
    struct rpc_session *session = message->owner;
    if (!session->is_cut) {
        rpc_transport_done(session->chan.endpoint);
    }
}

static void free_kept(struct rpc_message *message)
{
    serving_free(message->owner);
}

/// The call has been handled. What its bytes are in may be what is answered with.
static void release(struct rpc_message *call)
{
    serving_free(call->buffer);
    call->buffer = NULL;
    rpc_message_release(call);
}

/// The bytes of a call over UMP: they have come with it, or nobody had memory for them.
static errval_t take_bytes(struct rpc_arrival *arrival, size_t stream, struct rpc_message *call)
{
    if (err_is_fail(arrival->err)) {
        return arrival->err;
    }
    if (!arrival->data) {
        return RPC_MALFORMED;
    }
    call->finish = free_kept;
    call->owner = arrival->data;
    arrival->data = NULL;
    return rpc_take_stream(call, RPC_FIRST_REQUEST, call->owner, stream) ? SYS_ERR_OK : RPC_MALFORMED;
}

/// The bytes of a call on one core: they came in pieces before it, or are with it, or both.
static errval_t find_bytes(struct rpc_session *session, const struct rpc_arrival *arrival, size_t stream,
                           struct rpc_message *call)
{
    struct rpc_kept *kept = kept_find(session, rpc_header_id(arrival->header), false);
    const void *place = NULL;
    errval_t err = SYS_ERR_OK;
    bool rides = arrival->header & RPC_FLAG_RIDES;
    if (kept) {
        err = rides && kept->total == stream ? append(session, arrival, kept) : SYS_ERR_OK;
        if (kept->total != stream || kept->done != stream) {
            return err_is_ok(err) || err == RPC_ERR_PROTOCOL ? RPC_MALFORMED : err;
        }
        kept_take(session, kept);
        call->finish = free_kept;
        call->owner = kept;
        place = kept->data;
    } else if (!rides || stream > rpc_transport_kind.piece_bytes) {
        return RPC_MALFORMED;
    } else if ((place = rpc_transport_look(session->chan.endpoint, stream))) {
        call->finish = finish_in_place;
        call->owner = session;
    } else {
        place = call->buffer = malloc(ROUND_UP(stream, sizeof(uint64_t)));
        if (!place) {
            rpc_transport_done(session->chan.endpoint);
            return LIB_ERR_MALLOC_FAIL;
        }
        err = rpc_transport_get(session->transport, session->chan.endpoint, arrival->m, call->buffer, stream);
    }
    if (err_is_ok(err) && !rpc_take_stream(call, RPC_FIRST_REQUEST, place, stream)) {
        err = RPC_MALFORMED;
    }
    return err == RPC_ERR_PROTOCOL ? RPC_MALFORMED : err; // bytes were promised that did not come
}

static errval_t run(struct rpc_session *session, struct rpc_arrival *arrival, const struct rpc_method *method,
                    struct rpc_message *call, struct rpc_message *reply)
{
    size_t stream;
    rpc_message_init(reply);
    if (!rpc_unpack(arrival->m, RPC_FIRST_REQUEST, call, &stream)) {
        return RPC_MALFORMED;
    }
    errval_t err = SYS_ERR_OK;
    if (stream) {
        err = session->ump ? take_bytes(arrival, stream, call) : find_bytes(session, arrival, stream, call);
    }
    if (err_is_fail(err)) {
        delete_caps(arrival);
        return err;
    }
    for (unsigned i = 0; i < arrival->cap_count; i++) {
        call->caps[call->cap_count++] = arrival->caps[i];
    }
    err = method->general(session, call, reply);
    if (err != RPC_MALFORMED) {
        arrival->cap_count = 0; // they are the handler's
    }
    return err;
}

static errval_t request(struct rpc_session *session, struct rpc_arrival *arrival, bool wants_reply)
{
    const unsigned number = rpc_header_method(arrival->header);
    const struct rpc_skeleton *skeleton = session->service->skeleton;
    if (number >= skeleton->interface->method_count) {
        return RPC_MALFORMED;
    }
    const struct rpc_method *method = &skeleton->methods[number];
    if (!method->general || method->is_oneway == wants_reply) {
        return RPC_MALFORMED;
    }
    struct rpc_message call, reply;
    rpc_message_init(&call);
    const unsigned trace_number = skeleton->interface->number << 8 | number;
    trace_rpc_serve_begin(trace_number, rpc_header_id(arrival->header));
    errval_t err = run(session, arrival, method, &call, &reply);
    trace_rpc_serve_end(trace_number, rpc_header_id(arrival->header), err == RPC_LATER);
    if (err == RPC_MALFORMED || err == RPC_LATER) {
        release(&call);
        return err == RPC_LATER ? SYS_ERR_OK : err;
    }
    if (wants_reply) {
        session_reply(session, arrival->header, err, &reply);
    }
    release(&call);
    return SYS_ERR_OK;
}

/// Messages that only channels on one core have.
static errval_t handle_of_core(struct rpc_session *session, struct rpc_arrival *arrival)
{
    switch (session->ump ? 0 : rpc_header_kind(arrival->header)) {
    case RPC_OPEN:
        return open(session, arrival);
    case RPC_ATTACH:
        return attach(session, arrival);
    case RPC_PUSH:
        return push(session, arrival);
    case RPC_PULL:
        return pull(session, arrival);
    default:
        return RPC_MALFORMED;
    }
}

static errval_t handle(struct rpc_session *session, struct rpc_arrival *arrival)
{
    switch (rpc_header_kind(arrival->header)) {
    case RPC_REQUEST:
        return request(session, arrival, true);
    case RPC_ONEWAY:
        return request(session, arrival, false);
    case RPC_DROP:
        drop(session, arrival);
        return SYS_ERR_OK;
    default:
        return handle_of_core(session, arrival);
    }
}

void session_handle(struct rpc_session *session, const struct lmp_message *m)
{
    struct rpc_arrival arrival; // its capabilities are not cleared
    arrival.m = m;
    arrival.header = m->w0;
    arrival.data = NULL;
    arrival.err = SYS_ERR_OK;
    arrival.cap_count = lmp_header_caps(m->header);
    if (arrival.cap_count) {
        lmp_endpoint_take_caps(session->chan.endpoint, arrival.cap_count, arrival.caps);
    }
    rpc_handling = (struct rpc_handling){session, m->w0};
    errval_t err = lmp_header_words(m->header) ? handle(session, &arrival) : RPC_MALFORMED;
    delete_caps(&arrival);
    if (!session->is_cut && (err == RPC_MALFORMED || err_is_fail(session_provide_slots(session)))) {
        rpc_session_cut(session);
    }
    session_handled(session);
}

void session_handle_arrival(struct rpc_session *session, struct rpc_arrival *arrival)
{
    rpc_handling = (struct rpc_handling){session, arrival->header};
    errval_t err = handle(session, arrival);
    delete_caps(arrival);
    free(arrival->data);
    if (!session->is_cut && err == RPC_MALFORMED) {
        rpc_session_cut(session);
    }
    session_handled(session);
}
