/**
 * The loop of a server, and the threads that run it.
 *
 * Who may hold what: the baton (a nested mutex) covers everything of lib/rpc's server side and of the
 * services themselves. Of the threads that serve one takes messages, and gives the baton away while it waits
 * for one. A handler that calls gives the baton away for as long as the call takes (serving_pause), and if it
 * is in the thread that takes messages, another thread becomes that: so a domain that waits for a reply
 * serves, and calls can go in circles. Somebody is always left to serve: the last thread that could is
 * refused its call.
 */
#include <aos/capabilities.h>
#include <aos/slot_alloc.h>
#include <lmp/endpoints.h>
#include <rpc/client.h>
#include <rpc/lmp_link.h>
#include <rpc/registers.h>
#include <rpc/serving.h>
#include <rpc/turns.h>
#include <stdlib.h>
#include <threads/threads.h>

static struct {
    struct thread_mutex baton;
    struct thread_cond look; ///< Somebody may take messages now, or what a thread serves for may be done.
    bool is_taken;           ///< A thread takes messages.
    unsigned parked;         ///< Threads that wait for `look`.
    unsigned threads;        ///< That serve.
    bool serves_always;      ///< Also while no thread has called rpc_serve() (rpc_serve_always()).
    bool has_stand_in;       ///< One of them serves because nobody else did,
    volatile bool is_manned; ///< and is to end: somebody else serves.
} server;

/// What one reply may leave to be freed: owned byte arrays, what they were gathered into, and what the call's
/// were in.
#define LATER_FREED_MAX (RPC_MAX_BLOBS + 3)

/// A reply that was taken over.
static struct {
    struct rpc_session *session; ///< NULL: there is none.
    struct rpc_wire wire;
    unsigned given_count;
    struct capref given[RPC_MAX_CAPS];
    unsigned to_free_count;
    void *to_free[LATER_FREED_MAX];
} later;

void serving_take(void)
{
    thread_mutex_lock_nested(&server.baton);
}

void serving_leave(void)
{
    thread_mutex_unlock_nested(&server.baton);
}

static void enter_serving(void)
{
    serving_take();
    rpc_thread.is_server = true;
    rpc_count_special(1);
    server.threads++;
}

static void leave_serving(void)
{
    server.threads--;
    if (rpc_thread.takes) {
        rpc_thread.takes = false;
        server.is_taken = false;
    }
}

static void peer_gone(struct lmp_endpoint *endpoint, const struct lmp_message *m)
{
    if (endpoint->session) {
        rpc_session_cut(endpoint->session);
    } else if (endpoint->client) {
        rpc_client_deliver(endpoint->client, m);
    }
}

/// Everything that is not for a service of lib/rpc.
static void handle_event(struct lmp_endpoint *endpoint, const struct lmp_message *m)
{
    lmp_endpoint_put_back(m);
    while (err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
    }
    if (lmp_endpoint_can_recv(endpoint)) {
        // Until its owner registers it: so its messages stay in its ring.
        lmp_endpoint_set_private(endpoint, true);
    }
}

/// The session that a message is for, and the method, if that is a plain call of numbers; else NULL.
static inline struct rpc_session *find_registers(const struct lmp_message *m,
                                                 const struct rpc_method **method)
{
    const struct lmp_endpoint *endpoint = endpoint_find(lmp_header_endpoint(m->header));
    struct rpc_session *session = endpoint ? endpoint->session : NULL;
    if (!session) {
        return NULL;
    }
    *method = rpc_find_registers(session, m);
    return *method ? session : NULL;
}

/// Any other message, or the end of somebody.
static void handle_other(const struct lmp_message *m)
{
    struct lmp_endpoint *endpoint = lmp_endpoint_find(lmp_header_endpoint(m->header));
    if (!endpoint) {
        return;
    }
    if (err_is_fail(m->err)) {
        peer_gone(endpoint, m);
    } else if (endpoint->session) {
        session_handle(endpoint->session, m);
    } else if (endpoint->client) {
        rpc_client_deliver(endpoint->client, m);
    } else {
        handle_event(endpoint, m);
    }
}

/// Becomes the one that takes messages. \return false if `done` came first
static bool wait_for_turn(const volatile bool *done)
{
    while (!rpc_thread.takes && !(done && *done)) {
        if (!server.is_taken) {
            server.is_taken = true;
            rpc_thread.takes = true;
        } else {
            server.parked++;
            thread_cond_wait(&server.look, &server.baton);
            server.parked--;
        }
    }
    return rpc_thread.takes && !(done && *done);
}

bool serving_goes_on(void)
{
    if (server.parked) {
        thread_cond_broadcast(&server.look);
    }
    return rpc_thread.takes;
}

bool serving_send_later(struct rpc_session *session, const struct rpc_wire *wire, struct rpc_message *reply)
{
    if (!rpc_thread.takes || threads_several() || turns_are_taken() || session->is_cut
        || rpc_handling.session != session || later.session) {
        return false;
    }
    later.session = session;
    later.wire = *wire;
    later.given_count = 0;
    later.to_free_count = 0;
    for (unsigned i = 0; reply && i < reply->cap_count; i++) {
        if (reply->give & 1U << i) {
            later.given[later.given_count++] = reply->caps[i];
        }
    }
    if (reply) {
        reply->give = 0;
    }
    return true;
}

/// It was sent, or will not be: its slots are free again, or what they hold is deleted first.
static void end_later(bool sent)
{
    for (unsigned i = 0; i < later.given_count; i++) {
        if (!sent) {
            cap_delete(later.given[i]);
        }
        slot_free(later.given[i]);
    }
    for (unsigned i = 0; i < later.to_free_count; i++) {
        free(later.to_free[i]);
    }
}

void serving_free(void *memory)
{
    if (memory && later.session) {
        later.to_free[later.to_free_count++] = memory;
    } else {
        free(memory);
    }
}

void serving_forget(const struct rpc_session *session)
{
    if (later.session == session) {
        later.session = NULL;
        end_later(false);
    }
}

/// Sends the reply that was taken over. \return what SYS_LMP gave
static struct lmp_message send_later(bool wait)
{
    struct rpc_session *session = later.session;
    later.session = NULL;
    rpc_handling.session = NULL;
    struct lmp_message m = rpc_wire_send_to(&later.wire, wait ? session->chan.reply_target
                                                              : (uint32_t)session->chan.reply_target);
    const bool sent = err_is_ok(m.err) || m.err == SYS_ERR_LMP_WAIT_INTERRUPTED;
    end_later(sent);
    if (!sent) {
        lmp_link_reply_failed(session, later.wire.w[0], m.err);
        m = (struct lmp_message){.err = SYS_ERR_OK};
    }
    return m;
}

/// Sends it and takes the next message.
static struct lmp_message send_later_and_take(void)
{
    struct lmp_message m = send_later(true);
    return err_is_ok(m.err) && m.header ? m : lmp_chan_wait_any(m.err);
}

/// Answers without waiting for the next message.
static void answer(struct rpc_session *session, unsigned words, const struct lmp_message *m)
{
    errval_t err = lmp_chan_send(&session->chan, 0, NULL_CAP, words, m->w0, m->w1, m->w2, m->w3, m->w4, m->w5,
                                 m->w6, m->w7);
    if (err_is_fail(err)) {
        rpc_session_cut(session);
    }
}

/**
 * Answers, and takes the next message. \return an error, of the answer or the wait, or SYS_ERR_OK. Gives the
 * baton away meanwhile if there is anybody who could want it; then `*who`, whom the answer is for, may go,
 * and is NULL afterwards.
 */
static struct lmp_message answer_and_take(struct rpc_session **who, unsigned words,
                                          const struct lmp_message *m)
{
    const bool shares = threads_several();
    struct rpc_session *answered = *who;
    struct lmp_message next;
    if (shares) {
        rpc_handling.session = NULL;
        if (answered) {
            session_enter(answered);
        }
        serving_leave();
    }
    if (answered) {
        next = lmp_chan_reply_wait(&answered->chan, words, m->w0, m->w1, m->w2, m->w3, m->w4, m->w5, m->w6,
                                   m->w7);
    } else {
        next = lmp_chan_wait_any(SYS_ERR_OK);
    }
    if (shares) {
        serving_take();
        if (answered) {
            *who = answered->is_cut ? NULL : answered;
            session_leave(answered);
        }
    }
    return next;
}

/**
 * The shortest way: from a call of numbers alone to the next, for as long as this is the domain's only
 * thread, so that nobody can want the baton. `m` holds the answer of `words` words, and in the end another
 * one, or with `words` 0 another message, or an error. \return whom the answer is for; NULL if there is none
 * now, as for a call that is answered later
 */
static inline __attribute__((always_inline)) struct rpc_session *serve_registers(struct rpc_session *session,
                                                                                 unsigned *words,
                                                                                 struct lmp_message *m,
                                                                                 const volatile bool *done)
{
    do {
        const struct lmp_message next = lmp_chan_reply_wait(&session->chan, *words, m->w0, m->w1, m->w2,
                                                            m->w3, m->w4, m->w5, m->w6, m->w7);
        const struct rpc_method *method;
        struct rpc_session *caller = err_is_ok(next.err) ? find_registers(&next, &method) : NULL;
        *m = next;
        if (__builtin_expect(!caller, 0)) {
            *words = 0;
            return session;
        }
        session = caller;
        *words = rpc_handle_registers(session, method, next.w0, m);
    } while (__builtin_expect(*words && !threads_several() && !(done && *done), 1));
    return *words ? session : NULL;
}

/// Handles a message, or how waiting for one ended. \return the session that is to be answered, or NULL
static struct rpc_session *handle(struct rpc_session *answered, unsigned *words, struct lmp_message *m)
{
    const struct rpc_method *method;
    struct rpc_session *session = err_is_ok(m->err) ? find_registers(m, &method) : NULL;
    if (session) {
        *words = rpc_handle_registers(session, method, m->w0, m);
        return *words ? session : NULL;
    }
    rpc_handling.session = NULL;
    if (err_is_ok(m->err) || m->err == LIB_ERR_LMP_PEER_GONE) {
        handle_other(m);
    } else if (answered) {
        rpc_session_cut(answered);
    }
    return NULL;
}

/// Sends what was going to be sent with the next wait.
static void end_answers(struct rpc_session *answered, unsigned words, const struct lmp_message *m)
{
    rpc_handling.session = NULL;
    if (later.session) {
        send_later(false);
    }
    if (answered) {
        answer(answered, words, m);
    }
}

void serving_handle(struct lmp_message *m)
{
    unsigned words = 0;
    struct rpc_session *answered = handle(NULL, &words, m);
    if (answered) {
        answer(answered, words, m);
    }
    rpc_handling.session = NULL;
}

/// Takes messages for as long as it is this thread's turn. With the baton, but while it waits.
static inline __attribute__((always_inline)) void take_messages(const volatile bool *done)
{
    struct rpc_session *answered = NULL;
    struct lmp_message m = {0};
    unsigned words = 0;
    do {
        if (__builtin_expect(turns_are_taken(), 0)) {
            end_answers(answered, words, &m);
            answered = NULL;
            turns_take(done);
            continue;
        }
        if (later.session) {
            m = send_later_and_take();
        } else if (answered && !threads_several()) {
            answered = serve_registers(answered, &words, &m, done);
            if (words || !answered) {
                continue;
            }
        } else {
            m = answer_and_take(&answered, words, &m);
        }
        answered = handle(answered, &words, &m);
    } while (!(done && *done) && (!threads_several() || serving_goes_on()));
    end_answers(answered, words, &m);
}

static inline __attribute__((always_inline)) void serve(const volatile bool *done)
{
    enter_serving();
    while (wait_for_turn(done)) {
        take_messages(done);
    }
    leave_serving();
    // The baton stays with the caller of rpc_serve_until(): handlers run while it serves, or calls.
}

/// Lets a stand-in go.
static void relieve(void)
{
    serving_take();
    if (server.has_stand_in) {
        server.is_manned = true;
        thread_cond_broadcast(&server.look);
    }
    serving_leave();
}

static int stand_in(void *unused)
{
    (void)unused;
    serve(&server.is_manned);
    server.has_stand_in = false;
    thread_cond_broadcast(&server.look); // who relieves it takes messages now
    serving_leave();
    return 0;
}

/// Sees to it that somebody serves, if that was asked for.
static errval_t provide_stand_in(void)
{
    errval_t err = SYS_ERR_OK;
    serving_take();
    if (server.serves_always && server.threads == 0 && !server.has_stand_in) {
        server.is_manned = false;
        err = thread_create(stand_in, NULL, NULL);
        server.has_stand_in = err_is_ok(err);
    }
    serving_leave();
    return err;
}

errval_t rpc_serve_always(void)
{
    serving_take();
    server.serves_always = true;
    serving_leave();
    return provide_stand_in();
}

static int serve_as_well(void *unused)
{
    (void)unused;
    serve(NULL);
    return 0;
}

void rpc_serve_until(const volatile bool *done)
{
    relieve();
    serve(done);
    provide_stand_in(); // or there is no memory for it; nobody could be told
}

_Noreturn void rpc_serve(void)
{
    relieve();
    serve(NULL);
    __builtin_unreachable();
}

errval_t serving_pause(void)
{
    if (!rpc_thread.is_server) {
        return SYS_ERR_OK;
    }
    if (rpc_thread.takes) {
        if (server.parked == 0) {
            if (server.threads >= RPC_SERVER_THREADS) {
                return RPC_ERR_DEPTH;
            }
            errval_t err = thread_create(serve_as_well, NULL, NULL);
            if (err_is_fail(err)) {
                return err_push(err, RPC_ERR_DEPTH);
            }
        }
        rpc_thread.takes = false;
        server.is_taken = false;
        thread_cond_signal(&server.look);
    }
    rpc_thread.session = rpc_handling.session;
    rpc_thread.header = rpc_handling.header;
    if (rpc_thread.session) {
        session_enter(rpc_thread.session);
    }
    rpc_handling.session = NULL;
    serving_leave();
    return SYS_ERR_OK;
}

void serving_resume(void)
{
    if (rpc_thread.is_server) {
        serving_take();
        rpc_handling = (struct rpc_handling){rpc_thread.session, rpc_thread.header};
        if (rpc_thread.session) {
            session_leave(rpc_thread.session);
        }
    }
}
