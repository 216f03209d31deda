/**
 * The endpoints of this dispatcher, for the files of lib/lmp. Everything here is changed disabled.
 */
#ifndef LIB_LMP_ENDPOINTS_H
#define LIB_LMP_ENDPOINTS_H

#include <aos/lmp_endpoints.h>
#include <lmp/rings.h>

struct lmp_endpoints {
    struct lmp_endpoint *all;
    struct lmp_endpoint *early;  ///< Those with a message that was handed over early.
    struct lmp_endpoint **table; ///< By unit of the dispatcher frame.
    size_t table_units;
    uint32_t taken;             ///< News that lmp_endpoints_take_any() has been through.
    uint32_t polled;            ///< The same of lmp_endpoints_poll().
    struct lmp_endpoint *sweep; ///< Where a look at all endpoints goes on; NULL: there is none.
    uint32_t sweep_left;        ///< What is still to be taken from that one.
};

extern struct lmp_endpoints lmp_endpoints;

/// lmp_endpoint_find(), for who must be fast.
static inline struct lmp_endpoint *endpoint_find(uint32_t offset)
{
    const size_t unit = offset / RING_UNIT_BYTES;
    return unit < lmp_endpoints.table_units ? lmp_endpoints.table[unit] : NULL;
}

/// lmp_endpoint_take(), disabled.
bool endpoint_take(struct lmp_endpoint *ep, struct lmp_message *message);

/// True if lmp_endpoints_take_any() may take its messages.
static inline bool endpoint_is_for_any(const struct lmp_endpoint *ep)
{
    return !ep->is_private && ep->waiting == 0;
}

/// The endpoint is going to be freed. Disabled.
void endpoint_forget_news(struct lmp_endpoint *ep);

/// Triggers the endpoint's waitset if it is registered and has news. Enabled.
void endpoint_trigger(struct lmp_endpoint *ep);

/// A thread waits for this endpoint alone, or does so no more. Enabled.
void endpoint_wait_begin(struct lmp_endpoint *ep);
void endpoint_wait_end(struct lmp_endpoint *ep);

/*
 * The kernel writes its counters, and what they count before them, always while this dispatcher does not run
 * on its core: loads need no barrier, but the compiler must make them anew.
 */
static inline uint32_t endpoint_counter(const uint32_t *counter)
{
    return *(const volatile uint32_t *)counter;
}

#endif
