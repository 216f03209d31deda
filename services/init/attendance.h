/**
 * Domains that have entered names, and are to hear when the name server has ended: each has given this core's
 * monitor an endpoint, which is deleted then. The first core's monitor knows it first, and tells the others'.
 */
#ifndef INIT_ATTENDANCE_H
#define INIT_ATTENDANCE_H

#include <aos/rpc_server.h>

/// Listens to the first core's monitor. Once, before there are other cores.
void attendance_init(void);

/// Keeps an endpoint for a domain, in place of an earlier one. It is the callee's then, if there is no error.
errval_t attendance_add(const struct rpc_session *by, struct capref endpoint);

/// A domain is gone.
void attendance_of_gone(const struct rpc_session *by);

/// The name server has ended: on all cores everybody hears that. On the first core.
void attendance_end(void);

#endif
