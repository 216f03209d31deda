/**
 * The other side of benches between two domains, as a bench sees it.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <aos/lmp_chan.h>
#include <harness/protocol.h>

/// The channel to the peer. Only in suites that need one.
struct lmp_chan *bench_peer(void);

/**
 * Says what the peer does from now on.
 *
 * \param cap goes along, a copy; or NULL_CAP
 * \param ret the capability of the peer's answer, in a slot of its own; NULL where it has none
 */
errval_t bench_peer_set_mode(enum peer_mode mode, struct capref cap, struct capref *ret);

/// Connects to the peer's endpoint. For the harness.
errval_t bench_peer_connect(struct capref service);

#endif
