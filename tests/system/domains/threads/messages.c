/**
 * Threads that wait for messages while others run.
 */
#include "threads.h"

#include <aos/rpc.h>
#include <interfaces/test.h>

#define CLIENTS 4
#define CALLS   100

/// A server's end of each client's channel, and the client's.
static struct lmp_chan server_end[CLIENTS], client_end[CLIENTS];
static struct lmp_chan end_of_service; ///< To ourselves: all is answered.
static struct waitset served;
static unsigned answered;
static volatile bool stop;
static volatile unsigned long spins;

static void serve(struct lmp_chan *chan)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    CHECK_OK(lmp_chan_recv(chan, &msg, NULL));
    CHECK(msg.buf.msglen == 2);
    thread_yield();
    CHECK_OK(lmp_chan_register_recv(chan, &served, MKCLOSURE(serve, chan)));
    __atomic_fetch_add(&answered, 1, __ATOMIC_RELAXED); // there are two servers
    CHECK_OK(lmp_chan_send1(chan, 0, NULL_CAP, msg.words[0] * 1000 + msg.words[1]));
}

static int serve_all(void *arg)
{
    while (answered < CLIENTS * CALLS) {
        CHECK_OK(event_dispatch(&served));
    }
    CHECK_OK(lmp_chan_send0(&end_of_service, 0, NULL_CAP)); // for the other server, which may wait
    return (int)(uintptr_t)arg;
}

static int call_often(void *arg)
{
    uintptr_t number = (uintptr_t)arg;
    for (unsigned i = 0; i < CALLS; i++) {
        struct lmp_message m = lmp_chan_call(&client_end[number], 2, number, i, 0, 0, 0, 0, 0, 0);
        CHECK_OK(m.err);
        CHECK(m.w0 == number * 1000 + i);
        if (number == 0 && i % 10 == 0) {
            thread_yield();
        }
    }
    return (int)number;
}

static int spin(void *arg)
{
    while (!stop) {
        spins++;
    }
    return (int)(uintptr_t)arg;
}

/// A server that waits looks whether it is done.
static void wake_up(void *arg)
{
    (void)arg;
}

void test_calls_between_threads(void)
{
    struct thread *servers[2];
    waitset_init(&served);
    CHECK_OK(lmp_chan_accept(&end_of_service, DEFAULT_LMP_BUF_WORDS, NULL_CAP));
    lmp_chan_set_remote(&end_of_service, end_of_service.local_cap);
    CHECK_OK(lmp_chan_register_recv(&end_of_service, &served, MKCLOSURE(wake_up, NULL)));
    for (unsigned i = 0; i < CLIENTS; i++) {
        CHECK_OK(lmp_chan_accept(&server_end[i], DEFAULT_LMP_BUF_WORDS, NULL_CAP));
        CHECK_OK(lmp_chan_accept(&client_end[i], DEFAULT_LMP_BUF_WORDS, server_end[i].local_cap));
        lmp_chan_set_remote(&server_end[i], client_end[i].local_cap);
        CHECK_OK(lmp_chan_register_recv(&server_end[i], &served, MKCLOSURE(serve, &server_end[i])));
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(servers); i++) {
        CHECK_OK(thread_create(serve_all, NULL, &servers[i]));
    }
    run_threads(CLIENTS, call_often);
    CHECK(answered == CLIENTS * CALLS);
    for (unsigned i = 0; i < ARRAY_LENGTH(servers); i++) {
        CHECK_OK(thread_join(servers[i], NULL));
    }
}

static struct rpc_client *init;

static int call_init(void *arg)
{
    for (unsigned i = 0; i < CALLS; i++) {
        CHECK_OK(test_drain(init));
    }
    return (int)(uintptr_t)arg;
}

/// init answers whatever it is asked. Somebody spins all the time, or nobody can run: both ways of
/// waiting.
void test_waiting_while_others_run(void)
{
    struct thread *spinner;
    CHECK_OK(rpc_connect("test", &test_interface, &init));
    run_threads(1, call_init); // the others wait to join
    CHECK_OK(thread_create(spin, NULL, &spinner));
    for (unsigned i = 0; i < 5; i++) {
        unsigned long before = spins;
        CHECK_OK(test_drain(init));
        CHECK(spins != before);
    }
    stop = true;
    CHECK_OK(thread_join(spinner, NULL));
    call_init(NULL); // alone again
}
