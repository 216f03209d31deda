#include "messages.h"

#include <aos/clock.h>
#include <aos/threads.h>

#define SOON_US 200

static uint64_t soon(void)
{
    return clock_ticks_of_us(clock_now_us() + SOON_US);
}

static int send_later(void *arg)
{
    thread_sleep_us(SOON_US);
    CHECK_OK(lmp_chan_send1(&b, 0, NULL_CAP, (uintptr_t)arg));
    return 0;
}

static struct capref linked;

static int delete_later(void *arg)
{
    thread_sleep_us(SOON_US);
    CHECK_OK(cap_destroy(linked));
    return (int)(uintptr_t)arg;
}

void test_deadlines(void)
{
    struct thread *thread;
    struct lmp_message m;
    struct lmp_chan chan;
    // Nothing comes; what comes is there already; the deadline is over.
    const uint64_t until = soon();
    CHECK_ERR(lmp_chan_wait_until(&a, SYS_ERR_OK, until).err, LIB_ERR_TIMEOUT);
    CHECK(clock_ticks() >= until);
    CHECK_OK(lmp_chan_send1(&b, 0, NULL_CAP, 3));
    m = lmp_chan_wait_until(&a, SYS_ERR_OK, soon());
    CHECK(err_is_ok(m.err) && m.w0 == 3);
    CHECK_ERR(lmp_chan_wait_until(&a, SYS_ERR_OK, 1).err, LIB_ERR_TIMEOUT);
    CHECK_ERR(lmp_chan_wait_until(&a, SYS_ERR_LMP_NO_TARGET, 1).err, SYS_ERR_LMP_NO_TARGET);
    // Another thread sends in time; one deletes the linked capability.
    CHECK_OK(thread_create(send_later, (void *)4, &thread));
    m = lmp_chan_wait_until(&a, SYS_ERR_OK, clock_ticks_of_us(clock_now_us() + 1000 * SOON_US));
    CHECK(err_is_ok(m.err) && m.w0 == 4);
    CHECK_OK(thread_join(thread, NULL));
    CHECK_OK(thread_create(send_later, (void *)5, &thread));
    m = lmp_chan_wait_any(SYS_ERR_OK);
    CHECK(err_is_ok(m.err) && m.w0 == 5);
    CHECK_OK(thread_join(thread, NULL));
    CHECK_OK(lmp_chan_accept_linked(&chan, DEFAULT_LMP_BUF_WORDS, &linked));
    CHECK_OK(thread_create(delete_later, NULL, &thread));
    CHECK_ERR(lmp_chan_wait(&chan, SYS_ERR_OK).err, LIB_ERR_LMP_PEER_GONE);
    CHECK_OK(thread_join(thread, NULL));
    lmp_chan_destroy(&chan);
}
