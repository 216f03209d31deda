/**
 * Channels in shared memory (UMP) between domains of any two cores, as their monitors see them.
 *
 * A channel has two ends: that of the client, side 0, and that of the service, side 1. The monitor of an
 * end's core has a record of it. The memory belongs to the client's monitor, and the one of the service's
 * core makes its own capability of it. When an end is gone, because its domain left or ended, the client's
 * monitor marks that half as closed and wakes the other side; when both are gone it takes the memory back.
 *
 * Domains know their end by a number, which no other end in the system has: core of the client << 24 | n,
 * and the side in the lowest bit.
 */
#ifndef INIT_CHANNELS_H
#define INIT_CHANNELS_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/rpc_server.h>

#define CHANNEL_BYTES_USUAL 0x2000UL
#define CHANNEL_BYTES_MAX   0x100000UL

struct token;

struct channel_end {
    uint32_t number;
    coreid_t peer_core;
    struct rpc_session *session; ///< Of its domain; NULL: it has none yet, or is gone.
    struct capref frame;         ///< NULL_CAP: the end of the other side is on this core, too, and has it.
    void *memory;                ///< Side 0 only.
    size_t bytes;
    bool is_gone;
    bool is_peer_gone;
    struct token *tokens;          ///< Capabilities that wait to be taken (exports.h),
    struct token *sending;         ///< and that are on their way to the other side.
    struct rpc_call *call;         ///< Side 0: the client's, as long as it waits for the service.
    struct channel_end *next;      ///< In the chain of its number.
    struct channel_end *next_same; ///< Of the same domain.
    struct channel_end **from_same;
};

static inline unsigned channel_side(uint32_t number)
{
    return number & 1;
}

static inline uint32_t channel_other(uint32_t number)
{
    return number ^ 1;
}

/// Once, before others.
void channels_init(void);

/// Makes a channel and the client's end, with memory. \param bytes a multiple of pages
errval_t channel_create(coreid_t service_core, size_t bytes, struct channel_end **ret);

/**
 * Makes the service's end of a channel of another monitor's.
 *
 * \param base  of the memory, which gets a capability here if the client is on another core
 */
errval_t channel_import(uint32_t number, coreid_t client_core, genpaddr_t base, size_t bytes,
                        struct channel_end **ret);

/// The end belongs to a domain from now on. \param list of the domain's ends
void channel_belongs(struct channel_end *end, struct rpc_session *session, struct channel_end **list);

/// The end of a number, or NULL.
struct channel_end *channel_find(uint32_t number);

/// The end of a number if a domain has it, or NULL.
struct channel_end *channel_of(const struct rpc_session *session, uint32_t number);

/// Copies for the domain of an end, in slots of the caller's: of the memory, and of the right to wake the
/// peer's core.
errval_t channel_grant(const struct channel_end *end, struct capref *frame, struct capref *wake);

/// An end is gone; the other side's monitor is told. It may be freed.
void channel_leave(struct channel_end *end);

/// The other side never came, or its monitor has told that it is gone.
void channel_peer_gone(struct channel_end *end);

/// The service's end was not wanted: frees it, without a word to the other side.
void channel_drop(struct channel_end *end);

/// A domain is gone, with all ends of the list.
void channels_of_gone(struct channel_end **list);

#endif
