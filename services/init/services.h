/**
 * The services that init starts, and starts again when they end.
 *
 * What happens when one ends is its policy: serial and names are started again, and their clients connect
 * anew. mem and proc hold what others are made of; when one of them ends, all are stopped and started anew,
 * and every domain that proc had started ends.
 */
#ifndef INIT_SERVICES_H
#define INIT_SERVICES_H

#include <abi/errno.h>
#include <stdbool.h>

/// Starts them, once; mem gets all RAM but what init keeps. Returns when all offer what they are for.
errval_t services_start(void);

/// Ends them, with all domains that proc started; init has its RAM back.
void services_stop(void);

/// True if init starts a service of this name, or is going to.
bool services_has(const char *name);

/// A service of this name is offered now.
void services_note_offer(const char *name);

/// Ends a service as a fault in it would. \return RPC_ERR_NO_SERVICE if init has not started one of this name
errval_t services_kill(const char *name);

#endif
