/**
 * The service's side of channels over UMP: replies. One that finds no room waits for it in our memory, and we
 * go on: a client that takes nothing costs no more than its session may keep, and then loses that.
 */
#include <aos/capabilities.h>
#include <rpc/serving.h>
#include <rpc/ump_serve.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 16 ///< Replies that wait: more than a client has calls under way.

unsigned rpc_ump_replies_waiting;

/// Sends of a reply what there is room for. \return true if that was all
static bool send_some(struct rpc_ump *ump, struct rpc_ump_reply *reply)
{
    if (reply->head_done == 0 && reply->tag == 0) {
        const uint32_t header = UMP_HEADER(reply->head_words, 0);
        return rpc_ump_try_slot(ump, header, reply->head);
    }
    if (!rpc_ump_put_head(ump, reply->head, reply->head_words, reply->tag, reply->bytes > 0,
                          &reply->head_done)) {
        return false;
    }
    if (reply->done < reply->bytes) {
        reply->done +=
            ump_chan_put(&ump->chan, UMP_NOT_FIRST, reply->data + reply->done, reply->bytes - reply->done);
    }
    return reply->done == reply->bytes;
}

static void remove_first(struct rpc_ump *ump)
{
    struct rpc_ump_reply *reply = ump->first;
    ump->first = reply->next;
    ump->waiting--;
    ump->waiting_bytes -= reply->bytes;
    rpc_ump_replies_waiting--;
    free(reply);
}

void rpc_ump_flush(struct rpc_ump *ump)
{
    while (ump->first && send_some(ump, ump->first)) {
        remove_first(ump);
    }
}

void rpc_ump_forget_replies(struct rpc_ump *ump)
{
    while (ump->first) {
        remove_first(ump);
    }
}

/// \return RPC_ERR_TOO_LONG if the session keeps too much already, or there is no memory
static errval_t keep(struct rpc_ump *ump, const struct rpc_wire *wire)
{
    const struct rpc_cargo *cargo = wire->cargo;
    const size_t bytes = cargo ? cargo->stream : 0;
    if (bytes > RPC_MAX_BYTES - ump->waiting_bytes) {
        return RPC_ERR_TOO_LONG;
    }
    struct rpc_ump_reply *reply = malloc(sizeof(*reply) + (bytes + 7) / 8 * 8);
    if (!reply) {
        return RPC_ERR_TOO_LONG;
    }
    memset(reply, 0, sizeof(*reply));
    reply->head_words = rpc_ump_head(wire, reply->head, &reply->tag);
    reply->tag = rpc_ump_is_one_slot(wire) ? 0 : reply->tag;
    reply->bytes = bytes;
    if (bytes) {
        rpc_gather(cargo->message, cargo->first, 0, reply->data, bytes);
    }
    if (ump->first) {
        ump->last->next = reply;
    } else {
        ump->first = reply;
    }
    ump->last = reply;
    ump->waiting++;
    rpc_ump_replies_waiting++;
    ump->waiting_bytes += bytes;
    return SYS_ERR_OK;
}

/// Sends all of a message at once. The caller knows that there is room.
static bool send_whole(struct rpc_ump *ump, const struct rpc_wire *wire)
{
    uint64_t head[RPC_UMP_HEAD_WORDS];
    uint16_t tag;
    unsigned sent = 0;
    const struct rpc_cargo *cargo = wire->cargo;
    const size_t bytes = cargo ? cargo->stream : 0;
    const void *place =
        bytes ? rpc_stream_in_place(cargo->message, cargo->first, 0, bytes) : (const void *)head;
    void *scratch = NULL;
    if (!place) {
        place = scratch = malloc(bytes);
        if (!place) {
            return false;
        }
        rpc_gather(cargo->message, cargo->first, 0, scratch, bytes);
    }
    const unsigned words = rpc_ump_head(wire, head, &tag);
    bool all = rpc_ump_put_head(ump, head, words, tag, bytes > 0, &sent);
    if (all && bytes) {
        all = ump_chan_put(&ump->chan, UMP_NOT_FIRST, place, bytes) == bytes;
    }
    free(scratch);
    return all;
}

/// \return RPC_ERR_TOO_LONG, or RPC_ERR_PEER_GONE if the session was cut: its client takes nothing
static errval_t send(struct rpc_session *session, const struct rpc_wire *wire)
{
    struct rpc_ump *ump = session->ump;
    if (session->is_cut) {
        return RPC_ERR_PEER_GONE;
    }
    if (!ump->first) {
        if (rpc_ump_is_one_slot(wire)) {
            if (rpc_ump_try_slot(ump, UMP_HEADER(wire->words, 0), wire->w)) {
                return SYS_ERR_OK;
            }
        } else if (rpc_ump_slots(wire) <= rpc_ump_room(ump) && send_whole(ump, wire)) {
            return SYS_ERR_OK;
        }
    }
    if (ump->waiting >= WAITING_MAX) {
        rpc_session_cut(session);
        return RPC_ERR_PEER_GONE;
    }
    errval_t err = keep(ump, wire);
    if (err_is_ok(err)) {
        rpc_ump_flush(ump);
    }
    return err;
}

static void begin_reply(struct rpc_wire *wire, uint64_t header, errval_t err)
{
    rpc_wire_init(wire);
    wire->w[0] = header;
    wire->w[1] = err;
    wire->words = RPC_FIRST_REPLY;
}

/// A reply without results. If there is no memory for it either the client would wait for ever.
static void send_error(struct rpc_session *session, uint64_t header, errval_t err, struct rpc_cargo *cargo)
{
    struct rpc_wire wire;
    begin_reply(&wire, header, err);
    cargo->stream = 0;
    wire.cargo = cargo->token_count ? cargo : NULL; // what nobody gets is deleted there
    if (err_is_fail(send(session, &wire))) {
        rpc_session_cut(session);
    }
}

/// A good reply. \return RPC_ERR_TOO_LONG, or why its capabilities do not go
static errval_t send_results(struct rpc_session *session, uint64_t header, struct rpc_message *reply,
                             struct rpc_cargo *cargo)
{
    struct rpc_wire wire;
    begin_reply(&wire, header, SYS_ERR_OK);
    if (!rpc_pack(reply, RPC_FIRST_REPLY, header, &wire)) {
        cargo->stream = rpc_stream_bytes(reply, RPC_FIRST_REPLY);
        if (cargo->stream > RPC_MAX_BYTES) {
            return RPC_ERR_TOO_LONG;
        }
    }
    errval_t err = reply->cap_count ? rpc_ump_send_caps(session->ump, reply, cargo) : SYS_ERR_OK;
    wire.w[1] = SYS_ERR_OK;
    wire.cargo = cargo->stream || cargo->token_count ? cargo : NULL;
    return err_is_ok(err) ? send(session, &wire) : err;
}

void rpc_ump_reply(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply,
                   bool at_once)
{
    (void)at_once; // it always is
    const uint64_t header = rpc_header(RPC_REPLY, rpc_header_method(request), rpc_header_id(request));
    struct rpc_cargo cargo = {.message = reply, .first = RPC_FIRST_REPLY};
    session_enter(session);
    if (err_is_ok(err) && reply && !session->is_cut) {
        err = send_results(session, header, reply, &cargo);
        if (err_is_fail(err) && !session->is_cut) {
            send_error(session, header, err, &cargo);
        }
    } else if (!session->is_cut) {
        send_error(session, header, err, &cargo);
    }
    if (reply) {
        rpc_delete_given(reply); // what has not left
        session_free_owned(reply);
    }
    session_leave(session);
}

void rpc_ump_reply_words(struct rpc_session *session, unsigned words, const struct lmp_message *m)
{
    const uint64_t w[] = {m->w0, m->w1, m->w2, m->w3, m->w4, m->w5, m->w6, m->w7};
    struct rpc_ump *ump = session->ump;
    if (__builtin_expect(words <= UMP_SLOT_WORDS && !ump->first, 1)
        && rpc_ump_try_slot(ump, UMP_HEADER(words, 0), w)) {
        return;
    }
    struct rpc_wire wire;
    rpc_wire_init(&wire);
    memcpy(wire.w, w, sizeof(w));
    wire.words = words;
    if (err_is_fail(send(session, &wire))) {
        rpc_session_cut(session);
    }
}
