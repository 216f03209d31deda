/**
 * A thread's wait for one channel, and what waits have in common.
 */
#include <aos/dispatch.h>
#include <rt/syscall.h>
#include <threads/threads.h>
#include <ump/registry.h>
#include <ump/wait.h>
#include <ump/wake.h>

/// Looks after which other threads and dispatchers have a turn, if there are any.
#define ROUNDS_BETWEEN_TURNS 64

/// For a moment between two looks. The hint ends the turn of an emulator that runs cores one after the other.
static void pause_for_peer(uint32_t rounds, bool is_local)
{
    ump_hint();
    if (is_local || curdispatcher()->busy || rounds % ROUNDS_BETWEEN_TURNS == 0) {
        thread_yield();
    }
    if (is_local && threads_several()) {
        sys_yield(0); // our threads may all be looking, in vain until the other side has had the core
    }
}

static bool is_local(const struct ump_chan *chan)
{
    return chan->end.peer->core == disp_get_core_id() + 1U;
}

/// \return SYS_ERR_OK, LIB_ERR_UMP_CLOSED, or LIB_ERR_NO_UMP_MSG if there is no news
static errval_t look(struct ump_chan *chan, unsigned what)
{
    struct ump_end *end = &chan->end;
    if ((what & UMP_NEWS_MESSAGE) && ump_end_can_recv(end)) {
        return SYS_ERR_OK;
    }
    if (UMP_UNLIKELY(__atomic_load_n(&end->peer->closed, __ATOMIC_SEQ_CST))) {
        // What it had sent before may have come since the look above.
        return (what & UMP_NEWS_MESSAGE) && ump_end_can_recv(end) ? SYS_ERR_OK : LIB_ERR_UMP_CLOSED;
    }
    return (what & UMP_NEWS_ROOM) && ump_end_can_send(end) ? SYS_ERR_OK : LIB_ERR_NO_UMP_MSG;
}

static void sleep_until_news(struct ump_chan *chan, unsigned what, uint64_t until)
{
    const uint32_t seen = threads_begin_look();
    if (ump_chan_sleep(chan, what)) {
        threads_wait_any_until(seen, until);
    }
    ump_chan_awake(chan);
}

static errval_t wait(struct ump_chan *chan, unsigned what, uint64_t until)
{
    struct ump_wait wait = {0};
    errval_t err;
    while ((err = look(chan, what)) == LIB_ERR_NO_UMP_MSG) {
        if (until != CLOCK_NEVER && clock_ticks() >= until) {
            err = LIB_ERR_TIMEOUT;
            break;
        }
        if (ump_wait_goes_on(&wait, &chan->habit, is_local(chan))) {
            pause_for_peer(wait.rounds, is_local(chan));
        } else {
            sleep_until_news(chan, what, until);
        }
    }
    ump_wait_learn(&wait, &chan->habit);
    return err;
}

errval_t ump_chan_wait_recv(struct ump_chan *chan)
{
    return wait(chan, UMP_NEWS_MESSAGE, CLOCK_NEVER);
}

errval_t ump_chan_wait_send(struct ump_chan *chan)
{
    trace_ump_full(chan->number);
    return wait(chan, UMP_NEWS_ROOM, CLOCK_NEVER);
}

errval_t ump_chan_wait_until(struct ump_chan *chan, unsigned what, uint64_t until)
{
    return wait(chan, what, until);
}

static struct ump_habit any_habit;

bool ump_before_sleep(uint32_t seen)
{
    struct ump_wait wait = {0};
    bool is_news;
    while (!(is_news = threads_begin_look() != seen || ump_poll())
           && ump_wait_goes_on(&wait, &any_habit, ump_registered_are_local())) {
        pause_for_peer(wait.rounds, false);
    }
    if (!is_news) {
        ump_wake_listen();
        if (ump_registered_sleep()) {
            return true;
        }
        ump_after_sleep();
    }
    ump_wait_learn(&wait, &any_habit);
    return false;
}
