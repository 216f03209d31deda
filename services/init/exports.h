/**
 * Capabilities that domains send over channels in shared memory.
 *
 * The sender gives its monitor the capability and gets a token; the other side gives its monitor the token
 * and gets the capability. On one core the capability itself waits there meanwhile. To another core the
 * monitors say what it is, and that core's monitor makes one of its own (imports.h): RAM, which the sender
 * has no more then, or a frame, which both have.
 */
#ifndef INIT_EXPORTS_H
#define INIT_EXPORTS_H

#include "channels.h"

/// Once, before others.
void exports_init(void);

/**
 * A domain sends a capability over its channel. The answer comes by monitor_send_cap_answer(), perhaps before
 * this returns.
 *
 * \param cap          the callee's, whatever is returned
 * \param may_move_ram to another core
 * \return RPC_LATER, SYS_ERR_OK and the token, or why not
 */
errval_t export_send(struct channel_end *end, struct capref cap, bool may_move_ram, uint64_t *token);

/// A domain takes a capability that came for its end. \param ret the capability, in a slot that is the
/// caller's then
errval_t export_take(struct channel_end *end, uint64_t token, struct capref *ret);

/// An end goes: what nobody has taken is deleted, and who waits for an answer gets none.
void exports_drop(struct channel_end *end);

/// The other side of an end is gone: nothing that is on its way will be answered.
void exports_peer_gone(struct channel_end *end);

#endif
