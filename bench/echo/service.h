/**
 * The service `echo` (interfaces/echo.rpc): the other side of the suite `rpc` and of tests.
 */
#ifndef BENCH_ECHO_SERVICE_H
#define BENCH_ECHO_SERVICE_H

#include <aos/rpc_server.h>

extern const struct rpc_service echo_service;

/// What `fill` puts at a place.
static inline uint8_t echo_pattern(size_t place, uint8_t first)
{
    return (uint8_t)(place + first);
}

#endif
