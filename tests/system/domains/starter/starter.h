/**
 * The parts of the domain `starter`.
 */
#ifndef STARTER_H
#define STARTER_H

#include "../check.h"

#include <aos/spawn.h>

#define STATUS_GOOD      42
#define GRANTED_SLOT     (TASKCN_SLOT_USER + 3)
#define LARGE_DISPATCHER 0x400000UL

/// Does what a child is told by its first argument. \return false if that is no role
bool play_role(int argc, char *argv[], char *envp[]);

/// Starts a child and waits for its end. \return END_REASON_*
unsigned run_to_end(struct spawn_request *request, struct spawninfo *si);

/// Executables that are not boot modules, good ones and bad ones.
void try_images(unsigned seed);

#endif
