#include <rpc/serving.h>
#include <rpc/turns.h>
#include <threads/threads.h>
#include <ump/wait.h>
#include <ump/wake.h>

#define OF_CORE_AT_ONCE     8  ///< Messages of this core before those of others have a turn.
#define LOOKS_BETWEEN_TURNS 64 ///< After so many that found nothing other dispatchers have a turn.

/// Takes messages of one core that are there, a few. \return false if there is none
static bool take_some_of_core(const volatile bool *done)
{
    unsigned taken = 0;
    for (; taken < OF_CORE_AT_ONCE && rpc_thread.takes && !(done && *done); taken++) {
        struct lmp_message m;
        uint32_t seen;
        if (!lmp_endpoints_may_have_news() || !lmp_endpoints_take_any(&m, &seen)) {
            break;
        }
        serving_handle(&m);
    }
    return taken > 0;
}

/// For a moment between two looks that found nothing: others run, if there are any. The hint ends the turn of
/// an emulator that runs cores one after the other.
static void pause_between_looks(uint32_t rounds)
{
    __asm__ volatile("yield");
    if (threads_several() || rpc_ump_all_local() || rounds % LOOKS_BETWEEN_TURNS == 0) {
        serving_leave();
        thread_yield();
        if (rpc_ump_all_local() && threads_several()) {
            sys_yield(0); // our threads may all be looking, in vain until a client has had the core
        }
        serving_take();
    }
}

/// Events of channels in shared memory that are no sessions. \return true if there were any
static bool handle_ump_events(void)
{
    bool any = false;
    // Whoever has looked before may have found an event, and left it to be handled: looking again does not
    // tell.
    while (ump_registered && err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
        rpc_handling.session = NULL;
        any = true;
    }
    return any;
}

/// Sleeps in the kernel until there is anything, from this core or from another one.
static void sleep_for_both(void)
{
    const uint32_t since = threads_begin_look();
    if (!rpc_ump_sleep()) {
        return;
    }
    const bool has_events = ump_registered != NULL;
    ump_wake_listen();
    if (has_events && !ump_registered_sleep()) {
        ump_after_sleep();
        return;
    }
    serving_leave();
    struct lmp_message m = lmp_chan_wait_any_since(since);
    serving_take();
    if (has_events) {
        ump_after_sleep();
    }
    if (m.err == LIB_ERR_LMP_PEER_GONE || (err_is_ok(m.err) && m.header)) {
        serving_handle(&m);
    }
}

void turns_take(const volatile bool *done)
{
    static struct ump_habit habit;
    struct ump_wait wait = {0};
    do {
        const bool of_others = handle_ump_events() | rpc_ump_sweep(done);
        if (take_some_of_core(done) || of_others) {
            ump_wait_learn(&wait, &habit);
            wait = (struct ump_wait){0};
        } else if (ump_wait_goes_on(&wait, &habit, rpc_ump_all_local())) {
            pause_between_looks(wait.rounds);
        } else {
            sleep_for_both();
        }
    } while (turns_are_taken() && !(done && *done) && (!threads_several() || serving_goes_on()));
}
