/**
 * Stopping a core with everything in place, and having it go on: what the monitors do together for that.
 *
 * A parked core's domains stand still, and its services answer when it goes on: what was sent to them waits
 * in the channels. The first core is never parked.
 */
#ifndef INIT_PARKING_H
#define INIT_PARKING_H

#include <aos/rpc_server.h>

/// Once, before others.
void parking_init(void);

/// Has another core's monitor park it; answers with monitor_park_answer() when that is about to do so.
/// \return RPC_LATER, or why not
errval_t parking_park(struct rpc_session *session, coreid_t core);

/// Has a parked core go on; answers with monitor_resume_answer() when its monitor runs. \return RPC_LATER, or
/// why not
errval_t parking_resume(struct rpc_session *session, coreid_t core);

#endif
