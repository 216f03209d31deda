/**
 * Calls: from a message to the reply to it.
 */
#include <rpc/client.h>
#include <rpc/link.h>
#include <rpc/ump_client.h>

struct lmp_message rpc_call_registers_slowly(struct rpc_client *client, uint64_t header, unsigned words,
                                             const uint64_t *word, const struct lmp_message *sent)
{
    struct rpc_incoming in = {.m = {0}};
    if (sent && (err_is_ok(sent->err) || sent->err == SYS_ERR_LMP_WAIT_INTERRUPTED)) {
        // Nothing came, or something late: the reply is still to come. The interface has no capabilities in
        // it.
        errval_t err = lmp_link_await(client, header, sent, &in);
        client->link->drop(client, &in);
        in.m.err = err;
        return in.m;
    }
    if (sent && !lmp_err_is_transient(sent->err)) {
        in.m.err = rpc_error(sent->err);
        client->gone |= in.m.err == RPC_ERR_PEER_GONE;
        return in.m;
    }
    if (client->ump && rpc_is_plain() && rpc_ump_call_numbers(client, header, words, word, &in.m)) {
        return in.m;
    }
    struct rpc_wire wire;
    rpc_wire_init(&wire);
    wire.words = words + 1;
    wire.w[0] = header;
    for (unsigned i = 0; i < words; i++) {
        wire.w[i + 1] = word[i];
    }
    errval_t err = rpc_exchange(client, &wire, 0, &in);
    if (err_is_ok(err) && client->ump && (in.cap_count || in.data)) {
        client->link->drop(client, &in); // the interface has none in such a reply
    }
    in.m.err = err;
    return in.m;
}

errval_t rpc_call(struct rpc_client *client, unsigned number, struct rpc_message *call, bool may_bytes,
                  unsigned caps, struct rpc_message *reply)
{
    uint32_t id = rpc_next_id(client);
    struct rpc_wire wire;
    errval_t err = RPC_ERR_TOO_LONG;
    trace_rpc_call_begin(number, id);
    rpc_wire_init(&wire);
    bool fits = rpc_pack(call, RPC_FIRST_REQUEST, rpc_header(RPC_REQUEST, number, id), &wire);
    if (fits || rpc_stream_bytes(call, RPC_FIRST_REQUEST) <= RPC_MAX_BYTES) {
        err = client->link->call(client, call, &wire, may_bytes || !fits, caps, reply);
    }
    rpc_delete_given(call); // that was not sent
    trace_rpc_call_end(number, id);
    return err;
}

errval_t rpc_send(struct rpc_client *client, unsigned number, struct rpc_message *message)
{
    struct rpc_wire wire;
    rpc_wire_init(&wire);
    if (client->gone) {
        return RPC_ERR_PEER_GONE;
    }
    if (!rpc_pack(message, RPC_FIRST_REQUEST, rpc_header(RPC_ONEWAY, number, 0), &wire)) {
        return RPC_ERR_TOO_LONG;
    }
    return client->link->notify(client, message, &wire);
}
