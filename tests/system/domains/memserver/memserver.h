/**
 * What the files of this test share.
 */
#ifndef TEST_MEMSERVER_H
#define TEST_MEMSERVER_H

#include "../check.h"

#include <aos/aos.h>
#include <aos/rpc.h>
#include <interfaces/mem.h>

/// What the server says.
struct status {
    uint64_t total, free, granted, quota, sessions;
};

struct status status_of(struct rpc_client *client);

unsigned next_random(void);

/// Other domains that eat up what they may have, and end in every way. others.c
void try_others(struct rpc_client *client);

#endif
