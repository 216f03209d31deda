/**
 * What the name server is told of init's own services, of all cores (interfaces/offers.rpc). init sends, and
 * never waits: at most a few messages are under way, and the others follow when the name server has taken
 * those.
 */
#ifndef INIT_SYSTEM_NAMES_H
#define INIT_SYSTEM_NAMES_H

#include <aos/rpc_server.h>

/// Listens to the monitors of other cores, or prepares to tell the first one. Once, before there are other
/// cores.
void system_names_init(void);

/// A service is offered by a domain of this core, or with `pid` 0 by nobody any more; then other services of
/// that name are no matter.
void system_names_note(const char *service, domainid_t pid);

/// The name server wants to be told. \param by its session \param endpoint the callee's then
void system_names_watch(struct rpc_session *by, struct capref endpoint);

/// It has taken one message.
void system_names_taken(const struct rpc_session *by);

/// A domain is gone: if it is the name server it is not told any more.
void system_names_gone(const struct rpc_session *by);

#endif
