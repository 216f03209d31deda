#include <aos/lmp_endpoints.h>
#include <aos/waitset.h>

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
    if (chan->state != CHAN_UNREGISTERED) {
        return LIB_ERR_CHAN_ALREADY_REGISTERED;
    }
    *chan = (struct waitset_chanstate){.waitset = ws, .closure = closure, .state = CHAN_IDLE};
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
    if (chan->state == CHAN_UNREGISTERED) {
        return LIB_ERR_CHAN_NOT_REGISTERED;
    }
    if (chan->state == CHAN_PENDING) {
        unlink_pending(chan->waitset, chan);
    }
    waitset_chanstate_init(chan);
    return SYS_ERR_OK;
}

void waitset_chan_trigger(struct waitset_chanstate *chan)
{
    if (chan->state == CHAN_IDLE) {
        chan->state = CHAN_PENDING;
        append(chan->waitset, chan);
    }
}

errval_t event_dispatch_non_block(struct waitset *ws)
{
    lmp_endpoints_poll();
    struct waitset_chanstate *chan = ws->pending;
    if (!chan) {
        return LIB_ERR_NO_EVENT;
    }
    unlink_pending(ws, chan);
    // The registration is used up before the handler runs, so that it can register again, or free the
    // channel.
    struct event_closure closure = chan->closure;
    waitset_chanstate_init(chan);
    if (closure.handler) {
        closure.handler(closure.arg);
    }
    return SYS_ERR_OK;
}

errval_t event_dispatch(struct waitset *ws)
{
    for (;;) {
        errval_t err = event_dispatch_non_block(ws);
        if (err != LIB_ERR_NO_EVENT) {
            return err;
        }
        err = lmp_endpoints_wait();
        if (err_is_fail(err)) {
            return err;
        }
    }
}
