/**
 * Messages of channels on one core: a linked endpoint on each side.
 */
#include <aos/capabilities.h>
#include <rpc/lmp_link.h>
#include <rpc/transport/transport.h>

static void take_caps(struct rpc_client *client, const struct lmp_message *m, struct rpc_incoming *in)
{
    in->cap_count = lmp_header_caps(m->header);
    if (in->cap_count) {
        lmp_endpoint_take_caps(client->chan.endpoint, in->cap_count, in->caps);
    }
    in->m = *m;
}

static void drop(struct rpc_client *client, struct rpc_incoming *in)
{
    (void)client;
    for (unsigned i = 0; i < in->cap_count; i++) {
        cap_discard(in->caps[i]);
    }
}

/// As lmp_link_await(). In line: a message is long to hand over.
static inline __attribute__((always_inline)) errval_t await(struct rpc_client *client, uint64_t request,
                                                            struct lmp_message m, struct rpc_incoming *in)
{
    bool handed = err_is_ok(m.err) && m.header;
    for (;;) {
        if (!handed) {
            m = lmp_chan_wait(&client->chan, m.err);
        }
        if (err_is_fail(m.err)) {
            errval_t err = rpc_error(m.err);
            client->gone |= err == RPC_ERR_PEER_GONE;
            return err;
        }
        take_caps(client, &m, in);
        if (rpc_is_reply_to(&m, request)) {
            return SYS_ERR_OK;
        }
        drop(client, in);
        handed = false;
    }
}

errval_t lmp_link_await(struct rpc_client *client, uint64_t request, const struct lmp_message *m,
                        struct rpc_incoming *in)
{
    return await(client, request, *m, in);
}

static errval_t exchange_alone(struct rpc_client *client, const struct rpc_wire *wire, unsigned caps,
                               struct rpc_incoming *in)
{
    errval_t err = rpc_provide_slots(&client->chan, caps);
    if (err_is_fail(err)) {
        return err;
    }
    struct lmp_message m = rpc_wire_send(&client->chan, wire, true);
    while (err_is_fail(m.err) && lmp_err_is_transient(m.err)) {
        thread_yield(); // an earlier one-way message still fills the ring
        m = rpc_wire_send(&client->chan, wire, true);
    }
    return await(client, wire->w[0], m, in);
}

static errval_t provide(struct rpc_client *client, unsigned caps)
{
    return rpc_provide_slots(&client->chan, caps);
}

static errval_t send(struct rpc_client *client, const struct rpc_wire *wire)
{
    return rpc_error(rpc_wire_send(&client->chan, wire, false).err);
}

static errval_t notify(struct rpc_client *client, struct rpc_message *message, struct rpc_wire *wire)
{
    errval_t err = send(client, wire);
    if (err_is_ok(err)) {
        rpc_free_given(message);
    }
    return err;
}

static errval_t receive(struct rpc_client *client, uint64_t until, struct rpc_incoming *in)
{
    struct lmp_message m = lmp_chan_wait_until(&client->chan, SYS_ERR_OK, until);
    if (err_is_ok(m.err)) {
        take_caps(client, &m, in);
    }
    return m.err;
}

void rpc_client_deliver(struct rpc_client *client, const struct lmp_message *m)
{
    struct rpc_incoming in;
    if (err_is_ok(m->err)) {
        take_caps(client, m, &in);
    }
    rpc_client_take(client, m->err, &in);
}

static void close(struct rpc_client *client)
{
    rpc_transport_close(client->transport);
    client->transport = NULL;
    lmp_chan_destroy(&client->chan);
}

const struct rpc_link rpc_link_lmp = {
    .call = lmp_link_call,
    .notify = notify,
    .exchange_alone = exchange_alone,
    .provide = provide,
    .send = send,
    .receive = receive,
    .drop = drop,
    .close = close,
    .reply = lmp_link_reply,
    .end = lmp_link_end,
};
