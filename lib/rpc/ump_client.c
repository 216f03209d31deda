/**
 * The client's side of channels over UMP.
 *
 * A message is sent by one thread at a time, who has `sending`, also while it waits for room. Replies are
 * read as over LMP, by one of the threads that wait.
 */
#include <aos/slot_alloc.h>
#include <aos/capabilities.h>
#include <rpc/ump_client.h>
#include <rpc/ump_serve.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_SLOTS \
    64 ///< Bytes that lie in several pieces are copied together in portions of so many slots.

/// What a channel's error means.
static errval_t peer_error(struct rpc_client *client, errval_t err)
{
    if (err == LIB_ERR_UMP_CLOSED) {
        client->gone = true;
        return RPC_ERR_PEER_GONE;
    }
    return err == LIB_ERR_TIMEOUT ? RPC_ERR_DEADLINE : err;
}

/// Waits until there is room, or the deadline.
static errval_t wait_room(struct rpc_client *client)
{
    return peer_error(client, ump_chan_wait_until(&client->ump->chan, UMP_NEWS_ROOM,
                                                  clock_ticks_of_us(rpc_deadline_us())));
}

/// A part of a message's bytes, in one piece. \param room for GATHER_SLOTS slots
static const void *portion(const struct rpc_cargo *cargo, size_t offset, size_t *bytes, uint8_t *room)
{
    const void *place = rpc_stream_in_place(cargo->message, cargo->first, offset, *bytes);
    if (!place) {
        const size_t most = GATHER_SLOTS * UMP_SLOT_BYTES;
        *bytes = *bytes < most ? *bytes : most;
        rpc_gather(cargo->message, cargo->first, offset, room, *bytes);
        place = room;
    }
    return place;
}

static errval_t send_bytes(struct rpc_client *client, const struct rpc_cargo *cargo)
{
    uint8_t room[GATHER_SLOTS * UMP_SLOT_BYTES];
    size_t offset = 0;
    while (offset < cargo->stream) {
        size_t bytes = cargo->stream - offset, done = 0;
        const char *from = portion(cargo, offset, &bytes, room);
        const uint32_t flags = UMP_NOT_FIRST | (offset + bytes < cargo->stream ? UMP_NOT_LAST : 0);
        while ((done += ump_chan_put(&client->ump->chan, flags, from + done, bytes - done)) < bytes) {
            errval_t err = wait_room(client);
            if (err_is_fail(err)) {
                return err;
            }
        }
        offset += bytes;
    }
    return SYS_ERR_OK;
}

/// A message that was given up in the middle ends. \return false if there is no room to say so
static bool end_void(struct rpc_ump *ump)
{
    static const uint64_t nothing[UMP_SLOT_WORDS];
    if (ump->owes_void && rpc_ump_try_slot(ump, UMP_HEADER(0, RPC_UMP_VOID) | UMP_NOT_FIRST, nothing)) {
        ump->owes_void = false;
    }
    return !ump->owes_void;
}

/// Sends a message that is longer than the ring may have room for.
static errval_t send_long(struct rpc_client *client, const struct rpc_wire *wire)
{
    uint64_t head[RPC_UMP_HEAD_WORDS];
    uint16_t tag;
    unsigned sent = 0;
    const unsigned words = rpc_ump_head(wire, head, &tag);
    const bool has_bytes = wire->cargo && wire->cargo->stream;
    errval_t err = SYS_ERR_OK;
    while (err_is_ok(err) && !rpc_ump_put_head(client->ump, head, words, tag, has_bytes, &sent)) {
        err = wait_room(client);
    }
    if (err_is_ok(err) && has_bytes) {
        err = send_bytes(client, wire->cargo);
    }
    client->ump->owes_void = err_is_fail(err) && sent > 0;
    return err;
}

/// With `sending`. Waits while there is no room.
static errval_t send_alone(struct rpc_client *client, const struct rpc_wire *wire)
{
    struct rpc_ump *ump = client->ump;
    errval_t err = ump_chan_is_over(&ump->chan) ? RPC_ERR_PEER_GONE : SYS_ERR_OK;
    while (err_is_ok(err) && !end_void(ump)) {
        err = wait_room(client);
    }
    if (err_is_ok(err) && !rpc_ump_is_one_slot(wire)) {
        return send_long(client, wire);
    }
    while (err_is_ok(err) && !rpc_ump_try_slot(ump, UMP_HEADER(wire->words, 0), wire->w)) {
        err = wait_room(client);
    }
    return err;
}

static errval_t send(struct rpc_client *client, const struct rpc_wire *wire)
{
    struct thread_mutex *sending = &client->ump->sending;
    if (!thread_mutex_trylock(sending) && err_is_fail(thread_mutex_lock_until(sending, rpc_deadline_us()))) {
        return RPC_ERR_DEADLINE;
    }
    errval_t err = send_alone(client, wire);
    thread_mutex_unlock(sending);
    return err;
}

/// Capabilities of which the other side has tokens, and of whose message it will have nothing else.
static void send_unused(struct rpc_client *client, uint64_t header, struct rpc_cargo *cargo)
{
    const struct rpc_wire wire = {
        .words = 1,
        .w = {rpc_header(RPC_DROP, rpc_header_method(header), rpc_header_id(header))},
        .cargo = cargo,
    };
    cargo->stream = 0;
    if (cargo->token_count) {
        send(client, &wire);
    }
}

static errval_t notify(struct rpc_client *client, struct rpc_message *message, struct rpc_wire *wire)
{
    struct rpc_ump *ump = client->ump;
    struct rpc_cargo cargo = {.message = message, .first = RPC_FIRST_REQUEST};
    errval_t err = RPC_ERR_BUSY;
    if (!thread_mutex_trylock(&ump->sending)) {
        return err;
    }
    // Two slots are enough for whatever has no bytes, and the room stays while we send alone.
    if (end_void(ump) && rpc_ump_room(ump) >= 2) {
        err = rpc_ump_send_caps(ump, message, &cargo);
        wire->cargo = cargo.token_count ? &cargo : NULL;
        if (err_is_fail(err)) {
            wire->w[0] = rpc_header(RPC_DROP, 0, 0);
            wire->words = 1;
        }
        if (err_is_ok(err) || cargo.token_count) {
            errval_t sent = send_alone(client, wire);
            err = err_is_ok(err) ? sent : err;
        }
    } else if (ump_chan_is_over(&ump->chan)) {
        err = RPC_ERR_PEER_GONE;
    }
    thread_mutex_unlock(&ump->sending);
    return err;
}

static void to_incoming(const struct rpc_ump_arrival *arrival, struct rpc_incoming *in)
{
    in->m = rpc_ump_words(arrival);
    in->cap_count = arrival->token_count;
    memcpy(in->tokens, arrival->tokens, sizeof(in->tokens));
    in->data = arrival->data;
    in->err = arrival->err;
}

/// A service that does not keep to the rules is none.
static errval_t receive(struct rpc_client *client, uint64_t until, struct rpc_incoming *in)
{
    struct rpc_ump *ump = client->ump;
    for (;;) {
        struct rpc_ump_arrival arrival;
        switch (rpc_ump_take(ump, RPC_FIRST_REPLY, RPC_MAX_BYTES, UINT32_MAX, &arrival)) {
        case RPC_UMP_MESSAGE:
            to_incoming(&arrival, in);
            return SYS_ERR_OK;
        case RPC_UMP_GARBAGE:
            client->gone = true;
            return RPC_ERR_PROTOCOL;
        case RPC_UMP_NOTHING:
            break;
        }
        errval_t err = ump_chan_wait_until(&ump->chan, UMP_NEWS_MESSAGE, until);
        if (err_is_fail(err)) {
            return err;
        }
    }
}

/// Its capabilities are taken and deleted by whoever calls next: here the monitor cannot be asked.
static void drop(struct rpc_client *client, struct rpc_incoming *in)
{
    struct rpc_ump *ump = client->ump;
    for (unsigned i = 0; i < in->cap_count && ump->unclaimed_count < LMP_RECV_SLOTS; i++) {
        ump->unclaimed[ump->unclaimed_count++] = in->tokens[i];
    }
    free(in->data);
    in->data = NULL;
}

/// Without any lock.
static void take_unclaimed(struct rpc_client *client)
{
    struct rpc_ump *ump = client->ump;
    while (ump->unclaimed_count) {
        struct rpc_ump_arrival arrival = {0};
        thread_mutex_lock(&client->mutex);
        while (ump->unclaimed_count && arrival.token_count < RPC_MAX_CAPS) {
            arrival.tokens[arrival.token_count++] = ump->unclaimed[--ump->unclaimed_count];
        }
        thread_mutex_unlock(&client->mutex);
        rpc_ump_discard(ump, &arrival);
    }
}

static errval_t exchange_alone(struct rpc_client *client, const struct rpc_wire *wire, unsigned caps,
                               struct rpc_incoming *in)
{
    (void)caps;
    errval_t err = send(client, wire);
    while (err_is_ok(err)) {
        err = receive(client, CLOCK_NEVER, in);
        if (err_is_ok(err) && rpc_is_reply_to(&in->m, wire->w[0])) {
            return SYS_ERR_OK;
        }
        if (err_is_ok(err)) {
            drop(client, in);
        }
    }
    err = peer_error(client, err);
    return client->gone ? RPC_ERR_PEER_GONE : err;
}

static errval_t provide(struct rpc_client *client, unsigned caps)
{
    (void)client;
    (void)caps;
    return SYS_ERR_OK;
}

static void free_data(struct rpc_message *message)
{
    free(message->owner);
}

/// Takes a reply apart, whose capabilities were taken.
static errval_t open_reply(struct rpc_incoming *in, const struct capref *caps, struct rpc_message *reply)
{
    size_t stream;
    errval_t err = rpc_open_reply(in, reply, &stream);
    for (unsigned i = 0; i < in->cap_count; i++) {
        reply->caps[reply->cap_count++] = caps[i];
    }
    reply->finish = free_data;
    reply->owner = in->data;
    if (err_is_ok(err) && stream) {
        err = in->err;
        if (err_is_ok(err) && !rpc_take_stream(reply, RPC_FIRST_REPLY, in->data, stream)) {
            err = RPC_ERR_PROTOCOL;
        }
    }
    if (err_is_fail(err)) {
        rpc_message_drop(reply);
    }
    return err;
}

static errval_t call(struct rpc_client *client, struct rpc_message *call, struct rpc_wire *wire,
                     bool may_bytes, unsigned caps, struct rpc_message *reply)
{
    (void)may_bytes;
    struct rpc_cargo cargo = {.message = call, .first = RPC_FIRST_REQUEST};
    struct rpc_incoming in;
    struct capref came[RPC_MAX_CAPS];
    if (client->gone) {
        return RPC_ERR_PEER_GONE;
    }
    take_unclaimed(client);
    if (wire->w[0] & RPC_FLAG_BYTES) {
        cargo.stream = rpc_stream_bytes(call, RPC_FIRST_REQUEST);
    }
    errval_t err = rpc_ump_send_caps(client->ump, call, &cargo);
    wire->cargo = cargo.stream || cargo.token_count ? &cargo : NULL;
    if (err_is_fail(err)) {
        send_unused(client, wire->w[0], &cargo);
        return err;
    }
    err = rpc_exchange(client, wire, caps, &in);
    if (err_is_fail(err)) {
        return err;
    }
    err = rpc_ump_take_caps(client->ump, in.tokens, in.cap_count, came);
    if (err_is_fail(err)) {
        free(in.data);
        return RPC_ERR_PROTOCOL;
    }
    return open_reply(&in, came, reply);
}

static void close(struct rpc_client *client)
{
    take_unclaimed(client);
    rpc_ump_close(client->ump);
    client->ump = NULL;
}

bool rpc_ump_call_numbers(struct rpc_client *client, uint64_t header, unsigned words, const uint64_t *word,
                          struct lmp_message *reply)
{
    struct rpc_ump *ump = client->ump;
    struct ump_end *end = &ump->chan.end;
    if (words >= UMP_SLOT_WORDS || client->gone || ump->owes_void || !ump_end_can_send(end)
        || ump->in.is_open) {
        return false;
    }
    ump_chan_try_send(&ump->chan, UMP_HEADER(words + 1, 0), header, word[0], word[1], word[2], word[3],
                      word[4], word[5]);
    struct rpc_incoming in;
    for (;;) {
        errval_t err = receive(client, CLOCK_NEVER, &in);
        if (err_is_fail(err)) {
            client->gone = true;
            reply->err = RPC_ERR_PEER_GONE;
            return true;
        }
        if (rpc_is_reply_to(&in.m, header)) {
            break;
        }
        drop(client, &in);
    }
    if (in.cap_count || in.data) {
        drop(client, &in); // the interface has none in such a reply
    }
    *reply = in.m;
    return true;
}

const struct rpc_link rpc_link_ump = {
    .call = call,
    .notify = notify,
    .exchange_alone = exchange_alone,
    .provide = provide,
    .send = send,
    .receive = receive,
    .drop = drop,
    .close = close,
    .reply = rpc_ump_reply,
    .end = rpc_ump_end,
};
