#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/lmp_endpoints.h>
#include <aos/slot_alloc.h>
#include <aos/sync.h>
#include <rt/syscall.h>
#include <stdlib.h>
#include <threads/threads.h>
#include <trace/trace.h>

/*
 * Rings stand in the dispatcher frame behind the part that its layout fixes, in units of a cache line.
 */
#define RING_UNIT_BYTES 64UL
#define RING_UNITS      (USER_DISPATCHER_BYTES / RING_UNIT_BYTES)
#define RING_FIRST_UNIT (ROUND_UP(sizeof(struct dispatcher_shared), RING_UNIT_BYTES) / RING_UNIT_BYTES)
#define RING_MAX_SLOTS  256

static struct {
    struct thread_mutex units_mutex; ///< For `used`. The rest is changed disabled.
    bool used[RING_UNITS];
    struct lmp_endpoint *all;
    unsigned early; ///< Endpoints with a message that was handed over early.
} endpoints;

static size_t ring_units(size_t slots)
{
    return ROUND_UP(sizeof(struct lmp_ring) + slots * sizeof(struct lmp_slot), RING_UNIT_BYTES)
           / RING_UNIT_BYTES;
}

/// Finds consecutive free units of the dispatcher frame. \return the first, or 0
static size_t units_alloc(size_t count)
{
    size_t run = 0, first = 0;
    thread_mutex_lock(&endpoints.units_mutex);
    for (size_t unit = RING_FIRST_UNIT; unit < RING_UNITS && !first; unit++) {
        run = endpoints.used[unit] ? 0 : run + 1;
        if (run == count) {
            first = unit + 1 - count;
            for (size_t i = first; i <= unit; i++) {
                endpoints.used[i] = true;
            }
        }
    }
    thread_mutex_unlock(&endpoints.units_mutex);
    return first;
}

static void units_free(size_t first, size_t count)
{
    thread_mutex_lock(&endpoints.units_mutex);
    for (size_t i = first; i < first + count; i++) {
        endpoints.used[i] = false;
    }
    thread_mutex_unlock(&endpoints.units_mutex);
}

errval_t lmp_endpoint_create_in_slot(size_t slots, struct capref dest, struct lmp_endpoint **retep)
{
    if (slots == 0 || slots > RING_MAX_SLOTS || slots & (slots - 1)) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_LMP_ENDPOINT_CREATE);
    }
    struct lmp_endpoint *ep = calloc(1, sizeof(*ep));
    size_t unit = ep ? units_alloc(ring_units(slots)) : 0;
    if (!unit) {
        free(ep);
        return err_push(LIB_ERR_LMP_ALLOC_NO_SPACE, LIB_ERR_LMP_ENDPOINT_CREATE);
    }
    ep->offset = (uint32_t)(unit * RING_UNIT_BYTES);
    ep->slots = (uint32_t)slots;
    ep->ring = (struct lmp_ring *)((char *)curdispatcher() + ep->offset);
    ep->ring->count = (struct lmp_count){0};
    ep->ring->recv_slot = 0;
    waitset_chanstate_init(&ep->waitset_state);
    errval_t err = cap_mint(dest, cap_selfep, ep->offset, slots);
    if (err_is_fail(err)) {
        units_free(unit, ring_units(slots));
        free(ep);
        return err_push(err, LIB_ERR_LMP_ENDPOINT_CREATE);
    }
    struct dispatcher_shared *disp = disp_disable();
    ep->next = endpoints.all;
    endpoints.all = ep;
    disp_enable(disp);
    *retep = ep;
    return SYS_ERR_OK;
}

void lmp_endpoint_free(struct lmp_endpoint *ep)
{
    struct dispatcher_shared *disp = disp_disable();
    for (struct lmp_endpoint **link = &endpoints.all; *link; link = &(*link)->next) {
        if (*link == ep) {
            *link = ep->next;
            break;
        }
    }
    endpoints.early -= ep->early.header != 0;
    disp_enable(disp);
    waitset_chan_deregister(&ep->waitset_state); // or it was not registered
    units_free(ep->offset / RING_UNIT_BYTES, ring_units(ep->slots));
    free(ep);
}

struct lmp_endpoint *lmp_endpoint_find(uint32_t offset)
{
    struct lmp_endpoint *ep = endpoints.all;
    while (ep && ep->offset != offset) {
        ep = ep->next;
    }
    return ep;
}

void lmp_endpoint_set_recv_slot(struct lmp_endpoint *ep, struct capref slot)
{
    ep->recv_slot = slot;
    *(volatile capaddr_t *)&ep->ring->recv_slot = capref_is_null(slot) ? 0 : get_cap_addr(slot);
}

/*
 * The kernel writes `delivered` and the slot before it, always while this dispatcher does not run on its
 * core: loads need no barrier, but the compiler must make them anew.
 */
static uint32_t delivered(const struct lmp_count *count)
{
    return *(const volatile uint32_t *)&count->delivered;
}

bool lmp_endpoint_can_recv(const struct lmp_endpoint *ep)
{
    return ep->early.header || delivered(&ep->ring->count) != ep->ring->count.consumed;
}

/// lmp_endpoint_take(), disabled.
static bool take(struct lmp_endpoint *ep, struct lmp_message *message)
{
    if (ep->early.header) {
        *message = ep->early;
        ep->early.header = 0;
        endpoints.early--;
        return true;
    }
    uint32_t consumed = ep->ring->count.consumed;
    if (delivered(&ep->ring->count) == consumed) {
        return false;
    }
    const struct lmp_slot *slot = &ep->ring->slots[consumed & (ep->slots - 1)];
    __atomic_signal_fence(__ATOMIC_ACQUIRE);
    *message = (struct lmp_message){
        .header = slot->header,
        .w0 = slot->words[0],
        .w1 = slot->words[1],
        .w2 = slot->words[2],
        .w3 = slot->words[3],
        .w4 = slot->words[4],
        .w5 = slot->words[5],
        .w6 = slot->words[6],
        .w7 = slot->words[7],
    };
    trace_lmp_receive(slot->flow, ep->offset);
    __atomic_signal_fence(__ATOMIC_RELEASE);
    *(volatile uint32_t *)&ep->ring->count.consumed = consumed + 1;
    return true;
}

bool lmp_endpoint_take(struct lmp_endpoint *ep, struct lmp_message *message)
{
    struct dispatcher_shared *disp = disp_disable();
    bool taken = take(ep, message);
    disp_enable(disp);
    return taken;
}

uint32_t lmp_endpoints_poll(void)
{
    // Before the look: what comes meanwhile makes the next wait return at once.
    uint32_t seen = threads_begin_look();
    struct dispatcher_shared *disp = disp_disable();
    for (struct lmp_endpoint *ep = endpoints.all; ep; ep = ep->next) {
        if (ep->waitset_state.state == CHAN_IDLE && lmp_endpoint_can_recv(ep)) {
            waitset_chan_trigger(&ep->waitset_state);
        }
    }
    disp_enable(disp);
    return seen;
}

errval_t lmp_endpoints_wait(uint32_t seen)
{
    if (threads_several()) {
        threads_wait_any(seen);
        return SYS_ERR_OK;
    }
    if (endpoints.early) {
        /*
         * Nobody takes that message now, and another one for its endpoint could not be kept if it were handed
         * over. Messages go to the rings while we do not wait, and senders see when those are full.
         */
        return sys_yield(0);
    }
    struct lmp_message m = sys_lmp(SYS_LMP, (uint64_t)LMP_WAIT_ANY << 32, 0, 0, 0, 0, 0, 0, 0, 0);
    if (err_is_fail(m.err)) {
        return m.err == SYS_ERR_LMP_WAIT_INTERRUPTED ? SYS_ERR_OK : m.err;
    }
    if (m.header) {
        struct lmp_endpoint *ep = lmp_endpoint_find(lmp_header_endpoint(m.header));
        if (ep) {
            ep->early = m;
            endpoints.early++;
        }
    }
    return SYS_ERR_OK;
}

bool lmp_endpoints_take_any(struct lmp_message *message, uint32_t *seen)
{
    *seen = threads_begin_look();
    struct dispatcher_shared *disp = disp_disable();
    struct lmp_endpoint *ep = endpoints.all;
    while (ep && !take(ep, message)) {
        ep = ep->next;
    }
    disp_enable(disp);
    return ep != NULL;
}
