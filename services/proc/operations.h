/**
 * What clients can ask, as interfaces/proc.rpc declares it.
 */
#ifndef PROC_OPERATIONS_H
#define PROC_OPERATIONS_H

#include <aos/rpc_server.h>

extern const struct rpc_service proc_service;

#endif
