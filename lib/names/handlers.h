/**
 * Services of nameservice_register(): handlers behind the interface `message`.
 */
#ifndef LIB_NAMES_HANDLERS_H
#define LIB_NAMES_HANDLERS_H

#include <aos/nameservice.h>
#include <aos/rpc_server.h>

/// A handler that has a name. Sessions that were opened for it know it, so it stays until the last of them
/// has gone.
struct handler;

/// The service of all of them.
extern const struct rpc_service handler_service;

/// \return NULL if there is no memory
struct handler *handler_create(nameservice_receive_handler_t *receive, void *st);

/// It has no name any more: sessions that were opened for it hear that.
void handler_remove(struct handler *handler);

#endif
