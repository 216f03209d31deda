/**
 * Requests and the replies to them.
 *
 * Who may hold what: `client->mutex` is held for a few lines and never while waiting. Of the threads that
 * wait for replies on one channel one reads the ring, without the mutex, and gives each reply to the thread
 * that it is for; when it has its own it makes another waiting thread the reader. Only a domain's only thread
 * goes the straight way, without any of this: nobody else can have a call under way then.
 */
#include <rpc/client.h>
#include <rpc/link.h>
#include <rpc/serving.h>
#include <stdlib.h>

/// A call that waits for its reply; on its thread's stack.
struct rpc_waiter {
    uint32_t id;
    bool done;
    unsigned caps; ///< Receive slots that are meant for it.
    errval_t err;
    struct rpc_incoming *in;
    struct thread_sem wake; ///< Posted when it is done, or is to read the ring.
    struct rpc_waiter *next;
};

/// A call that was given up before its reply came.
struct rpc_abandoned {
    uint32_t id;
    unsigned caps;
    struct rpc_abandoned *next;
};

_Thread_local struct rpc_thread rpc_thread;

uint64_t rpc_set_deadline(uint64_t deadline_us)
{
    uint64_t before = rpc_thread.has_deadline ? rpc_thread.deadline_us : CLOCK_NEVER;
    rpc_count_special((deadline_us != CLOCK_NEVER) - rpc_thread.has_deadline);
    rpc_thread.has_deadline = deadline_us != CLOCK_NEVER;
    rpc_thread.deadline_us = deadline_us;
    return before;
}

/// If nobody reads, somebody who waits for a reply, or for room, is to.
static void pass_reading_on(struct rpc_client *client)
{
    if (client->reading) {
        return;
    }
    thread_cond_broadcast(&client->room);
    for (struct rpc_waiter *waiter = client->waiters; waiter; waiter = waiter->next) {
        if (!waiter->done) {
            thread_sem_post(&waiter->wake);
            return;
        }
    }
}

static void give_room(struct rpc_client *client, unsigned caps)
{
    client->calls_left++;
    client->caps_left += caps;
    thread_cond_broadcast(&client->room);
}

static void forget_abandoned(struct rpc_client *client, uint32_t id)
{
    for (struct rpc_abandoned **link = &client->given_up; *link; link = &(*link)->next) {
        struct rpc_abandoned *abandoned = *link;
        if (abandoned->id == id) {
            *link = abandoned->next;
            rpc_count_special(-1);
            give_room(client, abandoned->caps);
            free(abandoned);
            return;
        }
    }
}

void rpc_forget_calls(struct rpc_client *client)
{
    while (client->given_up) {
        forget_abandoned(client, client->given_up->id);
    }
}

/// Everybody who waits hears that nothing will come.
static void lose_peer(struct rpc_client *client)
{
    client->gone = true;
    for (struct rpc_waiter *waiter = client->waiters; waiter; waiter = waiter->next) {
        if (!waiter->done) {
            waiter->done = true;
            waiter->err = RPC_ERR_PEER_GONE;
            thread_sem_post(&waiter->wake);
        }
    }
    thread_cond_broadcast(&client->room);
}

/// Gives a reply to whom it is for. With the mutex held.
static void deliver(struct rpc_client *client, struct rpc_incoming *in)
{
    const uint32_t id = rpc_header_id(in->m.w0);
    for (struct rpc_waiter *waiter = client->waiters; waiter; waiter = waiter->next) {
        if (!waiter->done && rpc_header_kind(in->m.w0) == RPC_REPLY && waiter->id == id) {
            *waiter->in = *in;
            waiter->done = true;
            waiter->err = SYS_ERR_OK;
            give_room(client, waiter->caps);
            thread_sem_post(&waiter->wake);
            return;
        }
    }
    client->link->drop(client, in);
    forget_abandoned(client, id);
}

void rpc_client_take(struct rpc_client *client, errval_t err, struct rpc_incoming *in)
{
    thread_mutex_lock(&client->mutex);
    if (err_is_ok(err)) {
        deliver(client, in);
    } else {
        lose_peer(client);
    }
    thread_mutex_unlock(&client->mutex);
}

/// Reads one message, without the mutex.
static void read_ring(struct rpc_client *client)
{
    struct rpc_incoming in;
    errval_t err = client->link->receive(client, clock_ticks_of_us(rpc_deadline_us()), &in);
    if (err != LIB_ERR_TIMEOUT) {
        rpc_client_take(client, err, &in);
    }
}

/// Waits for a call and for receive slots that nobody needs. With the mutex held.
static errval_t take_room(struct rpc_client *client, unsigned caps)
{
    while (client->calls_left == 0 || client->caps_left < caps) {
        if (client->gone) {
            return RPC_ERR_PEER_GONE;
        }
        // Replies that nobody waits for make room if somebody reads them. Others are read by who waits for
        // them.
        if (!client->reading && client->given_up) {
            client->reading = true;
            thread_mutex_unlock(&client->mutex);
            read_ring(client);
            thread_mutex_lock(&client->mutex);
            client->reading = false;
        } else {
            thread_cond_wait_until(&client->room, &client->mutex, rpc_deadline_us());
        }
        if (rpc_is_over()) {
            return RPC_ERR_DEADLINE;
        }
    }
    client->calls_left--;
    client->caps_left -= caps;
    return client->link->provide(client, LMP_RECV_SLOTS - client->caps_left);
}

static errval_t send(struct rpc_client *client, const struct rpc_wire *wire)
{
    for (;;) {
        errval_t err = client->link->send(client, wire);
        if (err != RPC_ERR_BUSY) {
            return err;
        }
        if (rpc_is_over()) {
            return RPC_ERR_DEADLINE;
        }
        thread_yield();
    }
}

static void unlink_waiter(struct rpc_client *client, struct rpc_waiter *waiter)
{
    struct rpc_waiter **link = &client->waiters;
    while (*link != waiter) {
        link = &(*link)->next;
    }
    *link = waiter->next;
}

/// Waits until the reply is there, reading the ring if nobody does. With the mutex held. \return false if the
/// deadline came first
static bool wait_reply(struct rpc_client *client, struct rpc_waiter *waiter)
{
    while (!waiter->done && !rpc_is_over()) {
        bool reads = !client->reading;
        client->reading = true;
        thread_mutex_unlock(&client->mutex);
        if (reads) {
            read_ring(client);
        } else {
            thread_sem_wait_until(&waiter->wake, rpc_deadline_us());
        }
        thread_mutex_lock(&client->mutex);
        if (reads) {
            client->reading = false;
        }
    }
    return waiter->done;
}

/// The reply may still come: its room is kept for it, and what the server keeps for it goes.
static void abandon(struct rpc_client *client, const struct rpc_waiter *waiter, uint64_t header)
{
    struct rpc_abandoned *abandoned = malloc(sizeof(*abandoned));
    if (abandoned) {
        *abandoned = (struct rpc_abandoned){.id = waiter->id, .caps = waiter->caps, .next = client->given_up};
        client->given_up = abandoned;
        rpc_count_special(1);
    }
    const struct rpc_wire wire = {
        .words = 1,
        .w = {rpc_header(RPC_DROP, rpc_header_method(header), waiter->id)},
    };
    client->link->send(client, &wire);
}

/// One of several threads, or one with a deadline, or a server's. With the mutex held.
static errval_t exchange_among(struct rpc_client *client, const struct rpc_wire *wire,
                               struct rpc_waiter *waiter)
{
    errval_t err = take_room(client, waiter->caps);
    if (err_is_fail(err)) {
        if (err_no(err) != RPC_ERR_PEER_GONE && err_no(err) != RPC_ERR_DEADLINE) {
            give_room(client, waiter->caps);
        }
        pass_reading_on(client);
        return err;
    }
    waiter->next = client->waiters;
    client->waiters = waiter;
    thread_mutex_unlock(&client->mutex);
    err = send(client, wire);
    thread_mutex_lock(&client->mutex);
    bool in_time = err_is_fail(err) || wait_reply(client, waiter);
    unlink_waiter(client, waiter);
    pass_reading_on(client);
    if (!in_time) {
        abandon(client, waiter, wire->w[0]);
        return RPC_ERR_DEADLINE;
    }
    if (err_is_ok(err)) {
        return waiter->err;
    }
    give_room(client, waiter->caps);
    client->gone |= err == RPC_ERR_PEER_GONE;
    return err;
}

errval_t rpc_exchange(struct rpc_client *client, const struct rpc_wire *wire, unsigned caps,
                      struct rpc_incoming *in)
{
    if (client->gone) {
        return RPC_ERR_PEER_GONE;
    }
    if (rpc_is_plain()) {
        return client->link->exchange_alone(client, wire, caps, in);
    }
    errval_t err = serving_pause();
    if (err_is_fail(err)) {
        return err;
    }
    struct rpc_waiter waiter = {.id = rpc_header_id(wire->w[0]), .caps = caps, .in = in};
    thread_mutex_lock(&client->mutex);
    err = exchange_among(client, wire, &waiter);
    thread_mutex_unlock(&client->mutex);
    serving_resume();
    return err;
}
