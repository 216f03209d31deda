/**
 * The loop of a server, and the threads that run it.
 *
 * Who may hold what: the baton (a nested mutex) covers everything of lib/rpc's server side and of the services
 * themselves. Of the threads that serve one takes messages, and gives the baton away while it waits for one.
 * A handler that calls gives the baton away for as long as the call takes (serving_pause), and if it is in the
 * thread that takes messages, another thread becomes that: so a domain that waits for a reply serves, and calls
 * can go in circles. Somebody is always left to serve: the last thread that could is refused its call.
 */
#include <rpc/client.h>
#include <rpc/serving.h>
#include <rpc/session.h>

static struct {
    struct thread_mutex baton;
    struct thread_cond look;  ///< Somebody may take messages now, or what a thread serves for may be done.
    bool is_taken;            ///< A thread takes messages.
    unsigned parked;          ///< Threads that wait for `look`.
    unsigned threads;         ///< That serve.
} server;

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
    rpc_thread.is_special = true;
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
    if (endpoint->use == LMP_USE_SERVICE) {
        rpc_session_cut(endpoint->context);
    } else if (endpoint->use == LMP_USE_CALLS) {
        rpc_client_deliver(endpoint->context, m);
    }
}

/// Everything that is not for a service of lib/rpc.
static void handle_event(struct lmp_endpoint *endpoint, const struct lmp_message *m)
{
    lmp_endpoint_put_back(m);
    while (err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
    }
    if (lmp_endpoint_can_recv(endpoint)) {
        lmp_endpoint_set_private(endpoint, true); // until its owner registers it: so its messages stay in its ring
    }
}

/// A call that comes and is answered in registers. \return words of the answer, which is in `m`; 0 for none
static unsigned handle_registers(struct rpc_session *session, const struct rpc_method *method,
                                 struct lmp_message *m)
{
    const uint64_t header = m->w0;
    const unsigned number = session->service->skeleton->interface->number << 8 | rpc_header_method(header);
    rpc_thread.handling = header;
    session_enter(session);
    trace_rpc_serve_begin(number, rpc_header_id(header));
    unsigned words = method->registers(session, m);
    trace_rpc_serve_end(number, rpc_header_id(header), words == 0);
    bool is_cut = session->is_cut;
    session_leave(session);
    m->w0 = header ^ (RPC_REQUEST ^ RPC_REPLY) << RPC_KIND_SHIFT;
    return is_cut ? 0 : words;
}

/// The method of a plain call of numbers, or NULL.
static const struct rpc_method *registers_method(const struct rpc_session *session, const struct lmp_message *m)
{
    const uint64_t header = m->w0;
    const struct rpc_skeleton *skeleton = session->service->skeleton;
    const unsigned number = rpc_header_method(header);
    if ((header & 0xffffff00) != RPC_REQUEST << RPC_KIND_SHIFT || number >= skeleton->interface->method_count) {
        return NULL;
    }
    const struct rpc_method *method = &skeleton->methods[number];
    bool fits = method->registers && !lmp_header_has_cap(m->header)
                && lmp_header_words(m->header) == method->words + 1U;
    return fits ? method : NULL;
}

/// \return the session that is to be answered with the words of `m`, or NULL
static struct rpc_session *handle(struct lmp_message *m, unsigned *words)
{
    struct lmp_endpoint *endpoint = lmp_endpoint_find(lmp_header_endpoint(m->header));
    if (!endpoint) {
        return NULL;
    }
    if (__builtin_expect(err_is_fail(m->err), 0)) {
        peer_gone(endpoint, m);
        return NULL;
    }
    if (__builtin_expect(endpoint->use != LMP_USE_SERVICE, 0)) {
        if (endpoint->use == LMP_USE_CALLS) {
            rpc_client_deliver(endpoint->context, m);
        } else {
            handle_event(endpoint, m);
        }
        return NULL;
    }
    struct rpc_session *session = endpoint->context;
    const struct rpc_method *method = registers_method(session, m);
    if (!method) {
        session_handle(session, m);
        return NULL;
    }
    *words = handle_registers(session, method, m);
    return *words ? session : NULL;
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

/// Answers without waiting for the next message.
static void answer(struct rpc_session *session, unsigned words, const struct lmp_message *m)
{
    errval_t err = lmp_chan_send(&session->chan, 0, NULL_CAP, words, m->w0, m->w1, m->w2, m->w3, m->w4, m->w5,
                                 m->w6, m->w7);
    if (err_is_fail(err)) {
        rpc_session_cut(session);
    }
}

/// Takes messages for as long as it is this thread's turn. With the baton, but while it waits.
static void take_messages(const volatile bool *done)
{
    struct rpc_session *answered = NULL;
    struct lmp_message m;
    unsigned words = 0;
    while (rpc_thread.takes && !(done && *done)) {
        serving_leave();
        m = answered ? lmp_chan_reply_wait(&answered->chan, words, m.w0, m.w1, m.w2, m.w3, m.w4, m.w5, m.w6, m.w7)
                     : lmp_chan_wait_any(SYS_ERR_OK);
        serving_take();
        if (err_is_fail(m.err) && m.err != LIB_ERR_LMP_PEER_GONE) {
            if (answered) {
                rpc_session_cut(answered);
            }
            answered = NULL;
            continue;
        }
        answered = handle(&m, &words);
        if (server.parked) {
            thread_cond_broadcast(&server.look);
        }
    }
    if (answered) {
        answer(answered, words, &m);
    }
}

static void serve(const volatile bool *done)
{
    enter_serving();
    while (wait_for_turn(done)) {
        take_messages(done);
    }
    leave_serving();
    // The baton stays with the caller of rpc_serve_until(): handlers run while it serves, or calls.
}

static int serve_as_well(void *unused)
{
    (void)unused;
    serve(NULL);
    return 0;
}

void rpc_serve_until(const volatile bool *done)
{
    serve(done);
}

_Noreturn void rpc_serve(void)
{
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
    serving_leave();
    return SYS_ERR_OK;
}

void serving_resume(void)
{
    if (rpc_thread.is_server) {
        serving_take();
    }
}
