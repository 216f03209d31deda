#ifndef NAMES_OPERATIONS_H
#define NAMES_OPERATIONS_H

#include <aos/rpc_server.h>

/// What clients can ask for (interfaces/names.rpc).
extern const struct rpc_service names_service;

#endif
