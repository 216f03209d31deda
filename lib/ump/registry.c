/**
 * Channels between cores as sources of events. The list belongs to whoever runs disabled.
 */
#include <aos/dispatch.h>
#include <threads/threads.h>
#include <ump/registry.h>
#include <ump/wake.h>

struct ump_chan *ump_registered;

static uint32_t any_sleepers; ///< Threads that wait for any event.

/// `sleeping` says so exactly if somebody wants to be woken. Disabled.
static void update_sleeping(struct ump_chan *chan)
{
    const bool is_wanted = chan->recv_state.state == CHAN_IDLE || chan->send_state.state == CHAN_IDLE;
    if (chan->sleepers > 0 || (any_sleepers > 0 && chan->is_listed && is_wanted)) {
        ump_end_sleep(&chan->end);
    } else {
        ump_end_awake(&chan->end);
    }
}

bool ump_chan_sleep(struct ump_chan *chan, unsigned what)
{
    trace_ump_sleep(chan->number);
    ump_wake_listen();
    struct dispatcher_shared *disp = disp_disable_for(chan, sizeof(*chan));
    chan->sleepers++;
    ump_end_sleep(&chan->end);
    disp_enable(disp);
    return !ump_end_has_news(&chan->end, what);
}

void ump_chan_awake(struct ump_chan *chan)
{
    struct dispatcher_shared *disp = disp_disable_for(chan, sizeof(*chan));
    chan->sleepers--;
    update_sleeping(chan);
    disp_enable(disp);
}

static void list(struct ump_chan *chan)
{
    if (!chan->is_listed) {
        chan->previous = NULL;
        chan->next = ump_registered;
        if (chan->next) {
            chan->next->previous = chan;
        }
        ump_registered = chan;
        chan->is_listed = true;
    }
    update_sleeping(chan);
}

static void unlist(struct ump_chan *chan)
{
    if (chan->next) {
        chan->next->previous = chan->previous;
    }
    if (chan->previous) {
        chan->previous->next = chan->next;
    } else {
        ump_registered = chan->next;
    }
    chan->is_listed = false;
}

/// Waits that have begun look again: the channel may have its event already.
static errval_t add(struct ump_chan *chan, struct waitset_chanstate *state, struct waitset *ws,
                    struct event_closure closure)
{
    errval_t err = waitset_chan_register(ws, state, closure);
    if (err_is_ok(err)) {
        struct dispatcher_shared *disp = disp_disable_for(chan, sizeof(*chan));
        list(chan);
        disp_enable(disp);
        threads_look_again();
    }
    return err;
}

/// A channel that has had its event stays in the list: it is mostly registered again.
static errval_t remove(struct ump_chan *chan, struct waitset_chanstate *state)
{
    errval_t err = waitset_chan_deregister(state);
    struct dispatcher_shared *disp = disp_disable_for(chan, sizeof(*chan));
    if (chan->is_listed && chan->recv_state.state == CHAN_UNREGISTERED
        && chan->send_state.state == CHAN_UNREGISTERED) {
        unlist(chan);
    }
    update_sleeping(chan);
    disp_enable(disp);
    return err;
}

errval_t ump_chan_register_recv(struct ump_chan *chan, struct waitset *ws, struct event_closure closure)
{
    return add(chan, &chan->recv_state, ws, closure);
}

errval_t ump_chan_deregister_recv(struct ump_chan *chan)
{
    return remove(chan, &chan->recv_state);
}

errval_t ump_chan_register_send(struct ump_chan *chan, struct waitset *ws, struct event_closure closure)
{
    return add(chan, &chan->send_state, ws, closure);
}

errval_t ump_chan_deregister_send(struct ump_chan *chan)
{
    return remove(chan, &chan->send_state);
}

static bool trigger(struct ump_chan *chan, struct waitset_chanstate *state, unsigned what)
{
    if (state->state != CHAN_IDLE || !ump_end_has_news(&chan->end, what)) {
        return false;
    }
    waitset_chan_trigger(state);
    return true;
}

/// Disabled. \return true if a channel has an event
static bool trigger_all(void)
{
    bool any = false;
    for (struct ump_chan *chan = ump_registered; chan; chan = chan->next) {
        any |= trigger(chan, &chan->recv_state, UMP_NEWS_MESSAGE);
        any |= trigger(chan, &chan->send_state, UMP_NEWS_ROOM);
    }
    return any;
}

bool ump_poll(void)
{
    struct dispatcher_shared *disp = disp_disable();
    const bool any = trigger_all();
    disp_enable(disp);
    return any;
}

bool ump_registered_are_local(void)
{
    const uint32_t own = disp_get_core_id() + 1U;
    struct dispatcher_shared *disp = disp_disable();
    const struct ump_chan *chan = ump_registered;
    while (chan && chan->end.peer->core == own) {
        chan = chan->next;
    }
    disp_enable(disp);
    return !chan;
}

bool ump_registered_sleep(void)
{
    struct dispatcher_shared *disp = disp_disable();
    any_sleepers++;
    for (struct ump_chan *chan = ump_registered; chan; chan = chan->next) {
        update_sleeping(chan);
    }
    const bool any = trigger_all();
    disp_enable(disp);
    return !any;
}

void ump_after_sleep(void)
{
    struct dispatcher_shared *disp = disp_disable();
    any_sleepers--;
    for (struct ump_chan *chan = ump_registered; chan; chan = chan->next) {
        update_sleeping(chan);
    }
    disp_enable(disp);
}
