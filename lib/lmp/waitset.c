#include <aos/dispatch.h>
#include <aos/lmp_endpoints.h>
#include <aos/waitset.h>
#include <threads/threads.h>
#include <ump/registry.h>

static struct waitset default_waitset;

struct waitset *get_default_waitset(void)
{
    return &default_waitset;
}

void waitset_init(struct waitset *ws)
{
    *ws = (struct waitset){0};
}

void waitset_chanstate_init(struct waitset_chanstate *chan)
{
    *chan = (struct waitset_chanstate){.state = CHAN_UNREGISTERED};
}

errval_t waitset_chan_register(struct waitset *ws, struct waitset_chanstate *chan,
                               struct event_closure closure)
{
    struct dispatcher_shared *disp = disp_disable();
    bool registered = chan->state != CHAN_UNREGISTERED;
    if (!registered) {
        *chan = (struct waitset_chanstate){.waitset = ws, .closure = closure, .state = CHAN_IDLE};
    }
    disp_enable(disp);
    if (registered) {
        return LIB_ERR_CHAN_ALREADY_REGISTERED;
    }
    threads_look_again(); // what comes next may be there already, and a thread waits on `ws`
    return SYS_ERR_OK;
}

static void append(struct waitset *ws, struct waitset_chanstate *chan)
{
    chan->next = NULL;
    if (ws->pending) {
        ws->last->next = chan;
    } else {
        ws->pending = chan;
    }
    ws->last = chan;
}

static void unlink_pending(struct waitset *ws, struct waitset_chanstate *chan)
{
    struct waitset_chanstate *before = NULL;
    for (struct waitset_chanstate *at = ws->pending; at != chan; at = at->next) {
        before = at;
    }
    if (before) {
        before->next = chan->next;
    } else {
        ws->pending = chan->next;
    }
    if (ws->last == chan) {
        ws->last = before;
    }
}

errval_t waitset_chan_deregister(struct waitset_chanstate *chan)
{
    struct dispatcher_shared *disp = disp_disable();
    bool registered = chan->state != CHAN_UNREGISTERED;
    if (chan->state == CHAN_PENDING) {
        unlink_pending(chan->waitset, chan);
    }
    waitset_chanstate_init(chan);
    disp_enable(disp);
    return registered ? SYS_ERR_OK : LIB_ERR_CHAN_NOT_REGISTERED;
}

void waitset_chan_trigger(struct waitset_chanstate *chan)
{
    if (chan->state == CHAN_IDLE) {
        chan->state = CHAN_PENDING;
        append(chan->waitset, chan);
    }
}

/// event_dispatch_non_block(). \param seen how many messages the dispatcher had had when it looked
static errval_t dispatch_one(struct waitset *ws, uint32_t *seen)
{
    *seen = lmp_endpoints_poll();
    if (ump_registered) {
        ump_poll();
    }
    struct dispatcher_shared *disp = disp_disable();
    struct waitset_chanstate *chan = ws->pending;
    if (!chan) {
        disp_enable(disp);
        return LIB_ERR_NO_EVENT;
    }
    unlink_pending(ws, chan);
    // The registration is used up before the handler runs, so that it can register again, or free the
    // channel.
    struct event_closure closure = chan->closure;
    waitset_chanstate_init(chan);
    disp_enable(disp);
    if (closure.handler) {
        closure.handler(closure.arg);
    }
    return SYS_ERR_OK;
}

errval_t event_dispatch_non_block(struct waitset *ws)
{
    uint32_t seen;
    return dispatch_one(ws, &seen);
}

errval_t event_dispatch(struct waitset *ws)
{
    for (;;) {
        uint32_t seen;
        errval_t err = dispatch_one(ws, &seen);
        if (err != LIB_ERR_NO_EVENT) {
            return err;
        }
        const bool wakes = ump_registered != NULL;
        if (wakes && !ump_before_sleep(seen)) {
            continue;
        }
        err = lmp_endpoints_wait(seen);
        if (wakes) {
            ump_after_sleep();
        }
        if (err_is_fail(err)) {
            return err;
        }
    }
}
