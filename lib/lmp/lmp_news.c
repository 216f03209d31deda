/**
 * News of any endpoint. The kernel notes for each what it is of (`arrivals`), and two readers go through
 * these notes, each at its own pace: lmp_endpoints_take_any(), which takes messages, and
 * lmp_endpoints_poll(), which triggers waitsets. So both cost the same however many endpoints there are.
 *
 * For each endpoint there are at least as many notes ahead of lmp_endpoints_take_any() as messages in its
 * ring, and one more if its peer's end is to be told: a delivery adds one of each, a step here takes one
 * note, and a message if there is one. Messages that are taken from their endpoint directly leave notes
 * behind that lead to nothing. Where that does not hold, since notes were overwritten before they were read,
 * or the messages were kept for somebody else meanwhile, a look at all endpoints makes it hold again.
 */
#include <aos/dispatch.h>
#include <lmp/endpoints.h>
#include <rt/syscall.h>
#include <threads/threads.h>

static uint32_t delivered(void)
{
    return endpoint_counter(&curdispatcher()->any.delivered);
}

/// What the news number `number` is of; NULL: of an endpoint that was freed. \return false if that is not
/// known any more
static bool read_arrival(uint32_t number, struct lmp_endpoint **ep)
{
    const uint32_t offset = endpoint_counter(&curdispatcher()->arrivals[number % LMP_ARRIVALS]);
    *ep = lmp_endpoint_find(offset);
    return delivered() - number <= LMP_ARRIVALS;
}

static void sweep_from(struct lmp_endpoint *ep)
{
    lmp_endpoints.sweep = ep;
    lmp_endpoints.sweep_left =
        ep ? endpoint_counter(&ep->ring->count.delivered) - ep->ring->count.consumed + 1 : 0;
}

/// The messages that are there now are found by the look at all endpoints, later ones by their notes.
static void sweep_begin(void)
{
    lmp_endpoints.taken = delivered();
    sweep_from(lmp_endpoints.all);
}

void endpoint_forget_news(struct lmp_endpoint *ep)
{
    struct lmp_message ignored;
    if (ep->early.header) {
        endpoint_take(ep, &ignored);
    }
    if (lmp_endpoints.sweep == ep) {
        sweep_from(ep->next);
    }
}

/// A message, or once that the peer is gone.
static bool take_news(struct lmp_endpoint *ep, struct lmp_message *message)
{
    if (!endpoint_is_for_any(ep)) {
        return false;
    }
    if (endpoint_take(ep, message)) {
        return true;
    }
    const uint32_t gone = lmp_endpoint_gone(ep);
    if (gone == ep->gone_seen) {
        return false;
    }
    ep->gone_seen = gone;
    *message = (struct lmp_message){.err = LIB_ERR_LMP_PEER_GONE, .header = ep->offset};
    return true;
}

static bool take_early(struct lmp_message *message)
{
    struct lmp_endpoint *ep = lmp_endpoints.early;
    while (ep && !endpoint_is_for_any(ep)) {
        ep = ep->next_early;
    }
    return ep && endpoint_take(ep, message);
}

/// An endpoint whose messages keep coming does not hold the look up.
static bool take_sweeping(struct lmp_message *message)
{
    while (lmp_endpoints.sweep) {
        if (lmp_endpoints.sweep_left > 0 && take_news(lmp_endpoints.sweep, message)) {
            lmp_endpoints.sweep_left--;
            return true;
        }
        sweep_from(lmp_endpoints.sweep->next);
    }
    return false;
}

static bool take_noted(struct lmp_message *message)
{
    while (lmp_endpoints.taken != delivered()) {
        struct lmp_endpoint *ep;
        if (!read_arrival(lmp_endpoints.taken, &ep)) {
            sweep_begin();
            if (take_sweeping(message)) {
                return true;
            }
            continue;
        }
        lmp_endpoints.taken++;
        if (ep && take_news(ep, message)) {
            return true;
        }
    }
    return false;
}

bool lmp_endpoints_take_any(struct lmp_message *message, uint32_t *seen)
{
    // Before the look: what comes meanwhile makes the next wait return at once.
    *seen = threads_begin_look();
    struct dispatcher_shared *disp = disp_disable();
    bool taken =
        (lmp_endpoints.early && take_early(message)) || take_sweeping(message) || take_noted(message);
    // All news that there were lie behind, or the next wait has another look.
    if (!taken || (lmp_endpoints.taken == *seen && !lmp_endpoints.sweep && !lmp_endpoints.early)) {
        threads_end_look(*seen);
    }
    disp_enable(disp);
    return taken;
}

bool lmp_endpoints_may_have_news(void)
{
    // While a look has left something, or somebody else may have something to see, these two differ.
    return delivered() != endpoint_counter(&curdispatcher()->any.consumed) || lmp_endpoints.early;
}

static bool trigger(struct lmp_endpoint *ep)
{
    if (ep->waitset_state.state != CHAN_IDLE
        || (!lmp_endpoint_can_recv(ep) && lmp_endpoint_gone(ep) == ep->gone_seen)) {
        return false;
    }
    waitset_chan_trigger(&ep->waitset_state);
    return true;
}

void endpoint_trigger(struct lmp_endpoint *ep)
{
    struct dispatcher_shared *disp = disp_disable();
    bool triggered = trigger(ep);
    disp_enable(disp);
    if (triggered) {
        threads_look_again();
    }
}

uint32_t lmp_endpoints_poll(void)
{
    uint32_t seen = threads_begin_look();
    struct dispatcher_shared *disp = disp_disable();
    struct lmp_endpoint *ep;
    for (ep = lmp_endpoints.early; ep; ep = ep->next_early) {
        trigger(ep);
    }
    while (lmp_endpoints.polled != delivered()) {
        if (!read_arrival(lmp_endpoints.polled, &ep)) {
            lmp_endpoints.polled = delivered();
            for (ep = lmp_endpoints.all; ep; ep = ep->next) {
                trigger(ep);
            }
            continue;
        }
        lmp_endpoints.polled++;
        if (ep) {
            trigger(ep);
        }
    }
    disp_enable(disp);
    return seen;
}

/// Messages that were kept may be for any again.
static void release(struct lmp_endpoint *ep)
{
    struct dispatcher_shared *disp = disp_disable();
    bool has_news = lmp_endpoint_can_recv(ep) || lmp_endpoint_gone(ep) != ep->gone_seen;
    if (has_news && endpoint_is_for_any(ep)) {
        sweep_begin();
        threads_note_unseen(disp);
    }
    disp_enable(disp);
    if (has_news) {
        threads_look_again();
    }
}

void lmp_endpoint_set_private(struct lmp_endpoint *ep, bool is_private)
{
    ep->is_private = is_private;
    if (!is_private) {
        release(ep);
    }
}

void endpoint_wait_begin(struct lmp_endpoint *ep)
{
    struct dispatcher_shared *disp = disp_disable();
    ep->waiting++;
    disp_enable(disp);
}

void endpoint_wait_end(struct lmp_endpoint *ep)
{
    struct dispatcher_shared *disp = disp_disable();
    ep->waiting--;
    disp_enable(disp);
    if (!ep->is_private) {
        release(ep);
    }
}

bool lmp_endpoint_put_back(const struct lmp_message *message)
{
    struct dispatcher_shared *disp = disp_disable();
    struct lmp_endpoint *ep = lmp_endpoint_find(lmp_header_endpoint(message->header));
    bool is_kept = ep && !ep->early.header;
    if (is_kept) {
        ep->early = *message;
        ep->next_early = lmp_endpoints.early;
        lmp_endpoints.early = ep;
        threads_note_unseen(disp);
    }
    disp_enable(disp);
    if (is_kept) {
        threads_look_again();
    }
    return is_kept;
}

errval_t lmp_endpoints_wait(uint32_t seen)
{
    if (threads_several()) {
        threads_wait_any(seen);
        return SYS_ERR_OK;
    }
    if (lmp_endpoints.early) {
        /*
         * Nobody takes that message now, and another one for its endpoint could not be kept if it were handed
         * over. Messages go to the rings while we do not wait, and senders see when those are full.
         */
        return sys_yield(0);
    }
    threads_end_look(seen);
    struct lmp_message m = sys_lmp(SYS_LMP, (uint64_t)LMP_WAIT_ANY << 32, 0, 0, 0, 0, 0, 0, 0, 0);
    threads_note_unseen(curdispatcher()); // what lmp_endpoints_poll() has seen was not taken by that
    if (err_is_fail(m.err)) {
        return m.err == SYS_ERR_LMP_WAIT_INTERRUPTED ? SYS_ERR_OK : m.err;
    }
    if (m.header) {
        lmp_endpoint_put_back(&m);
    }
    return SYS_ERR_OK;
}
