#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/slot_alloc.h>
#include <lmp/endpoints.h>
#include <lmp/rings.h>
#include <rt/syscall.h>
#include <stdlib.h>
#include <threads/threads.h>
#include <trace/trace.h>

#define RING_MAX_SLOTS    256
#define TABLE_FIRST_UNITS 256 ///< The first rings are near the frame's beginning; few domains have more.

struct lmp_endpoints lmp_endpoints;

/// Where the area begins, counted from the ring.
static size_t area_offset(size_t slots)
{
    return ROUND_UP(sizeof(struct lmp_ring) + slots * sizeof(struct lmp_slot), RING_UNIT_BYTES);
}

static size_t ring_units(size_t slots, size_t area_bytes)
{
    return (area_offset(slots) + area_bytes) / RING_UNIT_BYTES;
}

/// Makes the table reach to a unit.
static bool table_reach(size_t unit)
{
    while (unit >= *(volatile size_t *)&lmp_endpoints.table_units) {
        const size_t before = lmp_endpoints.table_units;
        const size_t units = before ? 2 * before : TABLE_FIRST_UNITS;
        struct lmp_endpoint **table = malloc(units * sizeof(struct lmp_endpoint *));
        if (!table) {
            return false;
        }
        for (size_t i = 0; i < units; i++) {
            *(struct lmp_endpoint *volatile *)&table[i] = NULL; // and the memory is there
        }
        struct dispatcher_shared *disp = disp_disable();
        struct lmp_endpoint **old = table;
        if (lmp_endpoints.table_units == before) {
            for (size_t i = 0; i < before; i++) {
                table[i] = lmp_endpoints.table[i];
            }
            old = lmp_endpoints.table;
            lmp_endpoints.table = table;
            lmp_endpoints.table_units = units;
        } // or another thread was faster
        disp_enable(disp);
        free(old);
    }
    return true;
}

static void list(struct lmp_endpoint *ep)
{
    struct dispatcher_shared *disp = disp_disable_for(ep, sizeof(*ep));
    ep->next = lmp_endpoints.all;
    if (ep->next) {
        ep->next->previous = ep;
    }
    lmp_endpoints.all = ep;
    lmp_endpoints.table[ep->offset / RING_UNIT_BYTES] = ep;
    disp_enable(disp);
}

static void unlist(struct lmp_endpoint *ep)
{
    struct dispatcher_shared *disp = disp_disable();
    endpoint_forget_news(ep);
    if (ep->next) {
        ep->next->previous = ep->previous;
    }
    if (ep->previous) {
        ep->previous->next = ep->next;
    } else {
        lmp_endpoints.all = ep->next;
    }
    lmp_endpoints.table[ep->offset / RING_UNIT_BYTES] = NULL;
    disp_enable(disp);
}

errval_t lmp_endpoint_create_with_area(size_t slots, size_t area_bytes, struct capref dest,
                                       struct lmp_endpoint **retep)
{
    if (slots == 0 || slots > RING_MAX_SLOTS || slots & (slots - 1) || area_bytes % LMP_AREA_ALIGN
        || area_bytes > LMP_AREA_MAX_BYTES) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_LMP_ENDPOINT_CREATE);
    }
    struct lmp_endpoint *ep = calloc(1, sizeof(*ep));
    size_t unit = ep ? rings_alloc(ring_units(slots, area_bytes)) : 0;
    if (!unit) {
        free(ep);
        return err_push(LIB_ERR_LMP_ALLOC_NO_SPACE, LIB_ERR_LMP_ENDPOINT_CREATE);
    }
    ep->offset = (uint32_t)(unit * RING_UNIT_BYTES);
    ep->slots = (uint32_t)slots;
    ep->area_bytes = (uint32_t)area_bytes;
    ep->ring = (struct lmp_ring *)((char *)curdispatcher() + ep->offset);
    *ep->ring = (struct lmp_ring){0};
    waitset_chanstate_init(&ep->waitset_state);
    errval_t err = table_reach(unit) ? SYS_ERR_OK : LIB_ERR_LMP_ALLOC_NO_SPACE;
    if (err_is_ok(err)) {
        err = cap_mint(dest, cap_selfep, ep->offset, LMP_RING_ROOM(slots, area_bytes));
    }
    if (err_is_fail(err)) {
        rings_free(unit, ring_units(slots, area_bytes));
        free(ep);
        return err_push(err, LIB_ERR_LMP_ENDPOINT_CREATE);
    }
    list(ep);
    *retep = ep;
    return SYS_ERR_OK;
}

errval_t lmp_endpoint_create_in_slot(size_t slots, struct capref dest, struct lmp_endpoint **retep)
{
    return lmp_endpoint_create_with_area(slots, 0, dest, retep);
}

void lmp_endpoint_free(struct lmp_endpoint *ep)
{
    unlist(ep);
    waitset_chan_deregister(&ep->waitset_state); // or it was not registered
    *ep->ring = (struct lmp_ring){0};
    rings_free(ep->offset / RING_UNIT_BYTES, ring_units(ep->slots, ep->area_bytes));
    free(ep);
}

struct lmp_endpoint *lmp_endpoint_find(uint32_t offset)
{
    return endpoint_find(offset);
}

bool lmp_endpoint_can_recv(const struct lmp_endpoint *ep)
{
    return ep->early.header || endpoint_counter(&ep->ring->count.delivered) != ep->ring->count.consumed;
}

uint32_t lmp_endpoint_gone(const struct lmp_endpoint *ep)
{
    return endpoint_counter(&ep->ring->gone);
}

bool lmp_endpoint_has_news(const struct lmp_endpoint *ep)
{
    return lmp_endpoint_can_recv(ep) || lmp_endpoint_gone(ep) != 0;
}

static void take_early(struct lmp_endpoint *ep, struct lmp_message *message)
{
    struct lmp_endpoint **link = &lmp_endpoints.early;
    while (*link != ep) {
        link = &(*link)->next_early;
    }
    *link = ep->next_early;
    *message = ep->early;
    ep->early.header = 0;
}

bool endpoint_take(struct lmp_endpoint *ep, struct lmp_message *message)
{
    if (ep->early.header) {
        take_early(ep, message);
        return true;
    }
    uint32_t consumed = ep->ring->count.consumed;
    if (endpoint_counter(&ep->ring->count.delivered) == consumed) {
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
    bool taken = endpoint_take(ep, message);
    disp_enable(disp);
    return taken;
}

errval_t lmp_endpoint_add_recv_slot(struct lmp_endpoint *ep, struct capref slot)
{
    const uint32_t given = ep->ring->slots_given;
    if (given - ep->caps_taken >= LMP_RECV_SLOTS) {
        return LIB_ERR_LMP_RECV_SLOTS;
    }
    ep->recv_slots[given % LMP_RECV_SLOTS] = slot;
    *(volatile capaddr_t *)&ep->ring->recv_slots[given % LMP_RECV_SLOTS] = get_cap_addr(slot);
    *(volatile uint32_t *)&ep->ring->slots_given = given + 1;
    return SYS_ERR_OK;
}

void lmp_endpoint_take_recv_slots_back(struct lmp_endpoint *ep)
{
    // The kernel may take one in between: what it takes behind `slots_given` it refuses to.
    uint32_t taken;
    do {
        taken = endpoint_counter(&ep->ring->slots_taken);
        *(volatile uint32_t *)&ep->ring->slots_given = taken;
    } while (endpoint_counter(&ep->ring->slots_taken) != taken);
}

unsigned lmp_endpoint_recv_slots(const struct lmp_endpoint *ep)
{
    return ep->ring->slots_given - endpoint_counter(&ep->ring->slots_taken);
}

void lmp_endpoint_take_caps(struct lmp_endpoint *ep, unsigned count, struct capref *caps)
{
    for (unsigned i = 0; i < count; i++) {
        caps[i] = ep->recv_slots[ep->caps_taken++ % LMP_RECV_SLOTS];
    }
}

const void *lmp_endpoint_bytes(const struct lmp_endpoint *ep, size_t *count)
{
    *count = endpoint_counter(&ep->ring->bytes_used);
    return (const char *)ep->ring + area_offset(ep->slots);
}

void lmp_endpoint_bytes_done(struct lmp_endpoint *ep)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *(volatile uint32_t *)&ep->ring->bytes_used = 0;
}
